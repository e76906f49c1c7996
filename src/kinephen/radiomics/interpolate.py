"""Images and masks on a new grid of voxels, and intensity masks (IBSI sections 2.4 to 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kinephen.types import BoolVolume, FloatArray, FloatVolume, IntArray

Order = Literal["linear", "cubic"]
# A half is frequent and, summed from weights in 64 bits, may fall short of itself.
INSIDE_FROM = 0.5 - 1e-9


def grid_positions(size: int, spacing: float, new_spacing: float) -> FloatArray:
    """Return the places of the new voxel centres on one axis, in old voxels.

    Parameters
    ----------
    size : int
        Voxels of the old axis.
    spacing, new_spacing : float
        mm.

    Notes
    -----
    IBSI 2.4.2: both grids share their centre; the new size is the old length over the new spacing, rounded
    up.
    """
    new_size = int(np.ceil(size * spacing / new_spacing - 1e-9))
    middle = (size - 1) / 2.0
    return np.asarray(middle + (np.arange(new_size) - (new_size - 1) / 2.0) * new_spacing / spacing)


def interpolate_image(
    image: FloatVolume,
    spacing: Sequence[float],
    new_spacing: Sequence[float],
    *,
    order: Order = "linear",
    whole: bool = False,
) -> FloatArray:
    """Return the image on a grid of another spacing.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
        Finite.
    spacing, new_spacing : sequence of float
        mm along (slice, row, column). An axis whose spacing stays is not interpolated.
    order : {"linear", "cubic"}
        Trilinear, or interpolating cubic spline.
    whole : bool
        Round to whole numbers afterwards, as for Hounsfield units.

    Returns
    -------
    ndarray of float64
        Beyond the old grid the value of the nearest edge.
    """
    result = np.asarray(image, dtype=np.float64)
    for axis, (old, new) in enumerate(zip(spacing, new_spacing, strict=True)):
        if old != new:
            places = grid_positions(result.shape[axis], old, new)
            result = _along(result, axis, places, order)
    return np.rint(result) if whole else result


def interpolate_mask(mask: BoolVolume, spacing: Sequence[float], new_spacing: Sequence[float]) -> BoolVolume:
    """Return the mask on a grid of another spacing: inside where its linear interpolation reaches 0.5."""
    inside: BoolVolume = interpolate_image(mask.astype(np.float64), spacing, new_spacing) >= INSIDE_FROM
    return inside


def resegment(
    image: FloatVolume,
    mask: BoolVolume,
    *,
    low: float | None = None,
    high: float | None = None,
    deviations: float | None = None,
) -> BoolVolume:
    """Return the intensity mask: voxels of `mask` within a range and a number of standard deviations.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    mask : ndarray of bool, shape (nz, ny, nx)
        The morphological mask.
    low, high : float, optional
        Both bounds belong to the range.
    deviations : float, optional
        Keep ``mean +- deviations * SD`` (denominator N) of the values in `mask`, IBSI 7ACA.
    """
    keep = mask.copy()
    if deviations is not None:
        values = image[mask]
        spread = deviations * values.std()
        keep &= (image >= values.mean() - spread) & (image <= values.mean() + spread)
    if low is not None:
        keep &= image >= low
    if high is not None:
        keep &= image <= high
    return keep


def _along(image: FloatArray, axis: int, places: FloatArray, order: Order) -> FloatArray:
    """Return weighted sums of the voxels next to each place of one axis."""
    size = image.shape[axis]
    inside = np.clip(places, 0.0, size - 1.0)
    low = np.floor(inside).astype(np.int64)
    share = (inside - low).reshape([-1 if a == axis else 1 for a in range(3)])
    if order == "linear":
        taps = np.minimum([low, low + 1], size - 1)
        lower, upper = image.take(taps[0], axis=axis), image.take(taps[1], axis=axis)
        return np.asarray(lower * (1.0 - share) + upper * share)
    coefficients = _spline_coefficients(image, axis)
    total = np.zeros(1)
    for step, weight in zip((-1, 0, 1, 2), _cubic_weights(share), strict=True):
        total = total + weight * coefficients.take(_mirrored(low + step, size), axis=axis)
    return total


def _spline_coefficients(image: FloatArray, axis: int) -> FloatArray:
    from scipy.ndimage import spline_filter1d

    return np.asarray(spline_filter1d(image, order=3, axis=axis, mode="mirror"), dtype=np.float64)


def _cubic_weights(t: FloatArray) -> tuple[FloatArray, ...]:
    """Return the cubic B-spline at distances 1 + t, t, 1 - t and 2 - t."""
    u = 1.0 - t
    return u**3 / 6.0, 2.0 / 3.0 - t**2 * (1.0 - t / 2.0), 2.0 / 3.0 - u**2 * (1.0 - u / 2.0), t**3 / 6.0


def _mirrored(index: IntArray, size: int) -> IntArray:
    if size == 1:
        return np.zeros_like(index)
    period = 2 * (size - 1)
    folded = np.abs(index) % period
    return np.where(folded < size, folded, period - folded).astype(np.int64)
