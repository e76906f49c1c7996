"""Neighbour directions on a grid, as steps along (slice, row, column)."""

from __future__ import annotations

import itertools
from typing import TypeAlias

import numpy as np

from kinephen.radiomics.region import Positions, Region

Step: TypeAlias = tuple[int, int, int]

FORWARD_3D: tuple[Step, ...] = tuple(
    (z, y, x) for z, y, x in itertools.product((-1, 0, 1), repeat=3) if (z, y, x) > (0, 0, 0)
)
"""The 13 directions of a volume: one of each pair of opposite neighbours, later in raster order."""

FORWARD_2D: tuple[Step, ...] = tuple(s for s in FORWARD_3D if s[0] == 0)
"""The 4 directions of a slice."""

FACES_3D: tuple[Step, ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
FACES_2D: tuple[Step, ...] = ((0, 1, 0), (0, 0, 1))


def cube(radius: int) -> tuple[Step, ...]:
    """Return the later half of the neighbours in a cube of ``2 * radius + 1`` voxels a side."""
    reach = range(-radius, radius + 1)
    return tuple((z, y, x) for z, y, x in itertools.product(reach, repeat=3) if (z, y, x) > (0, 0, 0))


def flat(region: Region, steps: tuple[Step, ...]) -> Positions:
    """Return `steps` as steps of the flat index of the region's padded crop."""
    flat_steps: Positions = (np.asarray(steps, dtype=np.int64) @ np.asarray(region.strides)).astype(np.int32)
    return flat_steps
