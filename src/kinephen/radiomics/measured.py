"""What is found of a map under a protocol, named and with reasons, as a table takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.radiomics.complete import discretise, ibsi_features
from kinephen.radiomics.ibsi import Key
from kinephen.radiomics.prepare import Prepared
from kinephen.radiomics.protocol import Protocol
from kinephen.radiomics.undefined import Value, split


@dataclass(frozen=True)
class Measured:
    """What is found of one map.

    Parameters
    ----------
    features : dict of str to float
        NaN where undefined.
    reasons : dict of str to str
        For every NaN.
    diagnostics : dict of str to float
        Voxels, levels, edges.
    issues : tuple of Issue
    """

    features: dict[str, float]
    reasons: dict[str, str]
    diagnostics: dict[str, float]
    issues: tuple[Issue, ...] = ()


def measure(name: str, prepared: Prepared, protocol: Protocol, shape: dict[str, Value]) -> Measured:
    """Return the features of one prepared map; `shape` is what `mask_morphology` gave of its mask."""
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range of numbers becomes NaN
        values = ibsi_features(prepared, protocol, shape=shape)
    numbers, reasons = split({column(key): value for key, value in values.items()})
    return Measured(numbers, reasons, _diagnostics(prepared, protocol), _left_out(name, prepared))


def _left_out(name: str, prepared: Prepared) -> tuple[Issue, ...]:
    inside = prepared.context.values(prepared.image)
    count = int(inside.size - np.count_nonzero(np.isfinite(inside)))
    if not count:
        return ()
    text = f"{count} of {inside.size} voxels have no finite value and are left out of this map"
    return (Issue("radiomics.undefined_voxels", text, where=name, count=count),)


def column(key: Key) -> str:
    """Return the name of a feature in a table: family, name and aggregation."""
    return "_".join(part for part in key if part)


def _diagnostics(prepared: Prepared, protocol: Protocol) -> dict[str, float]:
    roi = prepared.roi
    found = {
        "voxels": float(roi.region.size),
        "voxels_left_out": float(roi.left_out),
        **{
            f"spacing_{axis}": s
            for axis, s in zip(("slice", "row", "column"), roi.context.spacing, strict=True)
        },
    }
    if roi.region.size == 0:
        return found
    try:
        levels = discretise(roi, protocol)
    except InputError:  # said of each feature that needs levels
        return found
    occupied = np.unique(levels.levels).size
    low, high = levels.edges
    return {
        **found,
        "levels": float(levels.n_levels),
        "occupied_levels": float(occupied),
        "lower_edge": low,
        "upper_edge": high,
    }
