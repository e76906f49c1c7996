"""BIDS-like names, ``sub-01_ses-1_dce.nii.gz``: pairs of key and label, with inheritance of sidecars."""

from kinephen.io.layout import Layout

LAYOUT = Layout(name="BIDS", reader="kinephen.io.bids_layout")
