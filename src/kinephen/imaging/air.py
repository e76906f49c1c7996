"""The level of air in an image: the lowest peak of its histogram, and the threshold of tissue above it.

Suppressed fat is only 1.4 to 3 times as bright as air in real exams, so a threshold that splits the histogram
best (Otsu's) leaves the fat out or, where a rim of the image is filled with zeros, splits the rim from all
else. The peak of air is found first, and the threshold stays close above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from kinephen.imaging.areas import sigma_voxels
from kinephen.types import BoolVolume, FloatArray

SMOOTHING_MM = 2.0
"""Standard deviation of the Gaussian before the histogram is taken."""
LEAST_FACTOR, MOST_FACTOR = 1.25, 1.6
"""The threshold over the air peak: below the first it cuts noise out of air, above the second it loses
suppressed fat."""
HALF_WIDTHS = 3.0
"""The threshold lies at least this many left half-widths above the peak, up to `MOST_FACTOR`."""
GAP_FACTOR = 4.0
"""Tissue that begins only here, in units of the air peak, is told from air by the middle between them."""
GAP_SHARE = 0.4
"""Voxels between `MOST_FACTOR` and `GAP_FACTOR`, as share of those above: fewer make a gap."""
PEAK_PERCENTILE = 70.0
"""Air lies below this percentile of the image."""
AIR_SHARE = 0.03
"""The lowest peak that holds at least this share of the image is the air."""
VALLEY = 0.6
"""Two peaks are apart if the histogram falls to this part of the lower one between them."""
RIM_WINDOW = 5
"""Width, voxels, of the squares in which most values of a rim are zero; scattered zeros are noise."""
RIM_ZEROS = 0.95
"""Least share of zeros in the areas of a rim together."""
RIM_FILL = 0.72
"""Zeros outside an area that fills less of its bounding box are air, not a rim (a disc fills 0.79)."""
NOISE_OF_AIR = 0.08
"""Mean step between neighbours over the mean in air: 0.59 for one coil, 0.13 for sixteen; tissue has less."""
TISSUE_PERCENTILE = 25.0
"""The darkest tissue is no brighter than this percentile of what is brighter than air."""
TISSUE_SHARE = 0.10
"""The darkest tissue makes the lowest peak that holds at least this share of what is brighter than air."""
_LOG_BIN = 0.02
_LOG_RANGE = 20.0
_LOG_SMOOTH = 3.0


@dataclass(frozen=True)
class AirLevel:
    """Where air ends.

    Parameters
    ----------
    smooth : ndarray of float, shape (nz, ny, nx)
        The smoothed image; 0 in the rim.
    threshold : float
        Least smoothed signal of tissue; NaN where the image holds one value alone.
    rim : ndarray of bool, shape (nz, ny, nx)
        Zeros that the scanner filled in around the field of view; none where the zeros are the air itself.
    """

    smooth: FloatArray
    threshold: float
    rim: BoolVolume


def air_level(image: FloatArray, spacing: tuple[float, float, float]) -> AirLevel:
    """Find the threshold between air and tissue.

    Parameters
    ----------
    image : ndarray of float64, shape (nz, ny, nx)
        At least 0, finite.
    spacing : tuple of float
        Along (slice, row, column), mm.
    """
    rim = _areas_of_zeros(image)
    smooth = _smoothed(image, ~rim, spacing)
    values = smooth[~rim]
    if values.size == 0 or not values.max() > 0.0:
        return AirLevel(smooth, float("nan"), rim)
    peak, half_width = _lowest_peak(values, share=AIR_SHARE, percentile=PEAK_PERCENTILE)
    if rim.any() and _zeros_are_air(image, rim, peak):
        none = np.zeros_like(rim)
        whole = _smoothed(image, ~none, spacing)
        return AirLevel(whole, 0.5 * _darkest_tissue(values), none)
    return AirLevel(smooth, _threshold(values, peak, half_width), rim)


def _areas_of_zeros(image: FloatArray) -> BoolVolume:
    zeros = (image == 0.0).astype(np.float32)
    shares = ndimage.uniform_filter(zeros, (1, RIM_WINDOW, RIM_WINDOW), mode="nearest")
    areas: BoolVolume = shares > 0.5
    # Air that is rounded to zero more often than not is no rim.
    return areas if zeros[areas].sum() > RIM_ZEROS * np.count_nonzero(areas) else np.zeros_like(areas)


def _smoothed(image: FloatArray, valid: BoolVolume, spacing: tuple[float, float, float]) -> FloatArray:
    sigma = sigma_voxels(spacing, SMOOTHING_MM)
    if valid.all():
        blurred: FloatArray = np.asarray(ndimage.gaussian_filter(image, sigma, truncate=3.0))
        return blurred
    # Values and weights are smoothed and divided, so that a rim of zeros does not darken what lies beside it.
    total = ndimage.gaussian_filter(np.where(valid, image, 0.0), sigma, truncate=3.0)
    weight = ndimage.gaussian_filter(valid.astype(np.float64), sigma, truncate=3.0)
    out = np.zeros(image.shape)
    np.divide(total, weight, out=out, where=valid & (weight > 0.0))
    return out


def _lowest_peak(values: FloatArray, *, share: float, percentile: float = 100.0) -> tuple[float, float]:
    """Return the level of the lowest peak of the logarithms below a percentile, and its left half-width."""
    logs = np.log(values[values > 0.0])
    low = max(float(logs.min()), float(logs.max()) - _LOG_RANGE)
    bins = max(1, int(np.ceil((float(np.percentile(logs, percentile)) - low) / _LOG_BIN)))
    counts, edges = np.histogram(logs, bins=bins, range=(low, low + bins * _LOG_BIN))
    curve = ndimage.gaussian_filter1d(counts.astype(np.float64), _LOG_SMOOTH, mode="constant")
    place = _first_peak(curve, least=share * logs.size)
    below = np.flatnonzero(curve[: place + 1] < 0.5 * curve[place])
    left = int(below[-1]) if below.size else 0
    centre = (edges[:-1] + edges[1:]) / 2
    level = float(np.exp(centre[place]))
    return level, level - float(np.exp(centre[left]))


def _darkest_tissue(values: FloatArray) -> float:
    # Fat and gland may make one peak together: then the dark quarter stands for fat.
    peak, _ = _lowest_peak(values, share=TISSUE_SHARE)
    return min(peak, float(np.percentile(values, TISSUE_PERCENTILE)))


def _first_peak(curve: FloatArray, *, least: float) -> int:
    """Return the first peak that a valley follows and that holds enough voxels, or the highest one."""
    padded = np.concatenate([[0.0], curve, [0.0]])
    peaks = np.flatnonzero((curve >= padded[:-2]) & (curve > padded[2:]))
    for this, following in pairwise(peaks):
        valley = int(this + np.argmin(curve[this:following]))
        if curve[valley] <= VALLEY * curve[this] and curve[: valley + 1].sum() >= least:
            return int(np.argmax(curve[: valley + 1]))
    return int(np.argmax(curve))


def _threshold(values: FloatArray, peak: float, half_width: float) -> float:
    most = MOST_FACTOR * peak
    above = values > GAP_FACTOR * peak
    between = np.count_nonzero((values > most) & ~above)
    if between < GAP_SHARE * np.count_nonzero(above):
        return 0.5 * (peak + _darkest_tissue(values[above]))
    return min(max(LEAST_FACTOR * peak, peak + HALF_WIDTHS * half_width), most)


def _zeros_are_air(image: FloatArray, rim: BoolVolume, peak: float) -> bool:
    """Tell a body in front of zeros from a field of view with a rim of zeros: by outline, then by noise."""
    area = ~rim
    boxes = ndimage.find_objects(area.astype(np.uint8))
    if float(np.mean(area[boxes[0]])) < RIM_FILL:
        return True
    air = area & (image < MOST_FACTOR * peak)
    pairs = air[:, :, 1:] & air[:, :, :-1]
    if not pairs.any():
        return True
    steps = np.abs(np.diff(image, axis=2))[pairs]
    return float(steps.mean()) < NOISE_OF_AIR * float(image[air].mean())
