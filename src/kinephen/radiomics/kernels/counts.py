"""Pair and run counts over the voxels of a region.

All arrays are C-contiguous. `levels` is the flat padded crop (0 outside), `positions` the flat indices of
the region's voxels in raster order, `bounds` the limits in `positions` of groups of voxels (slices, or one
group), `offsets` flat steps to later neighbours.
"""

from __future__ import annotations

from kinephen.radiomics.kernels.compiler import kernel


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[:, :, :, ::1])")
def count_pairs(levels, positions, bounds, offsets, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts[group, direction, level, neighbour level]``; row and column 0 collect the outside."""
    for group in range(bounds.size - 1):
        for direction in range(offsets.size):
            step = offsets[direction]
            for n in range(bounds[group], bounds[group + 1]):
                position = positions[n]
                counts[group, direction, levels[position], levels[position + step]] += 1


@kernel("void(uint16[::1], int32[::1], int32[::1], int32[::1], int32[:, :, :, ::1])")
def count_runs(levels, positions, bounds, offsets, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts[group, direction, level, length]`` the maximal runs of two or more equal levels."""
    for group in range(bounds.size - 1):
        for direction in range(offsets.size):
            step = offsets[direction]
            for n in range(bounds[group], bounds[group + 1]):
                position = positions[n]
                level = levels[position]
                ahead = position + step
                # Most voxels differ from the next one: this one test, seldom true, decides about them.
                if levels[ahead] != level or levels[position - step] == level:
                    continue
                length = 2
                ahead += step
                while levels[ahead] == level:
                    length += 1
                    ahead += step
                counts[group, direction, level, length] += 1
