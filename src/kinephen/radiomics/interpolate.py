"""Images and masks on a new grid of voxels, and intensity masks (IBSI sections 2.4 to 2.6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinephen.errors import InputError
from kinephen.types import BoolVolume, FloatArray, FloatVolume, IntArray

Order = Literal["linear", "cubic", "nearest"]
MaskOrder = Literal["linear", "nearest"]
Alignment = Literal["centre", "corner", "origin"]
MAX_VOXELS = 2**28
"""A new grid of more voxels (2 GB) is refused."""
# A half is frequent and, summed from weights in 64 bits, may fall short of itself.
INSIDE_FROM = 0.5 - 1e-9


@dataclass(frozen=True)
class Regrid:
    """From the old grid to a new one along the same axes.

    Parameters
    ----------
    old, new : tuple of float
        Spacing along (slice, row, column), mm. An axis whose spacing stays is not interpolated.
    alignment : {"centre", "corner", "origin"}
        What both grids share: their centre (IBSI), the outer corner of their first voxel, or its centre.
    """

    old: tuple[float, float, float]
    new: tuple[float, float, float]
    alignment: Alignment = "centre"

    def places(self, shape: Sequence[int]) -> dict[int, FloatArray]:
        """Return the places of the new voxel centres in old voxels, for each axis that changes.

        Raises
        ------
        InputError
            ``radiomics.grid`` if the new grid has too many voxels.
        """
        sizes = [_new_size(n, a, b) for n, a, b in zip(shape, self.old, self.new, strict=True)]
        if math.prod(sizes) > MAX_VOXELS:
            raise InputError(
                f"the new spacing gives {' x '.join(f'{n:,}' for n in sizes)} voxels, at most {MAX_VOXELS:,} "
                "are computed",
                code="radiomics.grid",
                hint="choose a larger spacing, in mm",
            )
        return {
            axis: grid_positions(shape[axis], old, new, self.alignment)
            for axis, (old, new) in enumerate(zip(self.old, self.new, strict=True))
            if old != new
        }


def _new_size(size: int, spacing: float, new_spacing: float) -> int:
    return math.ceil(size * spacing / new_spacing - 1e-9)


def grid_positions(
    size: int, spacing: float, new_spacing: float, alignment: Alignment = "centre"
) -> FloatArray:
    """Return the places of the new voxel centres on one axis, in old voxels.

    Parameters
    ----------
    size : int
        Voxels of the old axis.
    spacing, new_spacing : float
        mm.
    alignment : {"centre", "corner", "origin"}

    Notes
    -----
    IBSI 2.4.2: both grids share their centre; the new size is the old length over the new spacing, rounded
    up.
    """
    step = new_spacing / spacing
    count = np.arange(_new_size(size, spacing, new_spacing))
    if alignment == "origin":
        return np.asarray(count * step)
    if alignment == "corner":
        return np.asarray((count + 0.5) * step - 0.5)
    return np.asarray((size - 1) / 2.0 + (count - (count.size - 1) / 2.0) * step)


def interpolate_image(
    image: FloatVolume, grid: Regrid, *, order: Order = "linear", whole: bool = False
) -> FloatArray:
    """Return the image on a grid of another spacing.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
        Values that are not finite do not spread: a new voxel is NaN where the linear weight of finite voxels
        is below a half.
    grid : Regrid
    order : {"linear", "cubic", "nearest"}
        Trilinear, interpolating cubic spline, or the nearest voxel.
    whole : bool
        Round to whole numbers afterwards, as for Hounsfield units.

    Returns
    -------
    ndarray of float64
        Beyond the old grid the value of the nearest edge.
    """
    values, places = np.asarray(image, dtype=np.float64), grid.places(image.shape)
    finite = np.isfinite(values)
    if finite.all() or not places:
        result = _sampled(values, places, order)
    else:
        result = _sampled(_filled(values, finite), places, order)
        result[_sampled(finite.astype(np.float64), places, "linear") < INSIDE_FROM] = np.nan
    return np.rint(result) if whole else result


def interpolate_mask(
    mask: BoolVolume, grid: Regrid, *, order: MaskOrder = "linear", threshold: float = 0.5
) -> BoolVolume:
    """Return the mask on a grid of another spacing: inside where its interpolation reaches `threshold`."""
    share = _sampled(mask.astype(np.float64), grid.places(mask.shape), order)
    inside: BoolVolume = share >= threshold - 1e-9
    return inside


def _sampled(values: FloatArray, places: dict[int, FloatArray], order: Order) -> FloatArray:
    for axis, where in places.items():
        values = _along(values, axis, where, order)
    return values


def _filled(values: FloatArray, finite: BoolVolume) -> FloatArray:
    """Return the values with those that are not finite replaced by the nearest finite one."""
    if not finite.any():
        return np.zeros_like(values)
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~finite, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


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
        Values that are not finite do not belong to it.
    low, high : float, optional
        Both bounds belong to the range, also for values that the rounding of numbers put beyond them.
    deviations : float, optional
        Keep ``mean +- deviations * SD`` (denominator N) of the values in `mask`, IBSI 7ACA.
    """
    keep = mask & np.isfinite(image)
    values = image[keep]
    if not values.size:
        return keep
    rounding = 8.0 * float(np.finfo(np.float64).eps) * float(np.abs(values).max())
    if deviations is not None:
        mean, spread = values.mean(), deviations * values.std()
        keep &= (image >= mean - spread - rounding) & (image <= mean + spread + rounding)
    if low is not None:
        keep &= image >= low - rounding
    if high is not None:
        keep &= image <= high + rounding
    return keep


def _along(image: FloatArray, axis: int, places: FloatArray, order: Order) -> FloatArray:
    """Return weighted sums of the voxels next to each place of one axis."""
    size = image.shape[axis]
    inside = np.clip(places, 0.0, size - 1.0)
    if order == "nearest":  # a place half way between two voxels takes the later one
        nearest = np.minimum(np.floor(inside + 0.5 + 1e-9).astype(np.int64), size - 1)
        return np.asarray(image.take(nearest, axis=axis))
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
