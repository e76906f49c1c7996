"""kinephen: kinetic phenotypes of tumours in dynamic contrast MRI."""

__version__ = "0.1.0.dev0"
