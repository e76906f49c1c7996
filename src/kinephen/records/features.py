"""What the feature step found in one exam: bias field, kinetic maps, features and why some are undefined."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import model_validator

from kinephen.records.base import Number, Record
from kinephen.records.plausibility import Finding

FeatureValues: TypeAlias = dict[str, dict[str, Number]]
"""By map, then by ``Family_Name``; None where undefined."""


class Reason(Record):
    """Why one feature of one map has no value."""

    map: str
    feature: str
    reason: str


class MapSummary(Record):
    """One map in the lesion, on the grid of the features, over the voxels that have a value.

    Parameters
    ----------
    n : int
        Voxels with a value.
    mean, median, p05, p95 : float, optional
        In the map's unit; None if no voxel has a value.
    """

    n: int
    mean: Number
    median: Number
    p05: Number
    p95: Number


class BiasField(Record):
    """One estimated bias field; see `kinephen.imaging.field.FieldRecord`. What was not asked for is None."""

    frame: int
    method: str
    status: str
    reason: str = ""
    mask_source: str = ""
    mask_voxels: int = 0
    iterations: int = 0
    fwhm: Number = None
    change: Number = None
    field_variation: Number = None
    field_min: Number = None
    field_max: Number = None
    rerun: Number = None
    masks: Number = None
    ramps: Number = None
    knots: Number = None


class BiasCheck(Record):
    """One check of the field; see `kinephen.imaging.field_checks`. None: it could not be made."""

    name: str
    value: Number
    limit: float
    verdict: Literal["good", "doubtful", "harmful", "unknown"]


class BiasRecord(Record):
    """Correction of the bias field of one exam.

    Parameters
    ----------
    method, asked : str
        The method that was used, and the one of the settings.
    scope, asked_scope : str
        The same of one field for all frames, or one for each.
    corrected : bool
    fields : tuple of BiasField
    checks : tuple of BiasCheck
        Of the fields that were used last.
    """

    method: str
    asked: str
    scope: str
    corrected: bool
    fields: tuple[BiasField, ...] = ()
    asked_scope: str = ""
    checks: tuple[BiasCheck, ...] = ()


class Features(Record):
    """Features of one exam, and the maps they were taken from.

    Parameters
    ----------
    features : dict of map to dict of ``Family_Name`` to float
        None where undefined; `reasons` says why.
    reasons : tuple of Reason
    units : dict of str to str
        Unit of each map.
    undefined_voxels : dict of map to dict of reason to int
        Voxels of the lesion, as acquired, without a value.
    peak_voxels : tuple of int
        Voxels whose peak lies at each phase after contrast.
    map_summary : dict of map to MapSummary
    voxels : int
        Of the lesion on the grid of the features.
    spacing_mm : tuple of float
        Of that grid: slices, rows, columns, mm.
    bias : BiasRecord
    perturbed : tuple of dict
        `features` of each perturbed repeat.
    issues : tuple of Finding

    Raises
    ------
    ValueError
        If a summary counts more voxels than the lesion has, or a feature without a value lacks its reason.
    """

    features: FeatureValues
    reasons: tuple[Reason, ...] = ()
    units: dict[str, str]
    undefined_voxels: dict[str, dict[str, int]]
    peak_voxels: tuple[int, ...]
    map_summary: dict[str, MapSummary]
    voxels: int
    spacing_mm: tuple[float, float, float]
    bias: BiasRecord
    perturbed: tuple[FeatureValues, ...] = ()
    issues: tuple[Finding, ...] = ()

    @property
    def noticed(self) -> tuple[Finding, ...]:
        """What is to be known of the features; named as in `kinephen.records.lesion.Lesion`."""
        return self.issues

    def row(self) -> dict[str, Number]:
        """Return one flat row of the features, ``MAP_Family_Name``."""
        return flat(self.features)

    @model_validator(mode="after")
    def _agrees(self) -> Features:
        if any(s.n > self.voxels for s in self.map_summary.values()):
            raise ValueError("a map has more voxels than the lesion")
        known = {(r.map, r.feature) for r in self.reasons}
        lacking = {(m, f) for m, row in self.features.items() for f, v in row.items() if v is None}
        if lacking - known:
            raise ValueError("a feature without a value lacks its reason")
        return self


def flat(values: FeatureValues) -> dict[str, Number]:
    """Return features by column name, ``MAP_Family_Name``."""
    return {f"{name}_{feature}": value for name, row in values.items() for feature, value in row.items()}
