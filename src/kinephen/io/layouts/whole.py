"""One 4-D file."""

from kinephen.io.layout import Layout

LAYOUT = Layout(name="fourth dimension", whole=True, general=True)
