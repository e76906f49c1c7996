"""Agreement of classifications: adjusted Rand index, confusion matrix with intervals, McNemar's test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kinephen.core.printable import Printable
from kinephen.errors import InputError
from kinephen.stats.association import AssociationTest
from kinephen.stats.tables import cross_table, numbers_of
from kinephen.types import BoolArray


def adjusted_rand_index(first: ArrayLike, second: ArrayLike) -> float:
    """Return the chance-corrected agreement of two partitions: 1 the same, about 0 unrelated.

    Raises
    ------
    InputError
        ``stats.length``, ``stats.missing``.

    References
    ----------
    Hubert and Arabie 1985.
    """
    counts = cross_table(first, second).counts.astype(np.float64)
    pairs = float((counts * (counts - 1) / 2).sum())
    rows, columns = (counts.sum(axis=a) for a in (1, 0))
    by_row = float((rows * (rows - 1) / 2).sum())
    by_column = float((columns * (columns - 1) / 2).sum())
    total = counts.sum() * (counts.sum() - 1) / 2
    if total == 0:
        return 1.0
    chance, most = by_row * by_column / total, (by_row + by_column) / 2
    # Both partitions trivial (all alone or all together): they agree.
    return 1.0 if most == chance else float((pairs - chance) / (most - chance))


@dataclass(frozen=True)
class Proportion(Printable):
    """x of n, with two 95 % intervals; all NaN for n = 0.

    Parameters
    ----------
    x, n : int
    estimate, wilson_lower, wilson_upper, exact_lower, exact_upper : float
        Wilson's score interval and Clopper and Pearson's.
    """

    x: int
    n: int
    estimate: float
    wilson_lower: float
    wilson_upper: float
    exact_lower: float
    exact_upper: float

    def __str__(self) -> str:
        limits = f"95 % {self.wilson_lower:.3f} to {self.wilson_upper:.3f}"
        return f"{self.estimate:.3f} ({self.x}/{self.n}; {limits})"


def proportion(x: int, n: int, *, level: float = 0.95) -> Proportion:
    """Return x/n with Wilson and Clopper-Pearson intervals.

    Raises
    ------
    InputError
        ``stats.counts`` unless 0 <= x <= n.

    References
    ----------
    Wilson 1927; Clopper and Pearson 1934.
    """
    if not 0 <= x <= n:
        raise InputError(f"{x} of {n} is no proportion", code="stats.counts")
    if n == 0:
        return Proportion(0, 0, *[math.nan] * 5)
    z = float(special.ndtri(0.5 + level / 2))
    share, shrink = x / n, 1.0 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    tail = (1.0 - level) / 2
    low = float(special.betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    high = float(special.betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    return Proportion(x, n, share, max(centre - half, 0.0), min(centre + half, 1.0), low, high)


@dataclass(frozen=True)
class ConfusionMatrix(Printable):
    """A binary classification against what happened.

    Parameters
    ----------
    true_positive, false_positive, false_negative, true_negative : int
    sensitivity, specificity, ppv, npv, accuracy : Proportion
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    sensitivity: Proportion
    specificity: Proportion
    ppv: Proportion
    npv: Proportion
    accuracy: Proportion

    def __str__(self) -> str:
        parts = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
        return "; ".join(f"{name} {getattr(self, name)}" for name in parts)


def confusion_matrix(predicted: ArrayLike, happened: ArrayLike) -> ConfusionMatrix:
    """Compare a binary prediction with a binary outcome.

    Events against censored patients is not such an outcome: a patient censored early counts as event-free.
    Use `kinephen.survival.horizon` for the predictive values at a time.

    Parameters
    ----------
    predicted, happened : array_like, shape (n,)
        1 or 0.

    Raises
    ------
    InputError
        ``stats.length``, ``stats.missing``, ``stats.binary``.
    """
    a, b = _binary(predicted, "predicted"), _binary(happened, "happened")
    if a.size != b.size:
        raise InputError(f"{a.size} predictions and {b.size} outcomes", code="stats.length")
    return confusion_from_counts(
        int((a & b).sum()), int((a & ~b).sum()), int((~a & b).sum()), int((~a & ~b).sum())
    )


def confusion_from_counts(tp: int, fp: int, fn: int, tn: int) -> ConfusionMatrix:
    """Return the measures of a published 2 x 2 table."""
    return ConfusionMatrix(
        tp,
        fp,
        fn,
        tn,
        proportion(tp, tp + fn),
        proportion(tn, tn + fp),
        proportion(tp, tp + fp),
        proportion(tn, tn + fn),
        proportion(tp + tn, tp + fp + fn + tn),
    )


def mcnemar_test(first: ArrayLike, second: ArrayLike, *, correct: bool = True) -> AssociationTest:
    """McNemar's test that two binary classifications of the same patients are positive equally often.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        1 or 0.
    correct : bool
        Continuity correction (Edwards).

    Raises
    ------
    InputError
        ``stats.length``, ``stats.missing``, ``stats.binary``.

    References
    ----------
    McNemar 1947; Edwards 1948.
    """
    a, b = _binary(first, "first"), _binary(second, "second")
    if a.size != b.size:
        raise InputError(f"{a.size} and {b.size} classifications", code="stats.length")
    only_first, only_second = int((a & ~b).sum()), int((~a & b).sum())
    discordant = only_first + only_second
    gap = max(abs(only_first - only_second) - (1.0 if correct else 0.0), 0.0)
    statistic = gap**2 / discordant if discordant else math.nan
    p = float(special.gammaincc(0.5, statistic / 2)) if discordant else 1.0
    name = "McNemar with continuity correction" if correct else "McNemar"
    return AssociationTest(name, statistic, 1.0, p, a.size)


def _binary(values: ArrayLike, where: str) -> BoolArray:
    numbers = numbers_of(values, where)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise InputError("expected 1 and 0", code="stats.binary", where=where)
    return np.asarray(numbers == 1.0)
