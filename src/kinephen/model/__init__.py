"""A fitted model that travels: written from a run, read anywhere, applied to other patients."""
