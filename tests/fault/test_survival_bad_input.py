"""Survival functions given bad input say what was found and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.errors import CohortError, InputError, UsageError
from kinephen.survival.calibration import calibration_groups, smooth_calibration
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.concordance import concordance, concordance_difference
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.decision import decision_curve
from kinephen.survival.design import design_matrix
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.landmark import landmark
from kinephen.survival.logistic import logistic_fit
from kinephen.survival.logrank import logrank
from kinephen.survival.nested import nested_test
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.restricted_mean import restricted_mean
from kinephen.survival.risk import median_split, quantile_groups
from kinephen.survival.time_dependent import time_dependent_auc
from kinephen.survival.validation import cox_ladder

TIME = np.array([2.0, 3.0, 5.0, 7.0, 8.0, 11.0, 12.0, 14.0, 15.0, 20.0])
EVENT = np.array([1, 0, 1, 1, 0, 1, 0, 1, 0, 0])
AGE = np.array([50.0, 41.0, 63.0, 47.0, 52.0, 39.0, 58.0, 44.0, 61.0, 49.0])
HALF = np.tile([0, 1], 5)


def codes(found):
    return [i.code for i in found.issues]


def fail(kind, code, call, *parts):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    for part in parts:
        assert part in str(caught.value)
    return caught.value


def test_no_events():
    nothing = np.zeros(10)
    for call in (
        lambda: cox_fit(AGE, TIME, nothing),
        lambda: logrank(TIME, nothing, HALF),
        lambda: concordance(AGE, TIME, nothing),
    ):
        fail(CohortError, "survival.no_events", call, "none of the 10 patients", "check the coding")
    curve = kaplan_meier(TIME, nothing)
    assert (curve.survival == 1).all()
    assert np.isnan(curve.median.estimate)
    assert "not reached" in str(curve)


def test_all_events():
    everyone = np.ones(10)
    fit = cox_fit(AGE, TIME, everyone)
    assert np.isfinite(fit.coef).all()
    assert kaplan_meier(TIME, everyone).survival[-1] == 0
    assert concordance(AGE, TIME, everyone, weight="n/G2").c == concordance(AGE, TIME, everyone).c


def test_one_group_empty():
    group = pd.Categorical(HALF.astype(str), categories=["0", "1", "2"])
    fail(InputError, "survival.empty_group", lambda: logrank(TIME, EVENT, group), "no patient in group 2")
    fail(CohortError, "survival.one_group", lambda: logrank(TIME, EVENT, np.zeros(10)), "only one group (0)")


def test_a_group_without_events_is_compared_and_flagged():
    test = logrank(TIME, EVENT * HALF, HALF)
    assert np.isfinite(test.statistic)
    assert "survival.few_events" in codes(test)
    assert test.group_events[0] == 0


def test_ties_everywhere():
    same = np.full(10, 4.0)
    fit = cox_fit(AGE, same, EVENT, firth=False)
    assert np.isfinite(fit.coef).all()
    assert kaplan_meier(same, EVENT).survival.tolist() == pytest.approx([0.5])
    assert concordance(AGE, same, EVENT).pairs == 5 * 5
    fail(
        CohortError,
        "survival.no_pairs",
        lambda: concordance(AGE, same, np.ones(10)),
        "no usable pair",
    )


def test_negative_times():
    wrong = TIME.copy()
    wrong[3] = -7
    fail(
        InputError, "survival.negative_time", lambda: kaplan_meier(wrong, EVENT), "1 negative", "check dates"
    )


def test_zero_times_are_used_and_reported():
    zero = TIME.copy()
    zero[0] = 0
    fit = cox_fit(AGE, zero, EVENT)
    assert "survival.zero_time" in codes(fit)
    assert "count only in the first risk set" in fit.issues[0].message
    fail(CohortError, "survival.log_time", lambda: proportional_hazards_test(fit, transform="log"), "no log")


def test_times_in_mixed_units_are_noticed():
    rng = np.random.default_rng(1)
    years = rng.uniform(0.5, 7, 60)
    mixed = np.where(np.arange(60) < 20, years, 365.25 * years)
    found = clean_outcome(mixed, np.ones(60)).issues
    assert [i.code for i in found] == ["survival.mixed_units"]
    assert "days beside years" in found[0].message
    assert found[0].count == 20
    for one_unit in (years, 365.25 * years, rng.exponential(4, 200), rng.weibull(1.3, 300) * 900):
        assert not clean_outcome(one_unit, np.ones(one_unit.size)).issues


def test_constant_and_collinear_covariates_get_no_coefficient():
    x = np.column_stack([AGE, np.full(10, 3.0), 2 * AGE - 1, HALF])
    fit = cox_fit(x, TIME, EVENT, names=["age", "site", "twice", "half"])
    assert np.isnan(fit.coef).tolist() == [False, True, True, False]
    issue = next(i for i in fit.issues if i.code == "survival.collinear")
    assert "site, twice" in issue.message
    assert fit.df == 2
    alone = cox_fit(np.column_stack([AGE, HALF]), TIME, EVENT)
    np.testing.assert_allclose(fit.coef[[0, 3]], alone.coef)
    np.testing.assert_allclose(fit.linear_predictor(), alone.linear_predictor())


def test_nearly_collinear_covariates_are_reported():
    x = np.column_stack([AGE, AGE + 0.01 * np.sin(np.arange(10))])
    assert "survival.correlated" in codes(cox_fit(x, TIME, EVENT, ridge=0.1))


def test_perfect_separation_falls_back_to_firth():
    marker = EVENT * 1.0
    fit = cox_fit(marker, TIME, EVENT, names=["marker"])
    issue = next(i for i in fit.issues if i.code == "survival.separation")
    assert "marker is infinite" in issue.message
    assert "Firth" in issue.message
    assert fit.method == "firth"
    assert np.isfinite(fit.coef).all()
    raw = cox_fit(marker, TIME, EVENT, names=["marker"], firth=False)
    assert "meaningless" in next(i for i in raw.issues if i.code == "survival.separation").message


def test_more_covariates_than_patients():
    x = np.random.default_rng(0).normal(size=(10, 12))
    fail(
        CohortError,
        "survival.too_many_covariates",
        lambda: cox_fit(x, TIME, EVENT),
        "12 covariates for 10 patients",
        "ridge",
    )
    fit = cox_fit(x, TIME, EVENT, ridge=1.0)
    assert np.isfinite(fit.coef).all()
    assert fit.method == "ridge"


def test_two_patients():
    curve = kaplan_meier([3.0, 5.0], [1, 0])
    assert curve.survival.tolist() == [0.5, 0.5]
    frame = pd.DataFrame({"time": [3.0, 5.0], "event": [1, 0], "age": [40.0, 50.0]})
    fail(
        CohortError,
        "survival.too_few",
        lambda: cox_ladder({"m": ["age"]}, frame, "time", "event", rng=np.random.default_rng(0)),
        "2 patients with complete data",
    )


def test_few_events_for_a_model_are_reported():
    fit = cox_fit(np.column_stack([AGE, HALF]), TIME, EVENT)
    assert (
        "2.5 events a coefficient" in next(i for i in fit.issues if i.code == "survival.few_events").message
    )


def test_duplicated_ids():
    frame = pd.DataFrame({"time": TIME, "event": EVENT, "age": AGE}, index=["a", *"abcdefghi"])
    fail(
        InputError,
        "table.duplicates",
        lambda: cox_ladder({"m": ["age"]}, frame, "time", "event", rng=np.random.default_rng(0)),
        "1 row(s) repeat",
    )


@pytest.mark.parametrize("where", ["time", "event", "x"])
def test_missing_values_are_never_dropped_silently(where):
    given = {"x": AGE.copy(), "time": TIME.copy(), "event": EVENT.astype(float)}
    given[where][[2, 4]] = np.nan
    error = fail(
        InputError,
        "survival.missing",
        lambda: cox_fit(given["x"], given["time"], given["event"]),
        "2 of 10",
        "complete_rows",
    )
    assert error.where in (where, "x1")


def test_factors_given_as_text():
    grade = np.array(["low", "high"] * 5)
    fail(
        InputError, "survival.text", lambda: cox_fit(grade, TIME, EVENT), "expected numbers", "design_matrix"
    )
    fit = cox_fit(pd.DataFrame({"age": AGE, "grade": grade}), TIME, EVENT)
    assert fit.names == ("age", "grade=low")
    one = pd.DataFrame({"grade": ["low"] * 10})
    fail(InputError, "survival.constant_factor", lambda: design_matrix(one, ["grade"]), "single level low")


def test_other_event_codes():
    fail(
        InputError,
        "survival.event_codes",
        lambda: kaplan_meier(TIME, EVENT + 1),
        "event holds 1, 2",
        "status == 2",
    )
    fail(InputError, "survival.status", lambda: cumulative_incidence(TIME, EVENT - 0.5), "0 (censored)")


def test_lengths_that_differ():
    fail(InputError, "survival.length", lambda: kaplan_meier(TIME, EVENT[:9]), "10 times and 9 events")
    fail(InputError, "survival.length", lambda: cox_fit(AGE[:9], TIME, EVENT), "9 rows")
    fail(InputError, "survival.length", lambda: logrank(TIME, EVENT, HALF[:9]), "9 labels for 10")
    fail(InputError, "survival.empty", lambda: kaplan_meier([], []), "no rows")
    a, b = concordance(AGE, TIME, EVENT), concordance(AGE[1:], TIME[1:], EVENT[1:])
    fail(InputError, "survival.length", lambda: concordance_difference(a, b), "cannot be paired")


def test_choices_that_do_not_exist():
    fail(UsageError, "survival.band", lambda: kaplan_meier(TIME, EVENT, band="loglog"), "log-log")
    fail(UsageError, "survival.weight", lambda: concordance(AGE, TIME, EVENT, weight="uno"), "n/G2")
    fit = cox_fit(AGE, TIME, EVENT)
    fail(UsageError, "survival.transform", lambda: proportional_hazards_test(fit, transform="sqrt"), "rank")
    fail(UsageError, "survival.two_penalties", lambda: cox_fit(AGE, TIME, EVENT, ridge=1.0, firth=True))
    fail(InputError, "survival.weights", lambda: cox_fit(AGE, TIME, EVENT, weights=np.zeros(10)), "> 0")


def test_horizons_that_nobody_reaches():
    curve = kaplan_meier(TIME, EVENT)
    fail(CohortError, "survival.horizon", lambda: restricted_mean(curve, 30), "after the last follow-up 20")
    fail(
        CohortError,
        "survival.horizon",
        lambda: time_dependent_auc(AGE, TIME, EVENT, 30),
        "0 patients followed",
    )
    fail(CohortError, "survival.horizon", lambda: time_dependent_auc(AGE, TIME, EVENT, 1), "0 events by 1")
    fail(CohortError, "survival.landmark", lambda: landmark(TIME, EVENT, 20), "nobody is followed beyond")


def test_predictions_that_are_no_probabilities():
    call = lambda: decision_curve({"m": AGE}, TIME, EVENT, 10, thresholds=[0.2])  # noqa: E731
    fail(InputError, "survival.probability", call, "not a linear predictor")
    fail(
        InputError,
        "survival.threshold",
        lambda: decision_curve({"m": HALF}, TIME, EVENT, 10, thresholds=[0.0]),
        "(0, 1)",
    )
    fail(
        CohortError,
        "survival.no_events",
        lambda: calibration_groups(HALF / 2, TIME, EVENT, 1),
        "no event by 1",
    )
    fail(
        CohortError, "survival.constant_risk", lambda: smooth_calibration(HALF / 2, TIME, EVENT, 9), "binary"
    )


def test_splits_that_do_not_split():
    fail(CohortError, "survival.one_group", lambda: median_split(np.ones(10)), "constant")
    fail(CohortError, "survival.one_group", lambda: quantile_groups(HALF, 4), "ties")


def test_models_that_are_not_nested():
    small, large = cox_fit(HALF, TIME, EVENT, names=["half"]), cox_fit(AGE, TIME, EVENT, names=["age"])
    fail(InputError, "survival.not_nested", lambda: nested_test(small, large), "half not in the larger model")
    fewer = cox_fit(AGE[1:], TIME[1:], EVENT[1:], names=["age"])
    fail(InputError, "survival.not_nested", lambda: nested_test(fewer, large), "patients or tie rule differ")


def test_a_frozen_model_refuses_other_columns():
    model = FrozenCox.of(cox_fit(AGE, TIME, EVENT, names=["age"]))
    fail(InputError, "survival.length", lambda: model.risk(np.ones((3, 2)), 5), "2 columns for 1", "age")
    layered = cox_fit(AGE, TIME, EVENT, strata=HALF)
    fail(InputError, "survival.strata", lambda: FrozenCox.of(layered), "several baseline")


def test_a_response_without_contrast():
    fail(
        CohortError,
        "survival.one_response",
        lambda: logistic_fit(AGE, np.ones(10)),
        "10 of 10 patients respond",
    )
    fail(InputError, "survival.binary", lambda: logistic_fit(AGE, AGE), "1 and 0")


def test_ladders_that_cannot_be_dealt():
    frame = pd.DataFrame({"time": TIME, "event": EVENT, "age": AGE})
    fail(UsageError, "survival.rng", lambda: cox_ladder({"m": ["age"]}, frame, "time", "event"), "rng")
    wrong = CrossValidation(given=np.ones((2, 9), dtype=int))
    fail(
        InputError,
        "survival.folds",
        lambda: cox_ladder({"m": ["age"]}, frame, "time", "event", plan=wrong),
        "(replicates, 10)",
    )
    fail(
        InputError,
        "survival.column",
        lambda: cox_ladder({"m": ["size"]}, frame, "time", "event", rng=np.random.default_rng(0)),
        "no column size",
        "age",
    )
