"""Whatever the data, a survival function gives a result or an error of ours, and never a bare warning."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.errors import KinephenError
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.folds import make_folds
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.gray import gray_test
from kinephen.survival.logistic import logistic_fit
from kinephen.survival.logrank import logrank
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.residuals import deviance_residuals
from kinephen.survival.time_dependent import time_dependent_auc

seeds = st.integers(0, 100_000)


def odd_cohort(seed):
    """Few patients, rare markers, heavy tails, other scales, ties, hardly or mostly events."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(4, 40)), int(rng.integers(1, 5))
    x = np.where(rng.random((n, p)) < 0.5, rng.normal(size=(n, p)) * 10.0 ** rng.integers(-3, 4, p), 0.0)
    for j in range(p):
        if rng.random() < 0.5:
            x[:, j] = rng.random(n) < rng.choice([0.05, 0.2, 0.5])
    time = rng.exponential(size=n) * 10.0 ** rng.integers(-2, 4)
    if rng.random() < 0.5:
        time = np.ceil(time / time.max() * rng.integers(1, 10))
    return x, time, (rng.random(n) < rng.choice([0.1, 0.4, 0.9])).astype(int), rng


class Cohort(NamedTuple):
    """What a cohort lacks, found from its data by plain rules."""

    x: np.ndarray
    time: np.ndarray
    event: np.ndarray

    @property
    def excuses(self):
        """Codes of errors, and whether this cohort excuses each."""
        happened, n = self.event == 1, self.time.size
        group, half = self.x[:, 0] > 0, np.median(self.time)
        no_pairs = not (happened & (self.time < self.time.max())).any()
        return {
            "survival.no_events": not happened.any(),
            "survival.one_response": happened.all() or not happened.any(),
            "survival.one_group": group.all() or not group.any(),
            "survival.no_pairs": no_pairs,
            "survival.horizon": not ((happened & (self.time <= half)).any() and (self.time > half).any()),
            "survival.too_many_covariates": self.x.shape[1] + 1 >= n,
        }


def attempt(call, cohort, *further):
    """Return the result, which is due unless the cohort, or a further code, excuses the error."""
    try:
        return call()
    except KinephenError as error:
        if not cohort.excuses.get(error.code) and error.code not in further:
            raise AssertionError(f"{error.code} is not due: {error}") from error
        return None


def undefined_is_named(fit):
    """Tell whether coefficients are finite, or undefined and named."""
    gaps = int(np.isnan(fit.coef).sum())
    named = sum(i.count for i in fit.issues if i.code == "survival.collinear")
    return not np.isinf(fit.coef).any() and (gaps > 0) == (named > 0)


def in_unit(value):
    return value is None or np.isnan(value) or -1e-12 <= value <= 1 + 1e-12


@given(seed=seeds)
@settings(max_examples=25)
def test_cox_models_of_odd_cohorts(seed):
    x, time, event, _ = odd_cohort(seed)
    fit = attempt(lambda: cox_fit(x, time, event), Cohort(x, time, event))
    if fit is None:
        return
    assert np.isfinite(fit.loglik)
    assert fit.lrt.statistic >= 0
    assert np.isfinite(fit.coef[~np.isnan(fit.coef)]).all()
    assert fit.method in ("partial likelihood", "firth")
    proportional_hazards_test(fit)
    assert np.isfinite(deviance_residuals(fit)).all()
    predicted = FrozenCox.of(fit).survival(x, [np.median(time)])
    assert ((predicted.survival >= 0) & (predicted.survival <= 1)).all()


@given(seed=seeds)
@settings(max_examples=40)
def test_other_models_and_tests_of_odd_cohorts(seed):
    x, time, event, rng = odd_cohort(seed)
    status = event * (1 + (rng.random(time.size) < 0.5))
    cohort, first = Cohort(x, time, event), Cohort(x, time, (status == 1).astype(int))
    ridge = attempt(lambda: cox_fit(x, time, event, ridge=1.0), cohort)
    assert ridge is None or undefined_is_named(ridge)
    gray = attempt(lambda: fine_gray(x, time, status), first)
    if gray is not None:
        assert np.isfinite(gray.loglik)
        assert undefined_is_named(gray)
    logit = attempt(lambda: logistic_fit(x, event), cohort)
    if logit is not None:
        assert np.isfinite(logit.loglik)
        assert undefined_is_named(logit)
        assert ((logit.fitted >= 0) & (logit.fitted <= 1)).all()
        assert logit.responders == event.sum()
    for test, own in (
        (attempt(lambda: gray_test(time, status, x[:, 0] > 0), first), first),
        (attempt(lambda: logrank(time, event, x[:, 0] > 0), cohort), cohort),
    ):
        if test is not None:
            assert in_unit(test.p)
            assert not test.statistic < 0
            assert np.sum(test.events) == own.event.sum()
    found = attempt(lambda: concordance(x[:, 0], time, event, weight="n/G2"), cohort)
    assert found is None or in_unit(found.c)
    at = float(np.median(time))
    curve = attempt(lambda: time_dependent_auc(x[:, 0], time, event, at), cohort)
    if curve is not None:
        assert in_unit(curve.auc)
        assert curve.cases == (event[time <= at] == 1).sum()


@given(seed=seeds)
@settings(max_examples=25)
def test_cross_validation_of_odd_cohorts(seed):
    x, time, event, rng = odd_cohort(seed)

    def run():
        outcome = clean_outcome(time, event, need_events=True)
        folds = make_folds(outcome.event, 3, 2, stratified=True, rng=rng)
        return cross_validate(x, outcome, folds)

    # In folds of so few events none may be comparable with another patient.
    got = attempt(run, Cohort(x, time, event), *(["survival.no_pairs"] if event.sum() <= 6 else []))
    if got is not None:
        assert 0 <= got.c <= 1
        assert np.isfinite(got.predictor).all()


def test_an_error_that_the_cohort_does_not_excuse_is_no_result():
    time, event = np.arange(1.0, 9.0), np.array([0, 1] * 4)
    cohort = Cohort(np.arange(8.0)[:, None] - 3, time, event)
    assert attempt(lambda: logrank(time, event, np.ones(8)), cohort._replace(x=np.ones((8, 1)))) is None
    for call in (
        lambda: logrank(time, event, np.ones(8)),
        lambda: cox_fit(np.ones((8, 0)), time, event),
        lambda: time_dependent_auc(time, time, event, 20.0),
    ):
        with pytest.raises(AssertionError, match="is not due"):
            attempt(call, cohort)


def test_fine_gray_reports_what_cannot_be_estimated():
    rng = np.random.default_rng(1)
    time, status = rng.exponential(size=40), rng.integers(0, 3, 40)
    never = ((status != 1) & (np.arange(40) % 2 == 0)).astype(float)
    got = fine_gray(np.column_stack([rng.normal(size=40), np.ones(40), never]), time, status)
    assert np.isnan(got.coef).tolist() == [False, True, False]
    assert [i.code for i in got.issues] == ["survival.collinear", "survival.separation"]
    assert got.hr[2] == pytest.approx(0, abs=1e-4)
    assert "Fine-Gray, cause 1" in str(got)
