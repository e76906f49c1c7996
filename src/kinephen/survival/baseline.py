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
    """Predicted survival of m patients at k times.

    Parameters
    ----------
    time : ndarray, shape (k,)
    survival, se, lower, upper : ndarray, shape (m, k)
        Limits (95 %) by the log(-log) transformation; NaN where survival is 0 or 1.
    """

    time: FloatArray
    survival: FloatArray
    se: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class HazardSteps:
    """The baseline hazard of one stratum with what its uncertainty needs, as step functions.

    Parameters
    ----------
    time : ndarray, shape (g,)
        Event times, ascending; each value below holds from its time on, and 0 before the first.
    cumulative : ndarray, shape (g,)
        Cumulative hazard at uncentred covariates of 0.
    variance : ndarray, shape (g,)
        Variance of `cumulative` with the coefficients known.
    pull : ndarray, shape (g, p)
        Sum of jump times mean covariates at risk, relative to the means of the fit.
    """

    time: FloatArray
    cumulative: FloatArray
    variance: FloatArray
    pull: FloatArray

    def at(self, times: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return cumulative hazard (k,), its variance (k,) and pull (k, p) at `times`."""
        position = np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="right")
        pull = np.vstack([np.zeros((1, self.pull.shape[1])), self.pull])
        cumulative, variance = (np.append(0.0, v) for v in (self.cumulative, self.variance))
        return cumulative[position], variance[position], pull[position]


def hazard_steps(fit: CoxResult, *, stratum: int = 0) -> HazardSteps:
    """Return the baseline hazard of a fitted model and the parts of its variance.

    Parameters
    ----------
    fit : CoxResult
    stratum : int
        Position among the strata that have events.
    """
    layout = fit.data.sets[stratum]
    eta = fit.linear_predictor(centred=False)[layout.rows]
    jumps, risk = _jumps(eta, layout)
    # Centred columns keep the two parts of (x - mean) x hazard from cancelling.
    own = fit.data.x[layout.rows] - fit.means
    mean = layout.step_sum(risk[:, None] * own) / layout.step_sum(risk)[:, None]
    parts = np.column_stack([jumps, jumps**2 / layout.step_weight, jumps[:, None] * mean])
    total = np.zeros((layout.times.size, parts.shape[1]))
    np.add.at(total, layout.step, parts)
    total = np.cumsum(total, axis=0)
    return HazardSteps(layout.times, total[:, 0], total[:, 1], total[:, 2:])


def predicted_survival(
    steps: HazardSteps, relative: FloatArray, distance: FloatArray, vcov: FloatArray, times: FloatArray
) -> PredictedSurvival:
    """Return predicted survival with its limits from step functions.

    Parameters
    ----------
    steps : HazardSteps
    relative : ndarray, shape (m,)
        Hazard of each patient relative to that of `steps`.
    distance : ndarray, shape (m, p)
        Their covariates minus the means of the fit.
    vcov : ndarray, shape (p, p)
        Of the coefficients.
    times : ndarray, shape (k,)
    """
    cumulative, of_jumps, pull = steps.at(times)
    lever = distance[:, None, :] * cumulative[None, :, None] - pull[None, :, :]
    variance = of_jumps[None, :] + np.einsum("mkp,pq,mkq->mk", lever, vcov, lever)
    hazard, se = np.outer(relative, cumulative), relative[:, None] * np.sqrt(variance)
    survival = np.exp(-hazard)
    lower, upper = log_log_limits(hazard, se)
    return PredictedSurvival(times, survival, survival * se, lower, upper)


def log_log_limits(hazard: FloatArray, se: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return 95 % limits of survival exp(-hazard), symmetric for log(-log(survival)).

    They lie within 0 and 1 without being cut there, as those of R's `survfit` with ``conf.type="log-log"``.
    NaN where survival is 1 or 0: nothing is known there (R puts both limits at the value itself).

    Parameters
    ----------
    hazard, se : ndarray
        Cumulative hazard and its standard error.

    References
    ----------
    Kalbfleisch and Prentice 2002.
    """
    # A spread without bound says that nothing is known: the limits are then 0 and 1.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(Z95 * se / hazard)
        lower, upper = np.exp(-hazard * spread), np.exp(-hazard / spread)
    known = np.isfinite(hazard) & (hazard > 0.0)
    return np.where(known, lower, np.nan), np.where(known, upper, np.nan)
