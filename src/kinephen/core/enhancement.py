"""The usual threshold of enhancement, where an exam states none of its own."""

USUAL_PE_PERCENT = 70.0
"""Least early enhancement of the functional tumour volume, percent (Hylton et al., Radiology 2016;279:44)."""
