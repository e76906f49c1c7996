"""Delta features: how every feature of a tumour changes between two visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.options import DeltaForm
from kinephen.errors import InputError
from kinephen.phenotype.filters import FilterResult, filter_features
from kinephen.phenotype.tables import checked_features, listed, matrix
from kinephen.types import BoolArray, FloatArray

__all__ = ["DeltaResult", "FilterResult", "delta_features", "filter_features"]


SMALL_BASELINE = 0.1
"""A baseline is called small when it is below this share of the feature's median absolute baseline."""


@dataclass(frozen=True)
class DeltaResult:
    """Delta features and what is known of each.

    Parameters
    ----------
    delta : DataFrame, shape (patients, features)
        NaN where undefined.
    form : str
    scale : Series or None
        Divisor of every feature in form ``"difference"``; pass it as `retest_sd` for a second cohort.
    features : DataFrame
        One row a feature: ``sign``, ``zero_baseline``, ``negative_baseline``, ``sign_change`` (patients),
        ``small_baseline`` (share of patients), ``undefined`` (patients), ``reason`` (of the undefined ones).
    issues : tuple of Issue
    """

    delta: pd.DataFrame
    form: DeltaForm
    scale: pd.Series | None
    features: pd.DataFrame
    issues: tuple[Issue, ...]


def delta_features(
    t1: pd.DataFrame,
    t2: pd.DataFrame,
    *,
    form: DeltaForm = "symmetric",
    signs: Mapping[str, int] | None = None,
    floor: float = 0.0,
    retest_sd: pd.Series | None = None,
) -> DeltaResult:
    """Return the change of every feature from the first visit to the second.

    Parameters
    ----------
    t1, t2 : DataFrame
        Features at the two visits, patients in rows (unique index), the same columns. Patients with one visit
        are left out and counted.
    form : str
        ``"literal"`` (b - a) / a, as printed in the article: the sign is applied to both visits before the
        ratio, where it cancels, and a negative baseline turns the direction round. ``"signed"``
        s (b - a) / abs(a). ``"symmetric"`` 2 s (b - a) / (abs(a) + abs(b)). ``"log_ratio"`` s log(b / a).
        ``"difference"`` s (b - a) / scale.
    signs : mapping of str to int
        Heterogeneity sign s (-1, 0 or 1) by column name or by name without the map (``GLCM_Energy`` for
        ``PE_GLCM_Energy``); 0 and absent leave the feature as it is.
    floor : float
        Denominators of at most this size are undefined.
    retest_sd : Series, optional
        Test-retest SD of every feature for ``"difference"``; by default the SD of the baseline over these
        patients.

    Returns
    -------
    DeltaResult

    Raises
    ------
    InputError
        Repeated patients, text columns, different features, no patient with both visits, or a negative floor.

    References
    ----------
    Chitalia et al. 2023, Eq. 5.
    """
    first, second, issues = _paired(t1, t2)
    if not floor >= 0.0:
        raise InputError(f"the floor of the denominator must be >= 0, found {floor}", code="delta.floor")
    sign = _signs(first.columns, signs)
    scale = _scale(first, retest_sd) if form == "difference" else None
    a, b = matrix(first), matrix(second)
    values, reason = _change(a, b, form, floor, scale)
    if form != "literal":
        values = values * np.where(sign == 0, 1, sign)
    delta = pd.DataFrame(values, index=first.index, columns=first.columns)
    features = _describe(a, b, values, sign, reason, first.columns)
    issues += _issues(features, form)
    return DeltaResult(delta, form, scale, features, tuple(issues))


def _paired(t1: pd.DataFrame, t2: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    first, second = checked_features(t1, what="first visit"), checked_features(t2, what="second visit")
    odd = first.columns.symmetric_difference(second.columns)
    if len(odd):
        raise InputError(
            f"the two visits have different features; in one only: {listed(odd)}",
            code="delta.features",
            hint="extract both visits with the same settings",
        )
    both = first.index.intersection(second.index)
    if not len(both):
        raise InputError("no patient has both visits", code="delta.no_pairs")
    alone = len(first) + len(second) - 2 * len(both)
    issues = (
        [Issue("delta.one_visit", "patients with one visit only are left out", count=alone)] if alone else []
    )
    return first.loc[both], second.loc[both, first.columns], issues


def _signs(columns: pd.Index, signs: Mapping[str, int] | None) -> FloatArray:
    table = signs or {}
    wrong = sorted({k for k, v in table.items() if v not in (-1, 0, 1)})
    if wrong:
        raise InputError(f"signs must be -1, 0 or 1; wrong for {listed(wrong)}", code="delta.signs")
    found = [table.get(c, table.get(c.partition("_")[2], 0)) for c in columns]
    return np.asarray(found, dtype=np.float64)


def _scale(first: pd.DataFrame, retest_sd: pd.Series | None) -> pd.Series:
    if retest_sd is None:
        return first.std(axis=0, ddof=1)
    missing = first.columns.difference(retest_sd.index)
    if len(missing):
        raise InputError(f"no test-retest SD for {listed(missing)}", code="delta.retest_sd")
    return retest_sd[first.columns].astype(np.float64)


def _change(
    a: FloatArray, b: FloatArray, form: DeltaForm, floor: float, scale: pd.Series | None
) -> tuple[FloatArray, str]:
    """Return the unsigned change and why it is undefined where it is."""
    if form == "log_ratio":
        valid: BoolArray = (a > floor) & (b > floor)
        ratio = np.where(valid, b, 1.0) / np.where(valid, a, 1.0)
        return np.where(valid, np.log(ratio), np.nan), "not above the floor at a visit"
    if form == "difference":
        size = np.broadcast_to(np.asarray(scale, dtype=np.float64), a.shape)
        reason, top = "the spread it is divided by is zero or unknown", b - a
    elif form == "symmetric":
        size, reason, top = np.abs(a) + np.abs(b), "zero at both visits", 2.0 * (b - a)
    else:
        size, reason, top = np.abs(a), "zero baseline", b - a
    if form == "literal":
        top = top * np.sign(a)
    valid = size > floor
    return np.where(valid, top / np.where(valid, size, 1.0), np.nan), reason


def _describe(
    a: FloatArray, b: FloatArray, values: FloatArray, sign: FloatArray, reason: str, columns: pd.Index
) -> pd.DataFrame:
    missing = np.isnan(a) | np.isnan(b)
    undefined = np.isnan(values) & ~missing
    small = np.abs(a) < SMALL_BASELINE * np.nanmedian(
        np.where(np.isnan(a).all(axis=0), 0.0, np.abs(a)), axis=0
    )
    table = pd.DataFrame(
        {
            "sign": sign.astype(np.int64),
            "zero_baseline": (a == 0.0).sum(axis=0),
            "negative_baseline": (a < 0.0).sum(axis=0),
            "sign_change": (a * b < 0.0).sum(axis=0),
            "small_baseline": small.mean(axis=0),
            "missing": missing.sum(axis=0),
            "undefined": undefined.sum(axis=0),
        },
        index=columns,
    )
    table["reason"] = np.where(
        undefined.any(axis=0), reason, np.where(missing.any(axis=0), "missing value", "")
    )
    return table


def _issues(features: pd.DataFrame, form: DeltaForm) -> list[Issue]:
    found: list[Issue] = []
    for name, row in features[features["undefined"] > 0].iterrows():
        found.append(
            Issue("delta.undefined", f"change undefined: {row['reason']}", str(name), int(row["undefined"]))
        )
    for name, row in features[features["missing"] > 0].iterrows():
        found.append(Issue("delta.missing", "no value at one of the visits", str(name), int(row["missing"])))
    if form == "literal":
        found += _literal_issues(features)
    return found


def _literal_issues(features: pd.DataFrame) -> list[Issue]:
    found: list[Issue] = []
    flipped = int((features["sign"] == -1).sum())
    if flipped:
        text = "in the literal form the sign adjustment before the ratio cancels and changes nothing"
        found.append(Issue("delta.sign_cancels", text, count=flipped))
    reached = features["zero_baseline"] + features["negative_baseline"]
    for name, count in reached[reached > 0].items():
        text = "baseline of zero or below: the literal ratio is undefined or turns its direction round"
        found.append(Issue("delta.baseline_not_positive", text, str(name), int(count)))
    return found
