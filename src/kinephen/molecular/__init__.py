"""Gene signatures. Pure functions of tables."""
