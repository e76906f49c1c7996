"""Bin counts and radii of the versions of CaPTk that may have been used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CaptkPreset:
    """Settings of the `captk` mode.

    Parameters
    ----------
    name : str
    histogram_bins, glcm_bins, glszm_bins, ngtdm_bins : int
    glrlm_bins : int
        Of the grey levels and of the run lengths alike.
    glcm_raised_edge : bool
        Whether the upper edge of the co-occurrence bins is the maximum + 1, in the unit of the map.
    glrlm_radius, glszm_radius : int
        Half side of the cube whose voxels are neighbours.
    ngtdm_radius : int
        The same; 0 leaves every voxel without neighbours.
    """

    name: str
    histogram_bins: int = 10
    glcm_bins: int = 10
    glcm_raised_edge: bool = True
    glrlm_bins: int = 256
    glrlm_radius: int = 1
    glszm_bins: int = 20
    glszm_radius: int = 1
    ngtdm_bins: int = 20
    ngtdm_radius: int = 4


EXECUTED = CaptkPreset("1.7.1 as executed")
"""What 1.7.1 does with its default file: it ignores the bins of GLCM and GLRLM, and takes GLSZM's range for
the radius of NGTDM."""

DOCUMENTED = CaptkPreset("1.7.1 as documented", glcm_raised_edge=False, glrlm_bins=10, ngtdm_radius=1)
"""What the default file of 1.7.1 asks for."""

LATER = CaptkPreset(
    "1.7.3 and later",
    histogram_bins=20,
    glcm_bins=20,
    glrlm_bins=20,
    ngtdm_radius=0,
)
"""Defaults from 1.7.3 on; NGTDM takes the radius 0 from another family's range and is no texture then."""

ISPY1 = CaptkPreset(
    "I-SPY 1 table",
    histogram_bins=128,
    glcm_bins=128,
    glrlm_bins=128,
    glrlm_radius=3,
    glszm_bins=128,
    glszm_radius=3,
    ngtdm_bins=128,
    ngtdm_radius=0,
)
"""Parameters in the column names of the published I-SPY 1 feature table; the bins of NGTDM are inferred."""

PRESETS: dict[str, CaptkPreset] = {p.name: p for p in (EXECUTED, DOCUMENTED, LATER, ISPY1)}
