"""A trial with known truth."""
