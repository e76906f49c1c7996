"""Kaplan-Meier and log-rank against R survival 3.5-3 (kaplan_meier.json, logrank.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.kaplan_meier import kaplan_meier_by_group
from kinephen.survival.logrank import logrank
from kinephen.survival.restricted_mean import restricted_mean

TOLERANCE = 1e-10
RORS = ["low", "intermediate", "high"]
BANDS = ["plain", "log", "log-log", "logit", "arcsin"]


def floats(values):
    return np.array([np.nan if v is None else v for v in np.ravel(values).tolist()], dtype=float)


def close(got, want, what):
    """Compare where R is finite: it has NaN limits where the curve is still 1 (0/0), ours are 1."""
    finite = np.isfinite(want)
    np.testing.assert_allclose(got[finite], want[finite], atol=TOLERANCE, rtol=0, err_msg=what)


@pytest.fixture(scope="module")
def lung(reference):
    frame = pd.read_csv(reference("oracles/inputs/lung.csv"))
    return frame.assign(event=(frame["status"] == 2).astype(int), one=0)


@pytest.fixture(scope="module")
def discovery(reference):
    frame = pd.read_csv(reference("oracles/inputs/disc_clin.csv"))
    frame["rors"] = pd.Categorical(frame["rors"], categories=RORS)
    frame["ftvhi"] = (frame["ftv2"] > frame["ftv2"].median()).astype(int)
    return frame.assign(tn=((frame["hr"] == 0) & (frame["her2"] == 0)).astype(int))


@pytest.fixture(scope="module")
def expected_curves(reference):
    return json.loads(reference("oracles/expected/kaplan_meier.json").read_text())


@pytest.fixture(scope="module")
def expected_tests(reference):
    return json.loads(reference("oracles/expected/logrank.json").read_text())


CURVES = [
    ("lung_sex", "lung", "sex", [0, 180, 365, 730]),
    ("lung_all", "lung", "one", [0, 180, 365, 730]),
    ("disc_pheno", "discovery", "latent", [0, 1, 2, 3, 4, 5]),
    ("disc_rors", "discovery", "rors", [0, 1, 2, 3, 4, 5]),
]


@pytest.mark.parametrize(("name", "table", "group", "times"), CURVES)
@pytest.mark.parametrize("band", BANDS)
def test_curve_and_limits_match_r(request, expected_curves, name, table, group, times, band):
    frame, want = request.getfixturevalue(table), expected_curves[name][band]
    curves = kaplan_meier_by_group(frame["time"], frame["event"], frame[group], band=band)
    for ours, theirs in [
        ("time", "time"),
        ("at_risk", "n_risk"),
        ("n_events", "n_event"),
        ("n_censored", "n_censor"),
        ("survival", "surv"),
        ("se_log", "std_err_log"),
        ("lower", "lower"),
        ("upper", "upper"),
    ]:
        got = np.concatenate([getattr(c, ours) for c in curves]).astype(float)
        close(got, floats(want[theirs]), ours)
    for part in ("estimate", "lower", "upper"):
        key = "median" if part == "estimate" else f"median_{part}"
        got = [getattr(c.median, part) for c in curves]
        np.testing.assert_allclose(got, floats(want[key]), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(("name", "table", "group", "times"), CURVES)
@pytest.mark.parametrize("band", BANDS)
def test_values_at_given_times_match_r(request, expected_curves, name, table, group, times, band):
    frame, want = request.getfixturevalue(table), expected_curves[name][band]["at_times"]
    curves = kaplan_meier_by_group(frame["time"], frame["event"], frame[group], band=band)
    tables = [c.at(times) for c in curves]
    names = {"at_risk": "n_risk", "survival": "surv", "se": "se", "lower": "lower", "upper": "upper"}
    for ours, theirs in names.items():
        got = np.concatenate([t[ours] for t in tables]).astype(float)
        close(got, floats(want[theirs]), ours)


@pytest.mark.parametrize(("name", "table", "group", "times"), CURVES)
def test_restricted_mean_and_nelson_aalen_match_r(request, expected_curves, name, table, group, times):
    frame, want = request.getfixturevalue(table), expected_curves[name]
    curves = kaplan_meier_by_group(frame["time"], frame["event"], frame[group])
    rows = want["rmst"]["table"] if isinstance(want["rmst"]["table"], list) else [want["rmst"]["table"]]
    means = [restricted_mean(c, want["rmst"]["tau"]) for c in curves]
    np.testing.assert_allclose(
        [m.estimate for m in means], [r["rmean"] for r in rows], atol=TOLERANCE, rtol=0
    )
    np.testing.assert_allclose([m.se for m in means], [r["se(rmean)"] for r in rows], atol=TOLERANCE, rtol=0)
    hazard = np.concatenate([c.cumulative_hazard for c in curves])
    np.testing.assert_allclose(hazard, want["nelson_aalen"]["cumhaz"], atol=TOLERANCE, rtol=0)
    se = np.concatenate([c.hazard_se for c in curves])
    np.testing.assert_allclose(se, want["nelson_aalen"]["se"], atol=TOLERANCE, rtol=0)


def check_test(got, want):
    np.testing.assert_allclose(got.observed, want["obs"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(got.expected, want["exp"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(got.variance, want["var"], atol=TOLERANCE, rtol=0)
    assert got.statistic == pytest.approx(want["chisq"], abs=TOLERANCE)
    assert got.df == want["df"]
    assert got.p == pytest.approx(want["p"], abs=TOLERANCE)


@pytest.mark.parametrize("rho", [0, 0.5, 1])
@pytest.mark.parametrize(
    ("name", "table", "group"),
    [("lung_sex", "lung", "sex"), ("disc_pheno", "discovery", "latent"), ("disc_rors", "discovery", "rors")],
)
def test_logrank_family_matches_r(request, expected_tests, name, table, group, rho):
    frame = request.getfixturevalue(table)
    got = logrank(frame["time"], frame["event"], frame[group], rho=rho)
    check_test(got, expected_tests[f"{name}_rho{rho:g}"])


def test_stratified_logrank_matches_r(expected_tests, lung, discovery):
    known = lung.dropna(subset=["ph.ecog"])
    got = logrank(known["time"], known["event"], known["sex"], strata=known["ph.ecog"])
    check_test(got, expected_tests["lung_sex_strata_ecog"])
    got = logrank(discovery["time"], discovery["event"], discovery["latent"], strata=discovery["her2"])
    check_test(got, expected_tests["disc_pheno_strata_her2"])


@pytest.mark.parametrize("column", ["hr", "her2", "tn", "ftvhi"])
@pytest.mark.parametrize("level", [0, 1])
def test_logrank_inside_the_articles_subgroups_matches_r(expected_tests, discovery, column, level):
    part = discovery[discovery[column] == level]
    got = logrank(part["time"], part["event"], part["latent"])
    check_test(got, expected_tests[f"disc_pheno_in_{column}_{level}"])
