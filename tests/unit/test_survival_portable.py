"""A Cox model without its patients' rows predicts what the fitted one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.errors import InputError
from kinephen.survival.baseline import predict_survival
from kinephen.survival.cox import cox_fit
from kinephen.survival.portable import PortableCox


def fitted(seed, *, n=60, p=3, ties=True, firth=False):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(50, 10, n), rng.integers(0, 2, n), rng.gamma(2, 4, n)])[:, :p].astype(
        float
    )
    death = rng.exponential(8.0 * np.exp(-0.4 * (x[:, 0] - 50) / 10))
    censored = rng.exponential(8.0, n)
    time = np.minimum(death, censored)
    time = np.ceil(4 * time) / 4 if ties else time
    return cox_fit(x, time, (death <= censored).astype(int), firth=firth), x


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_predictions_and_intervals_are_those_of_the_fit(seed, ties, firth):
    fit, x = fitted(seed, ties=ties, firth=firth)
    model = PortableCox.of(fit)
    times = np.linspace(0.0, model.last_time, 9)
    ours, theirs = model.survival(x[:7], times), predict_survival(fit, x[:7], times)
    for name in ("survival", "se", "lower", "upper"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.linear_predictor(x), fit.linear_predictor(), atol=1e-10)


def test_nothing_is_predicted_beyond_the_follow_up():
    fit, x = fitted(1)
    model = PortableCox.of(fit)
    found = model.survival(x[:2], [model.last_time, np.nextafter(model.last_time, np.inf)])
    assert np.isfinite(found.survival[:, 0]).all()
    for name in ("survival", "se", "lower", "upper"):
        assert np.isnan(getattr(found, name)[:, 1]).all()


def test_before_the_first_event_everyone_is_free_of_it():
    fit, x = fitted(2)
    found = PortableCox.of(fit).survival(x[:3], [0.0])
    assert (found.survival == 1.0).all()
    assert (found.lower == 1.0).all()


def test_the_frozen_model_has_the_same_risks():
    fit, x = fitted(3)
    model = PortableCox.of(fit)
    np.testing.assert_allclose(
        model.frozen().risk(x, 3.0), 1.0 - model.survival(x, [3.0]).survival[:, 0], rtol=1e-10
    )


def test_an_aliased_covariate_changes_nothing():
    fit, x = fitted(4, p=2)
    both = cox_fit(
        np.column_stack([x, x[:, 0] * 2.0]), fit.data.outcome.time, fit.data.outcome.event, firth=False
    )
    one, two = PortableCox.of(fit), PortableCox.of(both)
    wide = np.column_stack([x, x[:, 0] * 2.0])
    a, b = one.survival(x[:5], [2.0]), two.survival(wide[:5], [2.0])
    np.testing.assert_allclose(a.survival, b.survival, rtol=1e-8)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-7)


def test_another_number_of_columns_and_strata_are_refused():
    fit, x = fitted(5)
    with pytest.raises(InputError, match="2 columns for 3 coefficients"):
        PortableCox.of(fit).survival(x[:, :2], [1.0])
    strata = np.arange(len(x)) % 2
    two = cox_fit(x, fit.data.outcome.time, fit.data.outcome.event, strata=strata)
    with pytest.raises(InputError, match="stratified"):
        PortableCox.of(two)
