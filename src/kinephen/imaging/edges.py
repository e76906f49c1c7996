"""Edges of a frame inside a mask: what stays the same when contrast arrives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kinephen.core.grid import bounding_box, box_slices
from kinephen.types import BoolVolume, FloatVolume

Spacing = tuple[float, float, float]
Voxels = tuple[int, int, int]

SMOOTH_MM = 1.0
"""Gaussian before the gradient is taken."""
CAP_PERCENTILE = 99.0
"""Stronger edges count as much as this one, so that a lesion's rim does not decide."""
WINDOW_MM = 3.0
"""Gaussian by which the border of the mask fades out."""
FINE_VOXEL_MM = 1.0
"""Voxels of half of this or less are not all taken: the Gaussian holds no more."""
WIDEST = 1 / 8
"""No Gaussian is wider than this part of an axis, whatever the voxel is said to measure."""
REACH_OF_GAUSSIAN = 3.0
LONG_AXIS = 10
"""Axes of fewer borders than this keep them."""


@dataclass(frozen=True)
class Window:
    """The part of the images whose edges are compared.

    Parameters
    ----------
    box : tuple of slice
        Voxels of the image, every one or every second, third ... along each axis.
    weight : ndarray of float32
        Of each voxel of the box, 0 to 1.
    spacing : tuple of float
        Of the box, mm.
    """

    box: tuple[slice, slice, slice]
    weight: NDArray[np.float32]
    spacing: Spacing

    def half(self, axis: int, *, upper: bool) -> Window:
        """Return the half with the lower or upper indices along an axis, of equal weight, with a soft cut."""
        others = tuple(a for a in range(3) if a != axis)
        total = np.cumsum(self.weight.sum(axis=others, dtype=np.float64))
        cut = float(np.searchsorted(total, total[-1] / 2))
        past = (np.arange(total.size) - cut) * self.spacing[axis] / (2 * WINDOW_MM)
        share = np.clip(0.5 + past if upper else 0.5 - past, 0.0, 1.0).astype(np.float32)
        kept = np.flatnonzero(share > 0.0)
        own = slice(int(kept[0]), int(kept[-1]) + 1)
        weight = self.weight * share.reshape([-1 if a == axis else 1 for a in range(3)])
        outer = self.box[axis]
        inner = slice(outer.start + own.start * outer.step, outer.start + own.stop * outer.step, outer.step)
        z, y, x = (inner if a == axis else b for a, b in enumerate(self.box))
        weight = weight[tuple(own if a == axis else slice(None) for a in range(3))]
        return Window((z, y, x), weight, self.spacing)

    @property
    def step(self) -> Voxels:
        """Voxels of the image from one of the window to the next."""
        z, y, x = (b.step for b in self.box)
        return z, y, x


def window(mask: BoolVolume, spacing: Spacing, *, voxel_mm: float = FINE_VOXEL_MM) -> Window | None:
    """Return the window of a mask, or None if nothing of it is left off the border of the image.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        mm.
    voxel_mm : float
        Every second, third ... voxel is taken along an axis as long as they stay no further apart than this.
    """
    if not mask.any():
        return None
    margins = [int(min(n, np.ceil(2 * WINDOW_MM / s))) for n, s in zip(mask.shape, spacing, strict=True)]
    box = box_slices(*bounding_box(mask, margin=max(margins)))
    blurred = _smooth((mask & _off_border(mask.shape, spacing))[box].astype(np.float32), spacing, WINDOW_MM)
    if not blurred.any():
        return None
    z, y, x = (
        slice(b.start, b.stop, _step(s, b.stop - b.start, voxel_mm))
        for b, s in zip(box, spacing, strict=True)
    )
    weight = blurred[tuple(slice(None, None, b.step) for b in (z, y, x))]
    coarse = tuple(s * b.step for s, b in zip(spacing, (z, y, x), strict=True))
    return Window((z, y, x), weight, (coarse[0], coarse[1], coarse[2]))


def edge_strength(frame: FloatVolume, spacing: Spacing) -> NDArray[np.float32]:
    """Return the gradient's magnitude of the smoothed frame, per mm, scaled so that the frame's maximum is 1.

    Parameters
    ----------
    frame : ndarray, shape (nz, ny, nx)
        Voxels that are not finite count as 0.
    spacing : tuple of float
        Along (slice, row, column), mm.
    """
    values = np.where(np.isfinite(frame), frame, 0.0).astype(np.float32)
    # Signals of any unit: squares must neither overflow nor vanish.
    top = float(np.abs(values).max(initial=0.0))
    smooth = _smooth(values / np.float32(top) if top > 0.0 else values, spacing, SMOOTH_MM)
    total = np.zeros(smooth.shape, dtype=np.float32)
    for axis, step in enumerate(spacing):
        if smooth.shape[axis] > 1:
            # In units of the smallest voxel, for the same reason.
            slope = np.gradient(smooth, step / min(spacing), axis=axis)
            total += slope * slope
    return np.asarray(np.sqrt(total) / np.float32(min(spacing)), dtype=np.float32)


def capped(strength: NDArray[np.float32], mask: BoolVolume) -> NDArray[np.float32]:
    """Return edges of which none is stronger than the 99th percentile in the mask."""
    return np.minimum(strength, np.float32(np.percentile(strength[mask], CAP_PERCENTILE)))


def cut(
    strength: NDArray[np.float32], part: Window, *, off: Voxels = (0, 0, 0), around: Voxels = (0, 0, 0)
) -> NDArray[np.float32]:
    """Return edges at the voxels of a window.

    Parameters
    ----------
    strength : ndarray, shape (nz, ny, nx)
    part : Window
    off : tuple of int
        Voxels of the image by which the window is set off in this frame, where it moved by so many.
    around : tuple of int
        Voxels of the window's grid that are added on every side; beyond the image its nearest voxel.
    """
    places = [
        np.clip(b.start + o + np.arange(-a, k + a) * b.step, 0, n - 1)
        for b, o, a, k, n in zip(part.box, off, around, part.weight.shape, strength.shape, strict=True)
    ]
    return strength[np.ix_(*places)]


def smoothed(frame: FloatVolume, spacing: Spacing) -> NDArray[np.float32]:
    """Return a frame after the Gaussian that also precedes its edges."""
    return _smooth(np.asarray(frame, dtype=np.float32), spacing, SMOOTH_MM)


def _smooth(image: NDArray[np.float32], spacing: Spacing, width_mm: float) -> NDArray[np.float32]:
    widths = [min(width_mm / s, n * WIDEST) for s, n in zip(spacing, image.shape, strict=True)]
    return np.asarray(ndimage.gaussian_filter(image, widths, mode="nearest", truncate=REACH_OF_GAUSSIAN))


def _off_border(shape: tuple[int, ...], spacing: Spacing) -> BoolVolume:
    """Return the image without its border along long axes: the window fades out before the image ends."""
    inside = np.ones(shape, dtype=np.bool_)
    for axis, (n, step) in enumerate(zip(shape, spacing, strict=True)):
        border = int(np.ceil(WINDOW_MM / step))
        if n >= LONG_AXIS * border:
            ends = np.moveaxis(inside, axis, 0)
            ends[:border] = ends[-border:] = False
    return inside


def _step(spacing: float, voxels: int, voxel_mm: float) -> int:
    return int(max(1, min(voxel_mm // spacing, voxels // 32)))
