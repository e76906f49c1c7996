"""Convex hull of the mesh of a mask: volume, area and largest diameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.radiomics.region import Region
from kinephen.types import FloatArray


@dataclass(frozen=True)
class Hull:
    """Convex hull.

    Parameters
    ----------
    volume : float
        mm3.
    area : float
        mm2.
    diameter : float
        Largest distance of two points, mm.
    """

    volume: float
    area: float
    diameter: float


def convex_hull(region: Region, spacing: tuple[float, float, float]) -> Hull:
    """Return the convex hull of the mesh of a region that is not empty.

    Notes
    -----
    The mesh's vertices lie half a voxel from centres along the axes. Their hull is the hull of the octahedra
    round the outermost centres, so that the mesh itself is not needed.
    """
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist

    points = _tips(region, _outermost(region)) * np.asarray(spacing)
    hull = ConvexHull(points)
    return Hull(float(hull.volume), float(hull.area), float(pdist(points[hull.vertices]).max()))


def _tips(region: Region, centres: FloatArray) -> FloatArray:
    """Return the points half a voxel from the centres along the axes, but those between two voxels inside.

    Such a point is the middle of two centres and therefore no corner.
    """
    voxels = centres.astype(np.int64)
    tips = []
    for step in np.concatenate([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)]):
        free = ~region.inside[tuple((voxels + step).T)]
        tips.append(centres[free] + step / 2.0)
    return np.concatenate(tips)


def _outermost(region: Region) -> FloatArray:
    """Return voxels among which are all corners of the hull of the centres, index coordinates."""
    inside = region.inside
    rows = np.flatnonzero(inside.any(axis=2))
    lines = inside.reshape(-1, inside.shape[2])
    first, last = np.full((2, len(lines)), np.inf)
    first[rows] = lines[rows].argmax(axis=1)
    last[rows] = -(inside.shape[2] - 1.0 - lines[rows, ::-1].argmax(axis=1))
    ends = [_corners(ends.reshape(inside.shape[:2])) for ends in (first, last)]
    return np.concatenate([ends[0], ends[1] * [1.0, 1.0, -1.0]])


def _corners(heights: FloatArray) -> FloatArray:
    """Return the points of a surface that lie below the middle of every two opposite neighbours."""
    candidate = np.isfinite(heights)
    padded = np.pad(heights, 1, constant_values=np.inf)
    middle = padded[1:-1, 1:-1]
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        before = padded[
            1 - step[0] : padded.shape[0] - 1 - step[0], 1 - step[1] : padded.shape[1] - 1 - step[1]
        ]
        after = padded[
            1 + step[0] : padded.shape[0] - 1 + step[0], 1 + step[1] : padded.shape[1] - 1 + step[1]
        ]
        candidate &= 2.0 * middle < before + after
    z, y = np.nonzero(candidate)
    return np.stack([z, y, heights[z, y]], axis=1).astype(np.float64)
