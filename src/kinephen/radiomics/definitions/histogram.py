"""Statistics of the grey levels (29)."""

from __future__ import annotations

from kinephen.radiomics.feature import WHY, Feature

ZERO = "0-based bin index"
N_1 = "0-based bin index, denominator N - 1"
ELEMENT = "0-based bin index at place floor({} N / 100) of the sorted indices"
_ROWS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    # name, IBSI code, IBSI name, unit, sign reason, formula, captk
    ("Minimum", "1PR8", "Minimum discretised intensity", "level", "constant", "smallest level", ZERO),
    ("Maximum", "3NCY", "Maximum discretised intensity", "level", "constant", "largest level", ZERO),
    ("Mean", "X6K6", "Mean discretised intensity", "level", "level", "sum b / N", ZERO),
    ("Sum", "", "", "level", "level", "sum b", ZERO),
    ("Mode", "AMMC", "Intensity histogram mode", "level", "level",
     "fullest level, of equals the nearest to the mean",
     "lowest of equals; the last occupied bin is never tested"),
    ("Median", "WIFQ", "Median discretised intensity", "level", "level", "middle level", ZERO),
    ("Variance", "CH89", "Discretised intensity variance", "level^2", "spread", "sum (b - mean)^2 / N", N_1),
    ("StandardDeviation", "", "", "level", "spread", "sqrt(Variance)", N_1),
    ("Skewness", "88K1", "Discretised intensity skewness", "1", "asymmetry",
     "mean((b - mean)^3) / Variance^1.5",
     "standard deviation with N - 1"),
    ("Kurtosis", "C3I7", "(Excess) discretised intensity kurtosis", "1", "disputed",
     "mean((b - mean)^4) / Variance^2 - 3", "standard deviation with N - 1; not excess"),
    ("Range", "5Z3W", "Discretised intensity range", "level", "constant", "max b - min b", ""),
    ("Energy", "", "", "level^2", "level", "sum b^2", ZERO),
    ("Entropy", "TLU2", "Discretised intensity entropy", "bit", "even", "-sum p log2 p", ""),
    ("Uniformity", "BJ5W", "Discretised intensity uniformity", "1", "uniform", "sum p^2", ""),
    ("RootMeanSquare", "", "", "level", "level", "sqrt(sum b^2 / N)", ZERO),
    ("TenthPercentile", "GPMT", "10th discretised intensity percentile", "level", "level",
     "10th percentile of levels", ELEMENT.format(10)),
    ("NinetiethPercentile", "OZ0C", "90th discretised intensity percentile", "level", "level",
     "90th percentile of levels", ELEMENT.format(90)),
    ("FifthPercentile", "", "", "map", "level", "5 % quantile, linear inside the bin", "bins with a margin"),
    ("NinetyFifthPercentile", "", "", "map", "level", "95 % quantile, linear inside the bin",
     "bins with a margin"),
    ("FifthPercentileMean", "", "", "map", "level", "mean of x <= FifthPercentile", "bins with a margin"),
    ("NinetyFifthPercentileMean", "", "", "map", "level", "mean of x >= NinetyFifthPercentile",
     "bins with a margin"),
    ("TwentyFifthPercentile", "", "", "level", "level", "25th percentile of levels", ELEMENT.format(25)),
    ("SeventyFifthPercentile", "", "", "level", "level", "75th percentile of levels", ELEMENT.format(75)),
    ("InterQuartileRange", "WR0O", "Discretised intensity interquartile range", "level", "spread",
     "P75 - P25",
     "percentiles without interpolation"),
    ("MeanAbsoluteDeviation", "D2ZX", "Intensity histogram mean absolute deviation", "level", "level",
     "mean abs(b - mean)", "no absolute value, so rounding noise about 0"),
    ("RobustMeanAbsoluteDeviation1090", "WRZB", "Intensity histogram robust mean absolute deviation", "level",
     "spread", "mean abs(b - mean) of the levels from P10 to P90", "percentiles without interpolation"),
    ("MedianAbsoluteDeviation", "4RNL", "Intensity histogram median absolute deviation", "level", "level",
     "mean abs(b - median)", "no absolute value, so Mean - Median"),
    ("CoefficientOfVariation", "CWYJ", "Intensity histogram coefficient of variation", "1", "spread",
     "sqrt(Variance) / mean", N_1),
    ("QuartileCoefficientOfVariation", "SLWD", "Intensity histogram quartile coefficient of dispersion", "1",
     "spread", "(P75 - P25) / (P75 + P25)", ZERO),
)  # fmt: skip

_CONSTANT = ("Minimum", "Maximum", "Range")  # with a fixed number of bins
_DUPLICATES = {"StandardDeviation": "Histogram_Variance"}
_NO_SIGN = "published without its absolute value; the sign is kept at 0 for both modes"


def _feature(row: tuple[str, str, str, str, str, str, str]) -> Feature:
    name, code, ibsi_name, unit, why, formula, quirk = row
    sign, reason = WHY[why]
    deviation = name in ("MeanAbsoluteDeviation", "MedianAbsoluteDeviation")
    constant = name in _CONSTANT
    return Feature(
        family="Histogram",
        name=name,
        ibsi_code=code,
        ibsi_name=ibsi_name,
        unit=unit,
        formula=formula,
        quirk=quirk,
        sign=sign,
        sign_reason=_NO_SIGN if deviation else reason,
        dimension="voxel levels",
        depends_on="map",
        constant_in=("ibsi", "captk") if constant else ("captk",) if name == "MeanAbsoluteDeviation" else (),
        duplicate_of=_DUPLICATES.get(name, ""),
        reference="IBSI reference manual 3.4" if code else "CaPTk 1.7.1",
    )


ROWS = tuple(_feature(row) for row in _ROWS)
