"""Performance at the horizon, and other end points, worked out again with plain code."""

from __future__ import annotations

import numpy as np
import pytest
from tests.patients_sample import patients_frame, survival_by_hand
from tests.survival_sample import survival

FRAME = patients_frame()
TIME, EVENT = FRAME["time"].to_numpy(), FRAME["event"].to_numpy()


@pytest.fixture(scope="module")
def record():
    return survival().additions.performance


def test_the_horizon_counts_who_had_the_event_who_is_followed_and_who_left(record):
    horizon = record.horizon
    assert (horizon.value, horizon.wanted, horizon.years) == (3.0, 3.0, 3.0)
    counts = (((TIME <= 3) & (EVENT == 1)).sum(), (TIME > 3).sum(), ((TIME <= 3) & (EVENT == 0)).sum())
    assert (horizon.cases, horizon.beyond, horizon.unknown) == counts
    assert sum(counts) == record.n == 90


def test_sizes_follow_from_the_likelihood_ratio(record):
    ladder = survival().ladder
    assert list(record.models) == list(ladder.models)
    for name, model in record.models.items():
        fitted, size = ladder.models[name], model.size
        p = len(fitted.coefficients)
        assert size.coefficients == p
        assert size.events_per_coefficient == pytest.approx(EVENT.sum() / p)
        assert size.shrinkage == pytest.approx(1 - p / fitted.lrt.statistic)
        assert size.r_squared == pytest.approx(1 - np.exp(-fitted.lrt.statistic / 90))
        if size.needed_n is not None:
            assert size.needed_events == pytest.approx(size.needed_n * EVENT.sum() / 90)
        boot = model.optimism
        assert boot.apparent_c == pytest.approx(fitted.apparent.c)
        assert boot.corrected_c == pytest.approx(boot.apparent_c - boot.optimism_c)
        assert boot.replicates + boot.failed == record.bootstraps == 20


def test_scores_are_measured_against_the_risk_of_everyone(record):
    risk = 1 - survival_by_hand(TIME, EVENT, 3.0)
    for model in record.models.values():
        scores = model.scores
        assert (scores.cases, scores.beyond) == (record.horizon.cases, record.horizon.beyond)
        # Averages over replicates of 1 - Brier / that of everyone's risk.
        assert scores.ipa == pytest.approx(1 - scores.brier / scores.null_brier, abs=1e-6)
        assert scores.null_brier == pytest.approx(risk * (1 - risk), rel=0.05)
        groups = model.calibration.groups
        assert sum(g.n for g in groups) == 90
        assert sum(g.events for g in groups) == record.horizon.cases
        predicted = [g.predicted for g in groups]
        assert predicted == sorted(predicted)
        for g in groups:
            assert g.lower <= g.observed <= g.upper
        mean = sum(g.n * g.predicted for g in groups) / 90
        assert scores.ratio.value == pytest.approx(risk / mean, rel=0.03)
    assert record.models["m4"].scores.auc.value > record.models["m1"].scores.auc.value


def test_gains_take_the_smaller_from_the_larger(record):
    for gain in record.gains:
        small, large = record.models[gain.smaller].scores, record.models[gain.larger].scores
        assert gain.gain.value == pytest.approx(large.auc.value - small.auc.value)
    assert record.gain("m2", "m4").gain.value > 0
    assert record.gain("m4", "m2") is None


def test_treating_all_is_worth_the_risk_less_the_odds_of_the_threshold(record):
    risk = 1 - survival_by_hand(TIME, EVENT, 3.0)
    curves = {c.model: c for c in record.decision}
    assert set(curves["treat none"].benefit) == {0.0}
    for threshold, benefit in zip(curves["treat all"].threshold, curves["treat all"].benefit, strict=True):
        assert benefit == pytest.approx(risk - (1 - risk) * threshold / (1 - threshold))


def test_auc_is_asked_each_half_year_with_enough_on_both_sides(record):
    for curve in record.auc_over_time:
        for t in curve.time:
            assert t % 0.5 == 0
            assert ((t >= TIME) & (EVENT == 1)).sum() >= 5
            assert (t < TIME).sum() >= 5
        assert len(curve.auc) == len(curve.time) > 3


def test_the_response_is_modelled_with_responders_as_events():
    record = survival().additions.response.ladder
    pcr = FRAME["pcr"].to_numpy()
    assert (record.n, record.events) == (90, pcr.sum())
    for model in record.models.values():
        values = {c: FRAME[c].to_numpy() for c in model.columns if c != "phenotype"}
        values["phenotype"] = (FRAME["phenotype"] == "2").to_numpy() * 1.0
        x = np.column_stack([np.ones(90), *(values[c] for c in model.columns)])
        fitted = 1 / (1 + np.exp(-x @ np.array(model.fit.coef)))
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        spread = np.sqrt(np.diag(np.linalg.inv(information)))
        np.testing.assert_allclose((x.T @ (pcr - fitted)) * spread, 0, atol=1e-4)
        np.testing.assert_allclose(model.fit.odds_ratio, np.exp(model.fit.coef))
        pairs = fitted[pcr == 1][:, None] - fitted[pcr == 0][None, :]
        assert model.apparent.auc == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
        assert model.responders_per_coefficient == pytest.approx(
            min(pcr.sum(), 90 - pcr.sum()) / len(model.columns)
        ) or model.responders_per_coefficient == pytest.approx(pcr.sum() / len(model.columns))
    row = record.models["m4"].fit
    assert row.odds_ratio[row.names.index("phenotype=2")] < 1


def test_deaths_are_counted_where_death_is_the_event():
    record = survival().additions.death
    assert record.ladder.events == FRAME["os_event"].sum() != EVENT.sum()
    assert (record.ladder.n, record.unknown) == (90, 0)
    assert set(record.ladder.models) == set(survival().ladder.models)
