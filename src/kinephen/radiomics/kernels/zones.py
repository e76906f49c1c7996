"""Zones of equal level by union-find, and the distance of each voxel to the outside."""

from __future__ import annotations

from kinephen.radiomics.kernels.compiler import kernel


@kernel(
    "void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1])"
)
def join_zones(levels, positions, ranks, offsets, distances, parents, sizes, nearest):  # type: ignore[no-untyped-def]
    """Join each voxel with its earlier neighbours of the same level.

    `offsets` are steps to later neighbours and are followed backwards. On return ``sizes[r]`` is the number
    of voxels of the zone whose first voxel is r (0 if r is not a first voxel) and ``nearest[r]`` the smallest
    of `distances` in it.
    """
    for n in range(positions.size):
        position = positions[n]
        level = levels[position]
        root = n
        for direction in range(offsets.size):
            neighbour = position - offsets[direction]
            if levels[neighbour] != level:
                continue
            other = ranks[neighbour]
            while parents[other] != other:
                parents[other] = parents[parents[other]]
                other = parents[other]
            if other < root:
                parents[root] = other
                root = other
            else:
                parents[other] = root
        parents[n] = root
    for n in range(positions.size):
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
