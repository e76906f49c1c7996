"""Scaling filters of orthogonal wavelets, from their definitions."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from kinephen.types import FloatArray

MOST_MOMENTS = 10
FAMILIES: tuple[str, ...] = ("haar", *(f"db{n}" for n in range(1, MOST_MOMENTS + 1)), "coif1")


@cache
def scaling_filter(family: str) -> FloatArray:
    """Return the scaling filter of a wavelet, of unit Euclidean norm and sum sqrt(2).

    References
    ----------
    Daubechies I. Ten lectures on wavelets, SIAM 1992: chapter 6.4 (Daubechies, minimum phase), chapter 8.2
    (Coiflet of order 1, in closed form).
    """
    if family == "coif1":
        root = np.sqrt(7.0)
        weights = [1 - root, 5 + root, 14 + 2 * root, 14 - 2 * root, 1 - root, -3 + root]
        found: FloatArray = np.array(weights) / (16.0 * np.sqrt(2.0))
    else:
        found = _daubechies(1 if family == "haar" else int(family.removeprefix("db")))
    found.setflags(write=False)
    return found


def _daubechies(moments: int) -> FloatArray:
    """Return the filter whose wavelet has so many vanishing moments, with roots inside the unit circle.

    ``|m0|^2 = cos^2(w/2)^N P(sin^2(w/2))`` with ``P(y) = sum of comb(N - 1 + k, k) y^k``, k < N. With
    ``y = (2 - z - 1/z) / 4`` each root of P gives a pair z, 1/z, of which the inner one is taken.
    """
    roots = np.roots([comb(moments - 1 + k, k) for k in range(moments - 1, -1, -1)])
    middle = 1.0 - 2.0 * roots
    outward = np.sqrt(middle**2 - 1.0 + 0j)
    pairs = np.array([middle + outward, middle - outward])
    inner = np.where(np.abs(pairs[0]) < 1.0, *pairs)
    polynomial = np.real(np.poly(np.concatenate((np.full(moments, -1.0), inner))))
    return np.asarray(polynomial * np.sqrt(2.0) / polynomial.sum())
