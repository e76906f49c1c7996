"""Layouts of NIfTI files that are read directly, one file each; see `kinephen.io.layout.Layout`."""
