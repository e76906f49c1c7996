"""Sorting of many floating-point numbers."""

from __future__ import annotations

import numpy as np

from kinephen.types import FloatArray

SMALL = 2048
_SIGN = np.uint64(1 << 63)


def ascending(values: FloatArray) -> FloatArray:
    """Return finite values in ascending order.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite.

    Notes
    -----
    A radix sort on the bit pattern: on processors on which numpy's own sort is slow it is four times as fast,
    and values that were single precision once need two passes less.
    """
    if values.size < SMALL:
        return np.sort(values)
    from kinephen.radiomics.kernels.sorting import radix_sort

    bits = (values + 0.0).view(np.uint64)  # adding 0.0 makes -0.0 and 0.0 one value
    keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    radix_sort(keys, np.empty_like(keys))
    ordered: FloatArray = np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float64)
    return ordered
