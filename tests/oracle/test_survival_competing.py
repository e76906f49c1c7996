"""Cumulative incidence, Gray's test and the Fine-Gray model against cmprsk 2.2-11 (competing_risks.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.gray import gray_test

TOLERANCE = 1e-7


@pytest.fixture(scope="module")
def expected(reference):
    return json.loads(reference("oracles/expected/competing_risks.json").read_text())


@pytest.fixture(scope="module")
def mgus(reference):
    frame = pd.read_csv(reference("oracles/inputs/mgus2.csv"))
    progressed = frame["pstat"] == 1
    frame["time"] = np.where(progressed, frame["ptime"], frame["futime"])
    return frame.assign(status=np.where(progressed, 1, 2 * frame["death"]))


def test_cumulative_incidence_and_its_variance_match_cmprsk(expected, mgus):
    for row, label in enumerate(expected["groups"]):
        sex, cause = label.split()
        part = mgus[mgus["sex"] == sex]
        got = cumulative_incidence(part["time"], part["status"], cause=int(cause)).at(expected["times"])
        np.testing.assert_allclose(got["estimate"], expected["est"][row], atol=TOLERANCE, rtol=0)
        np.testing.assert_allclose(got["variance"], expected["var"][row], rtol=1e-9)


@pytest.mark.parametrize("cause", [1, 2])
def test_gray_matches_cmprsk(expected, mgus, cause):
    got = gray_test(mgus["time"], mgus["status"], mgus["sex"], cause=cause)
    assert got.statistic == pytest.approx(expected["gray"]["stat"][cause - 1], abs=TOLERANCE)
    assert got.p == pytest.approx(expected["gray"]["p"][cause - 1], abs=TOLERANCE)
    assert got.df == expected["gray"]["df"][cause - 1]


def test_fine_gray_matches_cmprsk(expected, mgus):
    got, want = fine_gray(mgus[["age", "sex"]], mgus["time"], mgus["status"]), expected["fine_gray"]
    np.testing.assert_allclose(got.coef, want["coef"], atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(got.se, want["se"], atol=TOLERANCE, rtol=0)
    assert got.loglik == pytest.approx(want["loglik"], abs=TOLERANCE)
    assert got.names == ("age", "sex=M")
