"""AUC(t) against timeROC, Brier score and IPA against riskRegression (time_auc_brier.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.brier import brier_score
from kinephen.survival.cox import cox_fit
from kinephen.survival.design import design_matrix
from kinephen.survival.time_dependent import auc_difference, time_dependent_auc

TOLERANCE = 1e-9
HORIZONS = [2, 3, 4, 5]
BASE = ["age", "hr", "her2", "ftv2"]
COLUMNS = {"m2": BASE, "m4": [*BASE, "latent"], "m5": [*BASE, "mammaprint", "rors", "p53", "latent"]}


@pytest.fixture(scope="module")
def expected(reference):
    return json.loads(reference("oracles/expected/time_auc_brier.json").read_text())


@pytest.fixture(scope="module")
def predictors(reference):
    return pd.read_csv(reference("oracles/expected/ladder_linear_predictors.csv"))


@pytest.fixture(scope="module")
def cohort(reference):
    frame = pd.read_csv(reference("oracles/inputs/disc_clin.csv"))
    frame["rors"] = pd.Categorical(frame["rors"], categories=["low", "intermediate", "high"])
    return frame


def aucs(predictors, model):
    return [
        time_dependent_auc(predictors[model], predictors["time"], predictors["event"], t) for t in HORIZONS
    ]


@pytest.mark.parametrize("model", COLUMNS)
def test_auc_matches_timeroc(expected, predictors, model):
    got, want = aucs(predictors, model), expected[f"timeROC_{model}"]
    np.testing.assert_allclose([a.auc for a in got], want["AUC"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose([a.se for a in got], want["se"], rtol=1e-4)


def test_auc_and_contrasts_match_riskregression(expected, predictors):
    table = pd.DataFrame(expected["riskRegression"]["auc"])
    for model in COLUMNS:
        want = table[table["model"] == model]["AUC"]
        np.testing.assert_allclose([a.auc for a in aucs(predictors, model)], want, atol=1e-8, rtol=0)
    contrasts = pd.DataFrame(expected["riskRegression"]["auc_contrasts"])
    for _, row in contrasts.iterrows():
        k = HORIZONS.index(row["times"])
        got = auc_difference(aucs(predictors, row["reference"])[k], aucs(predictors, row["model"])[k])
        assert got.estimate == pytest.approx(row["delta.AUC"], abs=1e-8)
        assert got.se == pytest.approx(row["se"], rel=1e-4)


@pytest.mark.parametrize("model", COLUMNS)
def test_brier_score_and_ipa_match_riskregression(expected, cohort, model):
    fit = cox_fit(cohort[COLUMNS[model]], cohort["time"], cohort["event"])
    risk = 1.0 - fit.survival(design_matrix(cohort, COLUMNS[model]).x, HORIZONS)
    table = pd.DataFrame(expected["riskRegression"]["brier"])
    want, null = table[table["model"] == model], table[table["model"] == "Null model"]
    got = [brier_score(risk[:, k], cohort["time"], cohort["event"], t) for k, t in enumerate(HORIZONS)]
    np.testing.assert_allclose([b.brier for b in got], want["Brier"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose([b.null_brier for b in got], null["Brier"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose([b.ipa for b in got], want["IPA"], atol=TOLERANCE, rtol=0)
