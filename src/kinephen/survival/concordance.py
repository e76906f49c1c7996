"""Concordance of a risk score with survival: Harrell's, Uno's and other weights, with jackknife variance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError, UsageError
from kinephen.survival.counts import at_risk_counts, censoring_function, survival_function
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome, group_codes
from kinephen.survival.results import Interval, normal_p, wald_interval
from kinephen.types import FloatArray, IntArray

Weighting: TypeAlias = Literal["n", "S", "S/G", "n/G2", "I"]
NAMES: dict[str, str] = {
    "n": "Harrell's C",
    "n/G2": "Uno's C",
    "S": "C (weight S)",
    "S/G": "C (weight S/G)",
    "I": "C (weight I)",
}
SCORE_TOLERANCE = 1e-11
"""Scores closer than this share of the largest are tied (identical patients, other order of summation)."""
BLOCK = 256


@dataclass(frozen=True)
class Concordance(Printable):
    """A concordance probability.

    Parameters
    ----------
    name : str
        With its truncation time, if there is one.
    c, se : float
        Estimate and infinitesimal-jackknife standard error.
    concordant, discordant, tied_score : float
        Weighted numbers of usable pairs.
    tied_time, tied_both : int
        Pairs of events at one time, not usable: of these the second also has tied scores.
    n, events : int
    influence : ndarray, shape (n,)
        Each patient's influence on the estimate; the variance is the sum of squares.
    """

    name: str
    c: float
    se: float
    concordant: float
    discordant: float
    tied_score: float
    tied_time: int
    tied_both: int
    n: int
    events: int
    influence: FloatArray = field(repr=False)

    @property
    def interval(self) -> Interval:
        """Normal 95 % interval."""
        return wald_interval(self.c, self.se, "infinitesimal jackknife")

    @property
    def pairs(self) -> float:
        """Weighted number of usable pairs."""
        return self.concordant + self.discordant + self.tied_score

    def to_dict(self) -> dict[str, object]:
        """Return plain fields (without the influences)."""
        fields = {k: field_values(v) for k, v in self.__dict__.items() if k != "influence"}
        return {**fields, "interval": self.interval.to_dict()}

    def __str__(self) -> str:
        return f"{self.name} {self.interval} (n = {self.n}, events = {self.events})"


@dataclass(frozen=True)
class ConcordanceDifference(Printable):
    """Second minus first concordance on the same patients, with its paired standard error."""

    difference: float
    se: float
    z: float
    p: float
    interval: Interval

    def __str__(self) -> str:
        return f"difference of C {self.interval}"


def concordance(
    score: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    weight: Weighting = "n",
    tau: float | None = None,
    strata: ArrayLike | None = None,
) -> Concordance:
    """Return the probability that of two patients the one with the higher score has the event first.

    A pair is usable if the earlier time is an event (at equal times: an event and a censoring). Tied scores
    count one half.

    Parameters
    ----------
    score : array_like, shape (n,)
        Higher means an earlier event.
    time, event : array_like, shape (n,)
    weight : {"n", "S", "S/G", "n/G2", "I"}
        Weight of an event time: "n" Harrell's C, "n/G2" Uno's C (inverse squared probability of being
        uncensored), "S" and "S/G" after survival, "I" the inverse number at risk.
    tau : float, optional
        Only events up to `tau` open pairs.
    strata : array_like, shape (n,), optional
        Pairs are formed within strata only (for example cross-validation folds).

    Raises
    ------
    CohortError
        ``survival.no_pairs`` when no pair is usable; ``survival.no_events``.
    InputError
        Those of `clean_outcome`; ``survival.length``, ``survival.missing`` for the score.
    UsageError
        ``survival.weight``.

    References
    ----------
    Harrell 1982; Uno 2011 (doi 10.1002/sim.4154); Therneau and Watson 2015 (weights, variance).
    """
    outcome = clean_outcome(time, event, need_events=True)
    values = _clean_score(score, outcome.n)
    if weight not in NAMES:
        raise UsageError(
            f"weight {weight!r}; expected {', '.join(NAMES)}", code="survival.weight", where="weight"
        )
    counts = _Counts(outcome.n)
    for rows in _layers(strata, outcome.n):
        part = outcome.take(rows)
        weights = event_weights(part, weight)
        if tau is not None:
            weights = np.where(part.time <= tau, weights, 0.0)
        counts.add(rows, part, values[rows], weights)
    name = NAMES[weight] + (f" up to {tau:g}" if tau is not None else "")
    return counts.result(name, outcome)


def stable_tau(outcome: Outcome, *, share: float = 0.1) -> float:
    """Return the last event time at which at least `share` of the patients (and five) are still at risk.

    Uno's weights explode beyond it: a single late event can then decide the estimate.
    """
    times = np.unique(outcome.time[outcome.event])
    enough = at_risk_counts(outcome, times) >= max(share * outcome.n, 5.0)
    return float(times[enough].max()) if enough.any() else float(times.min())


def concordance_difference(first: Concordance, second: Concordance) -> ConcordanceDifference:
    """Return second minus first; both must come from the same patients in the same order.

    Raises
    ------
    InputError
        ``survival.length`` when the numbers of patients differ.
    """
    if first.n != second.n:
        raise InputError(
            f"concordances of {first.n} and {second.n} patients cannot be paired",
            code="survival.length",
            hint="compute both on the complete rows of the larger model",
        )
    difference = second.c - first.c
    se = float(np.sqrt(np.sum((second.influence - first.influence) ** 2)))
    z = difference / se if se > 0 else float("nan")
    interval = wald_interval(difference, se, "paired infinitesimal jackknife")
    return ConcordanceDifference(difference, se, z, float(normal_p(z)), interval)


def event_weights(outcome: Outcome, weight: Weighting) -> FloatArray:
    """Return the weight of each patient's time as an event time, shape (n,); 0 for the censored."""
    times = outcome.time
    at_risk = at_risk_counts(outcome, times).astype(np.float64)
    if weight == "n":
        value = np.ones(outcome.n)
    elif weight == "I":
        value = 1.0 / at_risk
    else:
        alive = survival_function(outcome).before(times)
        free = censoring_function(outcome).before(times)
        by_weight = {
            "S": outcome.n * alive / at_risk,
            "S/G": outcome.n * alive / (free * at_risk),
            "n/G2": free**-2.0,
        }
        value = by_weight[weight]
    return np.where(outcome.event, value, 0.0)


class _Counts:
    """Sums over pairs; rows of one stratum are added at a time."""

    def __init__(self, n: int) -> None:
        self.gain = np.zeros(n)  # score of the pairs that a patient takes part in
        self.load = np.zeros(n)  # weight of those pairs
        self.totals = np.zeros(3)  # concordant, discordant, tied score
        self.tied = np.zeros(2, dtype=np.int64)  # tied time, tied both

    def add(self, rows: IntArray, outcome: Outcome, score: FloatArray, weights: FloatArray) -> None:
        openers = np.flatnonzero(outcome.event & (weights > 0))
        for start in range(0, openers.size, BLOCK):
            self._add_block(rows, outcome, score, (openers[start : start + BLOCK], weights))
        same_time = outcome.time[outcome.event]
        own = score[outcome.event]
        self.tied += (_pairs_alike(same_time), _pairs_alike(np.stack([same_time, own], axis=1)))

    def _add_block(
        self, rows: IntArray, outcome: Outcome, score: FloatArray, opening: tuple[IntArray, FloatArray]
    ) -> None:
        i, weights = opening
        later = outcome.time[None, :] > outcome.time[i, None]
        censored_then = (outcome.time[None, :] == outcome.time[i, None]) & ~outcome.event[None, :]
        w = weights[i, None] * (later | censored_then)
        higher = w * (score[i, None] > score[None, :])
        equal = w * (score[i, None] == score[None, :])
        gain = higher + 0.5 * equal
        self.totals += (higher.sum(), w.sum() - higher.sum() - equal.sum(), equal.sum())
        self.gain[rows] += gain.sum(axis=0)
        self.load[rows] += w.sum(axis=0)
        self.gain[rows[i]] += gain.sum(axis=1)
        self.load[rows[i]] += w.sum(axis=1)

    def result(self, name: str, outcome: Outcome) -> Concordance:
        total = float(self.totals.sum())
        if total <= 0:
            raise CohortError(
                "no usable pair: no patient was followed beyond an event of another",
                code="survival.no_pairs",
                where="time, event",
            )
        concordant, discordant, tied = (float(v) for v in self.totals)
        c = (concordant + 0.5 * tied) / total
        influence = (self.gain - c * self.load) / total
        se = float(np.sqrt(np.sum(influence**2)))
        times, both = (int(v) for v in self.tied)
        return Concordance(
            name,
            c,
            se,
            concordant,
            discordant,
            tied,
            times - both,
            both,
            outcome.n,
            outcome.events,
            influence,
        )


def _pairs_alike(values: FloatArray) -> int:
    _, count = np.unique(values, return_counts=True, axis=0)
    return int((count * (count - 1) // 2).sum())


def _clean_score(score: ArrayLike, n: int) -> FloatArray:
    values = as_floats(score, "score")
    if values.size != n or not np.isfinite(values).all():
        raise InputError(
            f"expected {n} finite scores, found {int(np.isfinite(values).sum())} among {values.size}",
            code="survival.missing",
            where="score",
        )
    levels, inverse = np.unique(values, return_inverse=True)
    gap = np.diff(levels) > SCORE_TOLERANCE * float(np.abs(levels).max())
    return np.concatenate([[0], np.cumsum(gap)])[inverse].astype(np.float64)


def _layers(strata: ArrayLike | None, n: int) -> list[IntArray]:
    if strata is None:
        return [np.arange(n)]
    codes, labels = group_codes(strata, n, where="strata")
    return [np.flatnonzero(codes == k) for k in range(len(labels))]
