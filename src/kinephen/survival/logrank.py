"""Log-rank tests: the G-rho family for K groups, with strata, pairs of groups, and permutation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.core.p_values import p_text
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import Outcome, clean_outcome, group_codes
from kinephen.survival.results import chi_square_p
from kinephen.types import FloatArray, IntArray, Rng

FEW_EVENTS = 10
"""Below this many events in a group the chi-square reference is doubtful: use the permutation test."""
AT_ONCE = 250
"""Permutations whose sums are taken together."""


@dataclass(frozen=True)
class LogRankTest(Printable):
    """Result of a weighted log-rank test.

    Parameters
    ----------
    name : str
        ``"log-rank"``, or with the weight and the strata named.
    statistic, df, p : float
        Chi-square on (groups - 1) df.
    n, events : int
    groups : tuple of str
    group_n, group_events : tuple of int
    observed, expected : ndarray, shape (K,)
        Weighted sums (plain counts when rho is 0).
    variance : ndarray, shape (K, K)
        Covariance of observed - expected.
    permutation_p : float
        p of the permutation test, NaN when it was not asked for.
    permutations : int
    issues : tuple of Issue
    """

    name: str
    statistic: float
    df: int
    p: float
    n: int
    events: int
    groups: tuple[str, ...]
    group_n: tuple[int, ...]
    group_events: tuple[int, ...]
    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    permutation_p: float = float("nan")
    permutations: int = 0
    issues: tuple[Issue, ...] = ()

    def table(self) -> ResultTable:
        """Return patients, events and expected events of each group; the test is the title."""
        parts = (self.groups, self.group_n, self.group_events, self.observed, self.expected)
        rows = tuple((g, n, e, float(o), float(x)) for g, n, e, o, x in zip(*parts, strict=True))
        columns = ("group", "n", "events", "observed (weighted)", "expected (weighted)")
        return ResultTable(str(self), columns, rows, tuple(i.message for i in self.issues))

    def __str__(self) -> str:
        sizes = ", ".join(
            f"{g}: {e}/{n}" for g, n, e in zip(self.groups, self.group_n, self.group_events, strict=True)
        )
        extra = f", permutation {p_text(self.permutation_p)}" if self.permutations else ""
        return (
            f"{self.name}: chi-square {self.statistic:.4g} on {self.df} df, {p_text(self.p)}{extra} "
            f"(n = {self.n}, events = {self.events}; events/patients {sizes})"
        )


def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    rho: float = 0.0,
    strata: ArrayLike | None = None,
    permutations: int = 0,
    rng: Rng | None = None,
) -> LogRankTest:
    """Compare survival between groups.

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Follow-up, 1/0, labels. Missing values raise.
    rho : float
        Weight S(t-)^rho; 0 is the log-rank test, 1 the Peto-Peto form of the Wilcoxon test.
    strata : array_like, shape (n,), optional
        Labels; observed, expected and variance are summed over strata.
    permutations : int
        Random relabellings (within strata) for a p value that needs no large sample. They act on patients in
        order of time, event and group, so the order in which these are given changes no p.
    rng : numpy.random.Generator
        Needed when `permutations` > 0.

    Raises
    ------
    InputError
        ``survival.empty_group``, ``survival.missing`` and those of `clean_outcome`.
    CohortError
        ``survival.no_events``, ``survival.one_group``.

    References
    ----------
    Mantel 1966; Harrington and Fleming 1982; Peto and Peto 1972.
    """
    outcome = clean_outcome(time, event, need_events=True)
    codes, labels = group_codes(group, outcome.n)
    if len(labels) < 2:
        raise CohortError(f"only one group ({labels[0]})", code="survival.one_group", where="group")
    layers = _layers(strata, outcome.n)
    design = _Design(outcome, layers, rho, len(labels))
    observed, expected, variance = (part[0] for part in design.sums(codes[None, :]))
    statistic = float(_quadratic((observed - expected)[None, :], variance[None, :, :])[0])
    share = float("nan")
    if permutations:
        share = _permutation_p(design, outcome, codes, statistic, permutations, rng)
    group_events = np.bincount(codes[outcome.event], minlength=len(labels))
    return LogRankTest(
        _name(rho, strata is not None),
        statistic,
        len(labels) - 1,
        chi_square_p(statistic, len(labels) - 1),
        outcome.n,
        outcome.events,
        tuple(labels),
        tuple(int(v) for v in np.bincount(codes, minlength=len(labels))),
        tuple(int(v) for v in group_events),
        observed,
        expected,
        variance,
        share,
        permutations,
        outcome.issues + _few_events(group_events, permutations),
    )


def pairwise_logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    adjust: Callable[[FloatArray], FloatArray] | None = None,
    rho: float = 0.0,
    strata: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compare every pair of groups.

    Parameters
    ----------
    time, event, group, rho, strata
        As for `logrank`.
    adjust : callable, optional
        From an array of p values to adjusted ones, for example Holm's.

    Returns
    -------
    DataFrame
        Columns a, b, statistic, p, p_adjusted (NaN without `adjust`). A pair without events has NaN.
    """
    outcome = clean_outcome(time, event, need_events=True)
    codes, labels = group_codes(group, outcome.n)
    layers = np.zeros(outcome.n) if strata is None else np.asarray(strata)
    rows = []
    for a, b in combinations(range(len(labels)), 2):
        keep = (codes == a) | (codes == b)
        statistic, p = float("nan"), float("nan")
        if outcome.event[keep].any():
            test = logrank(outcome.time[keep], outcome.event[keep], codes[keep], rho=rho, strata=layers[keep])
            statistic, p = test.statistic, test.p
        rows.append((labels[a], labels[b], statistic, p))
    table = pd.DataFrame(rows, columns=["a", "b", "statistic", "p"])
    p_values = table["p"].to_numpy(dtype=np.float64)
    table["p_adjusted"] = np.full(p_values.size, np.nan) if adjust is None else adjust(p_values)
    return table


def relabelled_p(outcome: Outcome, labellings: IntArray) -> FloatArray:
    """Return the log-rank p of many labellings of the same patients, without the rest of the result.

    Parameters
    ----------
    outcome : Outcome
    labellings : ndarray of int, shape (m, n)
        Groups 0 .. K - 1 in each row, none of them empty.

    Returns
    -------
    ndarray, shape (m,)
        NaN for a row with a single group.
    """
    part = _stratum(outcome, 0.0)
    found = np.full(len(labellings), np.nan)
    counts = labellings.max(axis=1) + 1
    for groups in np.unique(counts[counts > 1]):
        rows = np.flatnonzero(counts == groups)
        observed, expected, variance = part.sums(labellings[rows], int(groups))
        statistics = _quadratic(observed - expected, variance)
        found[rows] = [chi_square_p(float(s), int(groups) - 1) for s in statistics]
    return found


class _Design:
    """What does not depend on the labels: risk sets, weights, events of each stratum."""

    def __init__(self, outcome: Outcome, layers: list[IntArray], rho: float, groups: int) -> None:
        self.groups = groups
        self.layers = layers
        self.parts = [_stratum(outcome.take(rows), rho) for rows in layers]

    def sums(self, codes: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what `_Stratum.sums` does, summed over strata."""
        m, k = len(codes), self.groups
        observed, expected, variance = np.zeros((m, k)), np.zeros((m, k)), np.zeros((m, k, k))
        for rows, part in zip(self.layers, self.parts, strict=True):
            o, e, v = part.sums(codes[:, rows], k)
            observed, expected, variance = observed + o, expected + e, variance + v
        return observed, expected, variance


@dataclass(frozen=True)
class _Stratum:
    row_slot: IntArray  # for each patient: number of event times <= their time
    event: FloatArray
    weight: FloatArray  # at each event time
    deaths: FloatArray
    at_risk: FloatArray

    def sums(self, codes: IntArray, groups: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return observed and expected events, shape (m, groups), and their covariance, of m labellings.

        Parameters
        ----------
        codes : ndarray of int, shape (m, n)
        groups : int
        """
        m, slots = len(codes), self.weight.size
        # One count for all labellings: a cell is (labelling, event time, group).
        cell = (np.arange(m)[:, None] * (slots + 1) + self.row_slot) * groups + codes
        shape = (m, slots + 1, groups)
        member = np.bincount(cell.ravel(), minlength=int(np.prod(shape))).reshape(shape)
        event = np.broadcast_to(self.event, codes.shape).ravel()
        dying = np.bincount(cell.ravel(), weights=event, minlength=int(np.prod(shape))).reshape(shape)
        share = member[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] / self.at_risk[:, None]
        observed = self.weight @ dying[:, 1:]
        expected = (self.weight * self.deaths) @ share
        spread = self.deaths * (self.at_risk - self.deaths) / np.maximum(self.at_risk - 1.0, 1.0)
        scale = self.weight**2 * spread
        diagonal = (scale @ share)[:, :, None] * np.eye(groups)
        variance = diagonal - (share * scale[:, None]).transpose(0, 2, 1) @ share
        return observed, expected, variance


def _stratum(outcome: Outcome, rho: float) -> _Stratum:
    times, deaths = np.unique(outcome.time[outcome.event], return_counts=True)
    ordered = np.sort(outcome.time)
    at_risk = outcome.n - np.searchsorted(ordered, times, side="left")
    survival = np.cumprod(1.0 - deaths / at_risk)
    before = np.concatenate([[1.0], survival])[: times.size].astype(np.float64)
    slot = np.searchsorted(times, outcome.time, side="right")
    return _Stratum(
        slot, outcome.event.astype(float), before**rho, deaths.astype(float), at_risk.astype(float)
    )


def _layers(strata: ArrayLike | None, n: int) -> list[IntArray]:
    if strata is None:
        return [np.arange(n)]
    codes, labels = group_codes(strata, n, where="strata")
    return [np.flatnonzero(codes == k) for k in range(len(labels))]


def _quadratic(difference: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the statistic of each labelling, shape (m,)."""
    # A group that is never at risk at an event has no row of its own; the pseudo-inverse leaves it out.
    inverse = np.linalg.pinv(variance[:, :-1, :-1], hermitian=True)
    own = difference[:, None, :-1]
    return np.asarray((own @ inverse @ own.transpose(0, 2, 1))[:, 0, 0])


def _permutation_p(
    design: _Design, outcome: Outcome, codes: IntArray, statistic: float, count: int, rng: Rng | None
) -> float:
    if rng is None:
        raise InputError("a permutation test needs rng", code="survival.rng", where="rng")
    order = np.lexsort((codes, outcome.event, outcome.time))
    places = np.argsort(order)
    layers = [rows[np.argsort(places[rows])] for rows in design.layers]
    exceed = 0
    for begin in range(0, count, AT_ONCE):
        shuffled = np.tile(codes, (min(AT_ONCE, count - begin), 1))
        for one in shuffled:
            for rows in layers:
                one[rows] = rng.permutation(codes[rows])
        observed, expected, variance = design.sums(shuffled)
        found = _quadratic(observed - expected, variance)
        exceed += int((found >= statistic * (1.0 - 1e-12)).sum())
    return (1 + exceed) / (1 + count)


def _few_events(group_events: IntArray, permutations: int) -> tuple[Issue, ...]:
    small = int((group_events < FEW_EVENTS).sum())
    if not small:
        return ()
    advice = "see the permutation p" if permutations else "ask for permutations"
    text = f"{small} group(s) with fewer than {FEW_EVENTS} events: the chi-square p is approximate, {advice}"
    return (Issue("survival.few_events", text, where="group", count=small),)


def _name(rho: float, stratified: bool) -> str:
    base = "log-rank" if rho == 0 else f"G-rho (rho = {rho:g})"
    return f"stratified {base}" if stratified else base
