"""Hierarchical clustering of items: trees, cuts, and how well two partitions agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.options import Linkage
from kinephen.errors import InputError
from kinephen.types import FloatArray, IntArray

METHODS: dict[Linkage, int] = {"single": 0, "complete": 1, "average": 2, "ward": 3}
"""Numbers of the linkages in the compiled loops."""


@dataclass(frozen=True)
class Tree:
    """A dendrogram in the convention of R's hclust.

    Parameters
    ----------
    merge : ndarray of int, shape (n - 1, 2)
        A negative number is an item (counted from 1), a positive one the row of an earlier merge.
    height : ndarray, shape (n - 1,)
    order : ndarray of int, shape (n,)
        Items (from 0) from left to right, without crossing branches.
    """

    merge: IntArray
    height: FloatArray
    order: IntArray

    def cut(self, k: int) -> IntArray:
        """Return the labels 1 to k of k clusters, numbered by first appearance; shape (n,)."""
        n = len(self.order)
        if not 1 <= k <= n:
            raise InputError(f"cannot cut {n} items into {k} clusters", code="tree.cut")
        alive: dict[int, list[int]] = {-i: [i - 1] for i in range(1, n + 1)}
        for row, (a, b) in enumerate(self.merge[: n - k].tolist(), start=1):
            alive[row] = alive.pop(a) + alive.pop(b)
        raw = np.empty(n, dtype=np.int64)
        for label, items in enumerate(alive.values()):
            raw[items] = label
        return by_first_appearance(raw)


def reordered(tree: Tree, rows: IntArray) -> Tree:
    """Return the tree of the same items in another order; ``rows[i]`` is the old place of the new item i."""
    place = np.argsort(rows)
    merge = np.where(tree.merge < 0, -(place[-np.minimum(tree.merge, -1) - 1] + 1), tree.merge)
    merge = np.array([_r_order(a, b) for a, b in merge.tolist()], dtype=np.int64).reshape(-1, 2)
    return Tree(merge, tree.height, _leaves(merge))


def build_tree(distance: FloatArray, linkage: Linkage) -> Tree:
    """Return the tree of a condensed distance vector, shape (n (n - 1) / 2,).

    Parameters
    ----------
    distance : ndarray
        Distances (not squared) of the pairs (0, 1), (0, 2), ...
    linkage : str
        ``"ward"`` is R's ward.D2.
    """
    from scipy.cluster.hierarchy import linkage as scipy_linkage

    steps = scipy_linkage(distance, method=linkage)
    n = len(steps) + 1
    pairs = steps[:, :2].astype(np.int64)
    merge = np.where(pairs < n, -(pairs + 1), pairs - n + 1)
    merge = np.array([_r_order(a, b) for a, b in merge.tolist()], dtype=np.int64).reshape(-1, 2)
    return Tree(merge, steps[:, 2].copy(), _leaves(merge))


def _r_order(a: int, b: int) -> tuple[int, int]:
    """Items before clusters, smaller items and earlier clusters first."""
    if a < 0 and b < 0:
        return (a, b) if a > b else (b, a)
    return (a, b) if a < b else (b, a)


def _leaves(merge: IntArray) -> IntArray:
    leaves: dict[int, list[int]] = {}

    def of(node: int) -> list[int]:
        return [-node - 1] if node < 0 else leaves.pop(node)

    for row, (a, b) in enumerate(merge.tolist(), start=1):
        leaves[row] = of(a) + of(b)
    return np.asarray(leaves[len(merge)], dtype=np.int64)


def by_first_appearance(labels: IntArray) -> IntArray:
    """Return the labels renumbered 1, 2, ... in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    numbered: IntArray = rank[inverse]
    return numbered


def euclidean(x: FloatArray) -> FloatArray:
    """Return the condensed Euclidean distances between the rows of `x`."""
    from scipy.spatial.distance import pdist

    distance: FloatArray = pdist(x)
    return distance


def square(condensed: FloatArray) -> FloatArray:
    """Return the symmetric matrix of a condensed vector, zeros on the diagonal."""
    from scipy.spatial.distance import squareform

    full: FloatArray = squareform(condensed, checks=False)
    return full
