"""Competing risks: cumulative incidence of each cause (Aalen-Johansen).

With death as a competing event, 1 minus Kaplan-Meier overstates the risk of recurrence: it speaks of a world
in which nobody dies. The cumulative incidence speaks of this one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome
from kinephen.survival.results import Z95
from kinephen.types import BoolArray, FloatArray, IntArray

ROUNDING = 1e-12
"""An incidence this near to 1 is 1: everybody has had the event, and there are no limits to give."""


@dataclass(frozen=True)
class CauseCounts:
    """Counts at each time with an event of any cause, ascending.

    Parameters
    ----------
    time : ndarray, shape (m,)
    at_risk, cause, other : ndarray, shape (m,)
        At risk just before; events of the cause of interest; events of the others.
    """

    time: FloatArray
    at_risk: FloatArray
    cause: FloatArray
    other: FloatArray

    @property
    def survival(self) -> FloatArray:
        """Probability of no event of any cause up to each time."""
        at_risk = np.maximum(self.at_risk, 1.0)
        return np.asarray(np.cumprod(1.0 - (self.cause + self.other) / at_risk))

    @property
    def survival_before(self) -> FloatArray:
        """The same just before each time."""
        return np.concatenate([[1.0], self.survival])[: self.time.size]

    @property
    def incidence(self) -> FloatArray:
        """Cumulative incidence of the cause."""
        return np.asarray(np.cumsum(self.survival_before * self.cause / np.maximum(self.at_risk, 1.0)))


@dataclass(frozen=True)
class CumulativeIncidence(Printable):
    """Aalen-Johansen estimate of one cause.

    Parameters
    ----------
    cause, n, events : int
    counts : CauseCounts
    incidence : ndarray, shape (m,)
        At each of ``counts.time``.
    """

    cause: int
    n: int
    events: int
    counts: CauseCounts
    incidence: FloatArray

    def at(self, times: ArrayLike) -> dict[str, FloatArray]:
        """Return time, estimate, variance, lower and upper (95 %, log-log scale) at given times."""
        when = np.atleast_1d(np.asarray(times, dtype=np.float64))
        position = np.searchsorted(self.counts.time, when, side="right")
        estimate = np.concatenate([[0.0], self.incidence])[position]
        variance = np.array([self._variance(t) for t in when])
        lower, upper = _limits(estimate, np.sqrt(variance))
        return {"time": when, "estimate": estimate, "variance": variance, "lower": lower, "upper": upper}

    def _variance(self, horizon: float) -> float:
        used = self.counts.time <= horizon
        if not used.any():
            return 0.0
        n, d, other = (v[used] for v in (self.counts.at_risk, self.counts.cause, self.counts.other))
        survival, before = self.counts.survival[used], self.counts.survival_before[used]
        later = self.incidence[used][-1] - self.incidence[used]
        # Where survival has reached 0 nothing is left to come.
        alpha = np.divide(later, survival, out=np.zeros(n.size), where=survival > 0)
        spread = _tie_factor(d, n) * d * (1.0 - alpha) ** 2 + _tie_factor(other, n) * other * alpha**2
        return float(np.sum((before / n) ** 2 * spread))

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {
            "cause": self.cause,
            "n": self.n,
            "events": self.events,
            "time": field_values(self.counts.time),
            "incidence": field_values(self.incidence),
        }


def cumulative_incidence(time: ArrayLike, status: ArrayLike, *, cause: int = 1) -> CumulativeIncidence:
    """Return the probability of having had the event of one cause by each time.

    Parameters
    ----------
    time : array_like, shape (n,)
    status : array_like of int, shape (n,)
        0 censored, 1, 2, ... the cause of the first event.
    cause : int

    Raises
    ------
    InputError
        ``survival.status`` for codes that are not whole numbers >= 0, and those of `clean_outcome`.
    CohortError
        ``survival.no_events`` without an event of this cause.

    References
    ----------
    Aalen and Johansen 1978; variance after Aalen 1978 with the tie factor 1 - (d - 1) / (n - 1).
    """
    outcome, codes = clean_causes(time, status, cause)
    counts = cause_counts(outcome, codes, cause, np.unique(outcome.time[outcome.event]))
    return CumulativeIncidence(cause, outcome.n, int((codes == cause).sum()), counts, counts.incidence)


def clean_causes(time: ArrayLike, status: ArrayLike, cause: int) -> tuple[Outcome, IntArray]:
    """Return the outcome of any cause and the causes (0 censored), checked."""
    codes = as_floats(status, "status")
    known = codes[~np.isnan(codes)]
    if (known < 0).any() or not np.array_equal(known, np.round(known)):
        raise InputError(
            "status must hold 0 (censored), 1, 2, ... (cause)", code="survival.status", where="status"
        )
    outcome = clean_outcome(time, np.where(np.isnan(codes), np.nan, np.minimum(codes, 1.0)))
    if not (codes == cause).any():
        raise CohortError(
            f"no event of cause {cause}", code="survival.no_events", where="status", hint="check the coding"
        )
    return outcome, codes.astype(np.int64)


def cause_counts(
    outcome: Outcome, codes: IntArray, cause: int, times: FloatArray, rows: BoolArray | None = None
) -> CauseCounts:
    """Return counts at `times` of all patients, or of some."""
    keep = np.ones(outcome.n, dtype=np.bool_) if rows is None else rows
    own, kind = outcome.time[keep], codes[keep]
    at_risk = own.size - np.searchsorted(np.sort(own), times, side="left")

    def count(chosen: BoolArray) -> FloatArray:
        ordered = np.sort(own[chosen])
        return (np.searchsorted(ordered, times, "right") - np.searchsorted(ordered, times, "left")).astype(
            float
        )

    return CauseCounts(
        times, at_risk.astype(float), count(kind == cause), count((kind > 0) & (kind != cause))
    )


def _tie_factor(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    factor = np.ones(events.size)
    tied = events > 1
    factor[tied] = 1.0 - (events[tied] - 1.0) / (at_risk[tied] - 1.0)
    return factor


def _limits(estimate: FloatArray, se: FloatArray) -> tuple[FloatArray, FloatArray]:
    inside = (estimate > 0) & (estimate < 1.0 - ROUNDING)
    shift = np.zeros(estimate.size)
    shift[inside] = Z95 * se[inside] / (estimate[inside] * np.log(estimate[inside]))
    return np.where(inside, estimate ** np.exp(-shift), estimate), np.where(
        inside, estimate ** np.exp(shift), estimate
    )
