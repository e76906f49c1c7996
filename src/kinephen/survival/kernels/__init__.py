"""Compiled loops for the many small fits of a cross-validation; import only where they run."""
