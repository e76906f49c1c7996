"""A model taken to new patients: coefficients and baseline hazard are frozen, nothing is fitted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from kinephen.core.printable import Printable
from kinephen.survival.brier import BrierScore, brier_score
from kinephen.survival.calibration import (
    calibration_at_horizon,
    calibration_in_the_large,
    calibration_slope,
)
from kinephen.survival.concordance import Concordance, concordance
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.results import Interval
from kinephen.types import FloatArray


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
    lp = model.linear_predictor(x, centred=False)
    expected = model.expected(x, outcome.time)
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
