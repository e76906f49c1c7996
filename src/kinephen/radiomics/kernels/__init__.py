"""Compiled loops; imported by the first extraction only."""
