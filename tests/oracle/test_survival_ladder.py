"""Repeated cross-validation with given folds, and nested tests, against R (cv_*.json, cox_ladder.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.validation import cox_ladder

TOLERANCE = 1e-9
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


@pytest.fixture(scope="module", params=["plain", "strat"])
def pair(request, reference):
    frame = pd.read_csv(reference("oracles/inputs/disc_clin.csv")).set_index("id")
    frame["rors"] = pd.Categorical(frame["rors"], categories=["low", "intermediate", "high"])
    folds = pd.read_csv(reference(f"oracles/inputs/cv_folds_{request.param}.csv")).iloc[:, 1:].to_numpy()
    got = cox_ladder(LADDER, frame, "time", "event", plan=CrossValidation(given=folds))
    want = json.loads(reference(f"oracles/expected/cv_{request.param}.json").read_text())
    return got, want


@pytest.fixture(scope="module")
def nested(reference):
    return json.loads(reference("oracles/expected/cox_ladder.json").read_text())


def near(got, want):
    np.testing.assert_allclose(got, want, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("name", LADDER)
def test_every_fold_matches_r(pair, name):
    got, want = pair[0].model(name).cross_validated, pair[1][name]
    near(got.per_fold, np.array(want["per_fold"], dtype=float))
    near(got.fold_mean.values, want["per_replicate_fold_mean"])
    near(got.pooled_lp.values, want["per_replicate_pooled_lp"])
    near(got.pooled_pairs.values, want["per_replicate_pooled_pairs"])
    near(got.predictor[0], want["oof_lp_rep1"])
    assert got.undefined_folds == want["n_undefined_folds"]
    assert (got.separated_fits, got.failed_fits) == (0, 0)


@pytest.mark.parametrize("name", LADDER)
@pytest.mark.parametrize("estimator", ["fold_mean", "pooled_lp", "pooled_pairs"])
def test_spread_over_replicates_matches_r(pair, name, estimator):
    got, want = getattr(pair[0].model(name).cross_validated, estimator), pair[1][name][estimator]
    near([got.mean, got.sd], [want["mean"], want["sd"]])
    near([got.t_lower, got.t_upper], want["ci_t"])
    near([got.percentile_lower, got.percentile_upper], want["percentile"])


def test_nested_tests_match_r_and_name_their_comparator(pair, nested):
    got = {(c.smaller, c.larger): c.test for c in pair[0].comparisons}
    for want in nested["nested"]:
        test = got[want["small"], want["big"]]
        assert test.against == want["small"]
        assert test.df == want["df"]
        assert test.statistic == pytest.approx(want["chisq"], abs=1e-7)
        assert test.p == pytest.approx(want["p"], abs=1e-7)


def test_sequential_tests_of_the_largest_model_match_r(reference, nested):
    from kinephen.survival.cox import cox_fit

    frame = pd.read_csv(reference("oracles/inputs/disc_clin.csv"))
    frame["rors"] = pd.Categorical(frame["rors"], categories=["low", "intermediate", "high"])
    want = nested["anova_sequential_m5"]
    terms = LADDER["m5"]
    logliks = [
        cox_fit(frame[terms[: k + 1]], frame["time"], frame["event"]).loglik for k in range(len(terms))
    ]
    np.testing.assert_allclose(logliks, want["loglik"][1:], atol=1e-7, rtol=0)
