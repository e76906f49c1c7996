"""Compiled inner loops; import these modules only where they are called, because numba is slow to load."""
