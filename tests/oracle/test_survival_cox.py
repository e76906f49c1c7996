"""Cox models, ladder, Firth and external validation against R survival 3.5-3 and coxphf 1.13.4."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.cox import cox_fit
from kinephen.survival.design import design_matrix
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.residuals import deviance_residuals, martingale_residuals

TOLERANCE = 1e-7
FITS = {
    "lung_age_sex_ecog": ("lung", "time", "event", ["age", "sex", "ph.ecog"]),
    "gbsg": ("gbsg", "rfstime", "status", ["age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon"]),
    "ovarian": ("ovarian", "futime", "fustat", ["age", "rx", "resid.ds", "ecog.ps"]),
}
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
def load(reference):
    def read(name):
        frame = pd.read_csv(reference(f"oracles/inputs/{name}.csv"))
        if name == "lung":
            frame["event"] = (frame["status"] == 2).astype(int)
            frame = frame.dropna(subset=["age", "sex", "ph.ecog"]).reset_index(drop=True)
        if "rors" in frame:
            frame["rors"] = pd.Categorical(frame["rors"], categories=["low", "intermediate", "high"])
        return frame

    return read


@pytest.fixture(scope="module")
def expected(reference):
    return lambda name: json.loads(reference(f"oracles/expected/{name}.json").read_text())


def values(mapping):
    items = mapping.values() if isinstance(mapping, dict) else mapping
    return np.array([np.nan if v is None else v for v in items], dtype=float)


def near(got, want, tolerance=TOLERANCE):
    np.testing.assert_allclose(got, want, atol=tolerance, rtol=0)


def check_fit(fit, want):
    near(fit.coef, values(want["coef"]))
    near(fit.se, values(want["se"]))
    near(fit.z, values(want["z"]))
    near(fit.p, values(want["p"]))
    near(fit.hr, values(want["hr"]))
    near(fit.hr_lower, values(want["hr_lower95"]))
    near(fit.hr_upper, values(want["hr_upper95"]))
    near(fit.vcov, want["vcov"])
    near(fit.means, values(want["means"]))
    for ours, theirs in [
        ("loglik", "loglik"),
        ("loglik_null", "loglik_null"),
        ("aic", "aic"),
        ("bic", "bic"),
    ]:
        near(getattr(fit, ours), want[theirs])
    for test in ("lrt", "wald", "score"):
        near(getattr(fit, test).statistic, want[test]["stat"])
        near(getattr(fit, test).p, want[test]["p"])
        assert getattr(fit, test).df == want[test]["df"]
    assert (fit.n, fit.events) == (want["n"], want["nevent"])


def check_details(fit, want):
    for transform, table in want["zph"].items():
        got = proportional_hazards_test(fit, transform=transform)
        statistics = [t.statistic for t in got.tests] + [got.overall.statistic]
        terms = values(table["chisq"])
        near(statistics, terms)
        near([t.p for t in got.tests] + [got.overall.p], values(table["p"]))
    near(fit.linear_predictor(), want["linear_predictor_centered"])
    near(martingale_residuals(fit), want["martingale"])
    near(deviance_residuals(fit), want["deviance"])
    near(fit.baseline[0].at(want["basehaz_uncentered"]["time"]), want["basehaz_uncentered"]["cumhaz"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("name", FITS)
def test_fit_matches_r(load, expected, name, ties):
    table, time, event, columns = FITS[name]
    frame, want = load(table), expected("coxph")[f"{name}.{ties}"]
    fit = cox_fit(frame[columns], frame[time], frame[event], ties=ties)
    check_fit(fit, want)
    if ties == "efron":
        check_details(fit, want)


def test_strata_and_robust_errors_match_r(load, expected):
    frame, want = load("lung"), expected("coxph")
    fit = cox_fit(frame[["age", "ph.ecog"]], frame["time"], frame["event"], strata=frame["sex"])
    check_fit(fit, want["lung_strata_sex.efron"])
    fit = cox_fit(frame[["age", "sex", "ph.ecog"]], frame["time"], frame["event"])
    near(fit.robust_se, want["lung_robust.efron"]["se_robust"])


@pytest.mark.parametrize("name", LADDER)
def test_ladder_models_match_r(load, expected, name):
    frame, want = load("disc_clin"), expected("cox_ladder")["models"][name]
    fit = cox_fit(frame[LADDER[name]], frame["time"], frame["event"])
    check_fit(fit, want)
    check_details(fit, want)


@pytest.mark.parametrize("name", LADDER)
def test_linear_predictors_match_r(load, reference, name):
    frame = load("disc_clin")
    want = pd.read_csv(reference("oracles/expected/ladder_linear_predictors.csv"))
    fit = cox_fit(frame[LADDER[name]], frame["time"], frame["event"])
    near(fit.linear_predictor(), want[name], 1e-9)


def test_predicted_survival_matches_r(load, expected):
    # riskRegression's predictions come from fits at R's default control, eps = 1e-9.
    frame, want = load("disc_clin"), expected("time_auc_brier")["predicted_survival_first10"]
    for name in ("m2", "m4", "m5"):
        fit = cox_fit(frame[LADDER[name]], frame["time"], frame["event"])
        x = design_matrix(frame, LADDER[name]).x[:10]
        near(fit.survival(x, [2, 3, 4, 5]), want[name], 1e-9)


@pytest.mark.parametrize(
    ("name", "time", "event", "columns"),
    [
        ("disc_rare", "time", "event", ["age", "her2", "ftv2", "rare"]),
        ("ovarian", "futime", "fustat", ["age", "rx", "resid.ds", "ecog.ps"]),
    ],
)
def test_firth_matches_coxphf(load, expected, name, time, event, columns):
    frame = load("ovarian" if name == "ovarian" else "disc_clin")
    if name == "disc_rare":
        frame = frame.merge(load("disc_rare_separated"), on="id")
    want = expected("firth_cox")[name]
    fit = cox_fit(frame[columns], frame[time], frame[event], firth="auto" if name == "disc_rare" else True)
    assert fit.method == "firth"
    near(fit.coef, values(want["coef"]), 1e-8)
    near(fit.se, want["se"], 1e-8)
    near(fit.loglik - fit.loglik_null, want["loglik"][1] - want["loglik"][0], 1e-8)
    near(fit.hr_lower, want["ci_lower_hr"], 1e-8)
    near(fit.hr_upper, want["ci_upper_hr"], 1e-8)
    known = [p is not None for p in want["p"]]
    near(fit.p[known], values(want["p"])[known], 1e-8)
