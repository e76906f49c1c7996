"""Intraclass correlation against published values, and its tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.errors import InputError
from kinephen.radiomics.robustness import feature_icc, icc

# Shrout and Fleiss 1979, table 2: six targets, four judges.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])


def test_published_example():
    agreement, consistency = icc(SHROUT), icc(SHROUT, form="ICC(3,1)")
    assert round(agreement.value, 2) == 0.29
    assert round(consistency.value, 2) == 0.71
    # Intervals as printed for this table by the psych package of R.
    assert (round(agreement.low, 3), round(agreement.high, 3)) == (0.019, 0.761)
    assert (round(consistency.low, 3), round(consistency.high, 3)) == (0.342, 0.946)
    assert (agreement.subjects, agreement.measurements) == (6, 4)


def test_an_offset_spoils_agreement_and_not_consistency():
    x = np.array([[1.0, 3.0], [2.0, 4.0], [4.0, 6.0], [7.0, 9.0]])
    assert icc(x, form="ICC(3,1)").value == pytest.approx(1.0)
    assert icc(x).value < 0.95


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), st.floats(-5, 5))
def test_interval_holds_the_value_and_ignores_the_unit(seed, factor, offset):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(8, 1)) * 2 + rng.normal(size=(8, 3))
    for form in ("ICC(2,1)", "ICC(3,1)"):
        found, scaled = icc(x, form=form), icc(x * factor + offset, form=form)
        assert found.low <= found.value <= found.high <= 1
        assert scaled.value == pytest.approx(found.value, abs=1e-9)


def test_subjects_with_a_gap_are_left_out():
    x = np.vstack([SHROUT, [np.nan, 1, 2, 3]])
    assert icc(x) == icc(SHROUT)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        (np.ones((5, 3)), "all values are equal"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), "fewer than two subjects have all measurements"),
        (np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]), "the subjects do not differ"),
    ],
)
def test_undefined_has_a_reason(ratings, reason):
    found = icc(ratings)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.reason == reason


def test_one_measurement_is_not_enough():
    with pytest.raises(InputError, match="at least two measurements"):
        icc(np.ones((5, 1)))


def test_table_over_features():
    tables = [pd.DataFrame({"a": column, "b": 1.0}, index=list("uvwxyz")) for column in SHROUT.T]
    tables[1] = tables[1].assign(only_here=2.0).iloc[::-1]
    found = feature_icc(tables)
    assert list(found.index) == ["a", "b"]
    assert found.loc["a", "icc"] == pytest.approx(icc(SHROUT).value)
    assert found.loc["b", "reason"] == "all values are equal"
    assert feature_icc(dict(enumerate(tables)), form="ICC(3,1)").loc["a", "icc"] == pytest.approx(
        icc(SHROUT, form="ICC(3,1)").value
    )


def test_tables_without_anything_in_common():
    one = pd.DataFrame({"a": [1.0, 2.0]}, index=["u", "v"])
    with pytest.raises(InputError, match="no lesion or no feature in common"):
        feature_icc([one, one.rename(index={"u": "s", "v": "t"})])
    with pytest.raises(InputError, match="at least two repeated tables, found 1"):
        feature_icc([one])
