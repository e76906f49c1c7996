"""Order of steps, resume, engines."""
