"""Pair and run counts over the voxels of a region.

All arrays are C-contiguous; indices are unsigned, which spares the test for negative ones. `levels` is the
flat padded crop (0 outside), `positions` the flat indices of the region's voxels in raster order, `bounds`
the limits in `positions` of groups of voxels (slices, or one group), `offsets` flat steps to later
neighbours.
"""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.bits import DE_BRUIJN, LOW_16, ONE, PLACES, TWELVE
from kinephen.radiomics.kernels.compiler import kernel


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[:, :, ::1], uint32)")
def count_pairs(levels, positions, bounds, offsets, counts, width):  # type: ignore[no-untyped-def]
    """Add to ``counts[group, direction, level * width + neighbour level]``; level 0 collects the outside."""
    for group in range(bounds.size - 1):
        inside = positions[bounds[group] : bounds[group + 1]]
        for direction in range(offsets.size):
            step = np.uint64(offsets[direction])
            line = counts[group, direction]
            for n in range(inside.size):
                position = np.uint64(inside[n])
                line[np.uint32(levels[position]) * width + np.uint32(levels[position + step])] += 1


@kernel(
    "void(uint16[::1], uint16[::1], int32[::1], int32[::1], int32[::1], int32[::1],"
    " int32[:, :, :, ::1], int32[::1])"
)
def follow_equal(levels, equal, positions, ranks, bounds, offsets, counts, parents):  # type: ignore[no-untyped-def]
    """Count runs and join zones in one pass over the pairs of neighbours with one level.

    Adds to ``counts[group, direction, level, length]`` the maximal runs of two or more, and sets `parents` to
    an earlier voxel of each voxel's zone, or itself (its value on entry). Bit k of `equal` tells whether a
    voxel has the level of its neighbour at ``offsets[k]``; only set bits are visited, since most voxels
    differ from most neighbours.
    """
    for group in range(bounds.size - 1):
        for n in range(bounds[group], bounds[group + 1]):
            position = np.uint64(positions[n])
            bits = np.uint64(equal[position])
            root = np.uint64(n)
            while bits:
                lowest = bits & (~bits + ONE)
                bits ^= lowest
                direction = PLACES[((lowest * DE_BRUIJN) & LOW_16) >> TWELVE]
                step = np.uint64(offsets[direction])
                ahead = position + step
                other = np.uint64(ranks[ahead])
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
                if equal[position - step] & lowest:
                    continue
                length = np.uint64(2)
                while equal[ahead] & lowest:
                    length += ONE
                    ahead += step
                counts[group, direction, levels[position], length] += 1
