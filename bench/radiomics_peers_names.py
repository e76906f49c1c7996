"""Names of the peers' features as ours: family, feature, aggregation."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from kinephen.radiomics.ibsi import Key
from radiomics_ibsi import compare

_SUFFIXES = re.compile(r"_fbn_n\d+$|_d1|_a0\.0")

_JOINT = {
    "GrayLevelNonUniformity": "level_non_uniformity",
    "GrayLevelNonUniformityNormalized": "level_non_uniformity_normalised",
    "GrayLevelVariance": "level_variance",
}
_PYRADIOMICS = {
    ("shape", "morphology", ""): {
        "MeshVolume": "volume_mesh",
        "VoxelVolume": "volume_voxels",
        "SurfaceArea": "surface_area",
        "SurfaceVolumeRatio": "surface_to_volume",
        "Sphericity": "sphericity",
        "Maximum3DDiameter": "maximum_diameter",
        "MajorAxisLength": "major_axis_length",
        "MinorAxisLength": "minor_axis_length",
        "LeastAxisLength": "least_axis_length",
        "Elongation": "elongation",
        "Flatness": "flatness",
    },
    ("firstorder", "statistics", ""): {
        "10Percentile": "p10",
        "90Percentile": "p90",
        "Energy": "energy",
        "InterquartileRange": "interquartile_range",
        "Kurtosis": "excess_kurtosis",
        "Maximum": "maximum",
        "MeanAbsoluteDeviation": "mean_absolute_deviation",
        "Mean": "mean",
        "Median": "median",
        "Minimum": "minimum",
        "Range": "range",
        "RobustMeanAbsoluteDeviation": "robust_mean_absolute_deviation",
        "RootMeanSquared": "root_mean_square",
        "Skewness": "skewness",
        "Variance": "variance",
    },
    ("firstorder", "intensity_histogram", ""): {"Entropy": "entropy", "Uniformity": "uniformity"},
    ("glcm", "glcm", "3D_avg"): {
        "Autocorrelation": "autocorrelation",
        "ClusterProminence": "cluster_prominence",
        "ClusterShade": "cluster_shade",
        "ClusterTendency": "cluster_tendency",
        "Contrast": "contrast",
        "Correlation": "correlation",
        "DifferenceAverage": "difference_average",
        "DifferenceEntropy": "difference_entropy",
        "DifferenceVariance": "difference_variance",
        "Id": "inverse_difference",
        "Idm": "inverse_difference_moment",
        "Idmn": "inverse_difference_moment_normalised",
        "Idn": "inverse_difference_normalised",
        "Imc1": "information_correlation_1",
        "Imc2": "information_correlation_2",
        "InverseVariance": "inverse_variance",
        "JointAverage": "joint_average",
        "JointEnergy": "energy",
        "JointEntropy": "joint_entropy",
        "MaximumProbability": "joint_maximum",
        "SumAverage": "sum_average",
        "SumEntropy": "sum_entropy",
        "SumSquares": "joint_variance",
    },
    ("glrlm", "glrlm", "3D_avg"): {
        **_JOINT,
        "ShortRunEmphasis": "small_emphasis",
        "LongRunEmphasis": "large_emphasis",
        "LowGrayLevelRunEmphasis": "low_level_emphasis",
        "HighGrayLevelRunEmphasis": "high_level_emphasis",
        "ShortRunLowGrayLevelEmphasis": "small_low_emphasis",
        "ShortRunHighGrayLevelEmphasis": "small_high_emphasis",
        "LongRunLowGrayLevelEmphasis": "large_low_emphasis",
        "LongRunHighGrayLevelEmphasis": "large_high_emphasis",
        "RunLengthNonUniformity": "size_non_uniformity",
        "RunLengthNonUniformityNormalized": "size_non_uniformity_normalised",
        "RunPercentage": "percentage",
        "RunVariance": "size_variance",
        "RunEntropy": "entropy",
    },
    ("glszm", "glszm", "3D"): {
        **_JOINT,
        "SmallAreaEmphasis": "small_emphasis",
        "LargeAreaEmphasis": "large_emphasis",
        "LowGrayLevelZoneEmphasis": "low_level_emphasis",
        "HighGrayLevelZoneEmphasis": "high_level_emphasis",
        "SmallAreaLowGrayLevelEmphasis": "small_low_emphasis",
        "SmallAreaHighGrayLevelEmphasis": "small_high_emphasis",
        "LargeAreaLowGrayLevelEmphasis": "large_low_emphasis",
        "LargeAreaHighGrayLevelEmphasis": "large_high_emphasis",
        "SizeZoneNonUniformity": "size_non_uniformity",
        "SizeZoneNonUniformityNormalized": "size_non_uniformity_normalised",
        "ZonePercentage": "percentage",
        "ZoneVariance": "size_variance",
        "ZoneEntropy": "entropy",
    },
    ("gldm", "ngldm", "3D"): {
        "GrayLevelNonUniformity": "level_non_uniformity",
        "GrayLevelVariance": "level_variance",
        "SmallDependenceEmphasis": "small_emphasis",
        "LargeDependenceEmphasis": "large_emphasis",
        "LowGrayLevelEmphasis": "low_level_emphasis",
        "HighGrayLevelEmphasis": "high_level_emphasis",
        "SmallDependenceLowGrayLevelEmphasis": "small_low_emphasis",
        "SmallDependenceHighGrayLevelEmphasis": "small_high_emphasis",
        "LargeDependenceLowGrayLevelEmphasis": "large_low_emphasis",
        "LargeDependenceHighGrayLevelEmphasis": "large_high_emphasis",
        "DependenceNonUniformity": "size_non_uniformity",
        "DependenceNonUniformityNormalized": "size_non_uniformity_normalised",
        "DependenceVariance": "size_variance",
        "DependenceEntropy": "entropy",
    },
    ("ngtdm", "ngtdm", "3D"): {
        name: name.lower() for name in ("Coarseness", "Contrast", "Busyness", "Complexity", "Strength")
    },
}


def pyradiomics_names() -> dict[str, Key]:
    """Return PyRadiomics' names that have a counterpart, with ours."""
    return {
        f"original_{theirs}_{name}": (family, ours, how)
        for (theirs, family, how), names in _PYRADIOMICS.items()
        for name, ours in names.items()
    }


def mirp_names(found: list[str], reference: Path) -> dict[str, Key]:
    """Return MIRP's names that have a counterpart, with ours, by the tags of the IBSI's own table."""
    with (reference / "ibsi1_reference_values.csv").open(newline="", encoding="utf-8") as file:
        sets = {row["dataset"] for row in csv.DictReader(file)}
    keys = {row.tag: row.key for name in sets for row in compare(name, {}, reference)}
    return {name: keys[_tag(name)] for name in found if _tag(name) in keys}


def _tag(name: str) -> str:
    text = _SUFFIXES.sub("", name).replace("_3d_v_mrg", "_3D_comb").replace("_3d_avg", "_3D_avg")
    return re.sub(r"_3d$", "_3D", text)
