"""Calibration, decision curves, predictive values, logistic models, frozen models: by hand and by law."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import optimize
from scipy import stats as reference

from kinephen.survival.calibration import (
    calibration_at_horizon,
    calibration_groups,
    calibration_in_the_large,
    calibration_slope,
    smooth_calibration,
)
from kinephen.survival.concordance import concordance, stable_tau
from kinephen.survival.cox import cox_fit
from kinephen.survival.decision import decision_curve
from kinephen.survival.external import external_validation
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.horizon import horizon_accuracy
from kinephen.survival.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from kinephen.survival.landmark import landmark
from kinephen.survival.logistic import logistic_fit
from kinephen.survival.logrank import logrank, pairwise_logrank
from kinephen.survival.optimism import optimism_bootstrap
from kinephen.survival.outcome import clean_outcome, merge_near_ties
from kinephen.survival.proportional_hazards import proportional_hazards_test, smoothed_coefficient
from kinephen.survival.restricted_mean import restricted_mean, restricted_mean_difference
from kinephen.survival.risk import median_split, quantile_groups, risk_split
from kinephen.survival.roc import roc_area, roc_difference
from kinephen.survival.sample_size import expected_shrinkage, sample_size
from kinephen.survival.spline import restricted_cubic_spline, spline_knots

HORIZON = 4.0


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(8)
    n = 240
    x = rng.normal(size=(n, 2))
    hazard = 0.12 * np.exp(x @ [0.8, -0.4])
    time, censor = rng.exponential(1 / hazard), rng.uniform(1, 12, n)
    return x, np.minimum(time, censor), (time <= censor).astype(int)


@pytest.fixture(scope="module")
def fit(cohort):
    x, time, event = cohort
    return cox_fit(x, time, event)


def test_the_fitted_patients_have_slope_one_and_as_many_events_as_expected(cohort, fit):
    x, time, event = cohort
    assert calibration_slope(fit.linear_predictor(), time, event).estimate == pytest.approx(1, abs=1e-6)
    model = FrozenCox.of(fit)
    large = calibration_in_the_large(model.expected(x, time), event)
    assert large.estimate == pytest.approx(1, abs=1e-9)
    assert large.se == pytest.approx(1 / math.sqrt(event.sum()))
    assert calibration_at_horizon(model.risk(x, HORIZON), time, event, HORIZON).estimate == pytest.approx(
        1, abs=0.05
    )


def test_calibration_groups_count_everybody_and_hold_enough_events(cohort, fit):
    x, time, event = cohort
    risk = 1 - fit.survival(x, [HORIZON])[:, 0]
    table = calibration_groups(risk, time, event, HORIZON)
    assert table["n"].sum() == time.size
    assert table["events"].sum() == ((time <= HORIZON) & (event == 1)).sum()
    assert table["events"].mean() >= 10
    assert (table["predicted"].diff().dropna() > 0).all()
    assert ((table["lower"] <= table["observed"]) & (table["observed"] <= table["upper"])).all()
    few = calibration_groups(risk[:40], time[:40], event[:40], HORIZON)
    assert len(few) == max(1, ((time[:40] <= HORIZON) & (event[:40] == 1)).sum() // 10)


def test_a_good_model_has_a_small_calibration_error_and_a_wrong_one_a_large(cohort, fit):
    x, time, event = cohort
    risk = 1 - fit.survival(x, [HORIZON])[:, 0]
    good = smooth_calibration(risk, time, event, HORIZON)
    bad = smooth_calibration(risk**3, time, event, HORIZON)
    assert good.ici < 0.04 < bad.ici
    assert good.e50 <= good.e90
    assert (np.diff(good.predicted) >= 0).all()


def test_a_spline_is_straight_outside_its_knots_and_smooth_at_them():
    values = np.linspace(-5, 5, 2001)
    knots = spline_knots(np.random.default_rng(0).normal(size=500), 4)
    basis = restricted_cubic_spline(values, knots)
    assert basis.shape == (2001, 3)
    for column in basis.T:
        outside = (values[1:-1] < knots[0] - 0.01) | (values[1:-1] > knots[-1] + 0.01)
        np.testing.assert_allclose(np.diff(column, 2)[outside], 0, atol=1e-9)
        assert np.abs(np.diff(column, 3)).max() < 1e-5


def test_decision_curve_by_hand():
    risk = np.array([0.9, 0.8, 0.3, 0.1])
    table = decision_curve({"m": risk}, [1, 2, 3, 6], [1, 1, 1, 0], 5, thresholds=[0.25])
    by_model = table.set_index("model")
    # Three positives, all with the event: 3/4 true positives, nobody treated for nothing.
    assert by_model.loc["m", "net_benefit"] == pytest.approx(0.75)
    assert by_model.loc["treat all", "net_benefit"] == pytest.approx(0.75 - 0.25 / 3)
    assert by_model.loc["treat none", "net_benefit"] == 0


def test_treating_all_at_a_vanishing_threshold_is_worth_the_event_probability(cohort, fit):
    x, time, event = cohort
    risk = 1 - fit.survival(x, [HORIZON])[:, 0]
    table = decision_curve({"m": risk}, time, event, HORIZON, thresholds=[1e-9]).set_index("model")
    observed = 1 - kaplan_meier(time, event).at(HORIZON)["survival"][0]
    assert table.loc["treat all", "net_benefit"] == pytest.approx(observed, abs=1e-8)
    assert table.loc["m", "net_benefit"] == pytest.approx(observed, abs=1e-8)


def test_decision_curve_says_why_it_is_undefined():
    table = decision_curve({"m": [0.9, 0.9, 0.1, 0.1]}, [1, 2, 8, 9], [1, 0, 0, 0], 5, thresholds=[0.5])
    row = table.set_index("model").loc["m"]
    assert math.isnan(row["net_benefit"])
    assert "followed to the horizon" in row["reason"]


def test_predictive_values_without_censoring_are_counts():
    got = horizon_accuracy([1, 1, 0, 0, 0], [1, 6, 2, 7, 8], [1, 0, 1, 0, 0], 5)
    assert (got.ppv.estimate, got.npv.estimate) == (pytest.approx(1 / 2), pytest.approx(2 / 3))
    assert (got.sensitivity.estimate, got.specificity.estimate) == (
        pytest.approx(1 / 2),
        pytest.approx(2 / 3),
    )
    assert (got.cases, got.controls, got.unknown) == (2, 3, 0)


def test_early_censored_patients_do_not_count_as_event_free(cohort):
    x, time, event = cohort
    marker = (x[:, 0] > 0).astype(int)
    got = horizon_accuracy(marker, time, event, HORIZON)
    naive = 1 - event[marker == 0].mean()
    honest = kaplan_meier(time[marker == 0], event[marker == 0]).at(HORIZON)["survival"][0]
    assert got.npv.estimate == pytest.approx(honest, abs=0.03)
    assert abs(got.npv.estimate - honest) < abs(naive - honest)
    assert got.unknown == ((time <= HORIZON) & (event == 0)).sum()


def test_predictive_value_of_an_empty_side_is_undefined():
    got = horizon_accuracy(np.zeros(5), [1, 6, 2, 7, 8], [1, 0, 1, 0, 0], 5)
    assert math.isnan(got.ppv.estimate)
    assert got.npv.estimate == pytest.approx(3 / 5)


def test_logistic_model_climbs_to_the_maximum_found_by_another_optimiser():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 2))
    y = (rng.random(80) < 1 / (1 + np.exp(-(0.3 + x @ [1.0, -0.7])))).astype(float)

    def loss(b):
        eta = b[0] + x @ b[1:]
        return np.logaddexp(0, eta).sum() - y @ eta

    want = optimize.minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    got = logistic_fit(x, y)
    np.testing.assert_allclose(got.coef, want.x, atol=1e-5)
    full = np.column_stack([np.ones(80), x])
    curvature = optimize.approx_fprime(got.coef, lambda b: full.T @ (1 / (1 + np.exp(-full @ b)) - y), 1e-6)
    np.testing.assert_allclose(got.se, np.sqrt(np.diag(np.linalg.inv(curvature))), rtol=1e-4)
    assert got.loglik == pytest.approx(-want.fun)
    assert got.loglik_null == pytest.approx(
        80 * (y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean()))
    )
    assert got.lrt.against == "the intercept alone"
    np.testing.assert_allclose(got.predict(x), got.fitted)


def test_logistic_separation_falls_back_to_firth():
    x = np.array([0.0] * 6 + [1.0] * 6)
    y = x.copy()
    got = logistic_fit(x, y, names=["marker"])
    # For a 2 x 2 table Firth's estimate adds one half to every cell: log(6.5 * 6.5 / 0.5 / 0.5).
    assert got.method == "firth"
    assert got.coef[1] == pytest.approx(math.log(6.5**2 / 0.5**2), abs=1e-8)
    assert "marker is infinite" in got.issues[0].message
    assert got.lower[1] > 1
    assert "infinite" in str(got)


def test_roc_area_counts_pairs_and_pairs_with_itself():
    rng = np.random.default_rng(4)
    y = np.repeat([0, 1], [30, 20])
    score, other = rng.normal(size=50) + y, rng.normal(size=50) + 0.3 * y
    area = roc_area(score, y)
    want = reference.mannwhitneyu(score[y == 1], score[y == 0]).statistic / 600
    assert area.auc == pytest.approx(want)
    assert roc_area(-score, y).auc == pytest.approx(1 - area.auc)
    assert math.isnan(roc_difference(area, area).z)
    gap = roc_difference(roc_area(other, y), area)
    assert gap.interval.estimate == pytest.approx(area.auc - roc_area(other, y).auc)
    assert 0 < gap.p < 1


def test_a_frozen_model_predicts_and_is_validated_as_the_fit(cohort, fit):
    x, time, event = cohort
    model = FrozenCox.of(fit)
    np.testing.assert_allclose(model.risk(x, 3.0), 1 - fit.survival(x, [3.0])[:, 0], atol=1e-12)
    result = external_validation(model, x, time, event, horizons=(2.0, HORIZON))
    assert result.harrell.c == pytest.approx(concordance(fit.linear_predictor(), time, event).c)
    assert set(result.brier) == {2.0, HORIZON}
    assert "calibration slope" in str(result)
    json.dumps(result.to_dict())


def test_predicted_survival_at_no_effect_has_the_error_of_a_curve(cohort):
    _, time, event = cohort
    flat = cox_fit(np.zeros_like(time) + (np.arange(time.size) == 0), time, event, ridge=1e12)
    got = FrozenCox.of(flat).survival([[0.0]], [HORIZON])
    curve = kaplan_meier(time, event).at(HORIZON)
    assert got.survival[0, 0] == pytest.approx(curve["survival"][0], abs=0.01)
    assert got.se[0, 0] == pytest.approx(curve["se"][0], rel=0.03)
    assert got.lower[0, 0] < got.survival[0, 0] < got.upper[0, 0]


def test_standard_error_of_predicted_survival_is_that_of_the_bootstrap(cohort, fit):
    x, time, event = cohort
    rng, patient, drawn = np.random.default_rng(6), np.array([[1.0, -1.0]]), []
    for _ in range(150):
        rows = rng.integers(0, time.size, time.size)
        drawn.append(cox_fit(x[rows], time[rows], event[rows]).survival(patient, [HORIZON])[0, 0])
    got = FrozenCox.of(fit).survival(patient, [HORIZON])
    assert got.survival[0, 0] == pytest.approx(fit.survival(patient, [HORIZON])[0, 0])
    assert got.se[0, 0] == pytest.approx(np.std(drawn), rel=0.2)


def test_restricted_mean_difference_is_the_area_between_curves(cohort):
    x, time, event = cohort
    low, high = kaplan_meier_by_group(time, event, x[:, 0] > 0)
    gap = restricted_mean_difference(low, high, HORIZON)
    assert gap.estimate == pytest.approx(
        restricted_mean(high, HORIZON).estimate - restricted_mean(low, HORIZON).estimate
    )
    assert gap.upper < 0


def test_risk_halves(cohort, fit):
    _, time, event = cohort
    score = fit.linear_predictor()
    split = risk_split(score, time, event)
    assert list(median_split([1.0, 2.0, 2.0, 3.0])) == ["low", "low", "low", "high"]
    assert split.hazard_ratio.estimate > 1
    assert split.test.p < 0.001
    assert [c.label for c in split.curves] == ["low", "high"]
    assert "less than or equal" in str(split)
    assert quantile_groups(np.arange(9.0), 3).value_counts().tolist() == [3, 3, 3]
    assert median_split(score, cut=0.3).value_counts()["high"] == (score > 0.3).sum()


def test_pairs_of_groups_use_the_given_adjustment(cohort):
    x, time, event = cohort
    group = np.digitize(x[:, 0], [-0.5, 0.5])
    table = pairwise_logrank(time, event, group, adjust=lambda p: np.minimum(3 * p, 1))
    assert table[["a", "b"]].to_numpy().tolist() == [["0", "1"], ["0", "2"], ["1", "2"]]
    np.testing.assert_allclose(table["p_adjusted"], np.minimum(3 * table["p"], 1))
    alone = logrank(time[group != 1], event[group != 1], group[group != 1])
    assert table.loc[1, "p"] == pytest.approx(alone.p)
    assert pairwise_logrank(time, event, group)["p_adjusted"].isna().all()


def test_permutation_p_is_near_the_asymptotic_one_and_repeats(cohort):
    x, time, event = cohort
    group = x[:60, 1] > 0
    tests = [
        logrank(time[:60], event[:60], group, permutations=400, rng=np.random.default_rng(1))
        for _ in range(2)
    ]
    assert tests[0].permutation_p == tests[1].permutation_p
    assert tests[0].permutation_p == pytest.approx(tests[0].p, abs=0.08)
    assert "permutation p" in str(tests[0])


def test_changing_hazards_are_noticed_and_constant_ones_are_not(fit):
    assert proportional_hazards_test(fit).issue is None
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1], 150)
    time = np.where(group == 0, rng.weibull(0.6, 300), rng.weibull(3.0, 300))
    test = proportional_hazards_test(cox_fit(group, time, np.ones(300), names=["arm"]))
    assert test.issue is not None
    assert "most of all for arm" in test.issue.message
    points = smoothed_coefficient(cox_fit(group, time, np.ones(300), names=["arm"]), "arm")
    late = points.time > np.median(points.time)
    assert points.value[late].mean() > points.value[~late].mean()


def test_optimism_lowers_the_apparent_c(cohort):
    _, time, event = cohort
    noise = np.random.default_rng(0).normal(size=(50, 6))
    outcome = clean_outcome(time[:50], event[:50])
    got = optimism_bootstrap(noise, outcome, replicates=25, rng=np.random.default_rng(1))
    assert got.corrected_c < got.apparent_c
    assert got.corrected_slope < 1
    assert got.replicates + got.failed == 25


def test_sample_size_of_riley():
    got = sample_size(20.0, 5, 100, 28)
    r2 = 1 - math.exp(-0.2)
    assert got.needed_n == pytest.approx(5 / (-0.1 * math.log(1 - r2 / 0.9)))
    assert got.shrinkage == expected_shrinkage(20.0, 5) == pytest.approx(0.75)
    assert got.events_per_coefficient == pytest.approx(5.6)
    assert not got.enough
    assert math.isnan(sample_size(0.0, 5, 100, 28).needed_n)


def test_the_clock_starts_at_the_landmark():
    keep, time, issues = landmark([1, 2, 3, 5, 9], [1, 0, 1, 1, 0], 2)
    assert keep.tolist() == [False, False, True, True, True]
    assert time.tolist() == [1, 3, 7]
    assert "1 patients had the event and 1 left" in issues[0].message
    assert landmark([3.0, 4.0], [1, 1], 1)[2] == ()


def test_unos_weights_are_stopped_before_they_explode():
    outcome = clean_outcome(np.arange(1.0, 101.0), np.ones(100))
    assert stable_tau(outcome) == 91
    assert stable_tau(clean_outcome([1.0, 2.0], [1, 1])) == 1


def test_times_that_differ_by_rounding_are_one_time():
    times = np.array([0.1 + 0.2, 0.3, 5.0])
    assert np.unique(merge_near_ties(times)).tolist() == [0.3, 5.0]
    assert kaplan_meier(times, [1, 1, 0]).n_events.tolist() == [2, 0]


def test_every_result_prints_itself_and_has_plain_fields(cohort, fit):
    x, time, event = cohort
    results = [
        fit,
        fit.lrt,
        kaplan_meier(time, event),
        logrank(time, event, x[:, 0] > 0),
        concordance(x[:, 0], time, event),
        proportional_hazards_test(fit),
        risk_split(x[:, 0], time, event),
        sample_size(10.0, 2, 100, 30),
        horizon_accuracy(x[:, 0] > 0, time, event, HORIZON),
        logistic_fit(x, event),
        roc_area(x[:, 0], event),
    ]
    for result in results:
        assert len(str(result)) > 20
        assert json.dumps(result.to_dict())
