"""The 104 features as CaPTk 1.7.1 computes them, defects included, one call per map assumed."""
