"""What all tests and intervals of this room have in common: they know their name and print themselves."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from scipy import special

Z95 = float(special.ndtri(0.975))
"""Normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class ChiSquareTest:
    """A test whose statistic is referred to chi-square.

    Parameters
    ----------
    name : str
        The test, for example ``"log-rank"``.
    statistic, df, p : float
    n, events : int
        Women and events that it used.
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain fields."""
        return asdict(self)

    def __str__(self) -> str:
        versus = f" against {self.against}" if self.against else ""
        return (
            f"{self.name}{versus}: chi-square {self.statistic:.4g} on {self.df:g} df, p = {format_p(self.p)} "
            f"(n = {self.n}, events = {self.events})"
        )


@dataclass(frozen=True)
class Interval:
    """An estimate with a two-sided interval that names how it was made."""

    estimate: float
    lower: float
    upper: float
    kind: str
    level: float = 0.95
    se: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return plain fields."""
        return asdict(self)

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


def format_p(p: float) -> str:
    """Return p with two significant digits, or ``< 0.0001``."""
    if math.isnan(p):
        return "undefined"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def p_text(p: float) -> str:
    """Return ``p = 0.03`` or ``p < 0.0001``."""
    text = format_p(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def plain(value: Any) -> Any:
    """Return dataclasses, arrays and tuples as dictionaries and lists of plain values."""
    if hasattr(value, "to_dict") and not isinstance(value, type):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
