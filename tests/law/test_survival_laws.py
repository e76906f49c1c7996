"""What must hold for any survival data: bounds, symmetry, units, order, derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from kinephen.survival.brier import brier_score, integrated_brier_score
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.concordance import concordance, concordance_difference
from kinephen.survival.cox import cox_fit
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.gray import gray_test
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.likelihood import firth_likelihood, partial_likelihood
from kinephen.survival.logrank import logrank
from kinephen.survival.nested import nested_test
from kinephen.survival.outcome import Outcome
from kinephen.survival.residuals import martingale_residuals, schoenfeld_residuals, score_contributions
from kinephen.survival.restricted_mean import restricted_mean
from kinephen.survival.risk_sets import build_risk_sets
from kinephen.survival.time_dependent import time_dependent_auc

BANDS = ["log", "log-log", "plain", "logit", "arcsin"]


def cohort(seed, n=40, p=3, ties=True):
    """Random follow-up with tied times, about half events, and covariates that matter."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    hazard = 0.1 * np.exp(x @ np.linspace(0.8, -0.4, p))
    time, censor = rng.exponential(1 / hazard), rng.exponential(12, n)
    observed = np.minimum(time, censor) + 0.01
    event = (time <= censor).astype(float)
    event[:2] = 1
    return x, (np.ceil(observed * 2) / 2 if ties else observed), event


seeds = st.integers(0, 10_000)
few = settings(max_examples=12)


@given(seed=seeds, band=st.sampled_from(BANDS))
def test_a_curve_falls_from_one_and_stays_inside_its_limits(seed, band):
    _, time, event = cohort(seed)
    curve = kaplan_meier(time, event, band=band)
    assert ((curve.survival >= 0) & (curve.survival <= 1)).all()
    assert (np.diff(curve.survival) <= 0).all()
    known = ~np.isnan(curve.lower)
    assert (curve.lower[known] <= curve.survival[known] + 1e-12).all()
    assert (curve.upper[known] >= curve.survival[known] - 1e-12).all()
    assert ((curve.lower[known] >= 0) & (curve.upper[known] <= 1)).all()
    assert (curve.at_risk[:-1] - curve.n_events[:-1] - curve.n_censored[:-1] == curve.at_risk[1:]).all()


@given(seed=seeds)
def test_without_censoring_the_curve_is_the_empirical_one_and_its_area_the_mean(seed):
    _, time, _ = cohort(seed)
    curve = kaplan_meier(time, np.ones(time.size))
    np.testing.assert_allclose(curve.survival, [(time > t).mean() for t in curve.time], atol=1e-12)
    assert restricted_mean(curve, float(time.max())).estimate == pytest.approx(time.mean())


@few
@given(seed=seeds, unit=st.sampled_from([1 / 365.25, 12.0, 30.4375]))
def test_results_do_not_depend_on_the_unit_or_the_order_of_rows(seed, unit):
    x, time, event = cohort(seed)
    order = np.random.default_rng(seed + 1).permutation(time.size)
    first, second = cox_fit(x, time, event), cox_fit(x[order], unit * time[order], event[order])
    np.testing.assert_allclose(first.coef, second.coef, atol=1e-8)
    np.testing.assert_allclose(first.robust_se, second.robust_se, atol=1e-8)
    group = (x[:, 0] > 0).astype(int)
    a, b = logrank(time, event, group), logrank(unit * time[order], event[order], group[order])
    assert a.statistic == pytest.approx(b.statistic, rel=1e-9, abs=1e-9)
    c, d = (
        concordance(x[:, 0], time, event, weight="n/G2"),
        concordance(x[order, 0], unit * time[order], event[order], weight="n/G2"),
    )
    assert c.c == pytest.approx(d.c, abs=1e-12)
    assert c.se == pytest.approx(d.se, abs=1e-12)


@given(seed=seeds)
def test_the_curve_does_not_depend_on_the_unit(seed):
    _, time, event = cohort(seed)
    days = kaplan_meier(365.25 * time, event)
    years = kaplan_meier(time, event)
    np.testing.assert_array_equal(days.survival, years.survival)
    np.testing.assert_allclose(days.median.estimate, 365.25 * years.median.estimate)


@few
@given(seed=seeds, ties=st.sampled_from(["efron", "breslow"]), strata=st.booleans(), weighted=st.booleans())
def test_score_and_information_are_the_derivatives_of_the_likelihood(seed, ties, strata, weighted):
    x, time, event = cohort(seed)
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.5, 2, time.size) if weighted else None
    layers = rng.integers(0, 2, time.size) if strata else None
    sets = build_risk_sets(Outcome(time, event == 1), ties=ties, strata=layers, weights=weights)
    coef = rng.normal(scale=0.4, size=x.shape[1])
    terms = partial_likelihood(x, x @ coef, sets)
    slope = optimize.approx_fprime(coef, lambda b: partial_likelihood(x, x @ b, sets).value, 1e-6)
    np.testing.assert_allclose(terms.score, slope, atol=2e-4)
    curve = optimize.approx_fprime(coef, lambda b: partial_likelihood(x, x @ b, sets).score, 1e-6)
    np.testing.assert_allclose(terms.information, -curve, atol=2e-3)
    assert np.linalg.eigvalsh(terms.information).min() > -1e-9


@few
@given(seed=seeds, ties=st.sampled_from(["efron", "breslow"]))
def test_firths_score_is_the_derivative_of_the_penalised_likelihood(seed, ties):
    x, time, event = cohort(seed, n=25)
    sets = build_risk_sets(Outcome(time, event == 1), ties=ties)
    coef = np.random.default_rng(seed).normal(scale=0.4, size=x.shape[1])
    terms = firth_likelihood(x, x @ coef, sets)
    slope = optimize.approx_fprime(coef, lambda b: firth_likelihood(x, x @ b, sets).value, 1e-6)
    np.testing.assert_allclose(terms.score, slope, atol=5e-4)


@few
@given(seed=seeds)
def test_a_larger_model_never_fits_worse(seed):
    x, time, event = cohort(seed)
    null_to_full = cox_fit(x, time, event).lrt.statistic
    small, large = cox_fit(x[:, :1], time, event, names=["x1"]), cox_fit(x, time, event)
    test = nested_test(small, large)
    assert 0 <= test.statistic <= null_to_full + 1e-9
    assert test.df == 2
    assert large.loglik >= small.loglik - 1e-10
    assert small.lrt.statistic + test.statistic == pytest.approx(null_to_full, abs=1e-8)


@few
@given(seed=seeds)
def test_residuals_add_up(seed):
    x, time, event = cohort(seed)
    fit = cox_fit(x, time, event)
    assert martingale_residuals(fit).sum() == pytest.approx(0, abs=1e-9)
    assert (martingale_residuals(fit) <= event + 1e-12).all()
    parts = score_contributions(x, fit.linear_predictor(), fit.data)
    np.testing.assert_allclose(parts.sum(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(schoenfeld_residuals(fit)[1].sum(axis=0), 0, atol=1e-7)


@few
@given(seed=seeds)
def test_predicted_survival_is_monotone_and_inside_zero_and_one(seed):
    x, time, event = cohort(seed)
    fit = cox_fit(x, time, event)
    predicted = fit.survival(x, np.linspace(0, time.max(), 30))
    assert np.isfinite(predicted).all()
    assert ((predicted >= 0) & (predicted <= 1)).all()
    assert (np.diff(predicted, axis=1) <= 0).all()
    assert (predicted[:, 0] == 1).all()


@given(seed=seeds, weight=st.sampled_from(["n", "S", "S/G", "n/G2", "I"]))
def test_a_reversed_score_has_the_complementary_concordance(seed, weight):
    x, time, event = cohort(seed)
    score = np.round(x[:, 0], 1)
    forward, backward = (concordance(s, time, event, weight=weight) for s in (score, -score))
    assert forward.c == pytest.approx(1 - backward.c, abs=1e-12)
    assert forward.se == pytest.approx(backward.se, abs=1e-12)
    assert concordance(np.exp(score), time, event, weight=weight).c == pytest.approx(forward.c, abs=1e-12)
    assert forward.influence.sum() == pytest.approx(0, abs=1e-10)


@given(seed=seeds)
def test_concordance_counts_the_pairs_one_by_one(seed):
    x, time, event = cohort(seed, n=15)
    score, good, pairs = np.round(x[:, 0]), 0.0, 0
    for i in range(15):
        for j in range(15):
            if event[i] and (time[j] > time[i] or (time[j] == time[i] and not event[j])):
                pairs += 1
                good += 1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
    got = concordance(score, time, event)
    assert got.c == pytest.approx(good / pairs)
    assert got.pairs == pairs


@given(seed=seeds)
def test_the_same_score_differs_from_itself_by_nothing(seed):
    x, time, event = cohort(seed)
    a = concordance(x[:, 0], time, event)
    difference = concordance_difference(a, a)
    assert (difference.difference, difference.se) == (0.0, 0.0)


@few
@given(seed=seeds)
def test_strata_of_one_level_change_nothing(seed):
    x, time, event = cohort(seed)
    one = np.zeros(time.size)
    group = (x[:, 1] > 0).astype(int)
    plain, layered = logrank(time, event, group), logrank(time, event, group, strata=one)
    assert plain.statistic == pytest.approx(layered.statistic)
    assert plain.observed.sum() == pytest.approx(plain.expected.sum())
    np.testing.assert_allclose(cox_fit(x, time, event, strata=one).coef, cox_fit(x, time, event).coef)


@few
@given(seed=seeds)
def test_integer_weights_are_repeated_rows_under_breslow(seed):
    x, time, event = cohort(seed)
    count = np.random.default_rng(seed).integers(1, 4, time.size)
    weighted = cox_fit(x, time, event, weights=count, ties="breslow")
    repeated = cox_fit(x.repeat(count, axis=0), time.repeat(count), event.repeat(count), ties="breslow")
    np.testing.assert_allclose(weighted.coef, repeated.coef, atol=1e-8)
    np.testing.assert_allclose(weighted.se, repeated.se, atol=1e-8)


@few
@given(seed=seeds)
def test_an_offset_with_the_fitted_coefficients_leaves_nothing_to_fit(seed):
    x, time, event = cohort(seed)
    fit = cox_fit(x, time, event)
    again = cox_fit(x, time, event, offset=x @ fit.coef)
    np.testing.assert_allclose(again.coef, 0, atol=1e-6)


@few
@given(seed=seeds)
def test_the_score_test_of_a_binary_covariate_is_the_logrank_test_without_ties(seed):
    x, time, event = cohort(seed, ties=False)
    group = (x[:, 0] > 0).astype(float)
    fit = cox_fit(group, time, event, firth=False)
    assert fit.score.statistic == pytest.approx(logrank(time, event, group).statistic, rel=1e-8)


@few
@given(seed=seeds)
def test_ridge_shrinks_and_no_ridge_is_no_ridge(seed):
    x, time, event = cohort(seed)
    free = cox_fit(x, time, event)
    sizes = [np.sum((cox_fit(x, time, event, ridge=r).coef * x.std(axis=0)) ** 2) for r in (1.0, 10.0, 100.0)]
    assert np.sum((free.coef * x.std(axis=0)) ** 2) >= sizes[0] >= sizes[1] >= sizes[2]
    assert cox_fit(x, time, event, ridge=5.0).df < free.df


@given(seed=seeds)
def test_incidences_of_all_causes_add_up_to_one_minus_survival(seed):
    _, time, event = cohort(seed)
    cause = np.where(event == 1, 1 + np.random.default_rng(seed).integers(0, 2, time.size), 0)
    cause[:2] = (1, 2)
    at = np.unique(time)
    both = [cumulative_incidence(time, cause, cause=k).at(at) for k in (1, 2)]
    total = both[0]["estimate"] + both[1]["estimate"]
    np.testing.assert_allclose(total, 1 - kaplan_meier(time, event).at(at)["survival"], atol=1e-12)
    for part in both:
        assert (np.diff(part["estimate"]) >= -1e-15).all()
        assert (part["lower"] <= part["estimate"] + 1e-12).all()


@few
@given(seed=seeds)
def test_without_competing_events_incidence_and_fine_gray_are_kaplan_meier_and_cox(seed):
    x, time, event = cohort(seed)
    got = cumulative_incidence(time, event).at(time)
    np.testing.assert_allclose(
        got["estimate"], 1 - kaplan_meier(time, event).at(time)["survival"], atol=1e-12
    )
    cox = cox_fit(x, time, event, ties="breslow")
    np.testing.assert_allclose(fine_gray(x, time, event).coef, cox.coef, atol=1e-7)


@few
@given(seed=seeds)
def test_grays_statistic_ignores_the_order_of_groups(seed):
    x, time, event = cohort(seed)
    cause = np.where(event == 1, 1 + (x[:, 2] > 0), 0)
    cause[0] = 1
    group = np.digitize(x[:, 0], [-0.4, 0.4])
    swapped = np.array([2, 0, 1])[group]
    assert gray_test(time, cause, group).statistic == pytest.approx(
        gray_test(time, cause, swapped).statistic, rel=1e-8
    )


@few
@given(seed=seeds)
def test_a_stratum_of_one_group_adds_nothing_to_grays_statistic(seed):
    x, time, event = cohort(seed)
    cause = np.where(event == 1, 1 + (x[:, 2] > 0), 0)
    cause[:2] = 1
    group = (x[:, 0] > 0).astype(int)
    group[:2] = (0, 1)
    alone = gray_test(time, cause, group, rho=0.5).statistic
    twice = [np.concatenate([v, v]) for v in (time, cause)]
    layer = np.repeat([0, 1], time.size)
    both = gray_test(*twice, np.concatenate([group, np.ones_like(group)]), rho=0.5, strata=layer)
    assert both.statistic == pytest.approx(alone, rel=1e-8)


@given(seed=seeds)
def test_without_censoring_auc_and_brier_are_the_plain_ones(seed):
    x, time, _ = cohort(seed, ties=False)
    event, horizon = np.ones(time.size), float(np.median(time))
    case = time <= horizon
    pairs = (x[case, 0][:, None] > x[~case, 0][None, :]).mean()
    assert time_dependent_auc(x[:, 0], time, event, horizon).auc == pytest.approx(pairs)
    risk = 1 / (1 + np.exp(-x[:, 0]))
    assert brier_score(risk, time, event, horizon).brier == pytest.approx(np.mean((case - risk) ** 2))


@given(seed=seeds)
def test_the_null_prediction_has_no_accuracy_beyond_itself(seed):
    _, time, event = cohort(seed)
    horizon = float(np.median(time))
    curve = kaplan_meier(time, event).at(horizon)["survival"]
    got = brier_score(np.full(time.size, 1 - curve[0]), time, event, horizon)
    assert got.ipa == pytest.approx(0, abs=1e-12)
    grid = np.unique(time)[: time.size // 2 + 1]
    grid = grid[grid <= horizon]
    assert 0 <= integrated_brier_score(np.full((time.size, grid.size), 0.5), grid, time, event) <= 1
