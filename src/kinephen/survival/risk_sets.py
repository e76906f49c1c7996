"""Risk sets laid out once for a partial likelihood, so that a Newton step is cumulative sums and products.

Every death is one *step*: with d tied deaths and Efron's rule, step l (l = 0..d-1) removes the share l/d of
the tied deaths from the risk set; Breslow's rule removes nothing. The information needs no arrays of third
order: summed over the steps, the weighted second moments collapse to each patient's cumulative hazard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.options import Ties
from kinephen.survival.outcome import Outcome
from kinephen.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class RiskSets:
    """Layout of one stratum; rows are in descending order of time.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Positions of the stratum's patients in the caller's arrays.
    event : ndarray of bool, shape (m,)
    weight : ndarray, shape (m,)
    times : ndarray, shape (g,)
        Distinct event times, ascending.
    end : ndarray of int, shape (g,)
        The risk set at ``times[k]`` is rows ``0 .. end[k]``.
    slot : ndarray of int, shape (m,)
        Number of event times <= the patient's time.
    death : ndarray of int, shape (d,)
        Positions (here) of the deaths, ordered as the steps.
    step : ndarray of int, shape (d,)
        Event time of each step.
    share : ndarray, shape (d,)
        Share of the tied deaths that the step removes.
    step_weight : ndarray, shape (d,)
        Mean case weight of the tied deaths.
    """

    rows: IntArray
    event: BoolArray
    weight: FloatArray
    times: FloatArray
    end: IntArray
    slot: IntArray
    death: IntArray
    step: IntArray
    share: FloatArray
    step_weight: FloatArray

    def at_risk_sum(self, values: FloatArray) -> FloatArray:
        """Return the sum of `values` (m, ...) over each risk set, shape (g, ...)."""
        return np.asarray(np.cumsum(values, axis=0)[self.end])

    def death_sum(self, values: FloatArray) -> FloatArray:
        """Return the sum of `values` (m, ...) over the deaths at each event time, shape (g, ...)."""
        total = np.zeros((self.times.size, *values.shape[1:]))
        np.add.at(total, self.step, values[self.death])
        return total

    def step_sum(self, values: FloatArray) -> FloatArray:
        """Return the sum of `values` over each step's reduced risk set, shape (d, ...)."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        reduced = self.at_risk_sum(values)[self.step] - share * self.death_sum(values)[self.step]
        return np.asarray(reduced)

    def spread(self, per_step: FloatArray) -> FloatArray:
        """Return for each patient the sum of `per_step` over the steps when they are at risk, shape (m, ...).

        A tied death counts only (1 - share) in the steps of its own time.
        """
        shape = (self.times.size + 1, *per_step.shape[1:])
        whole, tied = np.zeros(shape), np.zeros(shape)
        share = self.share.reshape(-1, *[1] * (per_step.ndim - 1))
        np.add.at(whole, self.step + 1, per_step)
        np.add.at(tied, self.step + 1, share * per_step)
        total = np.cumsum(whole, axis=0)[self.slot]
        total[self.event] -= tied[self.slot[self.event]]
        return np.asarray(total)


def build_risk_sets(
    outcome: Outcome,
    *,
    ties: Ties = "efron",
    strata: IntArray | None = None,
    weights: FloatArray | None = None,
) -> tuple[RiskSets, ...]:
    """Return the layout of each stratum that has an event.

    Parameters
    ----------
    outcome : Outcome
    ties : {"efron", "breslow"}
    strata : ndarray of int, shape (n,), optional
        Codes 0..K-1.
    weights : ndarray, shape (n,), optional
        Case weights > 0.
    """
    weight = np.ones(outcome.n) if weights is None else weights
    codes = np.zeros(outcome.n, dtype=np.int64) if strata is None else strata
    members = [np.flatnonzero(codes == k) for k in range(int(codes.max()) + 1)]
    return tuple(_one_stratum(outcome, m, weight, ties) for m in members if outcome.event[m].any())


def _one_stratum(outcome: Outcome, members: IntArray, weights: FloatArray, ties: Ties) -> RiskSets:
    rows = members[np.argsort(-outcome.time[members], kind="stable")]
    time, event, weight = outcome.time[rows], outcome.event[rows], weights[rows]
    times = np.unique(time[event])
    end = np.searchsorted(-time, -times, side="right") - 1
    slot = np.searchsorted(times, time, side="right")
    death = np.flatnonzero(event)[::-1]  # ascending in time
    step = slot[death] - 1
    count = np.bincount(step, minlength=times.size)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    rank = np.arange(death.size) - first[step]
    share = rank / count[step] if ties == "efron" else np.zeros(death.size)
    mean_weight = np.bincount(step, weight[death], minlength=times.size) / count
    return RiskSets(
        rows, event, weight, times, end, slot, death, step, share.astype(np.float64), mean_weight[step]
    )
