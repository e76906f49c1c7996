"""Residuals of a Cox model: martingale, deviance, score, dfbeta, Schoenfeld."""

from __future__ import annotations

import numpy as np

from kinephen.survival.cox_model import CoxData, CoxResult
from kinephen.survival.likelihood import step_moments
from kinephen.types import FloatArray


def martingale_residuals(fit: CoxResult) -> FloatArray:
    """Return event minus expected events, shape (n,); they sum to 0 (weighted).

    References
    ----------
    Therneau, Grambsch and Fleming 1990; Efron's factor for tied deaths.
    """
    data = fit.data
    residual = data.outcome.event.astype(np.float64)
    eta = fit.linear_predictor(centred=True)
    for layout in data.sets:
        own = eta[layout.rows] - eta[layout.rows].max()
        total = layout.step_sum(layout.weight * np.exp(own))
        residual[layout.rows] -= np.exp(own) * layout.spread(layout.step_weight / total)
    return residual


def deviance_residuals(fit: CoxResult) -> FloatArray:
    """Return martingale residuals made symmetric around 0, shape (n,)."""
    residual = martingale_residuals(fit)
    event = fit.data.outcome.event.astype(np.float64)
    expected = np.where(event > 0, event - residual, 1.0)
    inner = residual + event * np.log(expected)
    return np.asarray(np.sign(residual) * np.sqrt(np.maximum(-2.0 * inner, 0.0)))


def score_contributions(x: FloatArray, eta: FloatArray, data: CoxData) -> FloatArray:
    """Return each patient's part of the score, weight included, shape (n, p); the columns sum to the score.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    eta : ndarray, shape (n,)
    data : CoxData
    """
    parts = np.zeros_like(x)
    for layout in data.sets:
        own, risk = x[layout.rows], np.exp(eta[layout.rows] - eta[layout.rows].max())
        total = layout.step_sum(layout.weight * risk)
        mean = layout.step_sum((layout.weight * risk)[:, None] * own) / total[:, None]
        rate = layout.step_weight / total
        hazard, pulled = layout.spread(rate), layout.spread(rate[:, None] * mean)
        part = -risk[:, None] * (own * hazard[:, None] - pulled)
        # With Efron's rule a death is compared with the mean over all steps of its time.
        count = np.bincount(layout.step, minlength=layout.times.size)[:, None]
        average = np.zeros((layout.times.size, x.shape[1]))
        np.add.at(average, layout.step, mean)
        slot = layout.slot[layout.event] - 1
        part[layout.event] += own[layout.event] - (average / count)[slot]
        parts[layout.rows] = layout.weight[:, None] * part
    return parts


def dfbeta(x: FloatArray, eta: FloatArray, data: CoxData, vcov: FloatArray) -> FloatArray:
    """Return the approximate change of the coefficients when a patient is left out, shape (n, p)."""
    return np.asarray(score_contributions(x, eta, data) @ vcov)


def schoenfeld_residuals(fit: CoxResult) -> tuple[FloatArray, FloatArray]:
    """Return event times and covariate minus risk-set mean at each death, shapes (d,) and (d, p).

    References
    ----------
    Schoenfeld 1982.
    """
    times, residuals = [], []
    eta = fit.linear_predictor()
    for layout in fit.data.sets:
        x = fit.data.x[layout.rows]
        mean, _ = step_moments(x - fit.means, eta[layout.rows], layout)
        count = np.bincount(layout.step, minlength=layout.times.size)[:, None]
        average = np.zeros((layout.times.size, x.shape[1]))
        np.add.at(average, layout.step, mean)
        times.append(layout.times[layout.step])
        residuals.append(x[layout.death] - fit.means - (average / count)[layout.step])
    return np.concatenate(times), np.concatenate(residuals)
