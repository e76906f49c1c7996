"""Statistics of the raw values (20)."""

from __future__ import annotations

from kinephen.radiomics.feature import WHY, Feature

N_1 = "denominator N - 1"
ELEMENT = "sorted value at place floor({} N / 100), 0-based, without interpolation"
_ROWS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    # name, IBSI code, IBSI name, unit, sign reason, formula, captk
    ("Minimum", "1GSF", "Minimum intensity", "map", "level", "min x", ""),
    ("Maximum", "84IY", "Maximum intensity", "map", "level", "max x", ""),
    ("Mean", "Q4LE", "Mean intensity", "map", "level", "sum x / N", ""),
    ("Sum", "", "", "map", "level", "sum x", ""),
    ("Mode", "", "", "map", "level", "most frequent value, the lowest of equals",
     "the largest value is never tested"),
    ("Median", "Y12H", "Median intensity", "map", "level", "middle value, mean of two for even N", ""),
    ("Variance", "ECT3", "Intensity variance", "map^2", "spread", "sum (x - mean)^2 / N", N_1),
    ("StandardDeviation", "", "", "map", "spread", "sqrt(Variance)", N_1),
    ("Skewness", "KE2A", "Intensity skewness", "1", "asymmetry", "mean((x - mean)^3) / Variance^1.5",
     "standard deviation with N - 1"),
    ("Kurtosis", "IPH6", "(Excess) intensity kurtosis", "1", "disputed",
     "mean((x - mean)^4) / Variance^2 - 3",
     "standard deviation with N - 1; not excess (3 for a normal distribution)"),
    ("Range", "2OJQ", "Intensity range", "map", "spread", "max x - min x", ""),
    ("Energy", "N8CA", "Intensity-based energy", "map^2", "level", "sum x^2", ""),
    ("RootMeanSquare", "5ZWQ", "Root mean square intensity", "map", "level", "sqrt(sum x^2 / N)", ""),
    ("TenthPercentile", "QG58", "10th intensity percentile", "map", "level",
     "10th percentile, linear interpolation", ELEMENT.format(10)),
    ("NinetiethPercentile", "8DWT", "90th intensity percentile", "map", "level",
     "90th percentile, linear interpolation", ELEMENT.format(90)),
    ("InterQuartileRange", "SALO", "Intensity interquartile range", "map", "spread", "P75 - P25",
     "percentiles without interpolation"),
    ("MeanAbsoluteDeviation", "4FUA", "Intensity-based mean absolute deviation", "map", "level",
     "mean abs(x - mean)", "no absolute value, so rounding noise about 0"),
    ("MedianAbsoluteDeviation", "N72L", "Intensity-based median absolute deviation", "map", "level",
     "mean abs(x - median)", "no absolute value, so Mean - Median"),
    ("CoefficientOfVariation", "7TET", "Intensity-based coefficient of variation", "1", "spread",
     "sqrt(Variance) / mean", N_1),
    ("QuartileCoefficientOfVariation", "9S40", "Intensity-based quartile coefficient of dispersion", "1",
     "spread", "(P75 - P25) / (P75 + P25)", "percentiles without interpolation"),
)  # fmt: skip

_DUPLICATES = {"StandardDeviation": "Intensity_Variance"}
# Defined without the absolute value in CaPTk, so the sign is that of the published feature.
_NO_SIGN = "published without its absolute value; the sign is kept at 0 for both modes"


def _feature(row: tuple[str, str, str, str, str, str, str]) -> Feature:
    name, code, ibsi_name, unit, why, formula, quirk = row
    sign, reason = WHY[why]
    deviation = name in ("MeanAbsoluteDeviation", "MedianAbsoluteDeviation")
    return Feature(
        family="Intensity",
        name=name,
        ibsi_code=code,
        ibsi_name=ibsi_name,
        unit=unit,
        formula=formula,
        quirk=quirk,
        sign=sign,
        sign_reason=_NO_SIGN if deviation else reason,
        dimension="voxel values",
        depends_on="map",
        constant_in=("captk",) if name == "MeanAbsoluteDeviation" else (),
        duplicate_of=_DUPLICATES.get(name, ""),
        reference="IBSI reference manual 3.3" if code else "CaPTk 1.7.1",
    )


ROWS = tuple(_feature(row) for row in _ROWS)
