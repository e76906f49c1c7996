"""The partial likelihood of Cox's model: value, score, information, and Firth's penalty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.survival.risk_sets import RiskSets
from kinephen.types import FloatArray

UNDERFLOW = 1e-280


@dataclass(frozen=True)
class LikelihoodTerms:
    """Value and derivatives of a log-likelihood at one coefficient vector.

    Parameters
    ----------
    value : float
    score : ndarray, shape (p,)
    information : ndarray, shape (p, p)
        Minus the second derivative.
    """

    value: float
    score: FloatArray
    information: FloatArray


def partial_likelihood(x: FloatArray, eta: FloatArray, sets: tuple[RiskSets, ...]) -> LikelihoodTerms:
    """Return log partial likelihood, score and information.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Covariates, best centred.
    eta : ndarray, shape (n,)
        Linear predictor (with offset).
    sets : tuple of RiskSets
        One a stratum.

    References
    ----------
    Cox 1972, 1975; Efron 1977; Breslow 1974.
    """
    p = x.shape[1]
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for layout in sets:
        terms = _stratum_terms(x[layout.rows], eta[layout.rows], layout)
        value += terms.value
        score += terms.score
        information += terms.information
    return LikelihoodTerms(value, score, information)


def _stratum_terms(x: FloatArray, eta: FloatArray, layout: RiskSets) -> LikelihoodTerms:
    eta = eta - eta.max()  # a shift cancels in every ratio and keeps exp() finite
    risk = layout.weight * np.exp(eta)
    total = layout.step_sum(risk)
    if not (total > UNDERFLOW).all():
        # So far out that a whole risk set underflows: worse than anything, the search will turn back.
        return LikelihoodTerms(-np.inf, np.zeros(x.shape[1]), np.eye(x.shape[1]))
    mean = layout.step_sum(risk[:, None] * x) / total[:, None]
    expected = risk * layout.spread(layout.step_weight / total)
    observed = layout.weight * layout.event
    value = float(observed @ eta - layout.step_weight @ np.log(total))
    second = (x * expected[:, None]).T @ x
    information = second - (mean * layout.step_weight[:, None]).T @ mean
    return LikelihoodTerms(value, x.T @ (observed - expected), information)


def step_moments(x: FloatArray, eta: FloatArray, layout: RiskSets) -> tuple[FloatArray, FloatArray]:
    """Return mean (d, p) and covariance (d, p, p) of the covariates over each step's risk set.

    Parameters
    ----------
    x : ndarray, shape (m, p)
        Rows of this stratum, in the layout's order.
    eta : ndarray, shape (m,)
    layout : RiskSets
    """
    risk = layout.weight * np.exp(eta - eta.max())
    total = layout.step_sum(risk)
    mean = layout.step_sum(risk[:, None] * x) / total[:, None]
    second = layout.step_sum(risk[:, None, None] * x[:, :, None] * x[:, None, :]) / total[:, None, None]
    return mean, second - mean[:, :, None] * mean[:, None, :]


def firth_likelihood(x: FloatArray, eta: FloatArray, sets: tuple[RiskSets, ...]) -> LikelihoodTerms:
    """Return the log-likelihood penalised by half the log determinant of the information, and its score.

    The information is that of the unpenalised likelihood. The extra score of coefficient c is half the trace
    of (inverse information x third central moments of the risk sets).

    References
    ----------
    Firth 1993; Heinze and Schemper 2001 (doi 10.1111/j.0006-341X.2001.00114.x).
    """
    plain = partial_likelihood(x, eta, sets)
    sign, log_determinant = np.linalg.slogdet(plain.information)
    if sign <= 0 or not np.isfinite(plain.value):
        return LikelihoodTerms(-np.inf, plain.score, plain.information)
    inverse = np.asarray(np.linalg.inv(plain.information), dtype=np.float64)
    extra = np.zeros(x.shape[1])
    for layout in sets:
        extra += _third_moments(x[layout.rows], eta[layout.rows], layout, inverse)
    return LikelihoodTerms(
        plain.value + 0.5 * float(log_determinant), plain.score + 0.5 * extra, plain.information
    )


def _third_moments(x: FloatArray, eta: FloatArray, layout: RiskSets, inverse: FloatArray) -> FloatArray:
    # sum over steps of E[(x - m)_c (x - m)' A (x - m)] = Cov(x_c, x'Ax) - 2 (V A m)_c
    risk = layout.weight * np.exp(eta - eta.max())
    total = layout.step_sum(risk)
    mean, covariance = step_moments(x, eta, layout)
    form = np.einsum("ij,jk,ik->i", x, inverse, x)
    mean_form = layout.step_sum(risk * form) / total
    cross = layout.step_sum((risk * form)[:, None] * x) / total[:, None] - mean * mean_form[:, None]
    third = cross - 2.0 * np.einsum("sjk,kl,sl->sj", covariance, inverse, mean)
    return np.asarray(layout.step_weight @ third)
