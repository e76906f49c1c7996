"""Settings: schema, presets, overrides."""
