"""Texture tables of a region under IBSI's ways of putting slices and directions together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from kinephen.radiomics.equality import Bits, equal_neighbours
from kinephen.radiomics.glcm import Counts, PairTable, pair_counts
from kinephen.radiomics.joint import JointTable
from kinephen.radiomics.offsets import FORWARD_2D, FORWARD_3D, Step, flat
from kinephen.radiomics.region import Levels, Positions, Region
from kinephen.radiomics.runs import run_counts

DirectionalAggregation = Literal["2D_avg", "2D_smrg", "2.5D_dmrg", "2.5D_mrg", "3D_avg", "3D_mrg"]
"""Of co-occurrence and run length matrices: averaged features, or merged slices, directions or both."""
ZonalAggregation = Literal["2D", "2.5D", "3D"]
"""Of the other matrices: one a slice and averaged features, one a slice and merged, one a volume."""

# Whether directions and slices are merged into one matrix.
_MERGED: dict[DirectionalAggregation, tuple[bool, bool]] = {
    "2D_avg": (False, False), "2D_smrg": (True, False), "2.5D_dmrg": (False, True), "2.5D_mrg": (True, True),
    "3D_avg": (False, False), "3D_mrg": (True, False),
}  # fmt: skip


@dataclass(frozen=True)
class Levelled:
    """A region with a grey level in each voxel.

    Parameters
    ----------
    region : Region
    grid : ndarray of uint16
        Flat padded crop, 0 outside.
    n_levels : int
    """

    region: Region
    grid: Levels
    n_levels: int

    @cached_property
    def equal_in_volume(self) -> Bits:
        """Which of the 13 later neighbours of a volume have a voxel's level."""
        return equal_neighbours(self.grid, flat(self.region, FORWARD_3D))

    @cached_property
    def equal_in_slice(self) -> Bits:
        """Which of the 4 later neighbours in a slice have a voxel's level."""
        return equal_neighbours(self.grid, flat(self.region, FORWARD_2D))


def pair_table(levelled: Levelled, aggregation: DirectionalAggregation) -> PairTable | None:
    """Return the co-occurrence matrices, None if no two voxels are neighbours."""
    steps, bounds = _scan(levelled.region, aggregation)
    counts = pair_counts(levelled.region, levelled.grid, levelled.n_levels, steps=steps, bounds=bounds)
    return PairTable.of(_merge(counts, aggregation))


def run_table(levelled: Levelled, aggregation: DirectionalAggregation) -> JointTable | None:
    """Return the run length matrices, None for an empty region."""
    steps, bounds = _scan(levelled.region, aggregation)
    equal = levelled.equal_in_slice if planar(aggregation) else levelled.equal_in_volume
    counts = run_counts(
        levelled.region, levelled.grid, levelled.n_levels, steps=steps, bounds=bounds, equal=equal
    )
    merged = _merge(counts, aggregation)
    each = np.broadcast_to(np.diff(bounds)[:, None], counts.shape[:2])
    voxels = _merge(each[..., None, None], aggregation)
    n, m = merged.shape[2:]
    return JointTable.of_dense(merged.reshape(-1, n, m), voxels.reshape(-1).astype(np.float64))


def planar(aggregation: str) -> bool:
    """Return whether neighbours lie in the slice only."""
    return not aggregation.startswith("3D")


def groups(region: Region, aggregation: str) -> Positions:
    """Return the bounds of the voxels that make one matrix before merging."""
    return region.slices if planar(aggregation) else region.whole


def _scan(region: Region, aggregation: DirectionalAggregation) -> tuple[tuple[Step, ...], Positions]:
    return FORWARD_2D if planar(aggregation) else FORWARD_3D, groups(region, aggregation)


def _merge(counts: Counts, aggregation: DirectionalAggregation) -> Counts:
    directions, slices = _MERGED[aggregation]
    axes = ((1,) if directions else ()) + ((0,) if slices else ())
    return np.asarray(counts.sum(axis=axes, keepdims=True)) if axes else counts
