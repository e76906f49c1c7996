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
        Limits on the log scale (95 %), within [0, 1].
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


def survival_from_steps(
    steps: HazardSteps, relative: FloatArray, distance: FloatArray, vcov: FloatArray, times: FloatArray
) -> PredictedSurvival:
    """Return predicted survival from step functions.

    Parameters
    ----------
    steps : HazardSteps
    relative : ndarray, shape (m,)
        Hazard of each patient relative to that of `steps`.
    distance : ndarray, shape (m, p)
        Their covariates minus the means of the fit.
    vcov : ndarray, shape (p, p)
        Of the coefficients; NaN counts as 0.
    times : ndarray, shape (k,)
    """
    cumulative, of_jumps, pull = steps.at(times)
    lever = distance[:, None, :] * cumulative[None, :, None] - pull[None, :, :]
    known = np.nan_to_num(vcov, nan=0.0)
    variance = of_jumps[None, :] + np.einsum("mkp,pq,mkq->mk", lever, known, lever)
    hazard, se = np.outer(relative, cumulative), relative[:, None] * np.sqrt(variance)
    lower, upper = np.exp(-hazard - Z95 * se), np.minimum(np.exp(-hazard + Z95 * se), 1.0)
    survival = np.exp(-hazard)
    return PredictedSurvival(times, survival, survival * se, lower, upper)


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
    relative = np.exp(fit.linear_predictor(values, centred=False))
    steps = hazard_steps(fit, stratum=stratum)
    return survival_from_steps(steps, relative, values - fit.means, fit.vcov, when)
