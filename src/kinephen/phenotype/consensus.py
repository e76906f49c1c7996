"""Consensus clustering: how often two items fall together when the data are subsampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kinephen.core.options import Linkage
from kinephen.errors import CohortError, InputError
from kinephen.phenotype.trees import METHODS, build_tree, square
from kinephen.types import FloatArray, IntArray, Rng

PairCounts: TypeAlias = NDArray[np.unsignedinteger]

BINS = 100
"""Bins of the histogram on which the area under the CDF is measured."""

MEMORY_LIMIT = 4_000_000_000
"""Bytes of pair counts and distances above which a run is refused."""


@dataclass(frozen=True)
class Consensus:
    """Pair counts of a consensus clustering and what follows from them.

    Parameters
    ----------
    n : int
        Items.
    k_max : int
    together : ndarray of int, shape (k_max, n (n - 1) / 2)
        Row k - 1: subsets in which the pair was drawn and in the same of k clusters; row 0: was drawn.
    resamples : int
    final_linkage : str
    """

    n: int
    k_max: int
    together: PairCounts
    resamples: int
    final_linkage: Linkage = "average"

    @property
    def ks(self) -> range:
        """The numbers of clusters, 2 to `k_max`."""
        return range(2, self.k_max + 1)

    def pairs(self, k: int) -> FloatArray:
        """Return the consensus of all pairs at k, condensed; 0 for pairs that were never drawn together."""
        # No pair is together that was not drawn. Narrow whole numbers would be divided in single precision.
        drawn = np.maximum(self.together[0], 1)
        shares: FloatArray = np.divide(self.together[k - 1], drawn, dtype=np.float64)
        return shares

    def matrix(self, k: int) -> FloatArray:
        """Return the consensus matrix at k, shape (n, n), ones on the diagonal."""
        full = square(self.pairs(k))
        np.fill_diagonal(full, 1.0)
        return full

    def classes(self, k: int) -> IntArray:
        """Return the final classes 1 to k: a tree of 1 - consensus, cut at k."""
        return build_tree(1.0 - self.pairs(k), self.final_linkage).cut(k)

    def cdf(self, k: int) -> FloatArray:
        """Return the CDF of the consensus at 0.01, 0.02, ..., 1; shape (100,)."""
        # Whole numbers decide the right-closed bin, so that 29/100 never falls above 0.29.
        drawn = np.maximum(self.together[0].astype(np.int64), 1)
        bins = -(-BINS * self.together[k - 1].astype(np.int64) // drawn)
        counts = np.bincount(np.maximum(bins, 1), minlength=BINS + 1)[1:]
        cumulated: FloatArray = np.cumsum(counts) / len(drawn)
        return cumulated

    def area(self, k: int) -> float:
        """Return the area under the CDF in bins of 0.01."""
        return float(self.cdf(k).sum() / BINS)

    def exact_area(self, k: int) -> float:
        """Return the exact area under the CDF, 1 minus the mean consensus."""
        return float(1.0 - self.pairs(k).mean())

    def pac(self, k: int, *, low: float = 0.1, high: float = 0.9) -> float:
        """Return the proportion of ambiguous clustering, CDF(high) - CDF(low)."""
        values = self.pairs(k)
        return float((values <= high).mean() - (values <= low).mean())

    def item_consensus(self, k: int) -> FloatArray:
        """Return the mean consensus of every item with the members of every class; shape (n, k).

        The item itself is left out; NaN for the own class of an item that is alone in it.
        """
        labels = self.classes(k)
        member = (labels[:, None] == np.arange(1, k + 1)).astype(np.float64)
        total = self.matrix(k) @ member - member
        count = member.sum(axis=0) - member
        return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)

    def cluster_consensus(self, k: int) -> FloatArray:
        """Return the mean consensus of the pairs inside every class, shape (k,); NaN for a class of one."""
        labels, full = self.classes(k), self.matrix(k)
        return np.array([_mean_inside(full[np.ix_(labels == c, labels == c)]) for c in range(1, k + 1)])

    def reordered(self, rows: IntArray) -> Consensus:
        """Return the counts of the same items in another order; ``rows[i]`` is the old place of item i."""
        first, second = (rows[side] for side in np.triu_indices(self.n, 1))
        low, high = np.minimum(first, second), np.maximum(first, second)
        pair = low * self.n - low * (low + 1) // 2 + high - low - 1
        return replace(self, together=np.ascontiguousarray(self.together[:, pair]))

    def tracking(self) -> IntArray:
        """Return the classes of every item at k = 2 to `k_max`, shape (n, k_max - 1)."""
        return np.stack([self.classes(k) for k in self.ks], axis=1)


def _mean_inside(block: FloatArray) -> float:
    size = len(block)
    return float((block.sum() - size) / (size * (size - 1))) if size > 1 else float("nan")


def draw_subsets(n: int, *, resamples: int, fraction: float, rng: Rng) -> IntArray:
    """Return random subsets of floor(fraction n) of n items without replacement, shape (resamples, m)."""
    if not 0.0 < fraction < 1.0:
        raise InputError(
            f"the share of a subset must lie between 0 and 1, found {fraction}", code="consensus"
        )
    m = int(np.floor(fraction * n + 1e-9))
    order = np.argsort(rng.random((resamples, n)), axis=1)
    return np.sort(order[:, :m], axis=1)


def largest_k(n: int, *, fraction: float, k_max: int) -> int:
    """Return the largest number of clusters that subsets of n items can show, at most `k_max`.

    Raises
    ------
    CohortError
        If the subsets hold fewer than three items.
    """
    m = int(np.floor(fraction * n + 1e-9))
    if m < 3:
        raise CohortError(
            f"consensus clustering needs subsets of at least 3 items; {n} items give {m}",
            code="phenotype.too_few",
            hint="add patients, or set the number of clusters by hand",
        )
    return min(k_max, m - 1)


def consensus_cluster(
    distance: FloatArray,
    subsets: IntArray,
    *,
    k_max: int,
    linkage: Linkage,
    final_linkage: Linkage = "average",
) -> Consensus:
    """Cluster every subset and count the pairs that fall together, at every k from 2 to `k_max`.

    Parameters
    ----------
    distance : ndarray, shape (n (n - 1) / 2,)
        Condensed distances of the items (not squared).
    subsets : ndarray of int, shape (resamples, m)
        Items (from 0) of each subset; see `draw_subsets`.
    k_max : int
        2 to m.
    linkage, final_linkage : str
        For the subsets, and for the tree of 1 - consensus.

    Returns
    -------
    Consensus

    Raises
    ------
    InputError
        NaN distances, subsets out of range, `k_max` out of range, or too large a problem.

    References
    ----------
    Monti et al. 2003, Machine Learning 52:91; layout of the results as in ConsensusClusterPlus (Wilkerson and
    Hayes 2010, Bioinformatics 26:1572).
    """
    from scipy.spatial.distance import num_obs_y

    from kinephen.phenotype.kernels.trees import count_together

    n = num_obs_y(distance)
    _check(n, distance, subsets, k_max)
    full = square(distance)
    if linkage == "ward":
        np.square(full, out=full)
    counts: PairCounts = np.zeros((len(distance), k_max), dtype=_whole(len(subsets)))
    count_together(full, np.ascontiguousarray(subsets, dtype=np.int64), METHODS[linkage], counts)
    for k in range(k_max - 1, 0, -1):
        counts[:, k - 1] += counts[:, k]
    return Consensus(n, k_max, np.ascontiguousarray(counts.T), len(subsets), final_linkage)


def _whole(resamples: int) -> type[np.unsignedinteger]:
    """Return the narrowest whole number that holds the counts, of two that are compiled."""
    return np.uint16 if resamples <= np.iinfo(np.uint16).max else np.uint32


def _check(n: int, distance: FloatArray, subsets: IntArray, k_max: int) -> None:
    if not np.isfinite(distance).all():
        raise InputError("distances must be finite", code="consensus.distance")
    if not len(subsets) or subsets.min() < 0 or subsets.max() >= n:
        raise InputError(f"subsets must hold items 0 to {n - 1}", code="consensus.subsets")
    if not 2 <= k_max <= subsets.shape[1]:
        raise InputError(
            f"k_max must lie between 2 and the subset size {subsets.shape[1]}, found {k_max}",
            code="consensus.k_max",
        )
    counts = 2 * len(distance) * k_max * np.dtype(_whole(len(subsets))).itemsize
    needed = counts + 8 * (n**2 + subsets.shape[1] ** 2)
    if needed > MEMORY_LIMIT:
        raise InputError(
            f"pair counts of {n} items up to k = {k_max} need {needed / 1e9:.1f} GB, more than"
            f" {MEMORY_LIMIT / 1e9:g}",
            code="consensus.memory",
            hint="lower k_max",
        )
