"""A clean local binary pattern in three dimensions, a substitute for CaPTk's."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.offsets import FACES_3D, flat
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import Undefined, Value

NO_INTERIOR = Undefined("no voxel has all six neighbours inside the mask")
MIXED = 7


def uniform_lbp(roi: Roi) -> Value:
    """Return the mean code of the voxels whose six face neighbours lie in the mask.

    Parameters
    ----------
    roi : Roi

    Notes
    -----
    The code of a voxel is the number of brighter neighbours (0 to 6) if both the brighter and the other ones
    are connected round the voxel, and 7 if not. It does not change when the axes are turned or flipped, nor
    under any increasing transform of the map.

    References
    ----------
    Ojala T, Pietikainen M, Maenpaa T. IEEE TPAMI 2002;24:971-987, carried over to three dimensions.
    """
    region = roi.region
    if region.size == 0:
        return NO_INTERIOR
    grid = np.full(region.inside.size, np.nan)
    grid[region.positions] = roi.values
    steps = flat(region, FACES_3D)
    around = np.array([grid[region.positions + s] for step in steps for s in (-step, step)])
    interior = ~np.isnan(around).any(axis=0)
    if not interior.any():
        return NO_INTERIOR
    brighter = around[:, interior] > roi.values[interior]
    return float(_CODES[(brighter.T << np.arange(6)).sum(axis=1)].mean())


def _codes() -> NDArray[np.int64]:
    """Return the code of each pattern; bits 0 and 1, 2 and 3, 4 and 5 are opposite neighbours."""
    codes = []
    for pattern in (p[::-1] for p in itertools.product((False, True), repeat=6)):
        count = sum(pattern)
        lone_pair = any(pattern[a] == pattern[a + 1] == (count == 2) for a in (0, 2, 4))
        codes.append(MIXED if count in (2, 4) and lone_pair else count)
    return np.array(codes)


_CODES = _codes()
