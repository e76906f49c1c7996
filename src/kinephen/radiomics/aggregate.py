"""Texture tables of a region under IBSI's ways of putting slices and directions together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from kinephen.errors import InputError
from kinephen.radiomics.glcm import FEATURES as PAIR_FEATURES
from kinephen.radiomics.glcm import (
    Counts,
    PairTable,
    glcm_features,
    mean_values,
    pair_counts,
    pair_values,
)
from kinephen.radiomics.joint import JointTable
from kinephen.radiomics.offsets import FORWARD_2D, FORWARD_3D, Step
from kinephen.radiomics.region import Levels, Positions, Region
from kinephen.radiomics.runs import Chains, follow_chains
from kinephen.radiomics.undefined import Value

DirectionalAggregation = Literal["2D_avg", "2D_smrg", "2.5D_dmrg", "2.5D_mrg", "3D_avg", "3D_mrg"]
"""Of co-occurrence and run length matrices: averaged features, or merged slices, directions or both."""
ZonalAggregation = Literal["2D", "2.5D", "3D"]
"""Of the other matrices: one a slice and averaged features, one a slice and merged, one a volume."""

COUNT_BYTES = 4
MOST_BYTES = 2**26
"""Of the counts of co-occurrence that are held at once; their shares take some times as much."""
RUN_BYTES = 2**30
"""Of the counts of runs, which are few beside those of co-occurrence."""

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
    def chains_in_volume(self) -> Chains:
        """Runs and zones over the 13 directions of a volume."""
        return follow_chains(
            self.region, self.grid, self.n_levels, steps=FORWARD_3D, bounds=self.region.whole
        )

    @cached_property
    def chains_in_slices(self) -> Chains:
        """Runs and zones over the 4 directions of each slice."""
        return follow_chains(
            self.region, self.grid, self.n_levels, steps=FORWARD_2D, bounds=self.region.slices
        )

    def chains(self, *, planar: bool) -> Chains:
        """Return the runs and zones of slices or of the volume."""
        return self.chains_in_slices if planar else self.chains_in_volume


def pair_table(levelled: Levelled, aggregation: DirectionalAggregation) -> PairTable | None:
    """Return the co-occurrence matrices, None if no two voxels are neighbours."""
    steps, bounds = _scan(levelled.region, aggregation)
    counts = pair_counts(levelled.region, levelled.grid, levelled.n_levels, steps=steps, bounds=bounds)
    return PairTable.of(_merge(counts, aggregation))


def pair_features(
    levelled: Levelled, aggregation: DirectionalAggregation, names: Iterable[str] = PAIR_FEATURES
) -> dict[str, Value]:
    """Return the co-occurrence features averaged over the matrices of an aggregation.

    Where all matrices together would take more than `MOST_BYTES`, one is made after the other.
    """
    wanted = list(names)
    steps, bounds = _scan(levelled.region, aggregation)
    if (bounds.size - 1) * len(steps) * (levelled.n_levels + 1) ** 2 * COUNT_BYTES <= MOST_BYTES:
        return glcm_features(pair_table(levelled, aggregation), wanted)
    parts = [pair_values(PairTable.of(counts), wanted) for counts in _one_by_one(levelled, aggregation)]
    return mean_values([part for part in parts if part is not None], wanted)


def _one_by_one(levelled: Levelled, aggregation: DirectionalAggregation) -> Iterator[Counts]:
    """Yield the counts of each matrix after merging."""
    steps, bounds = _scan(levelled.region, aggregation)
    directions, slices = _MERGED[aggregation]
    pieces = [bounds[i : i + 2] for i in range(bounds.size - 1)]
    for group in [pieces] if slices else [[piece] for piece in pieces]:
        for together in [steps] if directions else [(step,) for step in steps]:
            total = np.zeros((levelled.n_levels, levelled.n_levels), dtype=np.int32)
            for piece, step in itertools.product(group, together):
                total += pair_counts(
                    levelled.region, levelled.grid, levelled.n_levels, steps=(step,), bounds=piece
                )[0, 0]
            yield total


def run_table(levelled: Levelled, aggregation: DirectionalAggregation) -> JointTable | None:
    """Return the run length matrices, None for an empty region."""
    steps, bounds = _scan(levelled.region, aggregation)
    longest = max(levelled.region.inside.shape)
    needed = (bounds.size - 1) * len(steps) * (levelled.n_levels + 1) * (longest + 1) * COUNT_BYTES
    if needed > RUN_BYTES:
        raise InputError(
            f"{levelled.n_levels:,} grey levels in {bounds.size - 1} slices need {needed / 1e9:.1f} GB of "
            f"run lengths; at most {RUN_BYTES / 1e9:.1f} GB are used",
            code="radiomics.bins",
            hint="choose fewer or wider bins, or aggregations in the volume",
        )
    counts = levelled.chains(planar=planar(aggregation)).runs
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
