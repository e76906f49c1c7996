"""One file a step: from settings and inputs to what is stored."""
