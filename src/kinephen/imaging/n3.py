"""N3: non-parametric intensity non-uniformity correction, fast enough to be run again as its own check.

In the logarithm an image is the true image plus a smooth field, and the field blurs the histogram. The
histogram is sharpened by deconvolution, every voxel moved to the value that the sharp histogram expects, the
difference smoothed, and so on until the field stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from kinephen.errors import ConfigError
from kinephen.imaging.spline_field import SampledGrid, SplineSmoother
from kinephen.types import BoolVolume, FloatArray, FloatVolume

NEGLIGIBLE = 1e-10
"""Share of the largest expected count below which a bin keeps its own value."""


@dataclass(frozen=True)
class N3Settings:
    """Settings of N3.

    Parameters
    ----------
    bins : int
        Histogram bins, >= 2.
    fwhm : float
        Width of the field's blur of the log histogram (full width at half maximum, log units), > 0.
    noise : float
        Wiener constant of the deconvolution, > 0.
    distance_mm : float
        Distance of spline knots, mm, > 0. Knots closer than 200 mm let the field follow anatomy.
    step : int
        Subsampling along each axis, >= 1.
    tolerance : float
        Stop when the field changes by less (coefficient of variation).
    max_iterations : int
    penalty : float
        Weight of the spline's roughness, >= 0.
    stiff_start : float
        Weight of the roughness in a first round that only gives the start of the second; 0 leaves it out, as
        in the original method.

    Raises
    ------
    ConfigError
        ``bias.settings``.
    """

    bins: int = 200
    fwhm: float = 0.15
    noise: float = 0.01
    distance_mm: float = 200.0
    step: int = 4
    tolerance: float = 0.001
    max_iterations: int = 50
    penalty: float = 0.001
    stiff_start: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (
            ("bins", 2),
            ("step", 1),
            ("max_iterations", 1),
            ("penalty", 0),
            ("stiff_start", 0),
        ):
            self._require(getattr(self, name) >= least, name, f"{least} or more")
        for name in ("fwhm", "noise", "distance_mm", "tolerance"):
            self._require(0.0 < getattr(self, name) < np.inf, name, "above 0")

    def _require(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise ConfigError(
                f"expected {name} {expected}, found {getattr(self, name)}", code="bias.settings", where=name
            )


@dataclass(frozen=True)
class N3Problem:
    """An image in the logarithm on the masked samples of a grid, with its smoother.

    Parameters
    ----------
    log_image : ndarray, shape (n,)
    smoother : SplineSmoother
    """

    log_image: FloatArray
    smoother: SplineSmoother


@dataclass(frozen=True)
class N3Fit:
    """Estimate of one field.

    Parameters
    ----------
    coefficients : ndarray
        Spline of the log field.
    log_field : ndarray, shape (n,)
        At the masked samples.
    iterations : int
    change : float
        Coefficient of variation of the last step.
    settled : bool
        Whether the stop rule was met. It says that the field no longer moves, not that it is right.
    """

    coefficients: FloatArray
    log_field: FloatArray
    iterations: int
    change: float
    settled: bool


def prepare(
    image: FloatVolume, spacing: tuple[float, float, float], mask: BoolVolume, settings: N3Settings
) -> N3Problem | None:
    """Sample an image inside a mask.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    mask : ndarray of bool, shape (nz, ny, nx)
        Voxels that are not above 0 are left out.
    settings : N3Settings

    Returns
    -------
    N3Problem or None
        None if no sample is left.
    """
    nz, ny, nx = image.shape
    grid = SampledGrid.every((nz, ny, nx), settings.step)
    values = np.asarray(grid.take(image), dtype=np.float64)
    inside = np.asarray(grid.take(mask), dtype=np.bool_) & (values > 0.0) & np.isfinite(values)
    if not inside.any():
        return None
    extent = (nz * spacing[0], ny * spacing[1], nx * spacing[2])
    spline = SplineSmoother(grid, inside, extent, settings.distance_mm, settings.penalty)
    return N3Problem(np.log(values[inside]), spline)


def estimate(problem: N3Problem, settings: N3Settings) -> N3Fit:
    """Iterate sharpening and smoothing until the field stays, first with a stiff field, then with a free one.

    Started from nothing a free field may take a tissue that lies at one side for bias and settle there; a
    stiff one cannot, and brings the free one near the right solution.

    References
    ----------
    Sled, Zijdenbos and Evans 1998, IEEE Transactions on Medical Imaging 17:87.
    """
    start = np.zeros_like(problem.log_image)
    if settings.stiff_start == 0.0:
        return _iterate(problem, settings, start)
    stiff = replace(problem, smoother=problem.smoother.with_penalty(settings.stiff_start))
    first = _iterate(stiff, settings, start)
    second = _iterate(problem, settings, first.log_field)
    return replace(second, iterations=first.iterations + second.iterations)


def _iterate(problem: N3Problem, settings: N3Settings, start: FloatArray) -> N3Fit:
    observed, spline = problem.log_image, problem.smoother
    field = start
    coefficients = np.zeros([b.shape[1] for b in spline.bases])
    change = np.inf
    for iteration in range(1, settings.max_iterations + 1):
        expected = expected_values(observed - field, settings)
        # The whole field is estimated again each time, from the observed image and not from the residual.
        coefficients = spline.fit(observed - expected)
        new = spline.at_samples(coefficients)
        change = variation(np.exp(field - new))
        field = new
        if change < settings.tolerance:
            return N3Fit(coefficients, field, iteration, change, True)
    return N3Fit(coefficients, field, settings.max_iterations, change, False)


def expected_values(values: FloatArray, settings: N3Settings) -> FloatArray:
    """Return the value that the sharpened histogram expects for each observed value.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Log intensities, not empty.
    settings : N3Settings

    Returns
    -------
    ndarray, shape (n,)
        Equal to `values` where they are constant.
    """
    low, high = float(values.min()), float(values.max())
    n = settings.bins
    width = (high - low) / (n - 1)
    if width <= np.finfo(np.float64).tiny:
        return values
    place = (values - low) / width
    floor = np.minimum(place.astype(np.int64), n - 2)
    part = place - floor
    counts = np.bincount(floor, 1.0 - part, n) + np.bincount(floor + 1, part, n)
    table = _sharpened(counts.astype(np.float64), low, width, settings)
    lookup: FloatArray = table[floor] + part * (table[floor + 1] - table[floor])
    return lookup


def variation(values: NDArray[np.floating]) -> float:
    """Return the coefficient of variation (standard deviation over mean)."""
    return float(np.std(values, dtype=np.float64) / np.mean(values, dtype=np.float64))


def _sharpened(counts: FloatArray, low: float, width: float, settings: N3Settings) -> FloatArray:
    n = counts.size
    size = 2 ** (int(np.ceil(np.log2(n))) + 1)
    offset = (size - n) // 2
    padded = np.zeros(size)
    padded[offset : offset + n] = counts
    blur = fft.rfft(_gaussian(size, settings.fwhm / width)).real
    wiener = blur / (blur**2 + settings.noise)
    sharp = np.maximum(fft.irfft(fft.rfft(padded) * wiener, size), 0.0)
    place = low + (np.arange(size) - offset) * width
    over = fft.irfft(fft.rfft(place * sharp) * blur, size)
    under = fft.irfft(fft.rfft(sharp) * blur, size)
    # Bins that expect nothing keep their own value; a 0 there would mean log intensity 0.
    out = place.copy()
    np.divide(over, under, out=out, where=under > NEGLIGIBLE * under.max())
    table: FloatArray = out[offset : offset + n]
    return table


def _gaussian(size: int, width: float) -> FloatArray:
    k = np.minimum(np.arange(size), size - np.arange(size))
    kernel: FloatArray = (
        2.0 / width * np.sqrt(np.log(2.0) / np.pi) * np.exp(-4.0 * np.log(2.0) * (k / width) ** 2)
    )
    return kernel
