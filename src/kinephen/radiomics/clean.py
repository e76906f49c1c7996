"""The 83 map features of the catalogue in clean definitions (the `ibsi` mode)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from kinephen.radiomics import ngtdm
from kinephen.radiomics.aggregate import DirectionalAggregation, Levelled, pair_features, run_table
from kinephen.radiomics.discretise import Discretised
from kinephen.radiomics.joint import joint_features
from kinephen.radiomics.quantile import histogram_quantiles
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.sample import Sample
from kinephen.radiomics.statistics import histogram_features, statistics
from kinephen.radiomics.undefined import EMPTY, Value
from kinephen.radiomics.zones import measure_joined

Aggregation = Literal["average", "merge"]

STATISTIC_NAMES = {
    "Minimum": "minimum", "Maximum": "maximum", "Mean": "mean", "Median": "median", "Variance": "variance",
    "Skewness": "skewness", "Kurtosis": "excess_kurtosis", "Range": "range",
    "TenthPercentile": "p10", "NinetiethPercentile": "p90", "InterQuartileRange": "interquartile_range",
    "MeanAbsoluteDeviation": "mean_absolute_deviation",
    "MedianAbsoluteDeviation": "median_absolute_deviation",
    "CoefficientOfVariation": "coefficient_of_variation",
    "QuartileCoefficientOfVariation": "quartile_coefficient_of_dispersion",
}  # fmt: skip
GLCM_NAMES = {
    "Energy": "energy", "Entropy": "joint_entropy", "Homogeneity": "inverse_difference_moment",
    "Contrast": "contrast", "ClusterShade": "cluster_shade", "ClusterProminence": "cluster_prominence",
}  # fmt: skip
GLRLM_NAMES = {
    "LowGreyLevelRunEmphasis": "low_level_emphasis", "HighGreyLevelRunEmphasis": "high_level_emphasis",
    "ShortRunLowGreyLevelEmphasis": "small_low_emphasis",
    "ShortRunHighGreyLevelEmphasis": "small_high_emphasis",
}  # fmt: skip
GLSZM_NAMES = {
    "SmallZoneEmphasis": "small_emphasis", "LargeZoneEmphasis": "large_emphasis",
    "LowGreyLevelEmphasis": "low_level_emphasis", "HighGreyLevelEmphasis": "high_level_emphasis",
    "SmallZoneLowGreyLevelEmphasis": "small_low_emphasis",
    "SmallZoneHighGreyLevelEmphasis": "small_high_emphasis",
    "LargeZoneLowGreyLevelEmphasis": "large_low_emphasis",
    "LargeZoneHighGreyLevelEmphasis": "large_high_emphasis",
    "GreyLevelNonUniformity": "level_non_uniformity",
    "GreyLevelNonUniformityNormalized": "level_non_uniformity_normalised",
    "ZoneSizeNonUniformity": "size_non_uniformity",
    "ZoneSizeNoneUniformityNormalized": "size_non_uniformity_normalised",
    "ZonePercentage": "percentage", "GreyLevelMean": "level_mean", "GreyLevelVariance": "level_variance",
    "ZoneSizeMean": "size_mean", "ZoneSizeVariance": "size_variance", "ZoneSizeEntropy": "entropy",
}  # fmt: skip
NGTDM_NAMES = {
    "Coarsness": "coarseness", "Contrast": "contrast", "Busyness": "busyness", "Complexity": "complexity",
    "Strength": "strength",
}  # fmt: skip


def renamed(family: str, names: dict[str, str], values: dict[str, Value]) -> dict[str, Value]:
    """Return the values under the catalogue's names."""
    return {f"{family}_{name}": values[source] for name, source in names.items()}


def clean_intensity(sample: Sample) -> dict[str, Value]:
    """Return the 20 intensity features of a sample that is not empty."""
    found = statistics(sample)
    variance = found["variance"]
    return renamed("Intensity", STATISTIC_NAMES, found) | {
        "Intensity_Sum": float((sample.counts * sample.values).sum()),
        "Intensity_Mode": sample.mode,
        "Intensity_StandardDeviation": _root(variance),
        "Intensity_Energy": found["energy"],
        "Intensity_RootMeanSquare": found["root_mean_square"],
    }


def clean_histogram(sample: Sample, discretised: Discretised) -> dict[str, Value]:
    """Return the 29 histogram features.

    Parameters
    ----------
    sample : Sample
        The raw values, for the percentiles in the unit of the map.
    discretised : Discretised
        The levels, for everything else.
    """
    levels = Sample.of_levels(discretised.levels)
    found = histogram_features(levels, discretised.n_levels)
    squares = float((levels.counts * levels.values**2).sum())
    return {
        **renamed("Histogram", STATISTIC_NAMES, found),
        "Histogram_Sum": float((levels.counts * levels.values).sum()),
        "Histogram_Mode": found["mode"],
        "Histogram_StandardDeviation": _root(found["variance"]),
        "Histogram_Energy": squares,
        "Histogram_RootMeanSquare": float(np.sqrt(squares / levels.size)),
        "Histogram_Entropy": found["entropy"],
        "Histogram_Uniformity": found["uniformity"],
        "Histogram_TwentyFifthPercentile": levels.percentile(25),
        "Histogram_SeventyFifthPercentile": levels.percentile(75),
        "Histogram_RobustMeanAbsoluteDeviation1090": found["robust_mean_absolute_deviation"],
        **histogram_quantiles(sample, levels, discretised),
    }


def clean_textures(roi: Roi, discretised: Discretised, aggregation: Aggregation) -> dict[str, Value]:
    """Return the 33 texture features of a region that is not empty."""
    levelled = Levelled(roi.region, roi.region.grid(discretised.levels), discretised.n_levels)
    how: DirectionalAggregation = "3D_mrg" if aggregation == "merge" else "3D_avg"
    pairs = pair_features(levelled, how, GLCM_NAMES.values())
    runs = joint_features(run_table(levelled, how), GLRLM_NAMES.values())
    return {
        **renamed("GLCM", GLCM_NAMES, pairs),
        **renamed("GLRLM", GLRLM_NAMES, runs),
        **_glszm(levelled),
        **_ngtdm(levelled),
    }


def _glszm(levelled: Levelled) -> dict[str, Value]:
    region = levelled.region
    unused = np.zeros(region.size, dtype=np.int32)  # sizes only
    parents = levelled.chains_in_volume.parents
    zones = measure_joined(region, levelled.grid, parents, bounds=region.whole, distances=unused)
    return renamed("GLSZM", GLSZM_NAMES, joint_features(zones.by_size(), GLSZM_NAMES.values()))


def _ngtdm(levelled: Levelled) -> dict[str, Value]:
    region = levelled.region
    (table,) = ngtdm.tone_tables(
        region,
        levelled.grid,
        levelled.n_levels,
        neighbours=region.neighbours,
        radii=(1, 1, 1),
        bounds=region.whole,
    )
    return renamed("NGTDM", NGTDM_NAMES, ngtdm.ngtdm_features(table))


def _root(value: Value) -> Value:
    return float(np.sqrt(value)) if isinstance(value, float) else EMPTY
