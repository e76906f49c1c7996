"""Cross tables and ranks: the arrays that the tests start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.errors import CohortError, InputError
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class CrossTable:
    """Counts of two classifications.

    Parameters
    ----------
    counts : ndarray of int, shape (r, c)
    rows, columns : tuple of str
        Labels.
    """

    counts: IntArray
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def n(self) -> int:
        """Patients counted."""
        return int(self.counts.sum())

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {"rows": list(self.rows), "columns": list(self.columns), "counts": self.counts.tolist()}


def cross_table(first: ArrayLike, second: ArrayLike) -> CrossTable:
    """Count two classifications of the same patients.

    Raises
    ------
    InputError
        ``stats.length``, ``stats.missing``.
    """
    a, b = labels_of(first, "first"), labels_of(second, "second")
    if len(a[0]) != len(b[0]):
        raise InputError(f"{len(a[0])} and {len(b[0])} labels", code="stats.length")
    counts = np.zeros((len(a[1]), len(b[1])), dtype=np.int64)
    np.add.at(counts, (a[0], b[0]), 1)
    return CrossTable(counts, tuple(a[1]), tuple(b[1]))


def labels_of(values: Any, where: str) -> tuple[IntArray, list[str]]:
    """Return codes 0..K-1 and the used labels; order of a categorical, otherwise sorted.

    Raises
    ------
    InputError
        ``stats.missing``.
    """
    factor = pd.Categorical(values).remove_unused_categories()
    missing = int((factor.codes < 0).sum())
    if missing:
        raise missing_error(missing, len(factor), where)
    return factor.codes.astype(np.int64), [_text(c) for c in factor.categories]


def _text(label: object) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def missing_error(count: int, total: int, where: str) -> InputError:
    """Return the error for missing values: no function of this room leaves rows out silently."""
    return InputError(
        f"{count} of {total} values are missing",
        code="stats.missing",
        where=where,
        hint="leave those patients out, and report how many",
    )


def numbers_of(values: ArrayLike, where: str) -> FloatArray:
    """Return a flat float array without missing values.

    Raises
    ------
    InputError
        ``stats.missing``, ``stats.text``.
    """
    try:
        array = np.asarray(values, dtype=np.float64).ravel()
    except (ValueError, TypeError):
        raise InputError("holds text; expected numbers", code="stats.text", where=where) from None
    bad = int((~np.isfinite(array)).sum())
    if bad:
        raise missing_error(bad, array.size, where)
    return array


def split_by_group(values: ArrayLike, group: ArrayLike) -> tuple[list[FloatArray], list[str]]:
    """Return the values of each group, and the groups' labels.

    Raises
    ------
    InputError
        ``stats.length``, ``stats.missing``.
    CohortError
        ``stats.one_group`` for fewer than two groups.
    """
    numbers = numbers_of(values, "values")
    codes, labels = labels_of(group, "group")
    if numbers.size != codes.size:
        raise InputError(f"{numbers.size} values and {codes.size} labels", code="stats.length")
    if len(labels) < 2:
        raise CohortError(
            f"{len(labels)} group(s); expected at least 2",
            code="stats.one_group",
            where="group",
            hint="the classification does not divide these patients",
        )
    return [numbers[codes == k] for k in range(len(labels))], labels


def average_ranks(values: FloatArray) -> tuple[FloatArray, float]:
    """Return ranks from 1 (ties share their mean) and the tie sum of t^3 - t."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2.0)[inverse]
    return np.asarray(ranks), float((count.astype(np.float64) ** 3 - count).sum())


def checked_counts(table: ArrayLike | CrossTable) -> IntArray:
    """Return counts as an array with rows and columns of total 0 left out.

    Raises
    ------
    InputError
        ``stats.counts`` for negative or fractional counts.
    CohortError
        ``stats.one_group`` when fewer than two rows or columns hold anyone.
    """
    raw = table.counts if isinstance(table, CrossTable) else np.asarray(table)
    if raw.ndim != 2 or (raw < 0).any() or not np.array_equal(raw, np.round(raw)):
        raise InputError("expected a table of counts >= 0", code="stats.counts", where="table")
    counts = raw.astype(np.int64)
    used = counts[np.ix_(counts.sum(axis=1) > 0, counts.sum(axis=0) > 0)]
    if min(used.shape) < 2:
        raise CohortError(
            f"table of {used.shape[0]} x {used.shape[1]} used classes; expected at least 2 x 2",
            code="stats.one_group",
            where="table",
            hint="one of the classifications does not divide these patients",
        )
    return used
