"""Stability of a partition: how well trees of subsamples agree with the tree of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.options import Linkage
from kinephen.phenotype.consensus import draw_subsets
from kinephen.phenotype.trees import build_tree, euclidean
from kinephen.stats.agreement import adjusted_rand_index
from kinephen.types import FloatArray, IntArray, Rng


@dataclass(frozen=True)
class Stability:
    """Adjusted Rand index of subsampled partitions against the whole one.

    Parameters
    ----------
    rand : ndarray, shape (resamples,)
        1 is the same partition, 0 what chance gives.
    jaccard : ndarray, shape (k,)
        Mean over subsets of the largest Jaccard index of every cluster with a cluster of the subset; below
        about 0.6 a cluster is not to be trusted, above about 0.75 it is found again.
    """

    rand: FloatArray
    jaccard: FloatArray


def subsample_stability(
    x: FloatArray,
    labels: IntArray,
    *,
    linkage: Linkage = "ward",
    resamples: int = 100,
    fraction: float = 0.8,
    rng: Rng,
) -> Stability:
    """Cluster subsamples anew and compare them with the partition of all.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    labels : ndarray of int, shape (n,)
        1 to k, k at least 2.
    linkage : str
    resamples : int
    fraction : float
        Share of the rows in a subsample.
    rng : Generator

    References
    ----------
    Hennig 2007, Comput Stat Data Anal 52:258 (cluster-wise Jaccard index).
    """
    k = int(labels.max())
    rand, jaccard = np.empty(resamples), np.zeros((resamples, k))
    for b, rows in enumerate(draw_subsets(len(x), resamples=resamples, fraction=fraction, rng=rng)):
        whole = labels[rows]
        part = build_tree(euclidean(x[rows]), linkage).cut(min(k, len(rows)))
        rand[b] = adjusted_rand_index(whole, part)
        jaccard[b] = _best_match(whole, part, k)
    # A cluster that a subset missed altogether says nothing about itself.
    return Stability(rand, np.nanmean(jaccard, axis=0))


def _best_match(whole: IntArray, part: IntArray, k: int) -> FloatArray:
    """Return for each cluster of `whole` its largest Jaccard index with a cluster of `part`; NaN if empty."""
    a = whole[:, None] == np.arange(1, k + 1)
    b = part[:, None] == np.arange(1, part.max() + 1)
    both = (a[:, :, None] & b[:, None, :]).sum(axis=0).astype(np.float64)
    either = a.sum(axis=0)[:, None] + b.sum(axis=0)[None, :] - both
    best: FloatArray = (both / either).max(axis=1)
    return np.where(a.any(axis=0), best, np.nan)
