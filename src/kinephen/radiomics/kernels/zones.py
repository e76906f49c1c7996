"""Zones of equal level by union-find, and the distance of each voxel to the outside."""

from __future__ import annotations

from kinephen.radiomics.kernels.bits import DE_BRUIJN, PLACES
from kinephen.radiomics.kernels.compiler import kernel


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[::1])")
def join_equal(equal, positions, ranks, offsets, parents):  # type: ignore[no-untyped-def]
    """Join each voxel with the later neighbours that have its level.

    Bit k of `equal` tells whether a voxel has the level of its neighbour at ``offsets[k]``. `parents` holds
    for each voxel an earlier voxel of its zone, or itself.
    """
    for n in range(positions.size):
        position = positions[n]
        bits = int(equal[position])
        root = n
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            other = ranks[position + offsets[PLACES[((lowest * DE_BRUIJN) & 0xFFFF) >> 12]]]
            while parents[root] != root:
                parents[root] = parents[parents[root]]
                root = parents[root]
            while parents[other] != other:
                parents[other] = parents[parents[other]]
                other = parents[other]
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
        root = parents[parents[n]]
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
        position = positions[n]
        best = distances[position - offsets[0]]
        for axis in range(1, offsets.size):
            best = min(best, distances[position - offsets[axis]])
        distances[position] = best + 1
    for n in range(positions.size - 1, -1, -1):
        position = positions[n]
        best = distances[position] - 1
        for axis in range(offsets.size):
            best = min(best, distances[position + offsets[axis]])
        distances[position] = best + 1
