"""Significance analysis of microarrays: which variables differ between two phenotypes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.errors import InputError
from kinephen.types import FloatArray, IntArray, Rng

CAVEAT = (
    "descriptive: the phenotypes were made from these variables, so the test is circular (double dipping) "
    "and its q-values are not evidence that the groups exist"
)
SEARCH_FROM = 500
"""Variables from which on the exchangeability constant is searched instead of set to the 5 % quantile."""
NO_CUT = 1e10


@dataclass(frozen=True)
class Sam:
    """Two-class significance analysis.

    Parameters
    ----------
    table : DataFrame
        One row a variable: ``d``, ``r`` (difference of means, class 2 minus class 1), ``s_plus_s0``,
        ``q_percent``, ``p`` (permutation).
    s0, s0_percentile, pi0 : float
    expected : ndarray, shape (variables,)
        Mean sorted statistic under permutation.
    delta_table : DataFrame
        One row a threshold: ``delta``, ``false_median``, ``false_90``, ``called``, ``fdr_median``,
        ``fdr_90``, ``cut_low``, ``cut_high``.
    caveat : str
    """

    table: pd.DataFrame
    s0: float
    s0_percentile: float
    pi0: float
    expected: FloatArray
    delta_table: pd.DataFrame
    caveat: str = CAVEAT


def permutations(labels: IntArray, count: int, rng: Rng) -> IntArray:
    """Return `count` random orders of the labels, shape (count, n)."""
    return rng.permuted(np.tile(labels, (count, 1)), axis=1)


def sam(x: pd.DataFrame, labels: IntArray, permuted: IntArray, *, thresholds: int = 50) -> Sam:
    """Compare two classes variable by variable.

    Parameters
    ----------
    x : DataFrame, shape (patients, variables)
    labels : ndarray of int, shape (patients,)
        1 or 2, each at least twice.
    permuted : ndarray of int, shape (permutations, patients)
        Permuted labels; see `permutations`.
    thresholds : int
        Rows of the delta table.

    Returns
    -------
    Sam

    Raises
    ------
    InputError
        Labels other than 1 and 2, or a class of fewer than two.

    References
    ----------
    Tusher, Tibshirani and Chu 2001, PNAS 98:5116. With few variables the constant s0, pi0 and the pooled null
    are poorly determined.
    """
    values = x.to_numpy(dtype=np.float64).T
    if set(np.unique(labels)) != {1, 2} or min((labels == 1).sum(), (labels == 2).sum()) < 2:
        raise InputError("expected the labels 1 and 2, each at least twice", code="sam.labels")
    r, s = _difference(values, labels)
    s0, percentile = _exchangeability(r, s)
    d = r / (s + s0)
    null = np.empty((len(d), len(permuted)))
    for b, order in enumerate(permuted):
        r_b, s_b = _difference(values, order)
        null[:, b] = np.sort(r_b / (s_b + s0))
    expected = null.mean(axis=1)
    low, high = np.quantile(null, [0.25, 0.75])
    pi0 = float(((d > low) & (d < high)).sum() / (0.5 * len(d)))
    deltas = _delta_table(d, null, expected, pi0, thresholds)
    table = pd.DataFrame(
        {
            "d": d,
            "r": r,
            "s_plus_s0": s + s0,
            "q_percent": _q_values(d, expected, deltas),
            "p": _p_values(d, null),
        },
        index=x.columns,
    )
    return Sam(table, s0, percentile, pi0, expected, deltas)


def _difference(x: FloatArray, labels: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the difference of means and its pooled standard error for every row of `x`."""
    a, b = x[:, labels == 1], x[:, labels == 2]
    n1, n2 = a.shape[1], b.shape[1]
    squares = a.var(axis=1, ddof=1) * (n1 - 1) + b.var(axis=1, ddof=1) * (n2 - 1)
    s: FloatArray = np.sqrt(squares * (1.0 / n1 + 1.0 / n2) / (n1 + n2 - 2))
    return b.mean(axis=1) - a.mean(axis=1), s


def _exchangeability(r: FloatArray, s: FloatArray) -> tuple[float, float]:
    """Return s0 and the percentile of s that it is."""
    if len(s) < SEARCH_FROM:
        return float(np.quantile(s, 0.05)), 5.0
    edges = np.unique(np.quantile(s, np.linspace(0.0, 1.0, 101)))
    inside = np.maximum(np.searchsorted(edges, s, side="left") - 1, 0)
    shares = np.arange(0.0, 1.0001, 0.05)
    candidates = np.where(shares == 0.0, 0.0, np.quantile(s, np.minimum(shares, 1.0)))
    spread = [_variation(r / (s + c), inside, len(edges) - 1) for c in candidates]
    best = int(np.argmin(spread))
    return float(candidates[best]), float(round(100.0 * shares[best]))


def _variation(d: FloatArray, inside: IntArray, bins: int) -> float:
    """Return the coefficient of variation over bins of s of the MAD of d."""
    mads = np.array([_mad(d[inside == b]) for b in range(bins)])
    return float(mads.std(ddof=1) / mads.mean())


def _mad(values: FloatArray) -> float:
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def _cuts(ordered: FloatArray, gap: FloatArray, expected: FloatArray, delta: float) -> tuple[float, float]:
    """Return the lower and upper cut at a threshold."""
    up = np.flatnonzero((gap > delta) & (expected > 0.0))
    down = np.flatnonzero((-gap > delta) & (expected < 0.0))
    return float(ordered[down[-1]]) if len(down) else -NO_CUT, float(ordered[up[0]]) if len(up) else NO_CUT


def _delta_table(
    d: FloatArray, null: FloatArray, expected: FloatArray, pi0: float, rows: int
) -> pd.DataFrame:
    ordered = np.sort(d)
    gap = ordered - expected
    table = []
    for delta in np.linspace(0.0, np.sqrt(np.abs(gap).max()), rows) ** 2:
        low, high = _cuts(ordered, gap, expected, float(delta))
        called = int((d >= high).sum() + (d <= low).sum())
        false = (null > high).sum(axis=0) + (null < low).sum(axis=0)
        median, ninety = pi0 * float(np.median(false)), pi0 * float(np.quantile(false, 0.9))
        share = (median / called, ninety / called) if called else (float("nan"), float("nan"))
        table.append((float(delta), median, ninety, called, *share, low, high))
    columns = ["delta", "false_median", "false_90", "called", "fdr_median", "fdr_90", "cut_low", "cut_high"]
    return pd.DataFrame(table, columns=columns)


def _q_values(d: FloatArray, expected: FloatArray, table: pd.DataFrame) -> FloatArray:
    """Return q of every variable in percent: the FDR of the row with the nearest cut, made monotone."""
    q = np.full(len(d), np.nan)
    usable = table[table["called"] > 0]
    if not len(usable):
        return q
    for rows, cuts in ((d > 0.0, usable["cut_high"]), (d <= 0.0, usable["cut_low"])):
        # Of rows with the same cut the last counts: the strictest threshold that still has it.
        gap = np.abs(cuts.to_numpy()[None, ::-1] - d[rows, None])
        nearest = len(usable) - 1 - gap.argmin(axis=1)
        raw = np.minimum(usable["fdr_median"].to_numpy()[nearest], 1.0)
        weakest_first = np.argsort(np.abs(d[rows]), kind="stable")
        monotone = np.empty(len(raw))
        monotone[weakest_first] = np.minimum.accumulate(raw[weakest_first])
        q[rows] = 100.0 * monotone
    return q


def _p_values(d: FloatArray, null: FloatArray) -> FloatArray:
    """Return the share of all permuted statistics at least as large in absolute value."""
    every = np.sort(np.abs(null).ravel())
    below = np.searchsorted(every, np.abs(d), side="left")
    share: FloatArray = np.maximum(len(every) - below, 1) / len(every)
    return share
