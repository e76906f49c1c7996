"""Grey level co-occurrence: how often two levels are neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.offsets import Step, flat
from kinephen.radiomics.region import Levels, Positions, Region
from kinephen.radiomics.undefined import NO_PAIR, ONE_LEVEL, Undefined, Value
from kinephen.types import FloatArray

Counts = NDArray[np.int32]


def pair_counts(
    region: Region, levels: Levels, n_levels: int, *, steps: tuple[Step, ...], bounds: Positions
) -> Counts:
    """Count pairs of neighbours in one order, levels 1 to `n_levels`.

    Parameters
    ----------
    region : Region
    levels : ndarray of uint16
        Flat padded crop of the region.
    n_levels : int
    steps : tuple of (slice, row, column)
        One of each two opposite directions.
    bounds : ndarray of int32
        Groups of voxels: ``region.whole`` or ``region.slices``.

    Returns
    -------
    ndarray of int32, shape (groups, directions, n_levels, n_levels)
    """
    from kinephen.radiomics.kernels.counts import count_pairs

    shape, width = (bounds.size - 1, len(steps)), n_levels + 1
    counts = np.zeros((*shape, width * width), dtype=np.int32)
    count_pairs(levels, region.positions, bounds, flat(region, steps), counts, np.uint32(width))
    return counts.reshape(*shape, width, width)[:, :, 1:, 1:]


@dataclass(frozen=True)
class PairTable:
    """Symmetric, normalised co-occurrence matrices.

    Parameters
    ----------
    p : ndarray, shape (matrices, n, n)
        Each sums to 1.
    first : int
        Level of the first row.
    """

    p: FloatArray
    first: int = 1

    @classmethod
    def of(cls, counts: Counts, *, first: int = 1) -> PairTable | None:
        """Return the table of one-sided counts, shape (..., n, n), without empty ones; None if all are."""
        n = counts.shape[-1]
        stack = counts.reshape(-1, n, n)
        stack = stack[stack.any(axis=(1, 2))]
        if not len(stack):
            return None
        both = (stack + stack.transpose(0, 2, 1)).astype(np.float64)
        return cls(both / both.sum(axis=(1, 2), keepdims=True), first)

    @cached_property
    def levels(self) -> FloatArray:
        """Levels, shape (n,)."""
        return np.arange(self.first, self.first + self.p.shape[-1], dtype=np.float64)

    @cached_property
    def margin(self) -> FloatArray:
        """Probability of each level, shape (matrices, n)."""
        return np.asarray(self.p.sum(axis=2))

    @cached_property
    def mean(self) -> FloatArray:
        """Mean level, shape (matrices,)."""
        return self.margin @ self.levels

    @cached_property
    def variance(self) -> FloatArray:
        """Variance of the level, shape (matrices,)."""
        from_mean = self.levels - self.mean[:, None]
        return np.asarray((self.margin * from_mean * from_mean).sum(axis=1))

    @cached_property
    def differences(self) -> FloatArray:
        """Probability of ``abs(i - j) = k``, shape (matrices, n)."""
        return self._collect(_difference_index(self.p.shape[-1]), self.p.shape[-1])

    @cached_property
    def sums(self) -> FloatArray:
        """Probability of ``i + j = k`` for k from ``2 * first``, shape (matrices, 2 n - 1)."""
        return self._collect(_sum_index(self.p.shape[-1]), 2 * self.p.shape[-1] - 1)

    @cached_property
    def margin_entropy(self) -> FloatArray:
        """Entropy of the levels, shape (matrices,)."""
        return entropy_bits(self.margin, 1)

    @cached_property
    def joint_entropy(self) -> FloatArray:
        """Entropy of the cells, shape (matrices,)."""
        return entropy_bits(self.p, (1, 2))

    @cached_property
    def sum_values(self) -> FloatArray:
        """The values of k that belong to `sums`."""
        return 2.0 * self.first + np.arange(2 * self.p.shape[-1] - 1)

    @cached_property
    def distance(self) -> FloatArray:
        """The values 0 .. n - 1 that belong to `differences`."""
        return np.arange(self.p.shape[-1], dtype=np.float64)

    def _collect(self, index: NDArray[np.int64], size: int) -> FloatArray:
        shifted = index if len(self.p) == 1 else index + size * np.arange(len(self.p))[:, None]
        sums = np.bincount(shifted.ravel(), weights=self.p.ravel(), minlength=size * len(self.p))
        return np.asarray(sums, dtype=np.float64).reshape(len(self.p), size)


@lru_cache(maxsize=8)
def _difference_index(n: int) -> NDArray[np.int64]:
    """Return ``abs(i - j)`` of every cell of a matrix, flat."""
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))).ravel()


@lru_cache(maxsize=8)
def _sum_index(n: int) -> NDArray[np.int64]:
    """Return ``i + j`` of every cell of a matrix, counted from 0, flat."""
    return np.asarray(np.add.outer(np.arange(n), np.arange(n)).ravel())


def entropy_bits(p: FloatArray, axes: int | tuple[int, ...]) -> FloatArray:
    """Return ``-sum p log2 p`` over `axes`; zero probabilities add nothing."""
    safe = np.where(p > 0, p, 1.0)
    return np.asarray(-(p * np.log2(safe)).sum(axis=axes))


def _joint_maximum(t: PairTable) -> FloatArray:
    """Largest p. IBSI GYBY."""
    return np.asarray(t.p.max(axis=(1, 2)))


def _joint_variance(t: PairTable) -> FloatArray:
    """``sum (i - mu)^2 p``. IBSI UR99."""
    return t.variance


def _joint_entropy(t: PairTable) -> FloatArray:
    """``-sum p log2 p``. IBSI TU9B."""
    return t.joint_entropy


def _difference_average(t: PairTable) -> FloatArray:
    """``sum k p_(i-j)(k)``. IBSI TF7R; equals the dissimilarity 8S9J."""
    return t.differences @ t.distance


def _difference_variance(t: PairTable) -> FloatArray:
    """``sum (k - mu)^2 p_(i-j)(k)``. IBSI D3YU."""
    return np.asarray((t.differences * (t.distance - _difference_average(t)[:, None]) ** 2).sum(axis=1))


def _difference_entropy(t: PairTable) -> FloatArray:
    """Entropy of ``abs(i - j)``. IBSI NTRS."""
    return entropy_bits(t.differences, 1)


def _sum_average(t: PairTable) -> FloatArray:
    """``sum k p_(i+j)(k)``. IBSI ZGXS."""
    return t.sums @ t.sum_values


def _sum_variance(t: PairTable) -> FloatArray:
    """``sum (k - mu)^2 p_(i+j)(k)``. IBSI OEEB; equals the cluster tendency DG8W."""
    return _central_sum(t, 2)


def _sum_entropy(t: PairTable) -> FloatArray:
    """Entropy of ``i + j``. IBSI P6QZ."""
    return entropy_bits(t.sums, 1)


def _energy(t: PairTable) -> FloatArray:
    """``sum p^2``. IBSI 8ZQL."""
    return np.asarray(np.einsum("nij,nij->n", t.p, t.p))


def _contrast(t: PairTable) -> FloatArray:
    """``sum (i - j)^2 p``. IBSI ACUI."""
    return t.differences @ t.distance**2


def _inverse_difference(t: PairTable) -> FloatArray:
    """``sum p / (1 + abs(i - j))``. IBSI IB1Z."""
    return t.differences @ (1.0 / (1.0 + t.distance))


def _inverse_difference_normalised(t: PairTable) -> FloatArray:
    """``sum p / (1 + abs(i - j) / n)``. IBSI NDRX."""
    return t.differences @ (1.0 / (1.0 + t.distance / len(t.levels)))


def _inverse_difference_moment(t: PairTable) -> FloatArray:
    """``sum p / (1 + (i - j)^2)``. IBSI WF0Z."""
    return t.differences @ (1.0 / (1.0 + t.distance**2))


def _inverse_difference_moment_normalised(t: PairTable) -> FloatArray:
    """``sum p / (1 + (i - j)^2 / n^2)``. IBSI 1QCO."""
    return t.differences @ (1.0 / (1.0 + (t.distance / len(t.levels)) ** 2))


def _inverse_variance(t: PairTable) -> FloatArray:
    """``sum p / (i - j)^2`` over unequal pairs. IBSI E8JP."""
    return t.differences[:, 1:] @ (1.0 / t.distance[1:] ** 2)


def _correlation(t: PairTable) -> FloatArray:
    """``(sum i j p - mu^2) / sigma^2``; NaN when one level only. IBSI NI2N."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (_autocorrelation(t) - t.mean**2) / np.where(t.variance > 0, t.variance, np.nan)


def _autocorrelation(t: PairTable) -> FloatArray:
    """``sum i j p``. IBSI QWB0."""
    return (t.p @ t.levels) @ t.levels


def _central_sum(t: PairTable, power: int) -> FloatArray:
    from_mean = t.sum_values - 2.0 * t.mean[:, None]
    total = t.sums
    for _ in range(power):
        total = total * from_mean
    return np.asarray(total.sum(axis=1))


def _cluster_shade(t: PairTable) -> FloatArray:
    """``sum (i + j - 2 mu)^3 p``. IBSI 7NFM."""
    return _central_sum(t, 3)


def _cluster_prominence(t: PairTable) -> FloatArray:
    """``sum (i + j - 2 mu)^4 p``. IBSI AE86."""
    return _central_sum(t, 4)


def _information_1(t: PairTable) -> FloatArray:
    """``(HXY - HXY1) / HX``; NaN when one level only. IBSI R8DG."""
    # For a symmetric matrix the cross entropy of the product of margins is twice the margin's entropy.
    above = t.joint_entropy - 2.0 * t.margin_entropy
    return np.asarray(above / np.where(t.margin_entropy > 0, t.margin_entropy, np.nan))


def _information_2(t: PairTable) -> FloatArray:
    """``sqrt(1 - exp(-2 (HXY2 - HXY)))``. IBSI JN9H."""
    gain = 2.0 * t.margin_entropy - t.joint_entropy
    return np.asarray(np.sqrt(np.maximum(1.0 - np.exp(-2.0 * np.maximum(gain, 0.0)), 0.0)))


FEATURES: dict[str, Callable[[PairTable], FloatArray]] = {
    "joint_maximum": _joint_maximum,
    "joint_average": lambda t: t.mean,
    "joint_variance": _joint_variance,
    "joint_entropy": _joint_entropy,
    "difference_average": _difference_average,
    "difference_variance": _difference_variance,
    "difference_entropy": _difference_entropy,
    "sum_average": _sum_average,
    "sum_variance": _sum_variance,
    "sum_entropy": _sum_entropy,
    "energy": _energy,
    "contrast": _contrast,
    "dissimilarity": _difference_average,
    "inverse_difference": _inverse_difference,
    "inverse_difference_normalised": _inverse_difference_normalised,
    "inverse_difference_moment": _inverse_difference_moment,
    "inverse_difference_moment_normalised": _inverse_difference_moment_normalised,
    "inverse_variance": _inverse_variance,
    "correlation": _correlation,
    "autocorrelation": _autocorrelation,
    "cluster_tendency": _sum_variance,
    "cluster_shade": _cluster_shade,
    "cluster_prominence": _cluster_prominence,
    "information_correlation_1": _information_1,
    "information_correlation_2": _information_2,
}
"""Feature name to its formula on a `PairTable`; IBSI section 3.6."""


def glcm_features(table: PairTable | None, names: Iterable[str] = FEATURES) -> dict[str, Value]:
    """Return features averaged over the matrices of `table`.

    Parameters
    ----------
    table : PairTable or None
        None (no pair of neighbours) leaves every feature undefined.
    names : iterable of str
        Keys of `FEATURES`.
    """
    values = pair_values(table, names)
    return mean_values([] if values is None else [values], names)


def pair_values(table: PairTable | None, names: Iterable[str]) -> dict[str, FloatArray] | None:
    """Return the features of each matrix, None without a matrix."""
    return {name: FEATURES[name](table) for name in names} if table else None


def mean_values(parts: Sequence[dict[str, FloatArray]], names: Iterable[str]) -> dict[str, Value]:
    """Return the means over the matrices of several tables; undefined without any."""
    if not parts:
        return dict.fromkeys(names, NO_PAIR)
    return {name: _mean(np.concatenate([part[name] for part in parts])) for name in names}


def _mean(values: FloatArray) -> float | Undefined:
    if values.size == 1:
        only = float(values.item())
        return ONE_LEVEL if np.isnan(only) else only
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else ONE_LEVEL
