"""Grey levels: intensities put into bins (IBSI section 2.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.errors import InputError
from kinephen.types import FloatArray

MOST_LEVELS = 4096
FEWEST_SENSIBLE, MOST_SENSIBLE = 8, 256


@dataclass(frozen=True)
class Discretised:
    """Grey levels of the voxels of a region.

    Parameters
    ----------
    levels : ndarray of int64, shape (voxels,)
        1 .. `n_levels`.
    n_levels : int
        Number of bins, occupied or not.
    edges : tuple of float
        Lower edge of level 1 and upper edge of level `n_levels`, map unit.
    """

    levels: NDArray[np.int64]
    n_levels: int
    edges: tuple[float, float]


def edge_tolerance(largest: float, width: float) -> float:
    """Return the share of a bin that the rounding of numbers may take from a value on an edge.

    Parameters
    ----------
    largest : float
        Largest magnitude of the values.
    width : float
        Of a bin, > 0.

    Notes
    -----
    0.3 lies in the fourth bin of width 0.1 from 0, but ``0.3 / 0.1`` falls short of 3. What comes within 8
    units of the last place of an edge is on it; where bins are as narrow as that, at most a millionth of one.
    """
    return min(8.0 * float(np.finfo(np.float64).eps) * largest / width, 1e-6)


def fixed_bin_number(values: FloatArray, bins: int) -> Discretised:
    """Return levels ``floor(bins * (x - min) / (max - min)) + 1``, the maximum in the top level.

    Parameters
    ----------
    values : ndarray, shape (voxels,)
        Finite.
    bins : int
        Between 1 and 4096.

    Raises
    ------
    InputError
        ``radiomics.bins`` for another number of bins.

    Notes
    -----
    IBSI K15C. Equal values all go to level 1. A value on an edge belongs to the upper level in every unit
    (`edge_tolerance`).
    """
    if not 1 <= bins <= MOST_LEVELS:
        raise InputError(f"expected 1 to {MOST_LEVELS} bins, found {bins}", code="radiomics.bins")
    if not values.size:
        return Discretised(np.empty(0, np.int64), bins, (np.nan, np.nan))
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Discretised(np.ones(values.size, np.int64), bins, (low, high))
    if not np.isfinite(bins * (high - low)):  # the range of extreme values may overflow
        scaled = fixed_bin_number(values / (4.0 * bins), bins)
        return Discretised(scaled.levels, bins, (low, high))
    share = values - low
    share *= bins
    share /= high - low
    share += edge_tolerance(max(-low, high), (high - low) / bins)
    levels = share.astype(np.int64)
    levels += 1
    return Discretised(np.minimum(levels, bins, out=levels), bins, (low, high))


def fixed_bin_size(values: FloatArray, width: float, *, lower: float | None = None) -> Discretised:
    """Return levels ``floor((x - lower) / width) + 1``.

    Parameters
    ----------
    values : ndarray, shape (voxels,)
        Finite.
    width : float
        Width of a bin, map unit, > 0.
    lower : float, optional
        Lower edge of level 1: the lower bound of the re-segmentation range; by default the smallest value.

    Raises
    ------
    InputError
        ``radiomics.bins`` if the width is not positive, a value lies below `lower`, or more than 4096 levels
        would be needed.

    Notes
    -----
    IBSI Q3RU. A value on an edge belongs to the upper level in every unit (`edge_tolerance`).
    """
    if not (np.isfinite(width) and width > 0):
        raise InputError(f"the bin width must be positive, found {width}", code="radiomics.bins")
    if not values.size:
        return Discretised(np.empty(0, np.int64), 1, (np.nan, np.nan))
    start = float(values.min()) if lower is None else float(lower)
    tolerance = edge_tolerance(max(-start, float(values.max())), width)
    if values.min() < start - tolerance * width:
        raise InputError(
            f"the smallest value {values.min():g} lies below the lower bound {start:g}", code="radiomics.bins"
        )
    top = np.floor((values.max() - start) / width + tolerance) + 1
    if top > MOST_LEVELS:
        raise InputError(
            f"a bin width of {width:g} gives {top:.0f} grey levels, at most {MOST_LEVELS} are possible",
            code="radiomics.bins",
            hint="choose a wider bin in the unit of the map, or a fixed number of bins",
        )
    levels = np.maximum(np.floor((values - start) / width + tolerance).astype(np.int64), 0) + 1
    return Discretised(levels, int(top), (start, start + int(top) * width))
