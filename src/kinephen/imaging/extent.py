"""How long a lesion is: the largest distance between two of its voxels, in space and within a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from kinephen.core.grid import bounding_box, box_slices
from kinephen.types import BoolVolume, FloatArray

FEW_POINTS = 1500
"""Up to this many points all pairs are measured; beyond, those of the convex hull first."""


def longest_mm(mask: BoolVolume, spacing: tuple[float, float, float]) -> float:
    """Return the largest distance between the centres of two voxels, mm.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.

    Returns
    -------
    float
        0 for one voxel, NaN for an empty mask.
    """
    return _largest(_outer(mask) * np.asarray(spacing))


def longest_in_plane_mm(mask: BoolVolume, spacing: tuple[float, float, float]) -> float:
    """Return the largest distance within one slice as acquired; parameters and units as `longest_mm`."""
    found = [
        _largest(_outer(mask[k : k + 1]) * np.asarray(spacing)) for k in np.flatnonzero(mask.any((1, 2)))
    ]
    return max(found, default=float("nan"))


def _outer(mask: BoolVolume) -> NDArray[np.int64]:
    """Return the indices of voxels that are the first or last of their line along each axis.

    A corner of the convex hull is one along every line through it, so the two farthest voxels are among them.
    """
    region = box_slices(*bounding_box(mask)) if mask.any() else ()
    inside = mask[region]
    kept = inside.copy()
    for axis in range(3):
        before = np.cumsum(inside, axis=axis) == 1
        after = np.flip(np.cumsum(np.flip(inside, axis), axis=axis) == 1, axis)
        kept &= before | after
    return np.argwhere(kept)


def _largest(points: FloatArray) -> float:
    if not len(points):
        return float("nan")
    if len(points) > FEW_POINTS:
        points = _corners(points)
    return float(pdist(points).max()) if len(points) > 1 else 0.0


def _corners(points: FloatArray) -> FloatArray:
    """Return the corners of the convex hull, within the axes along which the points differ."""
    within = points[:, np.ptp(points, axis=0) > 0.0]
    try:
        corners: FloatArray = points[ConvexHull(within).vertices]
    except (QhullError, ValueError):  # points on one line or in an oblique plane
        return points
    return corners
