"""Time to event: curves, tests, models, validation. Pure functions of arrays."""
