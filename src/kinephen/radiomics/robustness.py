"""How repeatable features are: intraclass correlation of repeated measurements, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kinephen.errors import InputError
from kinephen.types import FloatArray

IccForm = Literal["ICC(2,1)", "ICC(3,1)"]


@dataclass(frozen=True)
class Icc:
    """An intraclass correlation.

    Parameters
    ----------
    value, low, high : float
        Estimate and interval; NaN where undefined.
    subjects, measurements : int
        Rows that were complete, and columns.
    reason : str
        Why it is undefined; empty otherwise.
    """

    value: float
    low: float
    high: float
    subjects: int
    measurements: int
    reason: str = ""


def icc(ratings: FloatArray, *, form: IccForm = "ICC(2,1)", level: float = 0.95) -> Icc:
    """Return the intraclass correlation of single measurements.

    Parameters
    ----------
    ratings : ndarray, shape (subjects, measurements)
        Subjects with a missing value are left out.
    form : {"ICC(2,1)", "ICC(3,1)"}
        Absolute agreement with random measurements (two-way random effects), or consistency with fixed ones
        (two-way mixed effects).
    level : float
        Of the interval.

    Raises
    ------
    InputError
        ``robustness.shape`` if there are fewer than two measurements.

    References
    ----------
    Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428. McGraw KO, Wong SP. Psychol Methods 1996;1:30-46.
    """
    if ratings.ndim != 2 or ratings.shape[1] < 2:
        raise InputError(
            f"expected at least two measurements of each subject, found shape {ratings.shape}",
            code="robustness.shape",
        )
    complete = ratings[np.isfinite(ratings).all(axis=1)]
    n, k = complete.shape
    if n < 2:
        return _undefined(n, k, "fewer than two subjects have all measurements")
    if np.ptp(complete) == 0:
        return _undefined(n, k, "all values are equal")
    rows, columns, error = _mean_squares(complete)
    if rows == 0 and error == 0:
        return _undefined(n, k, "the subjects do not differ")
    value, low, high = (_agreement if form == "ICC(2,1)" else _consistency)(rows, columns, error, n, k, level)
    return Icc(value, low, high, n, k)


def _mean_squares(x: FloatArray) -> tuple[float, float, float]:
    n, k = x.shape
    # Differences from the total mean first, so that large values keep their digits.
    x = x - x.mean()
    by_row, by_column = x.mean(axis=1), x.mean(axis=0)
    rest = x - by_row[:, None] - by_column
    rows, columns = k * float((by_row**2).sum()) / (n - 1), n * float((by_column**2).sum()) / (k - 1)
    error = float((rest**2).sum()) / ((n - 1) * (k - 1))
    trace = 1e-28 * float((x**2).max())
    return rows, columns, error if error > trace else 0.0


def _consistency(
    rows: float, columns: float, error: float, n: int, k: int, level: float
) -> tuple[float, float, float]:
    from scipy.stats import f

    value = (rows - error) / (rows + (k - 1) * error)
    if error == 0:
        return value, value, value
    ratio, tail = rows / error, 1.0 - (1.0 - level) / 2.0
    lower = ratio / f.ppf(tail, n - 1, (n - 1) * (k - 1))
    upper = ratio * f.ppf(tail, (n - 1) * (k - 1), n - 1)
    return value, float((lower - 1) / (lower + k - 1)), float((upper - 1) / (upper + k - 1))


def _agreement(
    rows: float, columns: float, error: float, n: int, k: int, level: float
) -> tuple[float, float, float]:
    from scipy.stats import f

    value = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    if error == 0 and columns == 0:
        return value, value, value
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    # Satterthwaite's degrees of freedom of the denominator's mixture of mean squares.
    v = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    tail = 1.0 - (1.0 - level) / 2.0
    mixed = k * columns + (k * n - k - n) * error
    above, below = f.ppf(tail, n - 1, v), f.ppf(tail, v, n - 1)
    low = n * (rows - above * error) / (above * mixed + n * rows)
    high = n * (below * rows - error) / (mixed + n * below * rows)
    return value, float(low), float(high)


def _undefined(n: int, k: int, reason: str) -> Icc:
    nan = float("nan")
    return Icc(nan, nan, nan, n, k, reason)


def feature_icc(
    tables: Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame],
    *,
    form: IccForm = "ICC(2,1)",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the intraclass correlation of every feature over repeated feature tables.

    Parameters
    ----------
    tables : sequence or mapping of DataFrame
        One table for each repetition (perturbation, reader, scan), lesions in rows, features in columns.
        Lesions and features that are not in all tables are left out.
    form : {"ICC(2,1)", "ICC(3,1)"}
    level : float

    Returns
    -------
    DataFrame
        Index feature; columns icc, low, high, subjects, measurements, reason.

    Raises
    ------
    InputError
        ``robustness.tables`` if there are fewer than two tables or nothing common to them.
    """
    frames = list(tables.values()) if isinstance(tables, Mapping) else list(tables)
    if len(frames) < 2:
        raise InputError(
            f"expected at least two repeated tables, found {len(frames)}", code="robustness.tables"
        )
    first, *others = frames
    lesions = [i for i in first.index if all(i in frame.index for frame in others)]
    features = [c for c in first.columns if all(c in frame.columns for frame in others)]
    if not lesions or not features:
        raise InputError("the tables have no lesion or no feature in common", code="robustness.tables")
    stack = np.stack([f.loc[lesions, features].to_numpy(dtype=np.float64) for f in frames], axis=-1)
    found = [icc(stack[:, c], form=form, level=level) for c in range(len(features))]
    columns = ["value", "low", "high", "subjects", "measurements", "reason"]
    table = pd.DataFrame([[getattr(i, c) for c in columns] for i in found], index=features, columns=columns)
    return table.rename(columns={"value": "icc"}).rename_axis("feature")
