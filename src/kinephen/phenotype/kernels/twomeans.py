"""Compiled 2-means by single-point transfers."""

from __future__ import annotations

import numpy as np
from numba import njit

from kinephen.types import FloatArray, IntArray


@njit(cache=True)
def _squared(x: FloatArray, i: int, centre: FloatArray) -> float:
    total = 0.0
    for c in range(centre.size):
        step = x[i, c] - centre[c]
        total += step * step
    return total


@njit(cache=True)
def _start(
    x: FloatArray, first: int, second: int, label: IntArray, size: FloatArray, centre: FloatArray
) -> None:
    """Assign every point to the nearer of two seeds."""
    n, p = x.shape
    size[:] = 0.0
    centre[:] = 0.0
    for i in range(n):
        to_first = 0.0
        to_second = 0.0
        for c in range(p):
            a = x[i, c] - x[first, c]
            b = x[i, c] - x[second, c]
            to_first += a * a
            to_second += b * b
        g = 1 if i == second or (to_second < to_first and i != first) else 0
        label[i] = g
        size[g] += 1.0
        for c in range(p):
            centre[g, c] += x[i, c]
    for g in range(2):
        for c in range(p):
            centre[g, c] /= size[g]


@njit(cache=True)
def _transfer(x: FloatArray, label: IntArray, size: FloatArray, centre: FloatArray) -> None:
    """Move single points while that lowers the within-cluster sum of squares (Hartigan 1975)."""
    n, p = x.shape
    since = 0
    i = 0
    while since < n:
        g = label[i]
        since += 1
        if size[g] > 1.0:
            o = 1 - g
            loss = size[g] / (size[g] - 1.0) * _squared(x, i, centre[g])
            cost = size[o] / (size[o] + 1.0) * _squared(x, i, centre[o])
            # A relative margin keeps rounding from moving a point to and fro for ever.
            if cost < loss * (1.0 - 1e-12):
                for c in range(p):
                    centre[g, c] += (centre[g, c] - x[i, c]) / (size[g] - 1.0)
                    centre[o, c] += (x[i, c] - centre[o, c]) / (size[o] + 1.0)
                size[g] -= 1.0
                size[o] += 1.0
                label[i] = o
                since = 0
        i = i + 1 if i + 1 < n else 0


@njit(cache=True)
def best_split(x: FloatArray, seeds: IntArray, best: IntArray) -> float:
    """Return the smallest within-cluster sum of squares over several starts; fills `best` with 0 and 1.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    seeds : ndarray of int, shape (starts, 2)
        Two different rows for each start.
    """
    n, p = x.shape
    label = np.zeros(n, dtype=np.int64)
    size = np.zeros(2)
    centre = np.zeros((2, p))
    lowest = np.inf
    for s in range(seeds.shape[0]):
        _start(x, seeds[s, 0], seeds[s, 1], label, size, centre)
        _transfer(x, label, size, centre)
        within = 0.0
        for i in range(n):
            within += _squared(x, i, centre[label[i]])
        if within < lowest:
            lowest = within
            best[:] = label
    return lowest


@njit(cache=True)
def split_many(sets: FloatArray, seeds: IntArray) -> FloatArray:
    """Return the smallest within-cluster sum of squares of every set.

    `sets` has the shape (s, n, p) and `seeds` (s, starts, 2).
    """
    within = np.empty(sets.shape[0])
    scratch = np.zeros(sets.shape[1], dtype=np.int64)
    for s in range(sets.shape[0]):
        within[s] = best_split(sets[s], seeds[s], scratch)
    return within
