"""Runs and zones: neighbours of one grey level followed along a direction, or in all (IBSI 3.7 and 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kinephen.radiomics.equality import equal_neighbours
from kinephen.radiomics.glcm import Counts
from kinephen.radiomics.offsets import Step, flat
from kinephen.radiomics.region import Levels, Positions, Region


@dataclass(frozen=True)
class Chains:
    """What follows from neighbours with one level.

    Parameters
    ----------
    runs : ndarray of int32, shape (groups, directions, n_levels, longest axis of the crop)
        Maximal runs by level and length, both from 1.
    parents : ndarray of int32, shape (region.size,)
        For each voxel an earlier voxel of its zone, or itself.
    """

    runs: Counts
    parents: Positions


def follow_chains(
    region: Region, levels: Levels, n_levels: int, *, steps: tuple[Step, ...], bounds: Positions
) -> Chains:
    """Return runs and zones; arguments as `kinephen.radiomics.glcm.pair_counts`, at most 16 steps."""
    from kinephen.radiomics.kernels.counts import follow_equal

    longest = max(region.inside.shape)
    counts = np.zeros((bounds.size - 1, len(steps), n_levels + 1, longest + 1), dtype=np.int32)
    parents = np.arange(region.size, dtype=np.int32)
    offsets = flat(region, steps)
    equal = equal_neighbours(levels, offsets)
    follow_equal(levels, equal, region.positions, region.ranks, bounds, offsets, counts, parents)
    own = levels[region.positions]
    voxels = np.array([np.bincount(own[low:high], minlength=n_levels + 1) for low, high in pairwise(bounds)])
    # Every voxel that is in no longer run is a run of one.
    counts[..., 1] = voxels[:, None] - counts @ np.arange(longest + 1, dtype=np.int32)
    return Chains(counts[:, :, 1:, 1:], parents)
