"""Mean intensity in a sphere of 1 cm3 (IBSI section 3.2)."""

from __future__ import annotations

import math

import numpy as np

from kinephen.radiomics.region import Region
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import EMPTY, SHEARED, Undefined, Value, all_undefined
from kinephen.types import BoolVolume, FloatArray, FloatVolume

FEATURES = ("local_peak", "global_peak")
"""IBSI VJGA and 0F91."""
MOST_VOXELS = 2**25
LARGE = Undefined(f"a sphere of 1 cm3 would hold too many voxels of this grid (over {MOST_VOXELS:,})")
RADIUS_MM = (3.0 / (4.0 * np.pi)) ** (1.0 / 3.0) * 10.0


def local_peaks(image: FloatVolume, roi: Roi) -> dict[str, Value]:
    """Return the mean round the brightest voxel, and the largest mean round any voxel of the region.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
        Voxels outside the mask count as well; those without a finite value do not.
    roi : Roi
        The intensity mask.

    Notes
    -----
    A voxel belongs to the sphere if its centre lies within 6.2 mm. Of several brightest voxels the one with
    the highest mean counts.
    """
    region, context = roi.region, roi.context
    if region.size == 0:
        return all_undefined(FEATURES, EMPTY)
    if context.sheared:
        return all_undefined(FEATURES, SHEARED)
    # No two voxels of the image lie further apart than its size, however small they are.
    reach = [min(int(RADIUS_MM / s), n - 1) for s, n in zip(context.spacing, image.shape, strict=True)]
    if math.prod(2 * r + 1 for r in reach) > MOST_VOXELS:
        return all_undefined(FEATURES, LARGE)
    means = _means_in(image, region, _ball(context.spacing, reach))
    return {
        "local_peak": float(means[roi.values == roi.values.max()].max()),
        "global_peak": float(means.max()),
    }


def _ball(spacing: tuple[float, float, float], reach: list[int]) -> BoolVolume:
    axes = (np.arange(-r, r + 1) * s for r, s in zip(reach, spacing, strict=True))
    z, y, x = np.ix_(*axes)
    inside: BoolVolume = z**2 + y**2 + x**2 <= RADIUS_MM**2
    return inside


def _means_in(image: FloatVolume, region: Region, ball: BoolVolume) -> FloatArray:
    from scipy.signal import fftconvolve

    reach = [n // 2 for n in ball.shape]
    window = tuple(
        slice(max(0, s.start - r), min(n, s.stop + r))
        for s, r, n in zip(region.box, reach, image.shape, strict=True)
    )
    around = image[window].astype(np.float64)
    finite = np.isfinite(around)
    middle = float(around[finite].mean())  # centred, so that the transform keeps its digits
    sums = fftconvolve(np.where(finite, around - middle, 0.0), ball, mode="same")
    counts = np.rint(fftconvolve(finite.astype(np.float64), ball, mode="same"))
    at = tuple((region.coordinates - [w.start for w in window]).T)
    means: FloatArray = middle + sums[at] / counts[at]
    return means
