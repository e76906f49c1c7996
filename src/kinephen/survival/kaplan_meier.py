"""Kaplan-Meier curves with intervals, median, at-risk table, restricted mean and Nelson-Aalen hazard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kinephen.core.cohort import Issue
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.survival.bands import BandKind, band_limits
from kinephen.survival.counts import LifeTable, StepFunction, at_risk_counts, life_table
from kinephen.survival.outcome import Outcome, clean_outcome, group_codes
from kinephen.survival.results import Interval
from kinephen.types import FloatArray, IntArray

HALF = 1e-12
"""How near 0.5 a survival probability counts as exactly one half (products of fractions carry rounding)."""


@dataclass(frozen=True)
class SurvivalCurve(Printable):
    """A Kaplan-Meier estimate.

    Parameters
    ----------
    label : str
        Group, or ``"all"``.
    n, events : int
    time, at_risk, n_events, n_censored : ndarray, shape (m,)
        Counts at each distinct time.
    survival, se_log, lower, upper : ndarray, shape (m,)
        Estimate, standard error of its logarithm, limits.
    band, level : str, float
        Kind and level of the limits.
    cumulative_hazard, hazard_se : ndarray, shape (m,)
        Nelson-Aalen estimate and its standard error.
    median : Interval
        Median survival; NaN where the curve (or its limit) never reaches one half.
    outcome : Outcome
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"outcome"})

    label: str
    n: int
    events: int
    time: FloatArray
    at_risk: IntArray
    n_events: IntArray
    n_censored: IntArray
    survival: FloatArray
    se_log: FloatArray
    lower: FloatArray
    upper: FloatArray
    band: str
    level: float
    cumulative_hazard: FloatArray
    hazard_se: FloatArray
    median: Interval
    outcome: Outcome

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What was noticed in the times."""
        return self.outcome.issues

    def at(self, times: ArrayLike) -> dict[str, FloatArray | IntArray]:
        """Return time, at_risk, survival, se (of survival), lower and upper at given times.

        Times after the last follow-up carry the last value on, as a drawn curve does. Where the curve is 0
        its standard error is undefined (NaN).
        """
        when = np.atleast_1d(np.asarray(times, dtype=np.float64))
        survival = StepFunction(self.time, self.survival).at(when)
        before_first = when < self.time[0]
        se_log = np.where(before_first, 0.0, StepFunction(self.time, self.se_log).at(when))
        return {
            "time": when,
            "at_risk": at_risk_counts(self.outcome, when),
            "survival": survival,
            "se": np.where(survival > 0, survival * np.where(survival > 0, se_log, 0.0), np.nan),
            "lower": StepFunction(self.time, self.lower).at(when),
            "upper": StepFunction(self.time, self.upper).at(when),
        }

    def table(self) -> ResultTable:
        """Return the life table: one row a distinct time."""
        counts = (self.at_risk, self.n_events, self.n_censored)
        columns = ("time", "at risk", "events", "censored", "survival", "lower", "upper")
        parts = (self.time.tolist(), *(c.tolist() for c in counts))
        curve = (self.survival.tolist(), self.lower.tolist(), self.upper.tolist())
        rows = tuple(zip(*parts, *curve, strict=True))
        return ResultTable(str(self), columns, rows, tuple(i.message for i in self.issues))

    def __str__(self) -> str:
        m = self.median
        return (
            f"{self.label}: n = {self.n}, events = {self.events}, median {_shown(m.estimate)} "
            f"({100 * self.level:g} % {self.band} {_shown(m.lower)} to {_shown(m.upper)})"
        )


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, band: BandKind = "log", level: float = 0.95, label: str = "all"
) -> SurvivalCurve:
    """Return the Kaplan-Meier estimate with pointwise limits.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Follow-up (>= 0) and 1 (event) or 0 (censored). Missing values raise.
    band : {"log", "log-log", "plain", "logit", "arcsin"}
        Scale of the limits; "log" is the default of R.
    level : float
        Coverage of the limits, in (0, 1).
    label : str
        Name of the curve.

    Raises
    ------
    InputError
        See `kinephen.survival.outcome.clean_outcome`.

    References
    ----------
    Kaplan and Meier 1958; Greenwood 1926; median limits after Brookmeyer and Crowley 1982.
    """
    outcome = clean_outcome(time, event)
    table = life_table(outcome)
    survival, se_log = _greenwood(table)
    z = float(special.ndtri(0.5 + level / 2))
    lower, upper = band_limits(survival, se_log, z, band)
    median = Interval(
        _first_half(table, survival), _first_half(table, lower), _first_half(table, upper), band, level
    )
    return SurvivalCurve(
        label,
        outcome.n,
        outcome.events,
        table.time,
        table.at_risk,
        table.events,
        table.censored,
        survival,
        se_log,
        lower,
        upper,
        band,
        level,
        np.cumsum(table.events / table.at_risk),
        np.sqrt(np.cumsum(table.events / table.at_risk.astype(np.float64) ** 2)),
        median,
        outcome,
    )


def kaplan_meier_by_group(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, band: BandKind = "log", level: float = 0.95
) -> tuple[SurvivalCurve, ...]:
    """Return one curve a group, in the order of the groups' labels."""
    outcome = clean_outcome(time, event)
    codes, labels = group_codes(group, outcome.n)
    return tuple(
        kaplan_meier(
            outcome.time[codes == k], outcome.event[codes == k], band=band, level=level, label=labels[k]
        )
        for k in range(len(labels))
    )


def _greenwood(table: LifeTable) -> tuple[FloatArray, FloatArray]:
    d, n = table.events.astype(np.float64), table.at_risk.astype(np.float64)
    survival: FloatArray = np.cumprod(1.0 - d / n, dtype=np.float64)
    with np.errstate(divide="ignore"):
        # The last patient at risk dying makes the sum infinite: there the curve is 0 and has no limits.
        se_log: FloatArray = np.sqrt(np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0)))
    return survival, se_log


def _first_half(table: LifeTable, curve: FloatArray) -> float:
    below = np.flatnonzero(curve <= 0.5 + HALF)
    if below.size == 0:
        return math.nan
    first = below[0]
    later = np.flatnonzero(curve < 0.5 - HALF)
    if abs(curve[first] - 0.5) <= HALF and later.size:
        return float(0.5 * (table.time[first] + table.time[later[0]]))
    return float(table.time[first])


def _shown(value: float) -> str:
    return "not reached" if math.isnan(value) else f"{value:.4g}"
