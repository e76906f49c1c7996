"""Out-of-fold predictions: no patient's own row, the fit of the reference engine, and their scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.errors import CohortError, InputError
from kinephen.survival.brier import brier_score
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.horizon_choice import MIN_BEYOND, MIN_CASES, choose_horizon
from kinephen.survival.landmark import landmark
from kinephen.survival.logistic import logistic_fit, logistic_nested_test, logistic_predictor
from kinephen.survival.logistic_ladder import logistic_ladder, out_of_fold_probability
from kinephen.survival.out_of_fold import out_of_fold_risk
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.prediction import auc_gain, score_predictions
from kinephen.survival.roc import roc_area
from kinephen.survival.time_dependent import time_dependent_auc

HORIZON = 2.0


def cohort(seed, n=60, p=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    time = rng.exponential(4.0 * np.exp(-0.7 * x[:, 0]))
    censor = rng.uniform(1.5, 6.0, n)
    return x, clean_outcome(np.minimum(time, censor), time <= censor), rng


def dealt(outcome, replicates=2, seed=0):
    return make_folds(outcome.event, 4, replicates, stratified=True, rng=np.random.default_rng(seed))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 59))
def test_a_prediction_never_uses_the_patients_own_row(seed, patient):
    x, outcome, rng = cohort(seed)
    folds = dealt(outcome)
    before = out_of_fold_risk(x, outcome, folds, HORIZON)
    time, event = outcome.time.copy(), outcome.event.copy()
    time[patient], event[patient] = rng.uniform(0.1, 5.0), not event[patient]
    after = out_of_fold_risk(x, clean_outcome(time, event), folds, HORIZON)
    np.testing.assert_allclose(after.risk[:, patient], before.risk[:, patient], rtol=0, atol=1e-12)
    # The patients of the other folds do learn from them.
    others = folds[0] != folds[0, patient]
    assert not np.allclose(after.risk[0, others], before.risk[0, others])


def test_risks_are_those_of_the_reference_engine_on_the_training_patients():
    x, outcome, _ = cohort(3)
    folds = dealt(outcome)
    got = out_of_fold_risk(x, outcome, folds, HORIZON)
    for r, fold in enumerate(folds):
        for k in range(4):
            train = fold != k
            fit = cox_fit(x[train], outcome.time[train], outcome.event[train])
            expected = 1.0 - fit.survival(x[~train], [HORIZON])[:, 0]
            np.testing.assert_allclose(got.risk[r, ~train], expected, atol=1e-9)


def test_the_ladders_folds_give_the_ladders_c_within_folds():
    x, outcome, _ = cohort(4)
    folds = dealt(outcome)
    got, crossed = out_of_fold_risk(x, outcome, folds, HORIZON), cross_validate(x, outcome, folds)
    found = [
        concordance(got.risk[r], outcome.time, outcome.event, strata=folds[r]).c for r in range(len(folds))
    ]
    np.testing.assert_allclose(found, crossed.pooled_pairs.values, atol=1e-12)


def test_risks_do_not_depend_on_units_or_order():
    x, outcome, rng = cohort(5)
    folds = dealt(outcome)
    base = out_of_fold_risk(x, outcome, folds, HORIZON).risk
    scaled = out_of_fold_risk(
        x * [2.0, -3.0, 0.1] + 100.0,
        clean_outcome(outcome.time * 365.25, outcome.event),
        folds,
        HORIZON * 365.25,
    )
    np.testing.assert_allclose(scaled.risk, base, atol=1e-8)
    order = rng.permutation(outcome.n)
    turned = out_of_fold_risk(x[order], outcome.take(order), folds[:, order], HORIZON)
    np.testing.assert_allclose(turned.risk, base[:, order], atol=1e-9)
    assert ((base >= 0) & (base <= 1)).all()


def test_scores_are_the_means_of_the_single_measures():
    x, outcome, _ = cohort(6)
    predicted = out_of_fold_risk(x, outcome, dealt(outcome, 3), HORIZON)
    got = score_predictions(predicted, outcome)
    single = [brier_score(r, outcome.time, outcome.event, HORIZON) for r in predicted.risk]
    assert got.brier == pytest.approx(np.mean([s.brier for s in single]))
    assert got.ipa == pytest.approx(np.mean([s.ipa for s in single]))
    areas = [time_dependent_auc(r, outcome.time, outcome.event, HORIZON) for r in predicted.risk]
    assert got.auc.estimate == pytest.approx(np.mean([a.auc for a in areas]))
    assert got.auc.lower == pytest.approx(np.mean([a.interval.lower for a in areas]))
    assert got.undefined == {}
    gain, _ = auc_gain(predicted, predicted, outcome)
    assert (gain.estimate, gain.se) == (0.0, 0.0)


def test_a_strong_model_is_seen_and_noise_saves_no_error():
    x, outcome, rng = cohort(7, n=400)
    folds = dealt(outcome)
    strong = score_predictions(out_of_fold_risk(x[:, :1], outcome, folds, HORIZON), outcome)
    noise = score_predictions(out_of_fold_risk(rng.normal(size=(400, 8)), outcome, folds, HORIZON), outcome)
    assert strong.auc.lower > 0.6
    assert strong.ipa > 0.05
    assert 0.7 < strong.slope.estimate < 1.3
    assert noise.ipa < 0.0
    assert noise.slope.upper < 1.0


def test_training_patients_without_follow_up_to_the_horizon_are_an_error():
    x, outcome, _ = cohort(8)
    with pytest.raises(CohortError, match="are followed to"):
        out_of_fold_risk(x, outcome, dealt(outcome), 50.0)


def test_the_horizon_is_what_was_wished_if_it_has_data():
    _, outcome, _ = cohort(9)
    assert choose_horizon(outcome, 2.0).value == 2.0
    assert choose_horizon(outcome, 2.0).reason == ""
    late = choose_horizon(outcome, 40.0)
    assert late.value is not None
    assert late.beyond >= max(MIN_BEYOND, 0.1 * outcome.n)
    assert "is taken instead" in late.reason
    assert (outcome.time > late.value + 0.5).sum() < max(MIN_BEYOND, np.ceil(0.1 * outcome.n))


def test_too_few_events_leave_no_horizon():
    time = np.linspace(0.1, 6.0, 30)
    few = clean_outcome(time, np.arange(30) < MIN_CASES - 1)
    choice = choose_horizon(few, 3.0)
    assert choice.value is None
    assert "4 events by 3" in choice.reason
    assert choose_horizon(clean_outcome(time, np.arange(30) < MIN_CASES), 3.0).value == 3.0
    short = choose_horizon(clean_outcome(np.linspace(0.01, 0.4, 30), np.ones(30)), 3.0)
    assert short.value is None
    assert short.cases == 30


def response(seed, n=80):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["kind"] = rng.choice(["x", "y", "z"], n)
    frame["y"] = (rng.random(n) < 1 / (1 + np.exp(-1.5 * frame["a"]))).astype(float)
    return frame, rng


def test_probabilities_out_of_fold_are_those_of_the_full_fit_on_the_others():
    frame, rng = response(1)
    x, y = frame[["a", "b"]].to_numpy(), frame["y"].to_numpy()
    folds = make_folds(y == 1, 4, 1, stratified=True, rng=rng)
    got = out_of_fold_probability(x, y, folds)
    for k in range(4):
        test = folds[0] == k
        expected = logistic_fit(x[~test], y[~test]).predict(x[test])
        np.testing.assert_allclose(got[0, test], expected, atol=1e-10)
    other = y.copy()
    other[0] = 1 - other[0]
    assert out_of_fold_probability(x, other, folds)[0, 0] == pytest.approx(got[0, 0], abs=1e-12)


def test_coefficients_alone_are_those_of_the_fit_also_where_it_separates():
    x = np.column_stack([np.arange(20.0), np.ones(20), np.sin(np.arange(20.0))])
    y = (np.arange(20) > 9).astype(float)
    fit = logistic_fit(x, y)
    assert fit.method == "firth"
    coef = logistic_predictor(x, y)
    np.testing.assert_allclose(coef, np.nan_to_num(fit.coef), atol=1e-9)


@pytest.mark.parametrize("firth", [False, True])
def test_the_nested_test_is_the_difference_of_likelihoods(firth):
    frame, _ = response(2)
    x, y = frame[["a", "b", "c"]].to_numpy(), frame["y"].to_numpy()
    larger = logistic_fit(x, y, firth=firth)
    against_nothing = logistic_nested_test(x, y, np.zeros(3, bool), firth=firth, against="null")
    assert against_nothing.statistic == pytest.approx(larger.lrt.statistic, abs=1e-6)
    assert against_nothing.df == 3
    test = logistic_nested_test(x, y, np.array([True, False, False]), firth=firth, against="a")
    assert 0 <= test.statistic <= against_nothing.statistic
    if not firth:
        smaller = logistic_fit(x[:, :1], y, firth=False)
        assert test.statistic == pytest.approx(2 * (larger.loglik - smaller.loglik), abs=1e-8)


def test_the_logistic_ladder_uses_the_same_patients_for_all_models():
    frame, rng = response(3)
    frame.loc[4, "c"] = np.nan
    models = {"one": ["a"], "two": ["a", "c", "kind"]}
    ladder = logistic_ladder(models, frame, "y", replicates=3, comparisons=[("one", "two")], rng=rng)
    assert (ladder.n, ladder.left_out) == (79, 1)
    one = ladder.models[0]
    kept = frame[ladder.rows]
    assert one.fit.n == 79
    assert one.cross_validated.estimate == pytest.approx(
        np.mean([roc_area(p, kept["y"]).auc for p in one.probability])
    )
    assert one.apparent.auc > 0.7
    assert ladder.comparisons[0].test.df == 3
    assert ladder.comparisons[0].test.against == "one"
    with pytest.raises(CohortError, match="need 5 of each kind"):
        logistic_ladder(models, frame.assign(y=(frame.index < 3).astype(float)), "y", rng=rng)


def test_a_useless_model_of_response_has_an_auc_near_one_half():
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(30):
        frame = pd.DataFrame(
            {"a": rng.normal(size=60), "y": rng.permutation(np.arange(60) < 15).astype(float)}
        )
        ladder = logistic_ladder({"m": ["a"]}, frame, "y", replicates=2, rng=rng)
        areas.append(ladder.models[0].cross_validated.estimate)
    # A weak model's cross-validated AUC lies below 1/2 on average, but not by much with balanced folds.
    assert 0.40 < np.mean(areas) < 0.53


def test_a_landmark_of_each_patient():
    time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 0])
    keep, shifted, issues = landmark(time, event, [1.5, 0.5, 3.0, 1.0])
    assert keep.tolist() == [False, True, False, True]
    assert shifted.tolist() == [1.5, 3.0]
    assert issues[0].count == 2
    same = landmark(time, event, 1.0), landmark(time, event, [1.0] * 4)
    assert same[0][1].tolist() == same[1][1].tolist()
    with pytest.raises(InputError, match="landmark"):
        landmark(time, event, [1.0, -1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="landmark"):
        landmark(time, event, [1.0, 1.0])
