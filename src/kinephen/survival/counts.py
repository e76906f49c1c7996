"""How many are at risk, have the event or leave at each time: the table behind curves, tests and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.survival.outcome import Outcome
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class LifeTable:
    """Counts at each distinct time, ascending.

    Parameters
    ----------
    time, at_risk, events, censored : ndarray, shape (m,)
        `at_risk` counts those with follow-up >= the time.
    """

    time: FloatArray
    at_risk: IntArray
    events: IntArray
    censored: IntArray


def life_table(outcome: Outcome) -> LifeTable:
    """Return the counts at every distinct time of `outcome`."""
    times, position = np.unique(outcome.time, return_inverse=True)
    total = np.bincount(position, minlength=times.size)
    events = np.bincount(position[outcome.event], minlength=times.size)
    at_risk = total[::-1].cumsum()[::-1]
    return LifeTable(times, at_risk, events, total - events)


@dataclass(frozen=True)
class StepFunction:
    """A right-continuous step function that is 1 before its first jump.

    Parameters
    ----------
    time : ndarray, shape (m,)
        Ascending jump times.
    value : ndarray, shape (m,)
        Value from each jump on.
    """

    time: FloatArray
    value: FloatArray

    def at(self, times: FloatArray | float) -> FloatArray:
        """Return the value at `times`."""
        return self._look_up(times, "right")

    def before(self, times: FloatArray | float) -> FloatArray:
        """Return the left limit at `times`."""
        return self._look_up(times, "left")

    def _look_up(self, times: FloatArray | float, side: str) -> FloatArray:
        padded = np.concatenate([[1.0], self.value])
        return np.asarray(padded[np.searchsorted(self.time, times, side=side)])  # type: ignore[call-overload]


def survival_function(outcome: Outcome) -> StepFunction:
    """Return the Kaplan-Meier estimate as a step function."""
    table = life_table(outcome)
    return StepFunction(
        table.time, np.asarray(np.cumprod(1.0 - table.events / table.at_risk), dtype=np.float64)
    )


def censoring_function(outcome: Outcome, *, deaths_first: bool = True) -> StepFunction:
    """Return the Kaplan-Meier estimate of staying uncensored.

    Parameters
    ----------
    outcome : Outcome
    deaths_first : bool
        At a time with deaths and censorings, the deaths have left the risk set of the censorings (the rule
        for concordance weights and Brier scores). False keeps them in (the rule of Fine-Gray weights).
    """
    table = life_table(outcome)
    at_risk = table.at_risk - table.events if deaths_first else table.at_risk
    share = np.divide(table.censored, at_risk, out=np.zeros(at_risk.size), where=at_risk > 0)
    return StepFunction(table.time, np.cumprod(1.0 - share))


def at_risk_counts(outcome: Outcome, times: FloatArray) -> IntArray:
    """Return how many have follow-up >= each of `times` (the row under a curve)."""
    ordered = np.sort(outcome.time)
    return np.asarray(outcome.n - np.searchsorted(ordered, times, side="left"), dtype=np.int64)
