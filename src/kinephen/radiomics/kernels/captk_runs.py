"""Run lengths in mm that may leave the mask."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.compiler import kernel


@kernel(
    "void(float64[::1], boolean[::1], int32[::1], float64[::1], int32[::1], float64[::1], float64,"
    " int32[:, :, ::1])"
)
def physical_runs(image, inside, positions, edges, offsets, lengths, diagonal, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts[direction, level, length bin]``.

    `image` and `inside` (the mask) are flat crops with a border of NaN, which no run crosses; `positions` are
    the mask's voxels in raster order, `offsets` lead to later ones. A run that begins at an earlier voxel of
    the mask, even one joined through voxels outside, is not counted again.
    """
    bins = edges.size - 1
    width = (edges[bins] - edges[0]) / bins
    for n in range(positions.size):
        position = np.uint64(positions[n])
        value = image[position]
        level = min(max(int((value - edges[0]) / width), 0), bins - 1)
        while level > 0 and value < edges[level]:
            level -= 1
        while level < bins - 1 and value >= edges[level + 1]:
            level += 1
        low, high = edges[level], edges[level + 1]
        for direction in range(offsets.size):
            step = np.uint64(offsets[direction])
            there = position - step
            while low <= image[there] < high and not inside[there]:
                there -= step
            if low <= image[there] < high:
                continue
            run = 0
            there = position + step
            while low <= image[there] < high:
                run += 1
                there += step
            distance = run * lengths[direction]
            if distance <= diagonal:
                counts[direction, level, min(int(distance / diagonal * bins), bins - 1)] += 1
