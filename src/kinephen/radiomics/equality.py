"""Which neighbours have the same grey level, as bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.region import Levels, Positions

MOST_STEPS = 16
Bits = NDArray[np.uint16]


def equal_neighbours(levels: Levels, offsets: Positions) -> Bits:
    """Return for each voxel a number whose bit k tells whether the voxel at ``offsets[k]`` has its level.

    Parameters
    ----------
    levels : ndarray of uint16
        Flat padded crop.
    offsets : ndarray of int32
        At most 16 flat steps, all > 0.

    Notes
    -----
    Comparisons of whole arrays run many voxels at a time; what follows visits the few set bits only.
    """
    bits = np.zeros(levels.size, dtype=np.uint16)
    for place, step in enumerate(offsets.tolist()):
        same = (levels[:-step] == levels[step:]).astype(np.uint16)
        bits[:-step] |= same << np.uint16(place)
    return bits
