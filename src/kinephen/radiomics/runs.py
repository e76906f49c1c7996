"""Grey level run lengths: chains of neighbours with one level along a direction (IBSI section 3.7)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from kinephen.radiomics.equality import Bits, equal_neighbours
from kinephen.radiomics.glcm import Counts
from kinephen.radiomics.offsets import Step, flat
from kinephen.radiomics.region import Levels, Positions, Region


def run_counts(
    region: Region,
    levels: Levels,
    n_levels: int,
    *,
    steps: tuple[Step, ...],
    bounds: Positions,
    equal: Bits | None = None,
) -> Counts:
    """Count maximal runs; arguments as `kinephen.radiomics.glcm.pair_counts`.

    Parameters
    ----------
    equal : ndarray of uint16, optional
        `kinephen.radiomics.equality.equal_neighbours` of these levels and steps, if known already.

    Returns
    -------
    ndarray of int32, shape (groups, directions, n_levels, longest axis of the crop)
    """
    from kinephen.radiomics.kernels.counts import count_runs

    longest = max(region.inside.shape)
    counts = np.zeros((bounds.size - 1, len(steps), n_levels + 1, longest + 1), dtype=np.int32)
    offsets = flat(region, steps)
    equal = equal_neighbours(levels, offsets) if equal is None else equal
    count_runs(levels, equal, region.positions, bounds, offsets, counts)
    own = levels[region.positions]
    voxels = np.array([np.bincount(own[low:high], minlength=n_levels + 1) for low, high in pairwise(bounds)])
    # Every voxel that is in no longer run is a run of one.
    counts[..., 1] = voxels[:, None] - counts @ np.arange(longest + 1, dtype=np.int32)
    return counts[:, :, 1:, 1:]
