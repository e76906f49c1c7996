"""Filters: each reason, in its order, and who is kept of copies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.errors import InputError
from kinephen.phenotype.filters import filter_features
from kinephen.phenotype.moments import fit_moments, skewness

N = 60
RNG = np.random.default_rng(11)


def _frame(**columns):
    return pd.DataFrame(columns, index=[f"w{i}" for i in range(N)])


def _normal():
    return RNG.normal(size=N)


def _decide(frame, **options):
    result = filter_features(frame, **options)
    assert list(result.kept) == [c for c in frame if result.table.loc[c, "kept"]]
    return result.table["reason"].to_dict()


def test_undefined_and_constant_features_go_with_their_counts():
    gap = _normal()
    gap[3] = np.nan
    result = filter_features(_frame(ok=_normal(), gap=gap, flat=np.full(N, 0.1)))
    assert result.counts == {"undefined": 1, "constant": 1}
    assert result.table.loc["gap", "detail"] == f"undefined for 1 of {N} patients"
    assert np.isnan(result.table.loc["flat", "sd"])


def test_infinite_values_count_as_undefined():
    wild = _normal()
    wild[0] = -np.inf
    assert _decide(_frame(ok=_normal(), wild=wild))["wild"] == "undefined"


@pytest.mark.parametrize(("absolute", "expected"), [(True, "skewness"), (False, "")])
def test_the_limit_of_skewness_is_two_sided_only_when_asked(absolute, expected):
    low = _normal() * 0.01
    low[0] = -100.0
    found = filter_features(_frame(ok=_normal(), low=low), absolute=absolute)
    assert found.table.loc["low", "reason"] == expected
    if expected:
        assert "abs skewness (type 1)" in found.table.loc["low", "detail"]


def test_the_type_of_skewness_can_decide():
    # n = 10 with one outlier: g1 = 2.67, type 2 = 3.16, type 3 = 2.28.
    values = pd.DataFrame({"f": [0.0] * 9 + [1.0], "g": np.arange(10.0)})
    types = [float(skewness(values.to_numpy(), kind)[0]) for kind in (1, 2, 3)]
    assert types == pytest.approx([8 / 3, 8 / 3 * np.sqrt(90) / 8, 8 / 3 * 0.9**1.5])
    kept = [filter_features(values, skewness_type=kind, skewness_limit=2.8).kept for kind in (1, 2, 3)]
    assert kept == [("f", "g"), ("g",), ("f", "g")]


def test_the_filter_on_iqr_is_off_unless_asked_for():
    heavy = np.concatenate([RNG.normal(size=N - 4) * 0.2, [4.0, -4.0, 5.0, -5.0]])
    frame = _frame(ok=RNG.uniform(size=N), heavy=heavy)
    assert _decide(frame)["heavy"] == ""
    assert _decide(frame, iqr_limit=1.0) == {"ok": "", "heavy": "iqr"}


def test_duplicates_up_to_shift_scale_and_direction_keep_the_name_that_sorts_first():
    base = _normal()
    frame = _frame(z=base, b=3.0 - 2.0 * base, other=_normal(), a=5.0 * base)
    result = filter_features(frame)
    assert result.kept == ("other", "a")
    assert result.table.loc["z", "detail"] == "repeats a"
    assert _decide(frame, drop_duplicates=False)["z"] == ""


def test_copies_of_mask_only_features_keep_one():
    shape = _normal()
    frame = _frame(
        WOS_Morphologic_Flatness=shape,
        PE_Morphologic_Flatness=shape,
        SER_Volumetric_Volume=_normal(),
        PE_GLCM_Energy=_normal(),
    )
    reasons = _decide(frame, mask_only_copies="one")
    assert reasons["WOS_Morphologic_Flatness"] == "mask_only_copy"
    assert reasons["PE_Morphologic_Flatness"] == reasons["SER_Volumetric_Volume"] == ""
    kept = _decide(frame, mask_only_copies="keep", drop_duplicates=False)
    assert set(kept.values()) == {""}


def test_unstable_and_two_dimensional_features():
    frame = _frame(PE_A_B=_normal(), SER_A_B=_normal(), PE_LBP_LBP=_normal())
    reasons = _decide(frame, icc={"PE_A_B": 0.6, "SER_A_B": 0.8}, icc_limit=0.75, two_d={"LBP_LBP"})
    assert reasons == {"PE_A_B": "icc", "SER_A_B": "", "PE_LBP_LBP": "two_d"}
    assert _decide(frame, icc={"PE_A_B": 0.6})["PE_A_B"] == ""


@pytest.mark.parametrize("options", [{"skewness_limit": 0.0}, {"iqr_limit": -1.0}])
def test_limits_must_be_positive(options):
    with pytest.raises(InputError, match="must be positive"):
        filter_features(_frame(f=_normal()), **options)


def test_repeated_feature_names_are_refused():
    frame = pd.concat([_frame(f=_normal()), _frame(f=_normal())], axis=1)
    with pytest.raises(InputError, match="more than once: f"):
        filter_features(frame)


def test_stored_moments_are_those_of_the_cohort_of_the_fit():
    frame = _frame(f=_normal(), g=_normal())
    moments = fit_moments(frame)
    z = moments.transform(frame)
    assert z.mean().tolist() == pytest.approx([0.0, 0.0], abs=1e-12)
    assert z.std(ddof=1).tolist() == pytest.approx([1.0, 1.0])
    other = moments.transform(frame.iloc[:3] * 2.0)
    assert other.iloc[0, 0] == pytest.approx((frame.iloc[0, 0] * 2.0 - frame["f"].mean()) / frame["f"].std())
