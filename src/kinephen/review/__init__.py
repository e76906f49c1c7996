"""Reader's decisions on masks."""
