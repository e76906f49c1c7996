"""Statistics of a sample of intensities or grey levels (IBSI sections 3.3 and 3.4)."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.sample import Sample
from kinephen.radiomics.undefined import (
    EMPTY,
    NO_SPREAD,
    ZERO_MEAN,
    ZERO_QUARTILES,
    Undefined,
    Value,
    all_undefined,
    ratio,
)

STATISTICS = (
    "mean", "variance", "skewness", "excess_kurtosis", "median", "minimum", "p10", "p90", "maximum",
    "interquartile_range", "range", "mean_absolute_deviation", "robust_mean_absolute_deviation",
    "median_absolute_deviation", "coefficient_of_variation", "quartile_coefficient_of_dispersion",
    "energy", "root_mean_square",
)  # fmt: skip
"""Codes of IBSI: Q4LE, ECT3, KE2A, IPH6, Y12H, 1GSF, QG58, 8DWT, 84IY, SALO, 2OJQ, 4FUA, 1128, N72L, 7TET,
9S40, N8CA, 5ZWQ."""

HISTOGRAM_ONLY = (
    "mode", "entropy", "uniformity", "maximum_gradient", "maximum_gradient_level", "minimum_gradient",
    "minimum_gradient_level",
)  # fmt: skip
"""IBSI AMMC, TLU2, BJ5W, 12CE, 8E6O, VQB3, RHQZ."""

HISTOGRAM = tuple(s for s in STATISTICS if s not in ("energy", "root_mean_square")) + HISTOGRAM_ONLY

ONE_BIN = Undefined("a gradient needs two grey levels")


def statistics(sample: Sample) -> dict[str, Value]:
    """Return the 18 statistics of a sample; moments divide by N, kurtosis is in excess of 3.

    Parameters
    ----------
    sample : Sample
        Intensities, or 1-based grey levels.
    """
    if sample.size == 0:
        return all_undefined(STATISTICS, EMPTY)
    return _location(sample) | _spread(sample) | _shape(sample)


def _location(x: Sample) -> dict[str, Value]:
    energy = x.product(x.values, x.values) * x.size
    p10, median, p90 = x.percentiles(10, 50, 90)
    return {
        "mean": x.mean,
        "median": median,
        "minimum": float(x.values[0]),
        "p10": p10,
        "p90": p90,
        "maximum": float(x.values[-1]),
        "energy": energy,
        "root_mean_square": float(np.sqrt(energy / x.size)),
    }


def _spread(x: Sample) -> dict[str, Value]:
    low, q1, median, q3, high = x.percentiles(10, 25, 50, 75, 90)
    return {
        "variance": x.variance,
        "interquartile_range": q3 - q1,
        "range": float(x.values[-1] - x.values[0]),
        "mean_absolute_deviation": x.absolute_deviation(x.mean),
        "robust_mean_absolute_deviation": _defined(x.inner_deviation(low, high)),
        "median_absolute_deviation": x.absolute_deviation(median),
        "coefficient_of_variation": ratio(float(np.sqrt(x.variance)), x.mean, ZERO_MEAN),
        "quartile_coefficient_of_dispersion": ratio(q3 - q1, q3 + q1, ZERO_QUARTILES),
    }


def _defined(value: float) -> Value:
    return EMPTY if np.isnan(value) else value


def _shape(x: Sample) -> dict[str, Value]:
    if x.constant:
        return all_undefined(("skewness", "excess_kurtosis"), NO_SPREAD)
    # Scaled first: the powers of very small or large values would leave the range of numbers.
    scaled = x.deviations / max(x.deviations[-1], -x.deviations[0])
    square = scaled * scaled
    variance = x.average(square)
    return {
        "skewness": x.product(square, scaled) / variance**1.5,
        "excess_kurtosis": x.product(square, square) / variance**2 - 3.0,
    }


def histogram_features(sample: Sample, n_levels: int) -> dict[str, Value]:
    """Return the 23 features of the histogram of 1-based grey levels.

    Parameters
    ----------
    sample : Sample
        Levels.
    n_levels : int
        Number of levels of the discretisation, occupied or not; the gradients run over all of them.
    """
    if sample.size == 0:
        return all_undefined(HISTOGRAM, EMPTY)
    common = statistics(sample)
    p = sample.weights
    own: dict[str, Value] = {
        "mode": _histogram_mode(sample),
        "entropy": float(-(p * np.log2(p)).sum()),
        "uniformity": float((p**2).sum()),
    }
    return {name: common[name] for name in HISTOGRAM if name in common} | own | _gradients(sample, n_levels)


def _histogram_mode(sample: Sample) -> float:
    """Return the fullest level; of equals the one nearest to the mean (IBSI AMMC), then the lowest."""
    fullest = sample.values[sample.counts == sample.counts.max()]
    return float(fullest[int(np.argmin(np.abs(fullest - sample.mean)))])


def _gradients(sample: Sample, n_levels: int) -> dict[str, Value]:
    names = HISTOGRAM_ONLY[3:]
    if n_levels < 2:
        return all_undefined(names, ONE_BIN)
    counts = np.zeros(n_levels)
    counts[sample.values.astype(np.int64) - 1] = sample.counts
    slope = np.gradient(counts)
    top, bottom = int(np.argmax(slope)), int(np.argmin(slope))
    return dict(zip(names, (float(slope[top]), top + 1.0, float(slope[bottom]), bottom + 1.0), strict=True))
