"""Grey levels of the `captk` mode: each family has its own edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.discretise import Discretised, fixed_bin_number
from kinephen.types import FloatArray


def histogram_levels(values: FloatArray, bins: int) -> Discretised:
    """Return 1-based levels of equal bins from the minimum to a hundredth of a bin above the maximum.

    Parameters
    ----------
    values : ndarray, shape (voxels,)
        Not empty.
    bins : int

    Notes
    -----
    The automatic range of ITK's histogram filter, whose margin puts the maximum inside the last bin.
    """
    low, high = float(values.min()), float(values.max())
    return _equal_bins(values, bins, low, high + (high - low) / (100.0 * bins))


def glcm_levels(values: FloatArray, bins: int, *, raised: bool) -> Discretised:
    """Return 1-based levels of equal bins from the minimum to the maximum, or to the maximum + 1.

    Notes
    -----
    The 1 is meant for whole numbers and is added whatever the unit: a map that spans 0.03 falls into one bin.
    """
    low, high = float(values.min()), float(values.max())
    return _equal_bins(values, bins, low, high + 1.0 if raised else high)


def zone_levels(values: FloatArray, bins: int) -> NDArray[np.int64]:
    """Return 1-based levels by floor; voxels equal to the maximum get a level of their own, ``bins + 1``.

    Notes
    -----
    Such voxels cannot join zones of the highest bin, although their zones are stored in its row.
    """
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.ones(values.size, dtype=np.int64)
    return np.minimum(np.floor((values - low) / ((high - low) / bins)).astype(np.int64), bins) + 1


def tone_levels(values: FloatArray, bins: int) -> NDArray[np.int64]:
    """Return 1-based levels of equal bins over the range, the maximum in the highest."""
    return fixed_bin_number(values, bins).levels


def _equal_bins(values: FloatArray, bins: int, low: float, high: float) -> Discretised:
    if low == high:
        return Discretised(np.ones(values.size, dtype=np.int64), bins, (low, high))
    index = np.floor((values - low) / ((high - low) / bins)).astype(np.int64)
    return Discretised(np.minimum(index, bins - 1) + 1, bins, (low, high))
