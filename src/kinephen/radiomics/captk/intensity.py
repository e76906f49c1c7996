"""Intensity and histogram features of the `captk` mode."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.captk.levels import histogram_levels
from kinephen.radiomics.quantile import histogram_quantiles
from kinephen.radiomics.sample import Sample
from kinephen.radiomics.undefined import (
    NO_SPREAD,
    ZERO_MEAN,
    ZERO_QUARTILES,
    Undefined,
    Value,
    all_undefined,
    ratio,
)
from kinephen.types import FloatArray

SINGLE = Undefined("one voxel has no variance with the denominator N - 1")


def captk_intensity(sample: Sample) -> dict[str, Value]:
    """Return the 20 intensity features of a sample that is not empty."""
    return {f"Intensity_{name}": value for name, value in captk_statistics(sample).items()}


def captk_histogram(values: FloatArray, sample: Sample, bins: int) -> dict[str, Value]:
    """Return the 29 histogram features.

    Parameters
    ----------
    values : ndarray, shape (voxels,)
        Not empty.
    sample : Sample
        The same values.
    bins : int

    Notes
    -----
    The statistics of the intensities with the same defects, on the 0-based index of the bin. Fifth and
    ninety-fifth percentiles are in the unit of the map.
    """
    discretised = histogram_levels(values, bins)
    levels = Sample.of_levels(discretised.levels)
    indices = Sample(levels.values - 1.0, levels.counts)
    p = indices.weights
    found = captk_statistics(indices) | {
        "Entropy": float(-(p * np.log2(p)).sum()),
        "Uniformity": float((p**2).sum()),
        "TwentyFifthPercentile": placed(indices, 25),
        "SeventyFifthPercentile": placed(indices, 75),
        "RobustMeanAbsoluteDeviation1090": _robust_deviation(indices),
    }
    named = {f"Histogram_{name}": value for name, value in found.items()}
    return named | histogram_quantiles(sample, levels, discretised)


def captk_statistics(x: Sample) -> dict[str, Value]:
    """Return the statistics with CaPTk's defects.

    Notes
    -----
    Variance, deviation, skewness and kurtosis use the denominator N - 1 for the variance; kurtosis is not in
    excess of 3. Percentiles are the sorted element at ``floor(k N / 100)``. MeanAbsoluteDeviation lacks the
    absolute value and is 0 up to rounding; MedianAbsoluteDeviation lacks it too and is ``mean - median``.
    """
    energy = x.average(x.values * x.values) * x.size
    median = x.percentile(50)
    q1, q3 = placed(x, 25), placed(x, 75)
    return {
        "Minimum": float(x.values[0]),
        "Maximum": float(x.values[-1]),
        "Mean": x.mean,
        "Sum": float((x.counts * x.values).sum()),
        "Mode": captk_mode(x),
        "Median": median,
        **_moments(x),
        "Range": float(x.values[-1] - x.values[0]),
        "Energy": energy,
        "RootMeanSquare": float(np.sqrt(energy / x.size)),
        "TenthPercentile": placed(x, 10),
        "NinetiethPercentile": placed(x, 90),
        "InterQuartileRange": q3 - q1,
        "MeanAbsoluteDeviation": 0.0,
        "MedianAbsoluteDeviation": x.mean - median,
        "QuartileCoefficientOfVariation": ratio(q3 - q1, q3 + q1, ZERO_QUARTILES),
    }


def placed(x: Sample, percent: int) -> float:
    """Return the sorted element at the 0-based place ``floor(percent N / 100)``, no interpolation."""
    return x.element(percent * x.size // 100)


def captk_mode(x: Sample) -> float:
    """Return the most frequent value, the lowest of equals; the largest value is never tested.

    Notes
    -----
    The loop over sorted values compares a run when the next one begins, so that the last run is not compared.
    A map whose values all differ has its minimum as mode.
    """
    tested = x.counts[:-1] if x.values.size > 1 else x.counts
    return float(x.values[int(np.argmax(tested))])


def _moments(x: Sample) -> dict[str, Value]:
    names = ("Variance", "StandardDeviation", "Skewness", "Kurtosis", "CoefficientOfVariation")
    if x.size == 1:
        return all_undefined(names, SINGLE)
    variance = x.variance * x.size / (x.size - 1)
    deviation = float(np.sqrt(variance))
    scaled = x.deviations / deviation if deviation > 0 else np.zeros(1)
    square = scaled * scaled
    return {
        "Variance": variance,
        "StandardDeviation": deviation,
        "Skewness": x.average(square * scaled) if deviation > 0 else NO_SPREAD,
        "Kurtosis": x.average(square * square) if deviation > 0 else NO_SPREAD,
        "CoefficientOfVariation": ratio(deviation, x.mean, ZERO_MEAN),
    }


def _robust_deviation(x: Sample) -> Value:
    """Return the mean absolute deviation of the indices from P10 to P90; this one has the absolute value."""
    return x.inner_deviation(placed(x, 10), placed(x, 90))
