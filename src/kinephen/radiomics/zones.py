"""Zones: connected voxels of one level, their size and their distance to the edge (IBSI 3.8 and 3.9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.radiomics.equality import MOST_STEPS, equal_neighbours
from kinephen.radiomics.joint import JointTable
from kinephen.radiomics.offsets import FACES_3D, Step, flat
from kinephen.radiomics.region import Levels, Positions, Region
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class Zones:
    """The zones of one map.

    Parameters
    ----------
    level, size, distance : ndarray of int64, shape (zones,)
        Grey level, voxels, and smallest city-block distance to the outside of the lesion (1 = edge).
    matrix : ndarray of int64, shape (zones,)
        Group (slice, or 0) of the zone.
    voxels : ndarray, shape (groups,)
        Voxels of each group.
    """

    level: IntArray
    size: IntArray
    distance: IntArray
    matrix: IntArray
    voxels: FloatArray

    def by_size(self) -> JointTable | None:
        """Return the size zone table."""
        return JointTable.of_observations(self.matrix, self.level, self.size, self.voxels)

    def by_distance(self) -> JointTable | None:
        """Return the distance zone table."""
        return JointTable.of_observations(self.matrix, self.level, self.distance, self.voxels)

    def merged(self) -> Zones:
        """Return the zones of all groups as one group (the 2.5-D aggregation)."""
        return Zones(
            self.level, self.size, self.distance, np.zeros_like(self.matrix), self.voxels.sum()[None]
        )


def measure_joined(
    region: Region, levels: Levels, parents: Positions, *, bounds: Positions, distances: Positions
) -> Zones:
    """Return the zones of voxels that were joined.

    Parameters
    ----------
    region : Region
    levels : ndarray of uint16
        Flat padded crop.
    parents : ndarray of int32, shape (region.size,)
        For each voxel an earlier voxel of its zone, or itself: from `join`, or
        `kinephen.radiomics.runs.follow_chains`.
    bounds : ndarray of int32
        Groups of voxels; zones do not cross them if their steps do not.
    distances : ndarray of int32, shape (region.size,)
        Distance of each voxel to the outside.
    """
    from kinephen.radiomics.kernels.zones import measure_zones

    sizes, nearest = np.zeros((2, region.size), dtype=np.int32)
    measure_zones(parents, distances, sizes, nearest)
    roots = np.flatnonzero(sizes)
    group = np.searchsorted(bounds[1:-1], roots, side="right")
    return Zones(
        level=levels[region.positions[roots]].astype(np.int64),
        size=sizes[roots].astype(np.int64),
        distance=nearest[roots].astype(np.int64),
        matrix=group.astype(np.int64),
        voxels=np.diff(bounds).astype(np.float64),
    )


def join(region: Region, levels: Levels, steps: tuple[Step, ...]) -> Positions:
    """Return for each voxel an earlier voxel of its zone, or itself, shape (region.size,)."""
    from kinephen.radiomics.kernels.zones import join_equal

    parents = np.arange(region.size, dtype=np.int32)
    offsets = flat(region, steps)
    for first in range(0, offsets.size, MOST_STEPS):
        some = offsets[first : first + MOST_STEPS]
        join_equal(equal_neighbours(levels, some), region.positions, region.ranks, some, parents)
    return parents


def edge_distances(region: Region, steps: tuple[Step, ...] = FACES_3D) -> Positions:
    """Return the city-block distance to the outside for the flat crop: 0 outside, 1 on the edge."""
    from kinephen.radiomics.kernels.zones import city_block

    distances = np.zeros(region.inside.size, dtype=np.int32)
    city_block(distances, region.positions, flat(region, steps))
    return distances
