"""Features of a map inside a mask. Pure functions of arrays."""
