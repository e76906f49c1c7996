"""Differences of voxels from the mean of their neighbours, added up by grey level."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.compiler import kernel


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[::1], int64[:, ::1], float64[:, ::1])")
def tone_sums(levels, sums, positions, neighbours, bounds, counts, differences):  # type: ignore[no-untyped-def]
    """Add to ``counts[group, level]`` and ``differences[group, level]`` the voxels that have neighbours.

    `sums` is the flat padded crop of the sums of the levels of the neighbourhood, the voxel included.
    """
    for group in range(bounds.size - 1):
        for n in range(bounds[group], bounds[group + 1]):
            if neighbours[n] == 0:
                continue
            position = np.uint64(positions[n])
            level = np.int32(levels[position])
            counts[group, np.uint64(level)] += 1
            differences[group, np.uint64(level)] += abs(level - (sums[position] - level) / neighbours[n])
