"""Neighbouring grey level dependence: how many neighbours have the same level (IBSI section 3.11)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.offsets import Step
from kinephen.radiomics.region import Levels, Region

MOST_ALIKE = 28
"""One more than the largest count: a voxel and its 26 neighbours."""


def dependence_counts(region: Region, levels: Levels, steps: tuple[Step, ...]) -> NDArray[np.uint8]:
    """Return 1 + the number of neighbours of the same level (coarseness 0), shape (region.size,).

    Parameters
    ----------
    region : Region
    levels : ndarray of uint16
        Flat padded crop.
    steps : tuple of (slice, row, column)
        One of each two opposite neighbours.
    """
    counts = np.ones(levels.size, dtype=np.uint8)
    strides = np.asarray(region.strides)
    for step in steps:
        shift = int(np.asarray(step) @ strides)
        equal = (levels[:-shift] == levels[shift:]).view(np.uint8)
        counts[:-shift] += equal
        counts[shift:] += equal
    return np.asarray(counts[region.positions])
