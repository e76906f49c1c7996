"""A model taken to new patients: coefficients and baseline hazard are frozen, nothing is fitted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.printable import Printable
from kinephen.errors import InputError
from kinephen.survival.brier import BrierScore, brier_score
from kinephen.survival.calibration import (
    calibration_at_horizon,
    calibration_in_the_large,
    calibration_slope,
)
from kinephen.survival.concordance import Concordance, concordance
from kinephen.survival.cox_model import BaselineHazard, CoxResult
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.results import Interval
from kinephen.types import FloatArray


@dataclass(frozen=True)
class FrozenCox:
    """What is needed to predict: names, coefficients and baseline hazard.

    Parameters
    ----------
    names : tuple of str
    coef : ndarray, shape (p,)
    baseline : BaselineHazard
        Where all covariates are 0.
    """

    names: tuple[str, ...]
    coef: FloatArray
    baseline: BaselineHazard

    @classmethod
    def of(cls, fit: CoxResult) -> FrozenCox:
        """Freeze a fitted model without strata; an aliased covariate gets coefficient 0.

        Raises
        ------
        InputError
            ``survival.strata`` for a stratified model.
        """
        if len(fit.baseline) != 1:
            raise InputError("a stratified model has several baseline hazards", code="survival.strata")
        return cls(fit.names, fit.usable_coef, fit.baseline[0])

    def linear_predictor(self, x: ArrayLike) -> FloatArray:
        """Return the uncentred linear predictor, shape (m,).

        Raises
        ------
        InputError
            ``survival.length`` for another number of columns.
        """
        values = np.atleast_2d(np.asarray(x, dtype=np.float64))
        if values.shape[1] != self.coef.size:
            raise InputError(
                f"{values.shape[1]} columns for {self.coef.size} coefficients ({', '.join(self.names)})",
                code="survival.length",
                where="x",
            )
        return np.asarray(values @ self.coef)

    def risk(self, x: ArrayLike, horizon: float) -> FloatArray:
        """Return the predicted probability of the event by `horizon`, shape (m,)."""
        hazard = self.baseline.at(horizon) * np.exp(self.linear_predictor(x))
        return np.asarray(-np.expm1(-hazard))

    def to_dict(self) -> dict[str, Any]:
        """Return plain fields."""
        return {
            "names": list(self.names),
            "coef": self.coef.tolist(),
            "baseline_time": self.baseline.time.tolist(),
            "baseline_cumulative_hazard": self.baseline.cumulative.tolist(),
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> FrozenCox:
        """Return the model that `to_dict` wrote."""
        baseline = BaselineHazard(
            np.asarray(fields["baseline_time"], dtype=np.float64),
            np.asarray(fields["baseline_cumulative_hazard"], dtype=np.float64),
        )
        return cls(tuple(fields["names"]), np.asarray(fields["coef"], dtype=np.float64), baseline)


@dataclass(frozen=True)
class ExternalValidation(Printable):
    """How a frozen model does in new patients.

    Parameters
    ----------
    n, events : int
    harrell, uno : Concordance
    slope : Interval
        1 is right, below 1 the predictions are too extreme.
    in_the_large : Interval
        Observed over expected events.
    at_horizon : dict of float to Interval
        Observed over mean predicted risk.
    brier : dict of float to BrierScore
    linear_predictor : ndarray, shape (n,)
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"linear_predictor"})

    n: int
    events: int
    harrell: Concordance
    uno: Concordance
    slope: Interval
    in_the_large: Interval
    at_horizon: dict[float, Interval]
    brier: dict[float, BrierScore]
    linear_predictor: FloatArray

    def __str__(self) -> str:
        return (
            f"n = {self.n}, events = {self.events}; {self.harrell}; {self.uno}; "
            f"calibration slope {self.slope}; observed/expected {self.in_the_large}"
        )


def external_validation(
    model: FrozenCox,
    x: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    horizons: tuple[float, ...] = (),
    tau: float | None = None,
) -> ExternalValidation:
    """Validate a frozen model in new patients.

    Parameters
    ----------
    model : FrozenCox
    x : array_like, shape (n, p)
        Covariates in the order of ``model.names``, processed as in the discovery cohort.
    time, event : array_like, shape (n,)
    horizons : tuple of float
        For calibration and Brier score.
    tau : float, optional
        Truncation of Uno's C.

    Raises
    ------
    InputError, CohortError
        Those of `concordance`, `calibration_slope`, `brier_score`.
    """
    outcome = clean_outcome(time, event, need_events=True)
    lp = model.linear_predictor(x)
    expected = model.baseline.at(outcome.time) * np.exp(lp)
    risks = {h: model.risk(x, h) for h in horizons}
    return ExternalValidation(
        outcome.n,
        outcome.events,
        concordance(lp, outcome.time, outcome.event),
        concordance(lp, outcome.time, outcome.event, weight="n/G2", tau=tau),
        calibration_slope(lp, outcome.time, outcome.event),
        calibration_in_the_large(expected, outcome.event),
        {h: calibration_at_horizon(r, outcome.time, outcome.event, h) for h, r in risks.items()},
        {h: brier_score(r, outcome.time, outcome.event, h) for h, r in risks.items()},
        lp,
    )
