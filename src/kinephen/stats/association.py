"""Tests of association: chi-square, Kruskal-Wallis, Wilcoxon, Welch; Fisher's test is in `fisher`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kinephen.core.cohort import Issue
from kinephen.core.printable import Printable
from kinephen.errors import CohortError
from kinephen.stats.tables import CrossTable, average_ranks, checked_counts, split_by_group
from kinephen.types import FloatArray, IntArray

SMALL_EXPECTED = 5.0
"""Cochran's rule: below this expected count the chi-square reference is doubtful."""


@dataclass(frozen=True)
class AssociationTest(Printable):
    """Result of a test of association.

    Parameters
    ----------
    name : str
    statistic : float
        NaN for Fisher's test.
    df : float
        NaN where the test has none.
    p : float
        Two-sided.
    n : int
    min_expected : float
        Smallest expected count of a table, otherwise NaN.
    estimate, lower, upper : float
        Odds ratio (Fisher, 2 x 2) or difference of means (Welch) with 95 % limits, otherwise NaN.
    p_se : float
        Monte Carlo standard error of p, 0 for an exact or asymptotic p.
    issues : tuple of Issue
    """

    name: str
    statistic: float
    df: float
    p: float
    n: int
    min_expected: float = math.nan
    estimate: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    p_se: float = 0.0
    issues: tuple[Issue, ...] = ()

    def __str__(self) -> str:
        statistic = "" if math.isnan(self.statistic) else f" {self.statistic:.4g}"
        df = "" if math.isnan(self.df) else f" on {self.df:.4g} df"
        noise = f" +- {self.p_se:.1g}" if self.p_se else ""
        return f"{self.name}{statistic}{df}, p = {self.p:.2g}{noise} (n = {self.n})"


def expected_counts(counts: IntArray) -> FloatArray:
    """Return the counts expected without association, shape (r, c)."""
    return np.asarray(np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum())


def chi_square_test(table: ArrayLike | CrossTable, *, yates: bool = False) -> AssociationTest:
    """Pearson's chi-square test of a table of counts.

    Parameters
    ----------
    table : array_like of int, shape (r, c), or CrossTable
    yates : bool
        Continuity correction, applied to 2 x 2 tables only.

    Returns
    -------
    AssociationTest
        With issue ``stats.small_expected`` when an expected count is below 5.

    Raises
    ------
    InputError, CohortError
        ``stats.counts``, ``stats.one_group``.

    References
    ----------
    Pearson 1900; Yates 1934; Cochran 1954.
    """
    counts = checked_counts(table)
    expected = expected_counts(counts)
    gap = np.abs(counts - expected)
    corrected = yates and counts.shape == (2, 2)
    if corrected:
        gap = gap - min(0.5, float(gap.min()))
    statistic = float(np.sum(gap**2 / expected))
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    smallest = float(expected.min())
    name = "chi-square with Yates' correction" if corrected else "chi-square"
    p = float(special.gammaincc(df / 2, statistic / 2))
    return AssociationTest(
        name, statistic, float(df), p, int(counts.sum()), smallest, issues=_small(smallest)
    )


def _small(smallest: float) -> tuple[Issue, ...]:
    if smallest >= SMALL_EXPECTED:
        return ()
    text = f"smallest expected count {smallest:.2g} is below {SMALL_EXPECTED:g}: use Fisher's exact test"
    return (Issue("stats.small_expected", text, where="table"),)


def kruskal_wallis(values: ArrayLike, group: ArrayLike) -> AssociationTest:
    """Kruskal-Wallis test that `values` are alike in all groups, corrected for ties.

    Parameters
    ----------
    values, group : array_like, shape (n,)

    Raises
    ------
    InputError, CohortError
        ``stats.missing``, ``stats.length``, ``stats.one_group``, ``stats.constant``.

    References
    ----------
    Kruskal and Wallis 1952.
    """
    parts, _ = split_by_group(values, group)
    ranks, ties = average_ranks(np.concatenate(parts))
    n = ranks.size
    correction = 1.0 - ties / (float(n) ** 3 - n)
    if correction <= 0:
        raise CohortError("all values are equal", code="stats.constant", where="values")
    bounds = np.cumsum([part.size for part in parts])[:-1]
    sums = sum(float(r.sum()) ** 2 / r.size for r in np.split(ranks, bounds))
    statistic = (12.0 * sums / (n * (n + 1.0)) - 3.0 * (n + 1.0)) / correction
    df = len(parts) - 1
    p = float(special.gammaincc(df / 2, max(statistic, 0.0) / 2))
    return AssociationTest("Kruskal-Wallis", statistic, float(df), p, n)


def wilcoxon_rank_sum(values: ArrayLike, group: ArrayLike, *, correct: bool = True) -> AssociationTest:
    """Wilcoxon rank-sum test of two groups (normal approximation, corrected for ties).

    Parameters
    ----------
    values, group : array_like, shape (n,)
        The statistic is the number of pairs in which the first group's value is larger (ties one half).
    correct : bool
        Continuity correction.

    Raises
    ------
    InputError, CohortError
        As for `kruskal_wallis`; ``stats.two_groups``.

    References
    ----------
    Mann and Whitney 1947.
    """
    first, second = _two(values, group)
    ranks, ties = average_ranks(np.concatenate([first, second]))
    n1, n2, n = first.size, second.size, ranks.size
    statistic = float(ranks[:n1].sum()) - n1 * (n1 + 1) / 2
    variance = n1 * n2 / 12.0 * ((n + 1) - ties / (n * (n - 1.0)))
    if variance <= 0:
        raise CohortError("all values are equal", code="stats.constant", where="values")
    gap = statistic - n1 * n2 / 2
    z = (gap - (math.copysign(0.5, gap) if correct and gap else 0.0)) / math.sqrt(variance)
    p = float(min(2.0 * special.ndtr(-abs(z)), 1.0))
    name = "Wilcoxon rank-sum" + (" with continuity correction" if correct else "")
    return AssociationTest(name, statistic, math.nan, p, n)


def welch_t_test(values: ArrayLike, group: ArrayLike) -> AssociationTest:
    """Welch's t test of two groups: first minus second mean, unequal variances.

    Parameters
    ----------
    values, group : array_like, shape (n,)

    Raises
    ------
    InputError, CohortError
        ``stats.two_groups``, ``stats.few_values`` for a group of one, ``stats.constant``.

    References
    ----------
    Welch 1947.
    """
    first, second = _two(values, group)
    if min(first.size, second.size) < 2:
        raise CohortError("a group of one has no variance", code="stats.few_values", where="group")
    parts = np.array([first.var(ddof=1) / first.size, second.var(ddof=1) / second.size])
    se = math.sqrt(float(parts.sum()))
    if se == 0:
        raise CohortError("both groups are constant", code="stats.constant", where="values")
    gap = float(first.mean() - second.mean())
    df = float(parts.sum() ** 2 / (parts[0] ** 2 / (first.size - 1) + parts[1] ** 2 / (second.size - 1)))
    p = float(2.0 * special.stdtr(df, -abs(gap / se)))
    half = float(special.stdtrit(df, 0.975)) * se
    return AssociationTest(
        "Welch t", gap / se, df, p, first.size + second.size, estimate=gap, lower=gap - half, upper=gap + half
    )


def _two(values: ArrayLike, group: ArrayLike) -> tuple[FloatArray, FloatArray]:
    parts, labels = split_by_group(values, group)
    if len(parts) != 2:
        raise CohortError(f"{len(labels)} groups; expected 2", code="stats.two_groups", where="group")
    return parts[0], parts[1]
