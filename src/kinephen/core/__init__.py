"""Frozen containers, checked once, and arrays on grids."""
