"""A frozen Cox model: all that a prediction and its limits need, and no patient's row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.errors import InputError
from kinephen.survival.baseline import HazardSteps, PredictedSurvival, hazard_steps, predicted_survival
from kinephen.survival.cox_model import CoxResult
from kinephen.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class FrozenCox:
    """Coefficients, their covariance, and the hazard of a patient at the means; nothing is fitted again.

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
    def of(cls, fit: CoxResult) -> FrozenCox:
        """Freeze a fitted model; an aliased covariate gets coefficient and variance 0.

        Raises
        ------
        InputError
            ``survival.strata`` for a stratified model.
        """
        if len(fit.baseline) != 1:
            raise InputError("a stratified model has several baseline hazards", code="survival.strata")
        raw, at_means = hazard_steps(fit), float(np.exp(fit.means @ fit.usable_coef))
        return cls(
            names=fit.names,
            coef=fit.usable_coef,
            means=fit.means,
            vcov=np.nan_to_num(fit.vcov, nan=0.0),
            steps=HazardSteps(
                raw.time, raw.cumulative * at_means, raw.variance * at_means**2, raw.pull * at_means
            ),
            last_time=float(fit.data.outcome.time.max()),
        )

    def linear_predictor(self, x: ArrayLike, *, centred: bool = True) -> FloatArray:
        """Return the log hazard relative to a patient at the means (at 0 if not `centred`), shape (m,).

        Raises
        ------
        InputError
            ``survival.length`` for another number of columns.
        """
        centre = self.means if centred else np.zeros_like(self.means)
        return np.asarray((self._values(x) - centre) @ self.coef)

    def expected(self, x: ArrayLike, time: ArrayLike) -> FloatArray:
        """Return each patient's cumulative hazard at their own time (the expected events), shape (m,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.steps.at(time)[0] * np.exp(self.linear_predictor(x)))

    def risk(self, x: ArrayLike, horizon: float) -> FloatArray:
        """Return the predicted probability of the event by `horizon`, shape (m,); NaN beyond `last_time`."""
        return np.asarray(1.0 - self.survival(x, [horizon]).survival[:, 0])

    def survival(self, x: ArrayLike, times: ArrayLike) -> PredictedSurvival:
        """Return predicted survival with 95 % limits; NaN beyond `last_time`.

        Parameters
        ----------
        x : array_like, shape (m, p)
        times : array_like, shape (k,)

        References
        ----------
        Tsiatis 1981; Link 1984: the variance of the cumulative hazard is that of its jumps plus that of the
        coefficients.
        """
        when = np.atleast_1d(np.asarray(times, dtype=np.float64))
        distance = self._values(x) - self.means
        # Far outside the training range exp overflows; the limit of the risk is then right: certainty.
        with np.errstate(over="ignore", invalid="ignore"):
            relative = np.exp(distance @ self.coef)
            found = predicted_survival(self.steps, relative, distance, self.vcov, when)
        known = (when <= self.last_time)[None, :]
        shown = (np.where(known, v, np.nan) for v in (found.survival, found.se, found.lower, found.upper))
        return PredictedSurvival(when, *shown)

    def _values(self, x: ArrayLike) -> FloatArray:
        values = np.atleast_2d(np.asarray(x, dtype=np.float64))
        if values.shape[1] != self.coef.size:
            raise InputError(
                f"{values.shape[1]} columns for {self.coef.size} coefficients ({', '.join(self.names)})",
                code="survival.length",
                where="x",
            )
        return values
