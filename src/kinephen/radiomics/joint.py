"""Features of tables that count pairs of a grey level and a second property.

Run lengths, zone sizes, zone distances and dependence counts share sixteen formulas (IBSI sections 3.7 to
3.9 and 3.11); they differ in what the second property is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.undefined import EMPTY, Value
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class JointTable:
    """Entries (level i, property j, count s) of one or more matrices; no two entries of a matrix are alike.

    Parameters
    ----------
    matrix : ndarray of int64, shape (entries,)
        Which matrix an entry belongs to, 0 .. n - 1; each holds an entry.
    level, size : ndarray of int64, shape (entries,)
        i and j, both >= 1.
    count : ndarray, shape (entries,)
        s > 0.
    voxels : ndarray, shape (n,)
        Voxels that each matrix describes.
    """

    matrix: IntArray
    level: IntArray
    size: IntArray
    count: FloatArray
    voxels: FloatArray

    @classmethod
    def of_dense(cls, counts: NDArray[np.integer], voxels: FloatArray) -> JointTable | None:
        """Return the table of ``counts[matrix, level - 1, property - 1]``; None if all are zero.

        Parameters
        ----------
        counts : ndarray of int, shape (matrices, levels, properties)
        voxels : ndarray, shape (matrices,)
        """
        flat = counts.ravel()
        filled = np.flatnonzero(flat)
        matrix, level, size = np.unravel_index(filled, counts.shape)
        return cls.of_entries(matrix, level + 1, size + 1, flat[filled], voxels)

    @classmethod
    def of_entries(
        cls, matrix: IntArray, level: IntArray, size: IntArray, count: NDArray[np.generic], voxels: FloatArray
    ) -> JointTable | None:
        """Return the table of sorted entries, matrices renumbered so that none is empty; None without any."""
        if not matrix.size:
            return None
        kept, renumbered = np.unique(matrix, return_inverse=True)
        return cls(renumbered, level, size, count.astype(np.float64), np.asarray(voxels, np.float64)[kept])

    @classmethod
    def of_observations(
        cls, matrix: IntArray, level: IntArray, size: IntArray, voxels: FloatArray
    ) -> JointTable | None:
        """Return the table of single observations, equal ones counted."""
        if not matrix.size:
            return None
        widths = int(level.max()) + 1, int(size.max()) + 1
        keys, count = _counted((matrix * widths[0] + level) * widths[1] + size)
        rest, j = np.divmod(keys, widths[1])
        m, i = np.divmod(rest, widths[0])
        return cls.of_entries(m, i, j, count, voxels)

    def sum(self, weights: FloatArray) -> FloatArray:
        """Return the sum of ``count * weights`` in each matrix, shape (n,)."""
        if len(self.voxels) == 1:
            return np.array([(self.count * weights).sum()])  # not a dot product: that would start threads
        return np.asarray(np.bincount(self.matrix, self.count * weights, len(self.voxels)), dtype=np.float64)

    @cached_property
    def total(self) -> FloatArray:
        """Sum of counts of each matrix (number of runs, zones or voxels), shape (n,)."""
        return self.sum(np.ones_like(self.count))

    @cached_property
    def i(self) -> FloatArray:
        """Levels as floats."""
        return self.level.astype(np.float64)

    @cached_property
    def j(self) -> FloatArray:
        """Second property as floats."""
        return self.size.astype(np.float64)

    @cached_property
    def emphases(self) -> FloatArray:
        """Means of the eight weights of `EMPHASES`, shape (8, n)."""
        i2, j2 = self.i * self.i, self.j * self.j
        weights = np.array([1 / j2, j2, 1 / i2, i2, 1 / (i2 * j2), i2 / j2, j2 / i2, i2 * j2])
        weights *= self.count
        if len(self.voxels) == 1:
            return np.asarray(weights.sum(axis=1, keepdims=True) / self.total)
        starts = np.searchsorted(self.matrix, np.arange(len(self.voxels)))
        return np.asarray(np.add.reduceat(weights, starts, axis=1) / self.total)

    @cached_property
    def level_squares(self) -> FloatArray:
        """Sum over levels of the squared count of each, shape (n,)."""
        return self.margin_squares(self.level)

    @cached_property
    def size_squares(self) -> FloatArray:
        """Sum over sizes of the squared count of each, shape (n,)."""
        return self.margin_squares(self.size)

    def mean(self, weights: FloatArray) -> FloatArray:
        """Return the mean of `weights` over the counts of each matrix, shape (n,)."""
        return self.sum(weights) / self.total

    def variance(self, x: FloatArray) -> FloatArray:
        """Return the variance (divided by the total) of x in each matrix, shape (n,)."""
        from_mean = x - self.mean(x)[self.matrix]
        return self.mean(from_mean * from_mean)

    def margin_squares(self, key: IntArray) -> FloatArray:
        """Return the sum over values of `key` of the squared count of that value, shape (n,)."""
        width = int(key.max()) + 1
        n = len(self.voxels)
        margin = np.bincount(self.matrix * width + key, weights=self.count, minlength=n * width)
        return np.asarray(np.einsum("nk,nk->n", margin.reshape(n, width), margin.reshape(n, width)))


def _counted(keys: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct keys, ascending, and how often each occurs."""
    if int(keys.max()) > 8 * keys.size + 65536:
        found, count = np.unique(keys, return_counts=True)
        return found, count.astype(np.int64)
    count = np.bincount(keys)
    found = np.flatnonzero(count)
    return found, count[found]


Formula = Callable[[JointTable], FloatArray]


def _size_variance(t: JointTable) -> FloatArray:
    return t.variance(t.j)


def _entropy(t: JointTable) -> FloatArray:
    p = t.count / t.total[t.matrix]
    return t.mean(-np.log2(p))


EMPHASES = (
    "small_emphasis",  # 1 / j^2
    "large_emphasis",  # j^2
    "low_level_emphasis",  # 1 / i^2
    "high_level_emphasis",  # i^2
    "small_low_emphasis",  # 1 / (i^2 j^2)
    "small_high_emphasis",  # i^2 / j^2
    "large_low_emphasis",  # j^2 / i^2
    "large_high_emphasis",  # i^2 j^2
)
"""Means of a weight over the counts."""


def _emphasis(row: int) -> Formula:
    return lambda t: np.asarray(t.emphases[row])


FEATURES: dict[str, Formula] = {
    **{name: _emphasis(row) for row, name in enumerate(EMPHASES)},
    "level_non_uniformity": lambda t: t.level_squares / t.total,
    "level_non_uniformity_normalised": lambda t: t.level_squares / t.total**2,
    "size_non_uniformity": lambda t: t.size_squares / t.total,
    "size_non_uniformity_normalised": lambda t: t.size_squares / t.total**2,
    "percentage": lambda t: t.total / t.voxels,
    "level_variance": lambda t: t.variance(t.i),
    "size_variance": _size_variance,
    "entropy": _entropy,
}
"""The sixteen shared features; `size` stands for run length, zone size, zone distance or dependence count."""

FURTHER: dict[str, Formula] = {
    "energy": lambda t: t.mean(t.count / t.total[t.matrix]),
    "level_mean": lambda t: t.mean(t.i),
    "size_mean": lambda t: t.mean(t.j),
}
"""Energy (IBSI CAS9, dependence counts only) and two means without an IBSI code."""


def joint_features(table: JointTable | None, names: Iterable[str] = FEATURES) -> dict[str, Value]:
    """Return features averaged over the matrices of `table`; all undefined if it is None.

    Parameters
    ----------
    table : JointTable or None
    names : iterable of str
        Keys of `FEATURES` or `FURTHER`.
    """
    formulas = FEATURES | FURTHER
    if table is None:
        return dict.fromkeys(names, EMPTY)
    if len(table.voxels) == 1:
        return {name: formulas[name](table).item() for name in names}
    return {name: float(formulas[name](table).mean()) for name in names}
