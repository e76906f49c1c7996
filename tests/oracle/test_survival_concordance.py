"""Concordance against R survival 3.5-3 (concordance.json, coxph.json, external_validation_cox.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.concordance import concordance, concordance_difference
from kinephen.survival.cox import cox_fit

TOLERANCE = 1e-10
WEIGHTS = ["n", "S", "S/G", "n/G2", "I"]
MODELS = ["m1", "m2", "m3", "m4", "m5", "p53", "mammaprint"]


@pytest.fixture(scope="module")
def expected(reference):
    return json.loads(reference("oracles/expected/concordance.json").read_text())


@pytest.fixture(scope="module")
def predictors(reference):
    return pd.read_csv(reference("oracles/expected/ladder_linear_predictors.csv"))


@pytest.fixture(scope="module")
def lung(reference):
    frame = pd.read_csv(reference("oracles/inputs/lung.csv"))
    return frame.assign(event=(frame["status"] == 2).astype(int))


def check(got, want):
    assert got.c == pytest.approx(want["C"], abs=TOLERANCE)
    assert got.se**2 == pytest.approx(want["var"], abs=TOLERANCE)
    assert got.se == pytest.approx(want["se"], abs=TOLERANCE)
    counts = want["counts"]
    assert got.concordant == pytest.approx(counts["concordant"], abs=1e-9)
    assert got.discordant == pytest.approx(counts["discordant"], abs=1e-9)
    assert got.tied_score == pytest.approx(counts["tied.x"], abs=1e-9)
    assert got.n == want["n"]


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("model", MODELS)
def test_all_weights_match_r(expected, predictors, model, weight):
    got = concordance(predictors[model], predictors["time"], predictors["event"], weight=weight)
    check(got, expected[f"{model}.{weight.replace('/', '_over_')}"])


@pytest.mark.parametrize("model", MODELS)
def test_truncated_concordance_matches_r(expected, predictors, model):
    for weight, name in [("n/G2", "uno_tau5"), ("n", "harrell_tau5")]:
        got = concordance(predictors[model], predictors["time"], predictors["event"], weight=weight, tau=5)
        check(got, expected[f"{model}.{name}"])


@pytest.mark.parametrize("weight", ["n", "n/G2", "S"])
def test_a_marker_with_ties_matches_r(expected, lung, weight):
    got = concordance(lung["age"], lung["time"], lung["event"], weight=weight)
    check(got, expected[f"lung.{weight.replace('/', '_over_')}"])


def test_paired_difference_matches_r(expected, predictors):
    first, second = (
        concordance(predictors[m], predictors["time"], predictors["event"]) for m in ("m3", "m5")
    )
    got, want = concordance_difference(first, second), expected["diff_m5_minus_m3"]
    for name in ("se", "z", "p"):
        assert getattr(got, name) == pytest.approx(want[name], abs=TOLERANCE)
    assert got.difference == pytest.approx(want["diff"], abs=TOLERANCE)
    cross = float(first.influence @ second.influence)
    np.testing.assert_allclose(cross, want["vcov"][0][1], atol=TOLERANCE, rtol=0)


def test_counts_of_a_fitted_model_match_r(reference, lung):
    want = json.loads(reference("oracles/expected/coxph.json").read_text())["lung_age_sex_ecog.efron"]
    known = lung.dropna(subset=["ph.ecog"])
    fit = cox_fit(known[["age", "sex", "ph.ecog"]], known["time"], known["event"])
    got = concordance(fit.linear_predictor(), known["time"], known["event"])
    counts = want["concordance_counts"]
    assert (got.concordant, got.discordant) == (counts["concordant"], counts["discordant"])
    assert (got.tied_score, got.tied_time, got.tied_both) == (
        counts["tied.x"],
        counts["tied.y"],
        counts["tied.xy"],
    )
    assert got.c == pytest.approx(want["concordance"], abs=TOLERANCE)
    assert got.se == pytest.approx(want["concordance_se"], abs=TOLERANCE)
