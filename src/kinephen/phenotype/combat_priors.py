"""Empirical Bayes estimates of one batch's location and scale, pooled over features."""

from __future__ import annotations

import numpy as np

from kinephen.errors import CohortError
from kinephen.types import FloatArray

TOLERANCE = 1e-4
"""Largest relative change at which the iteration stops, as in sva."""
MAX_STEPS = 10_000


def posterior(z: FloatArray, *, parametric_prior: bool, mean_only: bool) -> tuple[FloatArray, FloatArray]:
    """Return location and variance of one batch from its standardised features; each (features,)."""
    if mean_only:
        return shift_only(z), np.ones(z.shape[1])
    return parametric(z) if parametric_prior else nonparametric(z)


def shift_only(z: FloatArray) -> FloatArray:
    """Return the posterior location of every feature at unit variance; `z` (patients, features)."""
    gamma = z.mean(axis=0)
    t2 = gamma.var(ddof=1)
    # One patient or many: sva weighs the batch mean as a single observation here.
    posterior: FloatArray = (t2 * gamma + gamma.mean()) / (t2 + 1.0)
    return posterior


def parametric(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return posterior location and variance under normal and inverse-gamma priors; each (features,)."""
    n = len(z)
    gamma_hat, delta_hat = z.mean(axis=0), z.var(axis=0, ddof=1)
    prior, t2 = gamma_hat.mean(), gamma_hat.var(ddof=1)
    m, s2 = delta_hat.mean(), delta_hat.var(ddof=1)
    a, b = (2.0 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    gamma, delta = gamma_hat, delta_hat
    for _ in range(MAX_STEPS):
        new_gamma = (n * t2 * gamma_hat + delta * prior) / (n * t2 + delta)
        squares = ((z - new_gamma) ** 2).sum(axis=0)
        new_delta = (b + 0.5 * squares) / (n / 2.0 + a - 1.0)
        change = max(_relative(new_gamma, gamma), _relative(new_delta, delta))
        gamma, delta = new_gamma, new_delta
        if change < TOLERANCE:
            return gamma, delta
    raise CohortError("ComBat's iteration did not converge", code="combat.convergence")


def _relative(new: FloatArray, old: FloatArray) -> float:
    # The divisor keeps its sign, as in sva: a negative location never delays the stop.
    change = np.abs(new - old)
    return float(np.divide(change, old, out=np.where(change > 0.0, np.inf, 0.0), where=old != 0.0).max())


def nonparametric(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return posterior means under the empirical distribution of the other features; each (features,)."""
    n, features = z.shape
    gamma_hat, delta_hat = z.mean(axis=0), z.var(axis=0, ddof=1)
    gamma, delta = np.empty(features), np.empty(features)
    for g in range(features):
        others = np.arange(features) != g
        centre, variance = gamma_hat[others], delta_hat[others]
        squares = ((z[:, g, None] - centre) ** 2).sum(axis=0)
        log_weight = -0.5 * n * np.log(2.0 * np.pi * variance) - squares / (2.0 * variance)
        weight = np.exp(log_weight - log_weight.max())
        gamma[g] = (centre * weight).sum() / weight.sum()
        delta[g] = (variance * weight).sum() / weight.sum()
    return gamma, delta
