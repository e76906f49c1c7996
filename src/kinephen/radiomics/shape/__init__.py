"""Shape of a mask: surface, axes, hull and components. Everything here depends on the mask alone."""
