"""Sums over boxes, separably."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def box_sum(grid: NDArray[np.integer], radii: tuple[int, int, int]) -> NDArray[np.int32]:
    """Return the sum over a box of ``2 radius + 1`` voxels along each axis, zero beyond the border."""
    total = grid.astype(np.int32)
    for axis, radius in enumerate(radii):
        line = np.moveaxis(total, axis, 0)
        summed = line.copy()
        for shift in range(1, min(radius, line.shape[0] - 1) + 1):
            summed[shift:] += line[:-shift]
            summed[:-shift] += line[shift:]
        total = np.moveaxis(summed, 0, axis)
    return total
