"""A Cox model that travels: all that a prediction and its interval need, and no patient's row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.errors import InputError
from kinephen.survival.baseline import HazardSteps, PredictedSurvival, hazard_steps, survival_from_steps
from kinephen.survival.cox_model import BaselineHazard, CoxResult
from kinephen.survival.external import FrozenCox
from kinephen.types import FloatArray


@dataclass(frozen=True)
class PortableCox:
    """Coefficients, their covariance, and the hazard of a patient at the means.

    Parameters
    ----------
    names : tuple of str
        Columns of the design.
    coef, means : ndarray, shape (p,)
    vcov : ndarray, shape (p, p)
    steps : HazardSteps
        At the means, not at 0: far from the data the hazard at 0 may leave the range of numbers.
    last_time : float
        Longest follow-up of the cohort of the fit; nothing is predicted beyond it.
    """

    names: tuple[str, ...]
    coef: FloatArray
    means: FloatArray
    vcov: FloatArray
    steps: HazardSteps
    last_time: float

    @classmethod
    def of(cls, fit: CoxResult) -> PortableCox:
        """Freeze a fitted model; an aliased covariate gets coefficient and variance 0.

        Raises
        ------
        InputError
            ``survival.strata`` for a stratified model.
        """
        if len(fit.baseline) != 1:
            raise InputError("a stratified model has several baseline hazards", code="survival.strata")
        raw, at_means = hazard_steps(fit), float(np.exp(fit.means @ fit.usable_coef))
        steps = HazardSteps(
            raw.time, raw.cumulative * at_means, raw.variance * at_means**2, raw.pull * at_means
        )
        vcov = np.nan_to_num(fit.vcov, nan=0.0)
        return cls(fit.names, fit.usable_coef, fit.means, vcov, steps, float(fit.data.outcome.time.max()))

    def linear_predictor(self, x: ArrayLike) -> FloatArray:
        """Return the log hazard relative to a patient at the means, shape (m,).

        Raises
        ------
        InputError
            ``survival.length`` for another number of columns.
        """
        return self._distance(x) @ self.coef

    def survival(self, x: ArrayLike, times: ArrayLike) -> PredictedSurvival:
        """Return predicted survival with 95 % limits; NaN beyond `last_time`.

        Parameters
        ----------
        x : array_like, shape (m, p)
        times : array_like, shape (k,)

        References
        ----------
        As `kinephen.survival.baseline.predict_survival`.
        """
        when = np.atleast_1d(np.asarray(times, dtype=np.float64))
        distance = self._distance(x)
        # Far outside the training range exp overflows; the limit of the risk is then right: certainty.
        with np.errstate(over="ignore", invalid="ignore"):
            relative = np.exp(distance @ self.coef)
            found = survival_from_steps(self.steps, relative, distance, self.vcov, when)
        known = (when <= self.last_time)[None, :]
        shown = (np.where(known, v, np.nan) for v in (found.survival, found.se, found.lower, found.upper))
        return PredictedSurvival(when, *shown)

    def frozen(self) -> FrozenCox:
        """Return the model as external validation takes it, with the hazard at covariates of 0."""
        with np.errstate(over="ignore"):
            at_zero = float(np.exp(-(self.means @ self.coef)))
        return FrozenCox(
            self.names, self.coef, BaselineHazard(self.steps.time, self.steps.cumulative * at_zero)
        )

    def _distance(self, x: ArrayLike) -> FloatArray:
        values = np.atleast_2d(np.asarray(x, dtype=np.float64))
        if values.shape[1] != self.coef.size:
            raise InputError(
                f"{values.shape[1]} columns for {self.coef.size} coefficients ({', '.join(self.names)})",
                code="survival.length",
                where="x",
            )
        return values - self.means
