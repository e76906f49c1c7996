"""The phenotypes at one number of clusters: labels, centroids and assignment of new patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.phenotype.trees import Tree
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class Solution:
    """Phenotypes at one k.

    Parameters
    ----------
    labels : Series of int
        1 (least change towards heterogeneity, "decreasing") to k (most, "increasing").
    centroids : ndarray, shape (k, components)
    radius : ndarray, shape (k,)
        Largest distance of a patient of discovery from their own centroid.
    """

    labels: pd.Series
    centroids: FloatArray
    radius: FloatArray

    @property
    def k(self) -> int:
        """Number of phenotypes."""
        return len(self.centroids)


def solve(scores: pd.DataFrame, tree: Tree, k: int, heterogeneity: FloatArray) -> Solution:
    """Return the phenotypes of a tree cut at k, ordered by the mean of `heterogeneity`.

    Parameters
    ----------
    scores : DataFrame, shape (patients, components)
    tree : Tree
    k : int
    heterogeneity : ndarray, shape (patients,)
        What the order rests on: see `kinephen.phenotype.order`.
    """
    values = scores.to_numpy()
    labels = ordered_by_mean(heterogeneity, tree.cut(k))
    centroids = np.stack([values[labels == c].mean(axis=0) for c in range(1, k + 1)])
    own = np.linalg.norm(values - centroids[labels - 1], axis=1)
    radius = np.array([own[labels == c].max() for c in range(1, k + 1)])
    return Solution(pd.Series(labels, index=scores.index, name="phenotype"), centroids, radius)


def ordered_by_mean(values: FloatArray, labels: IntArray) -> IntArray:
    """Return the labels renumbered so that label 1 has the lowest mean of `values` over its members."""
    old = np.unique(labels)
    rank = np.argsort(np.argsort([values[labels == c].mean() for c in old], kind="stable"))
    renumbered: IntArray = rank[np.searchsorted(old, labels)].astype(np.int64) + 1
    return renumbered


def assign(scores: pd.DataFrame, solution: Solution) -> pd.DataFrame:
    """Return the nearest phenotype of every patient, their distances, margin and range flag.

    Patients with an undefined score get neither.
    """
    values = scores.to_numpy()
    distance = np.linalg.norm(values[:, None, :] - solution.centroids[None], axis=2)
    defined = ~np.isnan(distance).any(axis=1)
    nearest = np.where(defined, np.where(np.isnan(distance), np.inf, distance).argmin(axis=1), 0)
    table = pd.DataFrame(index=scores.index)
    table["phenotype"] = pd.Series(nearest + 1, index=scores.index, dtype="Int64").where(defined)
    for c in range(solution.k):
        table[f"distance_{c + 1}"] = distance[:, c]
    ranked = np.sort(distance, axis=1)
    table["margin"] = ranked[:, 1] - ranked[:, 0] if solution.k > 1 else np.nan
    table["out_of_range"] = ranked[:, 0] > solution.radius[nearest] * (1.0 + 1e-9)
    return table
