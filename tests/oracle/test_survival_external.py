"""Frozen models in the validation cohort, risk halves and optimism, against R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.cox import cox_fit
from kinephen.survival.design import design_matrix
from kinephen.survival.external import external_validation
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.logrank import logrank
from kinephen.survival.optimism import optimism_bootstrap
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.risk import median_split, risk_split

TOLERANCE = 1e-8
BASE = ["age", "hr", "her2"]
GENES = ["mammaprint", "rors", "p53"]
LADDER = {
    "mammaprint": ["mammaprint"],
    "rors": ["rors"],
    "p53": ["p53"],
    "m1": BASE,
    "m2": [*BASE, "ftv2"],
    "m3": [*BASE, "ftv2", *GENES],
    "m4": [*BASE, "ftv2", "latent"],
    "m5": [*BASE, "ftv2", *GENES, "latent"],
}


@pytest.fixture(scope="module")
def cohorts(reference):
    frames = [pd.read_csv(reference(f"oracles/inputs/{c}_clin.csv")) for c in ("disc", "val")]
    for frame in frames:
        frame["rors"] = pd.Categorical(frame["rors"], categories=["low", "intermediate", "high"])
    return frames


@pytest.fixture(scope="module")
def expected(reference):
    return lambda name: json.loads(reference(f"oracles/expected/{name}.json").read_text())


@pytest.mark.parametrize("name", LADDER)
def test_external_validation_matches_r(cohorts, expected, name):
    discovery, validation = cohorts
    want = next(m for m in expected("external_validation_cox") if m["model"] == name)
    model = FrozenCox.of(cox_fit(discovery[LADDER[name]], discovery["time"], discovery["event"]))
    x = design_matrix(validation, LADDER[name]).x
    got = external_validation(model, x, validation["time"], validation["event"], tau=5)
    np.testing.assert_allclose(got.linear_predictor, want["lp"], atol=TOLERANCE, rtol=0)
    for ours, theirs in [(got.harrell, want["harrell"]), (got.uno, want["uno_tau5"])]:
        assert ours.c == pytest.approx(theirs["C"], abs=TOLERANCE)
        assert ours.se == pytest.approx(theirs["se"], abs=TOLERANCE)
    assert got.slope.estimate == pytest.approx(want["calibration_slope"], abs=TOLERANCE)
    assert got.slope.se == pytest.approx(want["calibration_slope_se"], abs=TOLERANCE)


def test_risk_halves_match_r(cohorts, expected):
    frame, want = cohorts[0], expected("cox_ladder")["risk_m2"]
    fit = cox_fit(frame[LADDER["m2"]], frame["time"], frame["event"])
    score = fit.linear_predictor(centred=False)
    np.testing.assert_allclose(score, want["risk_uncentered"], atol=1e-7, rtol=0)
    np.testing.assert_allclose(fit.linear_predictor(), want["risk_centered_predict"], atol=1e-7, rtol=0)
    split = risk_split(score, frame["time"], frame["event"])
    assert split.cut == pytest.approx(want["median"], abs=1e-7)
    assert split.test.statistic == pytest.approx(want["logrank"]["chisq"], abs=1e-7)
    half = median_split(score)
    assert (half == "high").astype(int).tolist() == want["high"]
    for level in ("low", "high"):
        part, goal = frame[half == level], want[f"logrank_pheno_in_{level}"]
        got = logrank(part["time"], part["event"], part["latent"])
        assert got.statistic == pytest.approx(goal["chisq"], abs=1e-7)
        np.testing.assert_allclose(got.expected, goal["exp"], atol=1e-7, rtol=0)


def test_optimism_is_near_that_of_rms(cohorts, expected):
    # Both are Monte Carlo: 60 samples here, 500 in R. The apparent value is exact.
    frame, want = cohorts[0], expected("time_auc_brier")["rms_validate_m4_B500"]
    dxy, slope = want["table"][want["rows"].index("Dxy")], want["table"][want["rows"].index("Slope")]
    outcome = clean_outcome(frame["time"], frame["event"])
    x = design_matrix(frame, LADDER["m4"]).x
    got = optimism_bootstrap(x, outcome, replicates=60, rng=np.random.default_rng(3))
    assert 2 * got.apparent_c - 1 == pytest.approx(dxy[0], abs=1e-9)
    assert 2 * got.optimism_c == pytest.approx(dxy[3], abs=0.05)
    assert got.corrected_slope == pytest.approx(slope[4], abs=0.1)
