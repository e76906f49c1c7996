"""Spatial autocorrelation of the intensities of a mask (IBSI N365 and NPT7)."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.region import Region
from kinephen.radiomics.undefined import NO_SPREAD, Undefined, Value, all_undefined
from kinephen.types import FloatArray

FEATURES = ("moran_i", "geary_c")
SINGLE = Undefined("the mask is a single voxel")


def autocorrelation_features(
    region: Region, values: FloatArray, spacing: tuple[float, float, float]
) -> dict[str, Value]:
    """Return Moran's I and Geary's C with weights 1 / distance.

    Parameters
    ----------
    region : Region
        Not empty.
    values : ndarray, shape (region.size,)
        Map unit.
    spacing : tuple of float
        mm along (slice, row, column).

    Notes
    -----
    The sums over all pairs of voxels are sums over displacements of correlations of the volume with itself,
    found by Fourier transform: time grows as ``n log n`` in the voxels of the bounding box, not as ``n^2``.
    """
    if region.size < 2:
        return all_undefined(FEATURES, SINGLE)
    if values.min() == values.max():
        return all_undefined(FEATURES, NO_SPREAD)
    scale = float(np.abs(values - values.mean()).max())
    x = _grid(region, (values - values.mean()) / scale)
    one, square = _grid(region, np.ones(region.size)), x**2
    weights = _weights(x.shape, spacing)
    total, cross, squares = (_weighted_pairs(a, b, weights) for a, b in ((one, one), (x, x), (square, one)))
    spread = float(square.sum())
    return {
        "moran_i": region.size / total * cross / spread,
        "geary_c": (region.size - 1) / (2.0 * total) * (2.0 * squares - 2.0 * cross) / spread,
    }


def _grid(region: Region, values: FloatArray) -> FloatArray:
    grid = np.zeros(region.inside.shape)
    grid.ravel()[region.positions] = values
    return grid[region.core]


def _weights(shape: tuple[int, ...], spacing: tuple[float, float, float]) -> FloatArray:
    """Return 1 / distance for every displacement in the order of the transform, 0 for none."""
    axes = (np.fft.fftfreq(2 * n, 1.0 / (2 * n)) * s for n, s in zip(shape, spacing, strict=True))
    z, y, x = np.ix_(*axes)
    squared = z**2 + y**2 + x**2
    squared[0, 0, 0] = np.inf
    return np.asarray(1.0 / np.sqrt(squared))


def _weighted_pairs(a: FloatArray, b: FloatArray, weights: FloatArray) -> float:
    from scipy.fft import irfftn, rfftn

    size = weights.shape
    correlation = irfftn(rfftn(a, size) * np.conj(rfftn(b, size)), size)
    return float((correlation * weights).sum())
