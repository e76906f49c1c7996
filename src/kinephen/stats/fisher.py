"""Fisher's exact test: exact by enumeration for r x c tables, or Monte Carlo with a seed and its error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from kinephen.errors import CohortError, UsageError
from kinephen.stats.association import AssociationTest, expected_counts
from kinephen.stats.tables import CrossTable, checked_counts
from kinephen.types import FloatArray, IntArray, Rng

SAME = 1e-7
"""Tables whose probability exceeds the observed by less than this share count as equally extreme."""
MAX_STATES = 2_000_000
BATCH = 10_000


def fisher_exact(
    table: ArrayLike | CrossTable,
    *,
    method: Literal["exact", "monte carlo"] = "exact",
    samples: int = 100_000,
    rng: Rng | None = None,
) -> AssociationTest:
    """Fisher's test of an r x c table with both margins fixed.

    p is the probability of all tables that are at most as probable as the observed one.

    Parameters
    ----------
    table : array_like of int, shape (r, c), or CrossTable
    method : {"exact", "monte carlo"}
    samples : int
        Random tables for "monte carlo".
    rng : numpy.random.Generator
        Needed for "monte carlo".

    Returns
    -------
    AssociationTest
        For 2 x 2 tables with the conditional maximum-likelihood odds ratio and its exact 95 % limits.

    Raises
    ------
    CohortError
        ``stats.too_many_tables`` when exact enumeration would need more than 2 million states.
    UsageError
        ``stats.rng``.

    References
    ----------
    Fisher 1935; Freeman and Halton 1951.
    """
    counts = checked_counts(table)
    smallest = float(expected_counts(counts).min())
    if method == "exact":
        p, p_se = _exact_p(counts), 0.0
    else:
        p, p_se = _monte_carlo_p(counts, samples, rng)
    odds = _odds_ratio(counts) if counts.shape == (2, 2) else (math.nan, math.nan, math.nan)
    name = "Fisher exact" if method == "exact" else f"Fisher, {samples} random tables"
    return AssociationTest(name, math.nan, math.nan, p, int(counts.sum()), smallest, *odds, p_se=p_se)


def _log_constant(counts: IntArray) -> float:
    margins = (
        special.gammaln(counts.sum(axis=0) + 1.0).sum() + special.gammaln(counts.sum(axis=1) + 1.0).sum()
    )
    return float(margins - special.gammaln(counts.sum() + 1.0))


def _exact_p(counts: IntArray) -> float:
    small = counts if counts.shape[0] <= counts.shape[1] else counts.T
    observed = -float(special.gammaln(small + 1.0).sum())
    left, value, ways = small.sum(axis=1)[None, :], np.zeros(1), np.ones(1)
    for total in small.sum(axis=0)[:-1]:
        left, value, ways = _add_column(left, value, ways, int(total))
    value = value - special.gammaln(left + 1.0).sum(axis=1)
    extreme = value <= observed + math.log1p(SAME)
    return float(min(np.sum(ways[extreme] * np.exp(value[extreme] + _log_constant(counts))), 1.0))


def _add_column(
    left: IntArray, value: FloatArray, ways: FloatArray, total: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Spread one column's total over the rows in every way that the row totals `left` allow."""
    source = np.arange(value.size)
    rest = np.full(value.size, total)
    fill = np.zeros((value.size, 0), dtype=np.int64)
    for row in range(left.shape[1]):
        later = left[source, row + 1 :].sum(axis=1)
        low, high = np.maximum(rest - later, 0), np.minimum(left[source, row], rest)
        width = high - low + 1
        if width.sum() > MAX_STATES:
            raise CohortError(
                f"more than {MAX_STATES} tables share these margins",
                code="stats.too_many_tables",
                hint="use method='monte carlo' with rng",
            )
        repeat = np.repeat(np.arange(source.size), width)
        first = np.repeat(np.cumsum(width) - width, width)
        entry = low[repeat] + np.arange(repeat.size) - first
        source, rest = source[repeat], rest[repeat] - entry
        fill = np.column_stack([fill[repeat], entry])
    return _merge(left[source] - fill, value[source] - special.gammaln(fill + 1.0).sum(axis=1), ways[source])


def _merge(left: IntArray, value: FloatArray, ways: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    # Paths to one state with one probability (up to rounding) go on as a single path.
    key = np.column_stack([left.astype(np.float64), np.round(value, 9)])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return left[first], value[first], np.bincount(inverse.ravel(), ways).astype(np.float64)


def _monte_carlo_p(counts: IntArray, samples: int, rng: Rng | None) -> tuple[float, float]:
    from scipy.stats import random_table

    if rng is None:
        raise UsageError("a Monte Carlo test needs rng", code="stats.rng", where="rng")
    observed = -float(special.gammaln(counts + 1.0).sum())
    law = random_table(counts.sum(axis=1), counts.sum(axis=0))
    extreme = 0
    for start in range(0, samples, BATCH):
        drawn = law.rvs(size=min(BATCH, samples - start), random_state=rng)
        value = -special.gammaln(drawn + 1.0).sum(axis=(1, 2))
        extreme += int((value <= observed + math.log1p(SAME)).sum())
    p = (1 + extreme) / (1 + samples)
    return p, math.sqrt(p * (1.0 - p) / samples)


def _odds_ratio(counts: IntArray) -> tuple[float, float, float]:
    """Return conditional estimate and exact limits from the noncentral hypergeometric distribution."""
    x = int(counts[0, 0])
    row, column, n = int(counts[0].sum()), int(counts[:, 0].sum()), int(counts.sum())
    support = np.arange(max(0, row + column - n), min(row, column) + 1)
    base = _log_choose(column, support) + _log_choose(n - column, row - support)

    def weights(log_odds: float) -> FloatArray:
        value = base + support * log_odds
        share = np.exp(value - value.max())
        return np.asarray(share / share.sum())

    lowest, highest = x == support[0], x == support[-1]
    estimate = 0.0 if lowest else math.inf
    if not lowest and not highest:
        estimate = _root(lambda t: float(support @ weights(t)) - x)
    lower = 0.0 if lowest else _root(lambda t: float(weights(t)[support >= x].sum()) - 0.025)
    upper = math.inf if highest else _root(lambda t: 0.025 - float(weights(t)[support <= x].sum()))
    return estimate, lower, upper


def _log_choose(n: int, k: IntArray) -> FloatArray:
    return np.asarray(special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0))


def _root(rising: Callable[[float], float]) -> float:
    return math.exp(optimize.brentq(rising, -50.0, 50.0, xtol=1e-14))
