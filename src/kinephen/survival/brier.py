"""Accuracy of predicted risk at a horizon: Brier score, its scaled form (IPA) and its integral."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.counts import survival_function
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome
from kinephen.survival.time_dependent import case_weights, finite_values
from kinephen.types import FloatArray


@dataclass(frozen=True)
class BrierScore(Printable):
    """Mean squared error of predicted risk at one horizon.

    Parameters
    ----------
    horizon, brier, null_brier : float
        `null_brier` is that of the Kaplan-Meier risk given to everyone.
    ipa : float
        Index of prediction accuracy, 1 - brier / null_brier.
    n : int
    """

    horizon: float
    brier: float
    null_brier: float
    ipa: float
    n: int

    def __str__(self) -> str:
        against = f"null {self.null_brier:.4f}, IPA {self.ipa:.3f}"
        return f"Brier score at {self.horizon:g}: {self.brier:.4f} ({against}; n = {self.n})"


def brier_score(risk: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float) -> BrierScore:
    """Return the censoring-weighted Brier score and the index of prediction accuracy.

    Parameters
    ----------
    risk : array_like, shape (n,)
        Predicted probability of the event by the horizon, in [0, 1].
    time, event : array_like, shape (n,)
    horizon : float

    Raises
    ------
    InputError
        ``survival.probability`` for risks outside [0, 1].
    CohortError
        ``survival.horizon`` when nobody is followed to the horizon.

    References
    ----------
    Graf et al. 1999; Gerds and Schumacher 2006; Kattan and Gerds 2018 (IPA).
    """
    outcome = clean_outcome(time, event)
    values = checked_probabilities(risk, outcome.n)
    if not (outcome.time >= horizon).any():
        raise CohortError(
            f"nobody is followed to {horizon:g}; the longest follow-up is {outcome.time.max():g}",
            code="survival.horizon",
            where="horizon",
        )
    null = 1.0 - float(survival_function(outcome).at(horizon))
    score, null_score = _brier(outcome, values, horizon), _brier(outcome, np.full(outcome.n, null), horizon)
    ipa = 1.0 - score / null_score if null_score > 0 else float("nan")
    return BrierScore(horizon, score, null_score, ipa, outcome.n)


def _brier(outcome: Outcome, risk: FloatArray, horizon: float) -> float:
    happened = outcome.event & (outcome.time <= horizon)
    return float(np.mean(case_weights(outcome, horizon) * (happened - risk) ** 2))


def integrated_brier_score(
    risk: FloatArray, grid: Sequence[float] | FloatArray, time: ArrayLike, event: ArrayLike
) -> float:
    """Return the mean Brier score between 0 and the last time of a grid (trapezoid rule).

    Parameters
    ----------
    risk : ndarray, shape (n, k)
        Predicted risk by each time of the grid.
    grid : array_like, shape (k,)
        Ascending times > 0; at 0 the score is 0.
    time, event : array_like, shape (n,)

    Raises
    ------
    InputError
        ``survival.grid``, ``survival.probability``.
    CohortError
        ``survival.horizon``.
    """
    times = as_floats(grid, "grid")
    if times.size < 1 or (np.diff(times) <= 0).any() or times[0] <= 0 or risk.shape[1] != times.size:
        raise InputError("expected ascending times > 0, one for each column of risk", code="survival.grid")
    scores = [brier_score(risk[:, k], time, event, float(t)).brier for k, t in enumerate(times)]
    heights, edges = np.array([0.0, *scores]), np.array([0.0, *times])
    return float(np.sum(np.diff(edges) * (heights[1:] + heights[:-1]) / 2) / times[-1])


def checked_probabilities(risk: ArrayLike, n: int) -> FloatArray:
    """Return `n` predicted risks, or raise ``InputError`` (``survival.probability``)."""
    values = finite_values(risk, n, "risk")
    if ((values < 0) | (values > 1)).any():
        raise InputError(
            f"risks between {values.min():.3g} and {values.max():.3g}; expected probabilities in [0, 1]",
            code="survival.probability",
            where="risk",
            hint="pass predicted risk by the horizon, not a linear predictor",
        )
    return values
