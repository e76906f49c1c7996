"""Opening, closing and filling of masks within the slices, and the width of a Gaussian, in mm."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from kinephen.types import BoolVolume

MOST_SIGMA_VOXELS = 8.0
"""Widest Gaussian: where the unit of the grid is wrong, a kernel must not become as large as the image."""


def sigma_voxels(spacing: tuple[float, float, float], sigma_mm: float) -> tuple[float, float, float]:
    """Return the standard deviation of a Gaussian along (slice, row, column), voxels, at most 8."""
    slices, rows, columns = (min(sigma_mm / s, MOST_SIGMA_VOXELS) for s in spacing)
    return slices, rows, columns


def opened(mask: BoolVolume, spacing: tuple[float, float, float], radius_mm: float) -> BoolVolume:
    """Return the parts of every slice in which a square has room.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    radius_mm : float
        Half of the square's width. Beyond the border of the image the outermost voxels go on.
    """
    inner = shrunk(mask, spacing, radius_mm)
    found: BoolVolume = ndimage.maximum_filter(inner, size=_window(spacing, radius_mm), mode="nearest")
    return found


def shrunk(mask: BoolVolume, spacing: tuple[float, float, float], radius_mm: float) -> BoolVolume:
    """Return every slice without its outermost layer; see `opened`."""
    found: BoolVolume = ndimage.minimum_filter(mask, size=_window(spacing, radius_mm), mode="nearest")
    return found


def closed(mask: BoolVolume, spacing: tuple[float, float, float], radius_mm: float) -> BoolVolume:
    """Return every slice with the gaps closed into which no square fits; beyond the border nothing is set."""
    window = _window(spacing, radius_mm)
    padded = np.pad(mask, [(n // 2, n // 2) for n in window])
    grown = ndimage.maximum_filter(padded, size=window, mode="constant")
    back = ndimage.minimum_filter(grown, size=window, mode="constant")
    found: BoolVolume = back[
        tuple(slice(n // 2, n // 2 + m) for n, m in zip(window, mask.shape, strict=True))
    ]
    return found


def filled(mask: BoolVolume) -> BoolVolume:
    """Return every slice with its holes filled."""
    return np.stack([ndimage.binary_fill_holes(part) for part in mask])


def _window(spacing: tuple[float, float, float], radius_mm: float) -> tuple[int, int, int]:
    return 1, 2 * round(radius_mm / spacing[1]) + 1, 2 * round(radius_mm / spacing[2]) + 1
