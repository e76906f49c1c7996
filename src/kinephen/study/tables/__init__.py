"""Analyses of a user's own table, each with a typed result: survival, phenotypes, signatures, features."""
