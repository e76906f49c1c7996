"""Compiled agglomerative clustering and counting of pairs that stay together."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kinephen.types import FloatArray, IntArray

Counts: TypeAlias = NDArray[np.unsignedinteger]

SINGLE, COMPLETE, AVERAGE, WARD = 0, 1, 2, 3


@njit(cache=True)
def squared_distances(x: FloatArray) -> FloatArray:
    """Return squared Euclidean distances between the rows of `x`, shape (n, n)."""
    n, p = x.shape
    d = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            total = 0.0
            for c in range(p):
                step = x[i, c] - x[j, c]
                total += step * step
            d[i, j] = total
            d[j, i] = total
    return d


@njit(cache=True)
def _updated(dki: float, dkj: float, dij: float, ni: float, nj: float, nk: float, method: int) -> float:
    """Distance of cluster k to the union of i and j (Lance and Williams 1967)."""
    if method == WARD:
        return ((nk + ni) * dki + (nk + nj) * dkj - nk * dij) / (nk + ni + nj)
    if method == AVERAGE:
        return (ni * dki + nj * dkj) / (ni + nj)
    if method == COMPLETE:
        return max(dki, dkj)
    return min(dki, dkj)


@njit(cache=True)
def chain(d: FloatArray, method: int, left: IntArray, right: IntArray, height: FloatArray) -> None:
    """Agglomerate by nearest-neighbour chains (Murtagh 1983); overwrites `d`.

    Parameters
    ----------
    d : ndarray, shape (n, n)
        Distances; squared ones for Ward.
    left, right, height : ndarray, shape (n - 1,)
        Filled with one merge each, in the order in which they are found (not by height). An entry of `left`
        or `right` is one item that belongs to the cluster.
    """
    n = d.shape[0]
    size = np.ones(n)
    active = np.arange(n)
    where = np.arange(n)
    n_active = n
    path = np.empty(n, dtype=np.int64)
    length = 0
    for step in range(n - 1):
        if length == 0:
            path[0] = active[0]
            length = 1
        while True:
            tip = path[length - 1]
            near = -1
            best = np.inf
            if length > 1:
                near = path[length - 2]
                best = d[tip, near]
            for a in range(n_active):
                other = active[a]
                if other != tip and d[tip, other] < best:
                    best = d[tip, other]
                    near = other
            if length > 1 and near == path[length - 2]:
                break
            path[length] = near
            length += 1
        length -= 2
        gone = min(tip, near)
        stay = max(tip, near)
        left[step] = gone
        right[step] = stay
        height[step] = best
        n_active -= 1
        slot = where[gone]
        last = active[n_active]
        active[slot] = last
        where[last] = slot
        for a in range(n_active):
            k = active[a]
            if k != stay:
                value = _updated(d[k, gone], d[k, stay], best, size[gone], size[stay], size[k], method)
                d[k, stay] = value
                d[stay, k] = value
        size[stay] += size[gone]


@njit(cache=True)
def _root(parent: IntArray, item: int) -> int:
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True)
def cut_levels(
    left: IntArray, right: IntArray, height: FloatArray, k_max: int, label: IntArray, level: IntArray
) -> None:
    """Cut a tree at `k_max` and tell up to which k any two of its clusters are together.

    Parameters
    ----------
    label : ndarray, shape (n,)
        Filled with the cluster at `k_max`, 0 to ``k_max - 1``.
    level : ndarray, shape (k_max, k_max)
        Filled with the largest k at which two clusters are still together.
    """
    n = left.size + 1
    order = np.argsort(height, kind="mergesort")
    parent = np.arange(n)
    for s in range(n - k_max):
        parent[_root(parent, left[order[s]])] = _root(parent, right[order[s]])
    number = np.full(n, -1, dtype=np.int64)
    found = 0
    for i in range(n):
        root = _root(parent, i)
        if number[root] < 0:
            number[root] = found
            found += 1
        label[i] = number[root]
    group = np.arange(k_max)
    for a in range(k_max):
        level[a, a] = k_max
    for s in range(n - k_max, n - 1):
        a = group[label[left[order[s]]]]
        b = group[label[right[order[s]]]]
        k = n - 1 - s
        for i in range(k_max):
            if group[i] == a:
                for j in range(k_max):
                    if group[j] == b:
                        level[i, j] = k
                        level[j, i] = k
        for i in range(k_max):
            if group[i] == b:
                group[i] = a


@njit(cache=True)
def count_together(distance: FloatArray, subsets: IntArray, method: int, counts: Counts) -> None:
    """Cluster every subset and count, for each pair, the largest k at which it is together.

    Parameters
    ----------
    distance : ndarray, shape (n, n)
        Distances; squared ones for Ward.
    subsets : ndarray of int, shape (resamples, m)
        Items of each subset, increasing.
    counts : ndarray of unsigned int, shape (n (n - 1) / 2, k_max)
        Zeros, to which is added. Entry [pair, k - 1]: subsets that hold the pair and keep it together up to
        k, at most m. Pairs in the order (0, 1), (0, 2), ..., (1, 2), ...
    """
    n = distance.shape[0]
    resamples, m = subsets.shape
    k_max = counts.shape[1]
    d = np.empty((m, m))
    left = np.empty(m - 1, dtype=np.int64)
    right = np.empty(m - 1, dtype=np.int64)
    height = np.empty(m - 1)
    label = np.empty(m, dtype=np.int64)
    level = np.empty((k_max, k_max), dtype=np.int64)
    for h in range(resamples):
        items = subsets[h]
        for a in range(m):
            row = items[a]
            for b in range(m):
                d[a, b] = distance[row, items[b]]
        chain(d, method, left, right, height)
        cut_levels(left, right, height, k_max, label, level)
        for a in range(m - 1):
            i = items[a]
            base = i * n - i * (i + 1) // 2 - i - 1
            for b in range(a + 1, m):
                counts[base + items[b], level[label[a], label[b]] - 1] += 1


@njit(cache=True)
def last_heights(sets: FloatArray, method: int) -> FloatArray:
    """Return the height of the last merge of each data set, shape (sets,); `sets` is (sets, n, p).

    For Ward the heights are squared.
    """
    n = sets.shape[1]
    tops = np.empty(sets.shape[0])
    left = np.empty(n - 1, dtype=np.int64)
    right = np.empty(n - 1, dtype=np.int64)
    height = np.empty(n - 1)
    for s in range(sets.shape[0]):
        d = squared_distances(sets[s])
        if method != WARD:
            d = np.sqrt(d)
        chain(d, method, left, right, height)
        tops[s] = height.max()
    return tops
