"""Association tests, multiplicity, agreement. Pure functions of arrays."""
