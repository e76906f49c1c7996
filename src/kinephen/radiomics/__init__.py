"""Features of a map inside a mask. Pure functions of arrays."""

from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.extract import Extraction, extract

__all__ = ["Extraction", "MaskContext", "extract"]
