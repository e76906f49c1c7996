"""Discrimination at a horizon: the cumulative/dynamic AUC."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.counts import (
    LifeTable,
    censoring_function,
    life_table,
)
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome
from kinephen.survival.results import Interval, wald_interval
from kinephen.types import BoolArray, FloatArray


@dataclass(frozen=True)
class TimeDependentAuc(Printable):
    """Cumulative/dynamic AUC at one horizon.

    Parameters
    ----------
    horizon, auc, se : float
    cases, controls : int
        Events up to the horizon; patients followed beyond it.
    n : int
    influence : ndarray, shape (n,)
        Each patient's influence, censoring weights included.
    """

    horizon: float
    auc: float
    se: float
    cases: int
    controls: int
    n: int
    influence: FloatArray = field(repr=False)

    @property
    def interval(self) -> Interval:
        """Normal 95 % interval."""
        return wald_interval(self.auc, self.se, "infinitesimal jackknife")

    def to_dict(self) -> dict[str, object]:
        """Return plain fields (without the influences)."""
        fields = {k: field_values(v) for k, v in self.__dict__.items() if k != "influence"}
        return {**fields, "interval": self.interval.to_dict()}

    def __str__(self) -> str:
        return f"AUC at {self.horizon:g}: {self.interval} ({self.cases} cases, {self.controls} controls)"


def time_dependent_auc(
    score: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float
) -> TimeDependentAuc:
    """Return the probability that a patient with an event by the horizon has the higher score.

    Parameters
    ----------
    score : array_like, shape (n,)
        Higher means more risk; ties count one half.
    time, event : array_like, shape (n,)
    horizon : float
        Cases: events at or before it, weighted by the inverse probability of being uncensored just before
        their time. Controls: followed beyond it.

    Raises
    ------
    CohortError
        ``survival.horizon`` without cases or controls.

    References
    ----------
    Heagerty and Zheng 2005; Blanche, Dartigues and Jacqmin-Gadda 2013 (doi 10.1002/sim.5958).
    """
    outcome = clean_outcome(time, event, need_events=True)
    values = finite_values(score, outcome.n, "score")
    case = outcome.event & (outcome.time <= horizon)
    control = outcome.time > horizon
    if not case.any() or not control.any():
        raise CohortError(
            f"{int(case.sum())} events by {horizon:g} and {int(control.sum())} patients followed beyond it",
            code="survival.horizon",
            where="horizon",
            hint="choose a horizon with events before it and follow-up after it",
        )
    weight = case_weights(outcome, horizon)
    wins = 0.5 * (np.sign(values[case][:, None] - values[control][None, :]) + 1.0)
    rows = wins.mean(axis=1)
    auc = float(weight[case] @ rows / weight[case].sum())
    influence = _auc_influence(outcome, (case, control, weight), wins, auc)
    n = outcome.n
    se = float(np.sqrt(n / (n - 1.0) * np.sum(influence**2)))
    return TimeDependentAuc(horizon, auc, se, int(case.sum()), int(control.sum()), n, influence)


def auc_difference(first: TimeDependentAuc, second: TimeDependentAuc) -> Interval:
    """Return second minus first AUC of the same patients at the same horizon, with a paired 95 % interval.

    Raises
    ------
    InputError
        ``survival.length`` when patients or horizon differ.
    """
    if first.n != second.n or first.horizon != second.horizon:
        raise InputError("AUCs of other patients or another horizon cannot be paired", code="survival.length")
    n = first.n
    gap = second.influence - first.influence
    se = float(np.sqrt(n / (n - 1.0) * np.sum(gap**2)))
    return wald_interval(second.auc - first.auc, se, "paired infinitesimal jackknife")


def case_weights(outcome: Outcome, horizon: float) -> FloatArray:
    """Return inverse-censoring weights at a horizon, shape (n,).

    1/G(t-) for an event by the horizon, 1/G(horizon) for follow-up beyond it, 0 for censoring before.
    """
    free = censoring_function(outcome)
    case = outcome.event & (outcome.time <= horizon)
    beyond = outcome.time > horizon
    weight = np.zeros(outcome.n)
    weight[case] = 1.0 / free.before(outcome.time[case])
    if beyond.any():
        weight[beyond] = 1.0 / float(free.at(horizon))
    return weight


def _auc_influence(
    outcome: Outcome, sets: tuple[BoolArray, BoolArray, FloatArray], wins: FloatArray, auc: float
) -> FloatArray:
    """Return d AUC / d (weight of a patient), their part in the censoring curve included."""
    case, control, weight = sets
    total = weight[case].sum()
    excess = weight[case] * (wins.mean(axis=1) - auc) / total
    own = np.zeros(outcome.n)
    own[case] = excess
    own[control] = (weight[case] @ (wins - auc)) / total / control.sum()
    return own - _through_censoring(outcome, case, excess)


def _through_censoring(outcome: Outcome, case: BoolArray, excess: FloatArray) -> FloatArray:
    # log G(t-) = sum over censoring times c < t of log(1 - q/m), m at risk after the deaths at c have left.
    table = life_table(outcome)
    at_risk = (table.at_risk - table.events).astype(np.float64)
    leaving = table.censored.astype(np.float64)
    order = np.argsort(outcome.time[case], kind="stable")
    ordered, tail = outcome.time[case][order], np.cumsum(excess[order][::-1])[::-1]
    position = np.searchsorted(ordered, table.time, side="right")
    later = np.append(tail, 0.0)[position]  # weight of the cases after each censoring time
    jump = np.zeros(table.time.size)
    stay = np.zeros(table.time.size)
    inside = (leaving > 0) & (at_risk > leaving)
    jump[inside] = -later[inside] / at_risk[inside] / (1.0 - leaving[inside] / at_risk[inside])
    stay[inside] = -jump[inside] * leaving[inside] / at_risk[inside]
    return _per_patient(outcome, table, jump, stay)


def _per_patient(outcome: Outcome, table: LifeTable, jump: FloatArray, stay: FloatArray) -> FloatArray:
    slot = np.searchsorted(table.time, outcome.time)
    cumulative = np.cumsum(stay)
    # A patient with an event has left the risk set of the censorings at their own time.
    at_risk_until = cumulative[slot] - np.where(outcome.event, stay[slot], 0.0)
    return np.asarray(at_risk_until + np.where(outcome.event, 0.0, jump[slot]))


def finite_values(values: ArrayLike, n: int, where: str) -> FloatArray:
    """Return `n` finite numbers, or raise ``InputError`` (``survival.missing``)."""
    array = as_floats(values, where)
    if array.size != n or not np.isfinite(array).all():
        raise InputError(
            f"expected {n} finite values, found {int(np.isfinite(array).sum())} among {array.size}",
            code="survival.missing",
            where=where,
        )
    return array
