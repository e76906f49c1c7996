"""All features of IBSI-1 of one map in one mask."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from kinephen.radiomics import joint
from kinephen.radiomics.aggregate import (
    DirectionalAggregation,
    Levelled,
    ZonalAggregation,
    groups,
    pair_features,
    planar,
    run_table,
)
from kinephen.radiomics.joint import JointTable, joint_features
from kinephen.radiomics.ngldm import MOST_ALIKE, dependence_counts
from kinephen.radiomics.ngtdm import ToneTable, mean_features, tone_tables
from kinephen.radiomics.offsets import FORWARD_2D, FORWARD_3D
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import Value
from kinephen.radiomics.zones import Zones, measure_joined

Key: TypeAlias = tuple[str, str, str]
"""Family, feature (names of `kinephen.radiomics.ibsi_codes`), aggregation (empty for families without)."""

DIRECTIONAL_3D: tuple[DirectionalAggregation, ...] = ("3D_avg", "3D_mrg")
DIRECTIONAL_2D: tuple[DirectionalAggregation, ...] = ("2D_avg", "2D_smrg", "2.5D_dmrg", "2.5D_mrg")


def directional_features(
    levelled: Levelled, aggregations: Iterable[DirectionalAggregation] = DIRECTIONAL_3D
) -> dict[Key, Value]:
    """Return the features of co-occurrence and run length matrices."""
    found: dict[Key, Value] = {}
    for how in aggregations:
        pairs = pair_features(levelled, how)
        runs = joint_features(run_table(levelled, how))
        found |= {("glcm", name, how): value for name, value in pairs.items()}
        found |= {("glrlm", name, how): value for name, value in runs.items()}
    return found


def zonal_features(
    levelled: Levelled, roi: Roi, aggregations: Iterable[ZonalAggregation] = ("3D",)
) -> dict[Key, Value]:
    """Return the features of size zone, distance zone, tone difference and dependence matrices.

    Parameters
    ----------
    levelled : Levelled
        Levels of the intensity mask.
    roi : Roi
        Its context is the morphological mask, in which distances to the edge are measured.
    aggregations : iterable of {"2D", "2.5D", "3D"}
    """
    found: dict[Key, Value] = {}
    for how in aggregations:
        zones = _zones(levelled, roi, how)
        parts = {
            "glszm": joint_features(zones.by_size()),
            "gldzm": joint_features(zones.by_distance()),
            "ngtdm": mean_features(_tones(levelled, how)),
            "ngldm": joint_features(_dependence(levelled, how), (*joint.FEATURES, "energy")),
        }
        found |= {(family, name, how): v for family, part in parts.items() for name, v in part.items()}
    return found


def _zones(levelled: Levelled, roi: Roi, how: ZonalAggregation) -> Zones:
    region, context = levelled.region, roi.context
    depths = (context.depths_in_slice if planar(how) else context.depths)[region.positions]
    parents = levelled.chains(planar=planar(how)).parents
    zones = measure_joined(region, levelled.grid, parents, bounds=groups(region, how), distances=depths)
    return zones.merged() if how == "2.5D" else zones


def _tones(levelled: Levelled, how: ZonalAggregation) -> list[ToneTable]:
    region = levelled.region
    radii = (0, 1, 1) if planar(how) else (1, 1, 1)
    return tone_tables(
        region,
        levelled.grid,
        levelled.n_levels,
        neighbours=region.neighbours_within(radii) if planar(how) else region.neighbours,
        radii=radii,
        bounds=region.slices if how == "2D" else region.whole,
    )


def _dependence(levelled: Levelled, how: ZonalAggregation) -> JointTable | None:
    region = levelled.region
    counts = dependence_counts(region, levelled.grid, FORWARD_2D if planar(how) else FORWARD_3D)
    keys = levelled.grid[region.positions].astype(np.int64) * MOST_ALIKE + counts
    bounds = region.slices if how == "2D" else region.whole
    size = (levelled.n_levels + 1) * MOST_ALIKE
    dense = [np.bincount(keys[low:high], minlength=size) for low, high in pairwise(bounds)]
    tables = np.array(dense).reshape(len(dense), -1, MOST_ALIKE)[:, 1:, 1:]
    return JointTable.of_dense(tables, np.diff(bounds).astype(np.float64))
