"""Principal axes of a mask from its voxel centres."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from kinephen.radiomics.region import Region
from kinephen.types import BoolVolume, FloatArray


@dataclass(frozen=True)
class PrincipalAxes:
    """Centre, second moments and directions.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        Mean of the voxel centres in the padded crop, mm along (slice, row, column).
    moments : ndarray, shape (3,)
        Variances along the axes, ascending, mm2, divided by N.
    directions : ndarray, shape (3, 3)
        Unit vectors in columns, in the order of `moments`.
    """

    centre: FloatArray
    moments: FloatArray
    directions: FloatArray


def principal_axes(region: Region, spacing: tuple[float, float, float]) -> PrincipalAxes:
    """Return the principal axes of the voxel centres of a region that is not empty."""
    index = [np.arange(n, dtype=np.float64) for n in region.inside.shape]
    lines = [region.inside.sum(axis=axes, dtype=np.int64) for axes in ((1, 2), (0, 2), (0, 1))]
    centre = np.array([(n * i).sum() for n, i in zip(lines, index, strict=True)]) / region.size
    centred = [i - c for i, c in zip(index, centre, strict=True)]
    second = np.diag([(n * i**2).sum() for n, i in zip(lines, centred, strict=True)]) / region.size
    for a, b in itertools.combinations(range(3), 2):
        plane = region.inside.sum(axis=3 - a - b, dtype=np.int64)
        second[a, b] = second[b, a] = centred[a] @ plane @ centred[b] / region.size
    scale = np.asarray(spacing)
    moments, directions = np.linalg.eigh(second * np.outer(scale, scale))
    flat = moments <= 1e-12 * moments[-1]  # rounding leaves a flat mask a trace of thickness
    return PrincipalAxes(centre * scale, np.where(flat, 0.0, moments), directions)


def oriented_box(region: Region, spacing: tuple[float, float, float], axes: PrincipalAxes) -> FloatArray:
    """Return the extents of the voxels (not only their centres) along the principal axes, mm, shape (3,)."""
    index = np.argwhere(_surface(region.inside)) * np.asarray(spacing)
    along = index @ axes.directions
    # A voxel reaches this far from its centre along a direction.
    reach = np.abs(axes.directions.T) @ (np.asarray(spacing) / 2.0)
    return np.asarray(np.ptp(along, axis=0) + 2.0 * reach)


def _surface(inside: BoolVolume) -> BoolVolume:
    covered = inside[1:-1, 1:-1, :-2] & inside[1:-1, 1:-1, 2:]
    covered &= inside[1:-1, :-2, 1:-1] & inside[1:-1, 2:, 1:-1]
    covered &= inside[:-2, 1:-1, 1:-1] & inside[2:, 1:-1, 1:-1]
    shell = inside.copy()
    shell[1:-1, 1:-1, 1:-1] &= ~covered
    return shell
