"""Sums over boxes, separably."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def box_sum(grid: NDArray[np.integer], radii: tuple[int, int, int]) -> NDArray[np.int32]:
    """Return the sum over a box of ``2 radius + 1`` voxels along each axis, zero beyond the border."""
    largest = int(grid.max(initial=0)) * (2 * radii[0] + 1) * (2 * radii[1] + 1) * (2 * radii[2] + 1)
    # Half the memory to move where the sums fit.
    total: NDArray[np.integer] = grid.astype(np.uint16 if largest < 65536 else np.int32)
    for axis, radius in enumerate(radii):
        before = total.copy() if radius else total
        for shift in range(1, min(radius, grid.shape[axis] - 1) + 1):
            low = tuple(slice(None, -shift) if a == axis else slice(None) for a in range(3))
            high = tuple(slice(shift, None) if a == axis else slice(None) for a in range(3))
            total[high] += before[low]
            total[low] += before[high]
    return total.astype(np.int32)
