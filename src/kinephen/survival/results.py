"""What all tests and intervals of this room have in common: they know their name and print themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from kinephen.core.p_values import format_p, p_text
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.types import FloatArray

Z95 = float(special.ndtri(0.975))
"""Normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class ChiSquareTest(Printable):
    """A test whose statistic is referred to chi-square.

    Parameters
    ----------
    name : str
        The test, for example ``"log-rank"``.
    statistic, df, p : float
    n, events : int
        Patients and events that it used.
    against : str
        What it is compared with: the null model, or a smaller model by name.
    """

    name: str
    statistic: float
    df: float
    p: float
    n: int
    events: int
    against: str = ""

    def __str__(self) -> str:
        versus = f" against {self.against}" if self.against else ""
        return (
            f"{self.name}{versus}: chi-square {self.statistic:.4g} on {self.df:g} df, {p_text(self.p)} "
            f"(n = {self.n}, events = {self.events})"
        )


@dataclass(frozen=True)
class Interval(Printable):
    """An estimate with a two-sided interval that names how it was made."""

    estimate: float
    lower: float
    upper: float
    kind: str
    level: float = 0.95
    se: float = math.nan

    def __str__(self) -> str:
        return (
            f"{self.estimate:.3f} ({100 * self.level:g} % {self.kind} {self.lower:.3f} to {self.upper:.3f})"
        )


def wald_interval(estimate: float, se: float, kind: str) -> Interval:
    """Return estimate +- 1.96 SE (unrounded quantile)."""
    return Interval(estimate, estimate - Z95 * se, estimate + Z95 * se, kind, se=se)


def exp_limit(value: Any) -> Any:
    """Return exp(value), infinite where it overflows (the limit of an infinite coefficient)."""
    with np.errstate(over="ignore"):
        return np.exp(value)


def chi_square_p(statistic: float, df: float) -> float:
    """Return the upper tail of chi-square; NaN on no degrees of freedom."""
    if not df > 0 or math.isnan(statistic):
        return math.nan
    return float(special.gammaincc(df / 2, max(statistic, 0.0) / 2))


def normal_p(z: Any) -> Any:
    """Return the two-sided p of a normal deviate (scalar or array)."""
    return 2.0 * special.ndtr(-np.abs(z))


def ratio_table(
    result: Any, ratios: tuple[str, FloatArray, FloatArray, FloatArray], first: int = 0
) -> ResultTable:
    """Return the coefficients of a regression model as a table.

    Parameters
    ----------
    result : CoxResult, LogisticResult or FineGrayResult
    ratios : tuple of str and three ndarray, shape (p,)
        What the exponential of a coefficient is called; its values and 95 % limits.
    first : int
        Coefficient to begin with, 1 to leave an intercept out.
    """
    name, value, lower, upper = ratios
    columns = ("covariate", "coefficient", "SE", name, "lower 95 %", "upper 95 %", "p")
    parts = (result.coef, result.se, value, lower, upper, result.p)
    cells = list(zip(result.names, *(map(float, v) for v in parts), strict=True))
    return ResultTable(
        str(result).splitlines()[0],
        columns,
        tuple((*row[:-1], format_p(row[-1])) for row in cells[first:]),
        tuple(i.message for i in result.issues),
    )
