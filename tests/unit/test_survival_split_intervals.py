"""The recommended interval of a repeated cross-validation, checked by hand and by its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.survival.split_intervals import (
    jackknife_within_folds,
    nadeau_bengio,
    repeated_se,
    split_jackknife,
)


def test_by_hand():
    values, influence = np.array([0.6, 0.7]), np.array([[0.03, -0.04], [0.06, 0.08]])
    # Jackknife variances 0.0025 and 0.01, 0.005 between two splits 0.1 apart.
    assert repeated_se(values, influence) == pytest.approx(np.sqrt(0.01125))
    got = split_jackknife(values, influence)
    half = 1.959963985 * np.sqrt(0.01125) / (0.65 * 0.35)
    centre = np.log(0.65 / 0.35)
    assert got.lower == pytest.approx(1 / (1 + np.exp(half - centre)))
    assert got.upper == pytest.approx(1 / (1 + np.exp(-half - centre)))
    assert got.kind == "split jackknife"


@given(seed=st.integers(0, 2**32 - 1), replicates=st.integers(1, 6))
def test_it_lies_within_0_and_1_turns_with_the_score_and_is_no_shorter_than_the_jackknife(seed, replicates):
    rng = np.random.default_rng(seed)
    values, influence = rng.uniform(0.02, 0.98, replicates), rng.normal(scale=0.05, size=(replicates, 20))
    got, turned = split_jackknife(values, influence), split_jackknife(1 - values, -influence)
    assert 0 <= got.lower <= got.estimate <= got.upper <= 1
    np.testing.assert_allclose([turned.lower, turned.upper], [1 - got.upper, 1 - got.lower], atol=1e-12)
    assert got.se >= jackknife_within_folds(values, influence).se - 1e-12


def test_one_split_has_no_variance_between_splits():
    influence = np.array([[0.03, -0.04]])
    assert repeated_se(np.array([0.6]), influence) == pytest.approx(0.05)


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_an_estimate_at_the_edge_is_cut_there(edge):
    got = split_jackknife(np.full(2, edge), np.array([[0.01, -0.01], [0.01, 0.01]]))
    assert 0.0 <= got.lower <= got.upper <= 1.0
    assert edge in (got.lower, got.upper)


def test_nadeau_bengio_of_one_fold_is_unknown():
    assert np.isnan(nadeau_bengio(np.array([[0.6, np.nan]]), 0.6).upper)
