"""Quirks of intensity and histogram features, each on numbers worked by hand, beside the clean value."""

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.captk.intensity import captk_mode, placed
from kinephen.radiomics.captk.levels import glcm_levels, histogram_levels, tone_levels, zone_levels
from kinephen.radiomics.discretise import fixed_bin_number
from kinephen.radiomics.quantile import binned_quantile
from kinephen.radiomics.sample import Sample


def both(values):
    """Return the clean and the captk features of values in one row of voxels."""
    line = np.array(values, dtype=float).reshape(1, 1, -1)
    context = MaskContext(np.ones(line.shape, dtype=bool), (1.0, 1.0, 1.0))
    return tuple(extract(context, {"m": line}, mode=mode).features["m"] for mode in ("ibsi", "captk"))


def test_variance_divides_by_one_less():
    # 1 2 3 6: mean 3, sum of squares 4 + 1 + 0 + 9 = 14.
    clean, quirk = both([1, 2, 3, 6])
    assert clean["Intensity_Variance"] == pytest.approx(14 / 4)
    assert quirk["Intensity_Variance"] == pytest.approx(14 / 3)
    assert quirk["Intensity_StandardDeviation"] == pytest.approx((14 / 3) ** 0.5)
    assert clean["Intensity_CoefficientOfVariation"] == pytest.approx((14 / 4) ** 0.5 / 3)
    assert quirk["Intensity_CoefficientOfVariation"] == pytest.approx((14 / 3) ** 0.5 / 3)


def test_skewness_and_kurtosis():
    # Third powers -8 -1 0 27 = 18, fourth powers 16 1 0 81 = 98.
    clean, quirk = both([1, 2, 3, 6])
    assert clean["Intensity_Skewness"] == pytest.approx(18 / 4 / (14 / 4) ** 1.5)
    assert quirk["Intensity_Skewness"] == pytest.approx(18 / 4 / (14 / 3) ** 1.5)
    assert clean["Intensity_Kurtosis"] == pytest.approx(98 / 4 / (14 / 4) ** 2 - 3)  # in excess
    assert quirk["Intensity_Kurtosis"] == pytest.approx(98 / 4 / (14 / 3) ** 2)  # not in excess


def test_deviations_without_absolute_value():
    # Mean 3, median 2.5; absolute distances from the mean 2 1 0 3, from the median 1.5 0.5 0.5 3.5.
    clean, quirk = both([1, 2, 3, 6])
    assert clean["Intensity_MeanAbsoluteDeviation"] == pytest.approx(6 / 4)
    assert quirk["Intensity_MeanAbsoluteDeviation"] == 0.0
    assert clean["Intensity_MedianAbsoluteDeviation"] == pytest.approx(6 / 4)
    assert quirk["Intensity_MedianAbsoluteDeviation"] == pytest.approx(3 - 2.5)


def test_percentiles_take_an_element():
    # Five values: floor(10 * 5 / 100) = 0, floor(90 * 5 / 100) = 4, quartiles at 1 and 3.
    clean, quirk = both([10, 20, 40, 80, 160])
    assert (quirk["Intensity_TenthPercentile"], quirk["Intensity_NinetiethPercentile"]) == (10, 160)
    assert clean["Intensity_TenthPercentile"] == pytest.approx(14)
    assert clean["Intensity_NinetiethPercentile"] == pytest.approx(128)
    assert quirk["Intensity_InterQuartileRange"] == 80 - 20
    assert quirk["Intensity_QuartileCoefficientOfVariation"] == pytest.approx(60 / 100)
    # Four values: the quartile places are 1 and 3; linear ones lie at 0.75 and 2.25.
    clean, quirk = both([0, 4, 8, 12])
    assert (clean["Intensity_InterQuartileRange"], quirk["Intensity_InterQuartileRange"]) == (6, 8)


def test_percentile_places():
    sample = Sample.of(np.arange(7.0))
    assert [placed(sample, k) for k in (10, 25, 75, 90)] == [0, 1, 5, 6]


def test_mode_never_tests_the_last_run():
    assert captk_mode(Sample.of(np.array([1.0, 2, 2, 5, 5, 5]))) == 2
    clean, quirk = both([1, 2, 2, 5, 5, 5])
    assert (clean["Intensity_Mode"], quirk["Intensity_Mode"]) == (5, 2)


def test_mode_of_different_values_is_the_minimum():
    _, quirk = both([3.5, 1.25, 2.5])
    assert quirk["Intensity_Mode"] == 1.25


def test_sums_are_the_same_in_both_modes():
    clean, quirk = both([1, 2, 3, 6])
    expected = {"Minimum": 1, "Maximum": 6, "Mean": 3, "Sum": 12, "Median": 2.5, "Range": 5, "Energy": 50,
                "RootMeanSquare": 12.5**0.5}  # fmt: skip
    for name, value in expected.items():
        assert clean[f"Intensity_{name}"] == pytest.approx(value), name
        assert quirk[f"Intensity_{name}"] == pytest.approx(value), name


# 0 .. 10 in eleven voxels.
RAMP = [float(v) for v in range(11)]


def test_histogram_has_ten_bins_with_a_margin_and_counts_from_zero():
    # Width (10 + 10 / 1000) / 10 = 1.001: 0 | 1 in bin 0, then one value in each of the other bins.
    levels = histogram_levels(np.array(RAMP), 10)
    assert (levels.levels - 1).tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert levels.edges == (0.0, pytest.approx(10.01))
    clean, quirk = both(RAMP)
    assert (quirk["Histogram_Minimum"], quirk["Histogram_Maximum"], quirk["Histogram_Range"]) == (0, 9, 9)
    assert (clean["Histogram_Minimum"], clean["Histogram_Maximum"]) == (1, 32)
    assert quirk["Histogram_Sum"] == 45
    assert quirk["Histogram_Mean"] == pytest.approx(45 / 11)
    assert quirk["Histogram_Energy"] == 285
    assert quirk["Histogram_Median"] == 4
    assert quirk["Histogram_Mode"] == 0


def test_histogram_entropy_and_uniformity():
    _, quirk = both(RAMP)
    p = [2 / 11] + [1 / 11] * 9
    assert quirk["Histogram_Entropy"] == pytest.approx(-sum(q * np.log2(q) for q in p))
    assert quirk["Histogram_Uniformity"] == pytest.approx(sum(q * q for q in p))


def test_histogram_mode_of_the_last_bin_is_missed():
    clean, quirk = both([0, 1, 1, 10, 10, 10])
    assert quirk["Histogram_Mode"] == 0  # indices 0 0 0 9 9 9; the last bin is never tested
    assert clean["Histogram_Mode"] == 32


def test_histogram_percentiles_in_the_unit_of_the_map():
    # 5 % of 11 voxels = 0.55 of the two in bin 0 [0, 1.001); 95 % from above: 0.55 of the one in bin 9.
    _, quirk = both(RAMP)
    assert quirk["Histogram_FifthPercentile"] == pytest.approx(0.55 / 2 * 1.001)
    assert quirk["Histogram_NinetyFifthPercentile"] == pytest.approx(10.01 - 0.55 * 1.001)
    assert quirk["Histogram_FifthPercentileMean"] == 0.0
    assert quirk["Histogram_NinetyFifthPercentileMean"] == 10.0


def test_quantile_directions_differ_across_an_empty_bin():
    frequencies, edges = np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0, 3.0])
    assert binned_quantile(frequencies, edges, 0.5 - 1e-12) == pytest.approx(1.0)
    assert binned_quantile(frequencies, edges, 0.5) == pytest.approx(2.0)
    assert binned_quantile(frequencies, edges, 1.0) == 3.0


def test_robust_deviation_keeps_its_absolute_value():
    # Places of 10 % and 90 % of 11: 1 and 9, indices 0 and 8; all indices but the 9 are kept: mean 3.6.
    _, quirk = both(RAMP)
    kept = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    assert quirk["Histogram_RobustMeanAbsoluteDeviation1090"] == pytest.approx(np.abs(kept - 3.6).mean())


def test_quartile_dispersion_of_bin_zero_is_undefined():
    line = np.array([0.0] * 8 + [100.0]).reshape(1, 1, -1)
    context = MaskContext(np.ones(line.shape, dtype=bool), (1, 1, 1))
    found = extract(context, {"m": line}, mode="captk")
    key = "Histogram_QuartileCoefficientOfVariation"
    assert np.isnan(found.features["m"][key])
    assert found.reasons["m", key] == "the quartiles add up to zero"


def test_edges_of_the_texture_bins():
    x = np.array([0.0, 4.9, 5.0, 10.0])
    # Up to the maximum + 1: width 1.1.
    assert glcm_levels(x, 10, raised=True).levels.tolist() == [1, 5, 5, 10]
    assert glcm_levels(x, 10, raised=False).levels.tolist() == [1, 5, 6, 10]
    # The maximum has a bin of its own, the 21st.
    assert zone_levels(np.array([0.0, 9.99, 10.0]), 20).tolist() == [1, 20, 21]
    assert tone_levels(np.array([0.0, 9.99, 10.0]), 20).tolist() == [1, 20, 20]
    assert fixed_bin_number(np.array([0.0, 9.99, 10.0]), 20).levels.tolist() == [1, 20, 20]


def test_raised_edge_wipes_out_maps_of_small_range():
    # Wash-in slopes per second span 0.03: all fall into the first of ten bins of width 0.103.
    small = np.linspace(0.0, 0.03, 9)
    assert set(glcm_levels(small, 10, raised=True).levels) == {1}
    # The same slopes per minute span 1.8, and use 7 of the 10 bins.
    assert glcm_levels(small * 60, 10, raised=True).levels.max() == 7
