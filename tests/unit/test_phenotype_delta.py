"""Delta features: each form by hand, what is undefined and why, and who is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.errors import InputError
from kinephen.phenotype.delta import delta_features

PATIENTS = ["a", "b", "c"]


def _visit(**columns):
    return pd.DataFrame(columns, index=PATIENTS, dtype=float)


T1 = _visit(PE_GLCM_Energy=[2.0, 4.0, 5.0], WOS_Intensity_Mean=[-2.0, 1.0, 4.0])
T2 = _visit(PE_GLCM_Energy=[3.0, 2.0, 5.0], WOS_Intensity_Mean=[-1.0, -1.0, 2.0])
SIGNS = {"GLCM_Energy": -1, "WOS_Intensity_Mean": 0}


def test_literal_keeps_the_direction_of_the_ratio_and_ignores_signs():
    result = delta_features(T1, T2, form="literal", signs=SIGNS)
    assert result.delta["PE_GLCM_Energy"].tolist() == [0.5, -0.5, 0.0]
    # (-1 - -2) / -2: the feature rose and the ratio is negative.
    assert result.delta["WOS_Intensity_Mean"].tolist() == [-0.5, -2.0, -0.5]


def test_literal_says_that_the_sign_cancels_and_lists_baselines_that_are_not_positive():
    issues = delta_features(T1, T2, form="literal", signs=SIGNS).issues
    cancels = [i for i in issues if i.code == "delta.sign_cancels"]
    assert len(cancels) == 1
    assert "cancels" in cancels[0].message
    assert cancels[0].count == 1
    baseline = [i for i in issues if i.code == "delta.baseline_not_positive"]
    assert [(i.where, i.count) for i in baseline] == [("WOS_Intensity_Mean", 1)]


def test_signed_divides_by_the_size_and_applies_the_sign_to_the_delta():
    delta = delta_features(T1, T2, form="signed", signs=SIGNS).delta
    assert delta["PE_GLCM_Energy"].tolist() == [-0.5, 0.5, 0.0]
    assert delta["WOS_Intensity_Mean"].tolist() == [0.5, -2.0, -0.5]


def test_symmetric_is_bounded_by_two():
    delta = delta_features(T1, T2, form="symmetric").delta
    assert delta["PE_GLCM_Energy"].tolist() == pytest.approx([0.4, -2 / 3, 0.0])
    assert delta["WOS_Intensity_Mean"].tolist() == pytest.approx([2 / 3, -2.0, -2 / 3])


def test_log_ratio_is_undefined_unless_both_visits_are_positive():
    result = delta_features(T1, T2, form="log_ratio", signs={"GLCM_Energy": -1})
    assert result.delta["PE_GLCM_Energy"].tolist() == pytest.approx([-np.log(1.5), np.log(2.0), 0.0])
    assert result.delta["WOS_Intensity_Mean"].isna().tolist() == [True, True, False]
    assert result.features.loc["WOS_Intensity_Mean", "reason"] == "not above the floor at a visit"


def test_difference_is_in_units_of_the_baseline_spread_or_of_the_retest_spread():
    result = delta_features(T1, T2, form="difference")
    sd = T1["PE_GLCM_Energy"].std(ddof=1)
    assert result.delta["PE_GLCM_Energy"].tolist() == pytest.approx([1 / sd, -2 / sd, 0.0])
    # The scale that was used serves a second cohort.
    again = delta_features(T1.iloc[:2], T2.iloc[:2], form="difference", retest_sd=result.scale)
    pd.testing.assert_frame_equal(again.delta, result.delta.iloc[:2])


def test_a_missing_retest_spread_is_an_error_that_names_the_feature():
    with pytest.raises(InputError, match="no test-retest SD for WOS_Intensity_Mean"):
        delta_features(T1, T2, form="difference", retest_sd=pd.Series({"PE_GLCM_Energy": 1.0}))


def test_a_zero_baseline_is_undefined_with_its_reason():
    result = delta_features(T1.replace(4.0, 0.0), T2, form="signed")
    assert result.delta["PE_GLCM_Energy"].isna().tolist() == [False, True, False]
    assert result.features.loc["PE_GLCM_Energy", ["undefined", "reason"]].tolist() == [1, "zero baseline"]
    found = [i for i in result.issues if i.code == "delta.undefined"]
    assert [(i.where, i.count) for i in found] == [("PE_GLCM_Energy", 1), ("WOS_Intensity_Mean", 1)]


def test_the_floor_widens_what_is_undefined():
    assert delta_features(T1, T2, form="signed", floor=2.0).delta.isna().to_numpy().sum() == 3


def test_a_missing_visit_value_is_told_apart_from_an_undefined_change():
    result = delta_features(T1.replace(5.0, np.nan), T2, form="signed")
    assert result.features.loc["PE_GLCM_Energy", ["missing", "undefined"]].tolist() == [1, 0]
    assert result.features.loc["PE_GLCM_Energy", "reason"] == "missing value"


def test_the_table_counts_baselines_that_make_ratios_unstable():
    first = _visit(f=[-1.0, 10.0, 0.05])
    row = delta_features(first, _visit(f=[1.0, 9.0, 1.0]), form="signed").features.loc["f"]
    assert row["negative_baseline"] == 1
    assert row["sign_change"] == 1
    assert row["small_baseline"] == pytest.approx(1 / 3)


def test_patients_with_one_visit_are_left_out_and_counted():
    result = delta_features(T1, T2.iloc[1:], form="signed")
    assert list(result.delta.index) == ["b", "c"]
    assert [i.count for i in result.issues if i.code == "delta.one_visit"] == [1]


@pytest.mark.parametrize(
    ("second", "options", "message"),
    [
        (T2.rename(columns={"PE_GLCM_Energy": "PE_GLCM_Contrast"}), {}, "in one only: PE_GLCM_Contrast"),
        (T2.rename(index=lambda i: i * 2), {}, "no patient has both visits"),
        (pd.concat([T2, T2]), {}, "second visit: 3 row"),
        (T2.assign(PE_GLCM_Energy="x"), {}, "not numeric: PE_GLCM_Energy"),
        (T2, {"floor": -1.0}, "floor of the denominator must be >= 0"),
        (T2, {"signs": {"GLCM_Energy": 2}}, "signs must be -1, 0 or 1"),
    ],
)
def test_bad_input(second, options, message):
    with pytest.raises(InputError, match=message):
        delta_features(T1, second, form="signed", **options)
