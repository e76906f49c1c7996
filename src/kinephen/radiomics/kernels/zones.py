"""Zones of equal level by union-find, and the distance of each voxel to the outside."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.bits import DE_BRUIJN, LOW_16, ONE, PLACES, TWELVE
from kinephen.radiomics.kernels.compiler import kernel


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[::1])")
def join_equal(equal, positions, ranks, offsets, parents):  # type: ignore[no-untyped-def]
    """Join each voxel with the later neighbours that have its level.

    Bit k of `equal` tells whether a voxel has the level of its neighbour at ``offsets[k]``. `parents` holds
    for each voxel an earlier voxel of its zone, or itself.
    """
    for n in range(positions.size):
        position = np.uint64(positions[n])
        bits = np.uint64(equal[position])
        root = np.uint64(n)
        while bits:
            lowest = bits & (~bits + ONE)
            bits ^= lowest
            step = np.uint64(offsets[PLACES[((lowest * DE_BRUIJN) & LOW_16) >> TWELVE]])
            other = np.uint64(ranks[position + step])
            while parents[root] != root:
                parents[root] = parents[np.uint64(parents[root])]
                root = np.uint64(parents[root])
            while parents[other] != other:
                parents[other] = parents[np.uint64(parents[other])]
                other = np.uint64(parents[other])
            if root < other:
                parents[other] = root
            else:
                parents[root] = other
                root = other


@kernel("void(int32[::1], int32[::1], int32[::1], int32[::1])")
def measure_zones(parents, distances, sizes, nearest):  # type: ignore[no-untyped-def]
    """Resolve `parents` to the first voxel r of each zone.

    On return ``sizes[r]`` is the number of voxels of the zone (0 for other voxels) and ``nearest[r]`` the
    smallest of `distances` in it.
    """
    for n in range(parents.size):
        root = np.uint64(parents[np.uint64(parents[n])])
        parents[n] = root
        sizes[root] += 1
        if sizes[root] == 1 or distances[n] < nearest[root]:
            nearest[root] = distances[n]


@kernel("void(int32[::1], int32[::1], int32[::1])")
def city_block(distances, positions, offsets):  # type: ignore[no-untyped-def]
    """Fill the flat padded crop `distances` (0 on entry) with the city-block distance to the outside.

    Two raster sweeps; `offsets` are the steps along the axes that count.
    """
    for n in range(positions.size):
        position = np.uint64(positions[n])
        best = distances[position - np.uint64(offsets[0])]
        for axis in range(1, offsets.size):
            best = min(best, distances[position - np.uint64(offsets[axis])])
        distances[position] = best + 1
    for n in range(positions.size - 1, -1, -1):
        position = np.uint64(positions[n])
        best = distances[position] - 1
        for axis in range(offsets.size):
            best = min(best, distances[position + np.uint64(offsets[axis])])
        distances[position] = best + 1
