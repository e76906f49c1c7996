"""Limits of a penalised profile: where the likelihood has fallen far enough, whatever way leads there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from kinephen.survival.cox import cox_fit
from kinephen.survival.results import Z95


def cohort(seed, patients, covariates):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(patients, covariates))
    x[:, 0] = np.arange(patients) % 3 == 0
    time = rng.exponential(np.exp(-x[:, -1])) + 0.01
    return x, time, (rng.random(patients) < 0.5).astype(float)


def fallen(fit, x, time, event, j, value):
    """Return twice the fall of the penalised likelihood with a coefficient held, by another optimiser."""
    from kinephen.survival.likelihood import firth_likelihood

    centred = x - x.mean(axis=0)
    free = np.arange(x.shape[1]) != j

    def loss(part):
        coef = np.full(x.shape[1], value)
        coef[free] = part
        return -firth_likelihood(centred, centred @ coef, fit.data.sets).value

    found = optimize.minimize(
        loss, fit.coef[free], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}
    )
    return 2.0 * (fit.loglik + found.fun)


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.integers(40, 70), st.integers(2, 3))
def test_the_likelihood_at_a_limit_has_fallen_by_half_the_quantile(seed, patients, covariates):
    x, time, event = cohort(seed, patients, covariates)
    fit = cox_fit(x, time, event, firth=True)
    for limits in (fit.hr_lower, fit.hr_upper):
        for j, limit in enumerate(np.log(limits)):
            assert fallen(fit, x, time, event, j, limit) == pytest.approx(Z95**2, abs=1e-4)
            assert (limit < fit.coef[j]) == (limits is fit.hr_lower)


@pytest.mark.parametrize("seed", range(6))
def test_order_and_scale_of_covariates_change_no_limit(seed):
    x, time, event = cohort(seed, 50, 3)
    fit = cox_fit(x, time, event, firth=True)
    turned = cox_fit(x[:, ::-1] * 10.0, time, event, firth=True)
    for name in ("hr_lower", "hr_upper"):
        own, other = np.log(getattr(fit, name)), 10.0 * np.log(getattr(turned, name))[::-1]
        np.testing.assert_allclose(own, other, rtol=1e-7, atol=1e-8)


def test_separation_gives_finite_or_infinite_limits_around_the_estimate():
    x, time, event = cohort(3, 24, 5)
    event[x[:, 0] == 0] = 0.0
    fit = cox_fit(x, time, event, firth=True)
    assert (np.log(fit.hr_lower) < fit.coef).all()
    assert (np.log(fit.hr_upper) > fit.coef).all()
