"""What contrast does to a frame: asymmetry of the difference, share of tissue that rises, drift of tissue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from kinephen.core.grid import bounding_box, box_slices
from kinephen.imaging.areas import sigma_voxels
from kinephen.types import BoolArray, BoolVolume, FloatArray, FrameStack

SMOOTHING_MM = 1.0
"""Standard deviation of the Gaussian on the frames: noise and single voxels do not count."""
TISSUE_SHARE = 0.35
"""Tissue holds at least this share of the 95th percentile of the first frame in the region."""
QUIET_PERCENT = (10.0, 50.0)
"""Enhancement of normal tissue, whose signal goes on rising after the early phase."""
QUIET_DISTANCE_MM = 5.0
"""Tissue nearer than this to what enhances strongly is left out: the edge of a lesion washes out with it."""
QUIET_LEAST_SHARE = 0.01
"""Least share of tissue with a quiet enhancement that tells a drift."""
QUIET_LEAST_VOXELS = 100


def region_values(
    frames: FrameStack, region: BoolVolume, spacing: tuple[float, float, float]
) -> tuple[FloatArray, BoolVolume, tuple[slice, slice, slice]]:
    """Return the smoothed frames in the box around a region, the region there, and the box.

    Parameters
    ----------
    frames : ndarray, shape (n, nz, ny, nx)
    region : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.

    Returns
    -------
    smooth : ndarray of float32, shape (n, ...)
    region : ndarray of bool
        Without voxels that are not finite in any frame.
    box : tuple of slice
    """
    box = box_slices(*bounding_box(region, margin=max(1, round(3 * SMOOTHING_MM / min(spacing)))))
    part = frames[(slice(None), *box)]
    finite = np.isfinite(part).all(axis=0)
    sigma = sigma_voxels(spacing, SMOOTHING_MM)
    smooth = [ndimage.gaussian_filter(np.where(finite, f, 0.0).astype(np.float32), sigma) for f in part]
    return np.stack(smooth), region[box] & finite, box


def asymmetry(first: FloatArray, second: FloatArray) -> float:
    """Return A of two frames: ``(p99 + p1) / (|p99| + |p1|)`` of second - first, -1 to 1.

    Contrast raises the signal and lowers it nowhere: near 1 where it arrives between the frames, near 0 for
    noise and motion, near -1 where the frames stand in reverse order. 0 if they are equal.
    """
    if first.size == 0:
        return 0.0
    low, high = np.percentile(second - first, (1.0, 99.0))
    span = abs(low) + abs(high)
    return float((high + low) / span) if span > 0.0 else 0.0


def rising_and_falling(first: FloatArray, second: FloatArray, *, percent: float) -> tuple[float, float]:
    """Return f of two frames and f of them in reverse order, shares of tissue, 0 to 1.

    What is tissue in both frames counts (at or above 0.35 of the 95th percentile), so that an edge that moved
    between them counts in neither direction. f is the share whose signal rises by more than a percentage of
    `first`; in reverse order, of `second`. 0 without tissue.
    """
    inside = tissue(first) & tissue(second)
    count = np.count_nonzero(inside)
    if not count:
        return 0.0, 0.0
    before, after = first[inside], second[inside]
    factor = 1.0 + percent / 100.0
    rises, falls = np.count_nonzero(after > before * factor), np.count_nonzero(before > after * factor)
    return float(rises / count), float(falls / count)


def tissue_rise(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """Return A, and the median of (second - first) / first, over what is tissue in both; 0 without tissue.

    Air and voids (an implant, a clip) hold noise alone, which lowers the A of a breast that hardly enhances.
    """
    inside = tissue(first) & tissue(second)
    if not inside.any():
        return 0.0, 0.0
    before, after = first[inside], second[inside]
    return asymmetry(before, after), float(np.median(after / before - 1.0))


def tissue(values: FloatArray) -> BoolArray:
    """Tell tissue from air and voids by the level of the signal."""
    level = TISSUE_SHARE * float(np.percentile(values, 95.0)) if values.size else 0.0
    inside: BoolArray = values >= level if level > 0.0 else np.zeros(values.shape, dtype=np.bool_)
    return inside


def drift(
    triple: Sequence[FloatArray],
    region: BoolVolume,
    spacing: tuple[float, float, float],
    *,
    strong_percent: float,
) -> float:
    """Return the median of (late - early) / pre over tissue that enhances quietly; NaN if it is too little.

    Parameters
    ----------
    triple : sequence of ndarray, shape (nz, ny, nx)
        Smoothed frames before contrast, early and late.
    region : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
    strong_percent : float
        Tissue near to voxels that enhance by more than this is left out.
    """
    pre, early, late = triple
    inside = np.zeros(region.shape, dtype=np.bool_)
    inside[region] = tissue(pre[region])
    larger = np.zeros(region.shape)
    np.divide(100.0 * (np.maximum(early, late) - pre), pre, out=larger, where=inside)
    strong = inside & (larger > strong_percent)
    far = np.ones(region.shape, dtype=np.bool_)
    if strong.any():
        far = ndimage.distance_transform_edt(~strong, sampling=spacing) > QUIET_DISTANCE_MM
    low, high = QUIET_PERCENT
    quiet = inside & far & (larger >= low) & (larger <= high)
    count = np.count_nonzero(quiet)
    if count < max(QUIET_LEAST_VOXELS, QUIET_LEAST_SHARE * np.count_nonzero(inside)):
        return float("nan")
    return float(np.median((late[quiet] - early[quiet]) / pre[quiet]))
