"""Intraclass correlation: how repeatable a measurement is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError, UsageError
from kinephen.types import FloatArray

IccForm: TypeAlias = Literal["1,1", "2,1", "3,1"]


@dataclass(frozen=True)
class IntraclassCorrelation(Printable):
    """Intraclass correlation of one measurement.

    Parameters
    ----------
    form : str
        ``"1,1"``, ``"2,1"`` (absolute agreement) or ``"3,1"`` (consistency).
    icc, lower, upper : float
        With 95 % limits; NaN when all measurements are equal.
    subjects, repeats : int
    """

    form: str
    icc: float
    lower: float
    upper: float
    subjects: int
    repeats: int

    def __str__(self) -> str:
        limits = f"95 % {self.lower:.3f} to {self.upper:.3f}"
        return f"ICC({self.form}) {self.icc:.3f} ({limits}; {self.subjects} subjects x {self.repeats})"


def intraclass_correlation(values: FloatArray, *, form: IccForm = "2,1") -> IntraclassCorrelation:
    """Return the intraclass correlation of a subjects x repeats table.

    Parameters
    ----------
    values : ndarray, shape (n, k)
        One row a subject, one column a repeat (reader, perturbation, scan).
    form : {"1,1", "2,1", "3,1"}
        One-way random; two-way random, absolute agreement; two-way mixed, consistency.

    Raises
    ------
    InputError
        ``stats.shape`` unless 2-D; ``stats.missing``.
    CohortError
        ``stats.few_values`` for fewer than 2 subjects or repeats.
    UsageError
        ``stats.form``.

    References
    ----------
    Shrout and Fleiss 1979; McGraw and Wong 1996 (limits).
    """
    table = np.asarray(values, dtype=np.float64)
    _require_table(table)
    if form not in _FORMS:
        raise UsageError(f"form {form!r}; expected {', '.join(_FORMS)}", code="stats.form", where="form")
    squares = _MeanSquares.of(table)
    n, k = table.shape
    if squares.total == 0:
        return IntraclassCorrelation(form, math.nan, math.nan, math.nan, n, k)
    icc, lower, upper = _FORMS[form](squares, n, k)
    return IntraclassCorrelation(form, icc, lower, upper, n, k)


@dataclass(frozen=True)
class _MeanSquares:
    rows: float
    columns: float
    error: float
    within: float
    total: float

    @classmethod
    def of(cls, table: FloatArray) -> _MeanSquares:
        n, k = table.shape
        grand = table.mean()
        rows = k * float(((table.mean(axis=1) - grand) ** 2).sum())
        columns = n * float(((table.mean(axis=0) - grand) ** 2).sum())
        total = float(((table - grand) ** 2).sum())
        error = max(total - rows - columns, 0.0)
        return cls(
            rows / (n - 1),
            columns / (k - 1),
            error / ((n - 1) * (k - 1)),
            (total - rows) / (n * (k - 1)),
            total,
        )


def _f_quantile(p: float, first: float, second: float) -> float:
    return float(special.fdtri(first, second, p))


def _ratio(f: float, k: int) -> float:
    return 1.0 if math.isinf(f) else (f - 1.0) / (f + k - 1.0)


def _divide(above: float, below: float) -> float:
    return above / below if below > 0 else math.inf


def _one_way(s: _MeanSquares, n: int, k: int) -> tuple[float, float, float]:
    f, df = _divide(s.rows, s.within), n * (k - 1)
    low, high = f / _f_quantile(0.975, n - 1, df), f * _f_quantile(0.975, df, n - 1)
    return _ratio(f, k), _ratio(low, k), _ratio(high, k)


def _consistency(s: _MeanSquares, n: int, k: int) -> tuple[float, float, float]:
    f, df = _divide(s.rows, s.error), (n - 1) * (k - 1)
    low, high = f / _f_quantile(0.975, n - 1, df), f * _f_quantile(0.975, df, n - 1)
    return _ratio(f, k), _ratio(low, k), _ratio(high, k)


def _agreement(s: _MeanSquares, n: int, k: int) -> tuple[float, float, float]:
    icc = (s.rows - s.error) / (s.rows + (k - 1) * s.error + k * (s.columns - s.error) / n)
    if s.error == 0 and s.columns == 0:
        return 1.0, 1.0, 1.0
    a = k * icc / (n * (1.0 - icc)) if icc < 1 else math.inf
    b = 1.0 + k * icc * (n - 1) / (n * (1.0 - icc)) if icc < 1 else math.inf
    top = (a * s.columns + b * s.error) ** 2
    df = top / ((a * s.columns) ** 2 / (k - 1) + (b * s.error) ** 2 / ((n - 1) * (k - 1)))
    spread = k * s.columns + (k * n - k - n) * s.error
    upper_f, lower_f = _f_quantile(0.975, n - 1, df), _f_quantile(0.975, df, n - 1)
    lower = n * (s.rows - upper_f * s.error) / (upper_f * spread + n * s.rows)
    upper = n * (lower_f * s.rows - s.error) / (spread + n * lower_f * s.rows)
    return icc, lower, upper


_FORMS = {"1,1": _one_way, "2,1": _agreement, "3,1": _consistency}


def _require_table(table: FloatArray) -> None:
    if table.ndim != 2:
        raise InputError(f"expected subjects x repeats, found {table.ndim} axes", code="stats.shape")
    missing = int((~np.isfinite(table)).any(axis=1).sum())
    if missing:
        raise InputError(
            f"{missing} of {table.shape[0]} subjects have a missing repeat",
            code="stats.missing",
            where="values",
            hint="leave those subjects out, and report how many",
        )
    if min(table.shape) < 2:
        raise CohortError(
            f"{table.shape[0]} subjects and {table.shape[1]} repeats; expected at least 2 of each",
            code="stats.few_values",
            where="values",
        )
