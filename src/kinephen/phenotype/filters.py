"""Which delta features are kept, with one reason for each that is dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.options import MaskOnlyCopies, SkewnessType
from kinephen.errors import InputError
from kinephen.phenotype.moments import constant_columns, fit_moments, interquartile_range, skewness
from kinephen.phenotype.tables import checked_features, matrix
from kinephen.types import FloatArray

MASK_ONLY_FAMILIES = ("Morphologic", "Volumetric")
"""Families that depend on the mask alone, so that each map repeats them."""

DUPLICATE_CORRELATION = 1.0 - 1e-9


@dataclass(frozen=True)
class FilterResult:
    """The decision on every feature.

    Parameters
    ----------
    kept : tuple of str
        In the order of the columns.
    table : DataFrame
        One row a feature: ``kept``, ``reason`` (empty, ``two_d``, ``mask_only_copy``, ``undefined``,
        ``constant``, ``icc``, ``skewness``, ``iqr`` or ``duplicate``), ``detail`` in words, ``undefined``
        (patients), ``mean``, ``sd``, ``skewness``, ``iqr_z``.
    """

    kept: tuple[str, ...]
    table: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How many features each reason dropped."""
        dropped = self.table.loc[~self.table["kept"], "reason"]
        return {str(k): int(v) for k, v in dropped.value_counts(sort=False).items()}


def filter_features(
    delta: pd.DataFrame,
    *,
    skewness_type: SkewnessType = 1,
    skewness_limit: float = 5.0,
    absolute: bool = True,
    iqr_limit: float | None = None,
    drop_duplicates: bool = True,
    mask_only_copies: MaskOnlyCopies = "one",
    icc: Mapping[str, float] | None = None,
    icc_limit: float | None = None,
    two_d: Collection[str] = (),
) -> FilterResult:
    """Decide which features are kept.

    Parameters
    ----------
    delta : DataFrame, shape (patients, features)
        Delta features or their z-scores (skewness and IQR after z-scoring are the same).
    skewness_type : {1, 2, 3}
    skewness_limit : float
        Larger skewness is dropped.
    absolute : bool
        Two-sided limit; the article's is one-sided.
    iqr_limit : float, optional
        Features whose interquartile range after z-scoring is smaller are dropped: a filter on heavy tails
        (normal 1.35, Laplace 0.98). None is off.
    drop_duplicates : bool
        Of features with ``abs(r) = 1`` keep the one whose name sorts first.
    mask_only_copies : {"keep", "one"}
        Features of the families Morphologic and Volumetric, which are the same in every map: keep all copies,
        or the one whose name sorts first.
    icc, icc_limit : optional
        Intraclass correlation of features under perturbation, and its lower limit.
    two_d : collection of str
        Features to drop as two-dimensional, by column or by name without the map.

    Returns
    -------
    FilterResult
        Each dropped feature has the first reason that applies, in the order listed there.

    Raises
    ------
    InputError
        Repeated patients or features, text columns, or limits out of range.
    """
    if not skewness_limit > 0.0 or not (iqr_limit is None or iqr_limit > 0.0):
        raise InputError("limits of skewness and IQR must be positive", code="filters.limit")
    frame = checked_features(delta, what="delta features")
    table = _statistics(frame, skewness_type)
    reasons = _unlooked(list(frame.columns), mask_only_copies, two_d)
    n = len(frame)
    missing = table["undefined"]
    reasons.drop({c: f"undefined for {m} of {n} patients" for c, m in missing.items() if m}, "undefined")
    reasons.drop(dict.fromkeys(table.index[table["constant"]], "the same for all patients"), "constant")
    if icc is not None and icc_limit is not None:
        low = {c: f"ICC {icc[c]:.3g} < {icc_limit:g}" for c in frame.columns if icc.get(c, 1.0) < icc_limit}
        reasons.drop(low, "icc")
    reasons.drop(_skewed(table["skewness"], skewness_type, skewness_limit, absolute), "skewness")
    if iqr_limit is not None:
        reasons.drop(
            {c: f"IQR {v:.3g} < {iqr_limit:g}" for c, v in table["iqr_z"].items() if v < iqr_limit}, "iqr"
        )
    if drop_duplicates:
        reasons.drop(_repeats(frame[reasons.open()]), "duplicate")
    return reasons.result(table.drop(columns="constant"))


def candidates(
    columns: Collection[str], *, mask_only_copies: MaskOnlyCopies, two_d: Collection[str]
) -> list[str]:
    """Return the features that are not dropped by their names alone."""
    return _unlooked(list(columns), mask_only_copies, two_d).open()


def _unlooked(columns: list[str], mask_only_copies: MaskOnlyCopies, two_d: Collection[str]) -> _Reasons:
    reasons = _Reasons(columns)
    reasons.drop({c: "two-dimensional" for c in columns if {c, _bare(c)} & set(two_d)}, "two_d")
    if mask_only_copies == "one":
        reasons.drop(_copies(reasons.open()), "mask_only_copy")
    return reasons


class _Reasons:
    """The first reason of every dropped feature."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.found: dict[str, tuple[str, str]] = {}

    def drop(self, details: Mapping[str, str], reason: str) -> None:
        for column, detail in details.items():
            self.found.setdefault(column, (reason, detail))

    def open(self) -> list[str]:
        return [c for c in self.columns if c not in self.found]

    def result(self, table: pd.DataFrame) -> FilterResult:
        decided = [self.found.get(c, ("", "")) for c in self.columns]
        table.insert(0, "kept", [not reason for reason, _ in decided])
        table.insert(1, "reason", [reason for reason, _ in decided])
        table.insert(2, "detail", [detail for _, detail in decided])
        return FilterResult(tuple(self.open()), table)


def _statistics(frame: pd.DataFrame, kind: SkewnessType) -> pd.DataFrame:
    values = matrix(frame)
    moments = fit_moments(frame)
    z = matrix(moments.transform(frame))
    return pd.DataFrame(
        {
            "undefined": np.isnan(values).sum(axis=0),
            "constant": constant_columns(values),
            "mean": moments.mean,
            "sd": moments.sd,
            "skewness": skewness(values, kind),
            "iqr_z": _iqr(z),
        },
        index=frame.columns,
    )


def _iqr(z: FloatArray) -> FloatArray:
    width = np.full(z.shape[1], np.nan)
    whole = ~np.isnan(z).any(axis=0)
    if whole.any():
        width[whole] = interquartile_range(z[:, whole])
    return width


def _skewed(values: pd.Series, kind: int, limit: float, absolute: bool) -> dict[str, str]:
    size = values.abs() if absolute else values
    name = f"abs skewness (type {kind})" if absolute else f"skewness (type {kind})"
    return {str(c): f"{name} {v:.3g} > {limit:g}" for c, v in size.items() if v > limit}


def _bare(column: str) -> str:
    return column.partition("_")[2]


def _copies(columns: list[str]) -> dict[str, str]:
    """Return the copies of mask-only features beside the one that is kept."""
    first: dict[str, str] = {}
    copies: dict[str, str] = {}
    for column in sorted(columns):
        bare = _bare(column)
        if bare.startswith(MASK_ONLY_FAMILIES):
            kept = first.setdefault(bare, column)
            if kept != column:
                copies[column] = f"depends on the mask only; {kept} is kept"
    return copies


def _repeats(frame: pd.DataFrame) -> dict[str, str]:
    """Return the features that repeat one whose name sorts earlier, up to shift, scale and direction."""
    if frame.shape[1] < 2:
        return {}
    ordered = frame[sorted(frame.columns)]
    names = list(ordered.columns)
    z = matrix(fit_moments(ordered).transform(ordered))
    same = np.abs(z.T @ z) / (len(frame) - 1) > DUPLICATE_CORRELATION
    repeats: dict[str, str] = {}
    for j in range(1, len(names)):
        earlier = [i for i in np.flatnonzero(same[j, :j]) if names[i] not in repeats]
        if earlier:
            repeats[names[j]] = f"repeats {names[earlier[0]]}"
    return repeats
