"""Convolutional filters of IBSI 2: an image's response to a filter, on the same grid. Pure functions.

References
----------
Depeursinge A, Andrearczyk V, Whybra P, et al. Standardised convolutional filtering for radiomics,
arXiv:2006.05470. Whybra P, Zwanenburg A, Andrearczyk V, et al. The Image Biomarker Standardization
Initiative: standardized convolutional filters for reproducible radiomics and enhanced clinical insights.
Radiology 2024;310:e231319.
"""

from kinephen.radiomics.filters.apply import filtered
from kinephen.radiomics.filters.base import Filter
from kinephen.radiomics.filters.catalogue import BY_KIND, KINDS, FilterKind, filter_records
from kinephen.radiomics.filters.gabor import Gabor
from kinephen.radiomics.filters.laplacian import LaplacianOfGaussian
from kinephen.radiomics.filters.laws import Laws
from kinephen.radiomics.filters.mean import Mean
from kinephen.radiomics.filters.riesz import RieszLaplacian, RieszSimoncelli
from kinephen.radiomics.filters.simoncelli import Simoncelli
from kinephen.radiomics.filters.wavelet import Wavelet
from kinephen.radiomics.filters.written import parse_filter, parse_filters

__all__ = [
    "BY_KIND",
    "KINDS",
    "Filter",
    "FilterKind",
    "Gabor",
    "LaplacianOfGaussian",
    "Laws",
    "Mean",
    "RieszLaplacian",
    "RieszSimoncelli",
    "Simoncelli",
    "Wavelet",
    "filter_records",
    "filtered",
    "parse_filter",
    "parse_filters",
]
