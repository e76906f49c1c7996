"""Baseline hazard of a Cox model and predicted survival with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.survival.cox_model import BaselineHazard, CoxResult
from kinephen.survival.results import Z95
from kinephen.survival.risk_sets import RiskSets
from kinephen.types import FloatArray


def baseline_hazards(eta: FloatArray, sets: tuple[RiskSets, ...]) -> tuple[BaselineHazard, ...]:
    """Return the cumulative hazard where the linear predictor is 0, one a stratum.

    Parameters
    ----------
    eta : ndarray, shape (n,)
        Uncentred linear predictor.
    sets : tuple of RiskSets

    References
    ----------
    Breslow 1972, with Efron's correction for ties.
    """
    return tuple(_one_baseline(eta[layout.rows], layout) for layout in sets)


def _one_baseline(eta: FloatArray, layout: RiskSets) -> BaselineHazard:
    jumps, _ = _jumps(eta, layout)
    total = np.bincount(layout.step, jumps, minlength=layout.times.size)
    return BaselineHazard(layout.times, np.asarray(np.cumsum(total)))


def _jumps(eta: FloatArray, layout: RiskSets) -> tuple[FloatArray, FloatArray]:
    top = float(eta.max())
    risk = layout.weight * np.exp(eta - top)
    total = layout.step_sum(risk)
    return layout.step_weight / total * np.exp(-top), risk


@dataclass(frozen=True)
class PredictedSurvival:
    """Predicted survival of m women at k times.

    Parameters
    ----------
    time : ndarray, shape (k,)
    survival, se, lower, upper : ndarray, shape (m, k)
        Limits on the log scale (95 %), within [0, 1].
    """

    time: FloatArray
    survival: FloatArray
    se: FloatArray
    lower: FloatArray
    upper: FloatArray


def predict_survival(
    fit: CoxResult, x: ArrayLike, times: ArrayLike, *, stratum: int = 0
) -> PredictedSurvival:
    """Return predicted survival with standard errors.

    Parameters
    ----------
    fit : CoxResult
    x : array_like, shape (m, p)
    times : array_like, shape (k,)
    stratum : int
        Position among the strata that have events.

    References
    ----------
    Tsiatis 1981; Link 1984: the variance of the cumulative hazard is that of its jumps plus that of the
    coefficients.
    """
    values = np.atleast_2d(np.asarray(x, dtype=np.float64))
    when = np.atleast_1d(np.asarray(times, dtype=np.float64))
    layout = fit.data.sets[stratum]
    relative = np.exp(fit.linear_predictor(values, centred=False))
    hazard = np.outer(relative, fit.baseline[stratum].at(when))
    variance = relative[:, None] ** 2 * _relative_variance(fit, values, when, layout)
    survival, se = np.exp(-hazard), np.sqrt(variance)
    lower, upper = np.exp(-hazard - Z95 * se), np.minimum(np.exp(-hazard + Z95 * se), 1.0)
    return PredictedSurvival(when, survival, survival * se, lower, upper)


def _relative_variance(fit: CoxResult, x: FloatArray, when: FloatArray, layout: RiskSets) -> FloatArray:
    eta = fit.linear_predictor(centred=False)[layout.rows]
    jumps, risk = _jumps(eta, layout)
    # Centred columns keep the two parts of (x - mean) x hazard from cancelling.
    own = fit.data.x[layout.rows] - fit.means
    mean = layout.step_sum(risk[:, None] * own) / layout.step_sum(risk)[:, None]
    reached = (layout.times[layout.step][:, None] <= when[None, :]).astype(np.float64)
    of_jumps = (jumps**2 / layout.step_weight) @ reached
    hazard, pull = jumps @ reached, reached.T @ (jumps[:, None] * mean)
    lever = (x - fit.means)[:, None, :] * hazard[None, :, None] - pull[None, :, :]
    vcov = np.nan_to_num(fit.vcov, nan=0.0)
    return np.asarray(of_jumps[None, :] + np.einsum("mkp,pq,mkq->mk", lever, vcov, lever))
