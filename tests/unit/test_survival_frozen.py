"""A Cox model without its patients' rows predicts what the fitted one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.errors import InputError
from kinephen.survival.baseline import log_log_limits
from kinephen.survival.cox import cox_fit
from kinephen.survival.frozen import FrozenCox


def fitted(seed, *, n=60, p=3, ties=True, firth=False, profile=False):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(50, 10, n), rng.integers(0, 2, n), rng.gamma(2, 4, n)])[:, :p].astype(
        float
    )
    death = rng.exponential(8.0 * np.exp(-0.4 * (x[:, 0] - 50) / 10))
    censored = rng.exponential(8.0, n)
    time = np.minimum(death, censored)
    time = np.ceil(4 * time) / 4 if ties else time
    return cox_fit(x, time, (death <= censored).astype(int), firth=firth, profile=profile), x


def test_without_profiles_the_same_model_is_found_and_its_limits_are_undefined():
    (whole, x), (quick, _) = (fitted(7, firth=True, profile=p) for p in (True, False))
    for name in ("coef", "vcov", "se", "z", "loglik", "means"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(quick, name))
    assert np.isfinite([whole.p, whole.hr_lower, whole.hr_upper]).all()
    assert np.isnan([quick.p, quick.hr_lower, quick.hr_upper]).all()
    times = np.linspace(0.0, 5.0, 9)
    np.testing.assert_array_equal(whole.survival(x[:7], times), quick.survival(x[:7], times))


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_predictions_are_those_of_the_fit(seed, ties, firth):
    fit, x = fitted(seed, ties=ties, firth=firth)
    model = FrozenCox.of(fit)
    times = np.linspace(0.0, model.last_time, 9)
    np.testing.assert_allclose(
        model.survival(x[:7], times).survival, fit.survival(x[:7], times), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(model.linear_predictor(x), fit.linear_predictor(), atol=1e-10)
    np.testing.assert_allclose(
        model.linear_predictor(x, centred=False), fit.linear_predictor(x, centred=False), atol=1e-10
    )


@given(st.integers(0, 10_000), st.booleans())
def test_limits_hold_the_value_stay_within_bounds_and_are_those_of_the_hand(seed, firth):
    fit, x = fitted(seed, firth=firth)
    model = FrozenCox.of(fit)
    found = model.survival(x[:7], np.linspace(0.0, model.last_time, 9))
    inside = np.isfinite(found.lower)
    assert (inside == ((found.survival < 1.0) & (found.survival > 0.0))).all()
    s, low, high = found.survival[inside], found.lower[inside], found.upper[inside]
    # exp of a large hazard meets 0, and of a small one 1: the rounded limits may touch the bounds.
    assert ((low >= 0.0) & (low <= s) & (s <= high) & (high <= 1.0)).all()
    hazard = -np.log(s)
    half = 1.959963984540054 * found.se[inside] / s / hazard
    for limit, sign in ((low, 1.0), (high, -1.0)):
        known = (limit > 1e-280) & (limit < 1.0 - 1e-9)
        np.testing.assert_allclose(
            np.log(-np.log(limit[known])), (np.log(hazard) + sign * half)[known], rtol=1e-6, atol=1e-6
        )


def test_a_spread_without_bound_leaves_the_whole_range():
    lower, upper = log_log_limits(np.array([0.5, 0.5]), np.array([1e6, 0.0]))
    np.testing.assert_array_equal(lower, [0.0, np.exp(-0.5)])
    np.testing.assert_array_equal(upper, [1.0, np.exp(-0.5)])


def test_nothing_is_predicted_beyond_the_follow_up():
    fit, x = fitted(1)
    model = FrozenCox.of(fit)
    found = model.survival(x[:2], [model.last_time, np.nextafter(model.last_time, np.inf)])
    assert np.isfinite(found.survival[:, 0]).all()
    for name in ("survival", "se", "lower", "upper"):
        assert np.isnan(getattr(found, name)[:, 1]).all()


def test_before_the_first_event_everyone_is_free_of_it():
    fit, x = fitted(2)
    found = FrozenCox.of(fit).survival(x[:3], [0.0])
    assert (found.survival == 1.0).all()
    assert np.isnan(found.lower).all()
    assert np.isnan(found.upper).all()


def test_expected_events_are_the_hazard_at_each_patients_own_time():
    fit, x = fitted(3)
    model, time = FrozenCox.of(fit), fit.data.outcome.time
    by_hand = fit.baseline[0].at(time) * np.exp(fit.linear_predictor(x, centred=False))
    np.testing.assert_allclose(model.expected(x, time), by_hand, rtol=1e-10)
    np.testing.assert_allclose(model.risk(x, 3.0), 1.0 - fit.survival(x, [3.0])[:, 0], rtol=1e-10)


def test_an_aliased_covariate_changes_nothing():
    fit, x = fitted(4, p=2)
    both = cox_fit(
        np.column_stack([x, x[:, 0] * 2.0]), fit.data.outcome.time, fit.data.outcome.event, firth=False
    )
    one, two = FrozenCox.of(fit), FrozenCox.of(both)
    wide = np.column_stack([x, x[:, 0] * 2.0])
    a, b = one.survival(x[:5], [2.0]), two.survival(wide[:5], [2.0])
    np.testing.assert_allclose(a.survival, b.survival, rtol=1e-8)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-7)


def test_another_number_of_columns_and_strata_are_refused():
    fit, x = fitted(5)
    with pytest.raises(InputError, match="2 columns for 3 coefficients"):
        FrozenCox.of(fit).survival(x[:, :2], [1.0])
    strata = np.arange(len(x)) % 2
    two = cox_fit(x, fit.data.outcome.time, fit.data.outcome.event, strata=strata)
    with pytest.raises(InputError, match="stratified"):
        FrozenCox.of(two)
