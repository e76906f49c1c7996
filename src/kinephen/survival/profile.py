"""Intervals and p values from the profile of a penalised likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from kinephen.errors import CohortError
from kinephen.survival.likelihood import LikelihoodTerms
from kinephen.survival.newton import maximise
from kinephen.survival.results import Z95, chi_square_p
from kinephen.types import FloatArray

MAX_DOUBLINGS = 5
"""How often the search for a limit doubles its reach, from 1.96 standard errors."""

ROOT_END = 1e-10
"""Where the search for a limit ends, in standard errors."""


@dataclass(frozen=True)
class PenalisedModel:
    """A penalised likelihood of all coefficients.

    Parameters
    ----------
    evaluate : callable
        From coefficients (p,) to value, score and information.
    scale : ndarray, shape (p,)
        Standard deviation of each covariate.
    """

    evaluate: Callable[[FloatArray], LikelihoodTerms]
    scale: FloatArray

    def profile(self, j: int, value: float, start: FloatArray) -> float:
        """Return the largest likelihood with coefficient `j` held at `value`."""
        free = np.arange(start.size) != j

        def restricted(part: FloatArray) -> LikelihoodTerms:
            coef = np.full(start.size, value)
            coef[free] = part
            terms = self.evaluate(coef)
            return LikelihoodTerms(terms.value, terms.score[free], terms.information[np.ix_(free, free)])

        if not free.any():
            return restricted(start[free]).value
        return maximise(restricted, start[free], self.scale[free], exact=False, polish=False).terms.value


def profile_inference(
    model: PenalisedModel, coef: FloatArray, top: float, se: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return p values and 95 % limits of each coefficient.

    Parameters
    ----------
    model : PenalisedModel
    coef : ndarray, shape (p,)
        Where the likelihood has its maximum `top`.
    top : float
    se : ndarray, shape (p,)

    Returns
    -------
    p, lower, upper : ndarray, shape (p,)
        A limit is infinite if the profile never falls far enough, NaN if the profile cannot be computed.

    References
    ----------
    Heinze and Schemper 2001: 2 (maximum - profile) referred to chi-square on 1 df.
    """
    p = [_p_value(model, j, coef, top) for j in range(coef.size)]
    lower = [_limit(model, j, (coef, top), -se[j]) for j in range(coef.size)]
    upper = [_limit(model, j, (coef, top), se[j]) for j in range(coef.size)]
    return np.array(p), np.array(lower), np.array(upper)


def _p_value(model: PenalisedModel, j: int, coef: FloatArray, top: float) -> float:
    try:
        return chi_square_p(2.0 * (top - model.profile(j, 0.0, coef)), 1)
    except CohortError:
        return math.nan


def _limit(model: PenalisedModel, j: int, maximum: tuple[FloatArray, float], stride: float) -> float:
    coef, top = maximum

    def shortfall(distance: float) -> float:
        return 2.0 * (top - model.profile(j, coef[j] + distance * stride, coef)) - Z95**2

    try:
        inner, outer = 0.0, Z95
        for _ in range(MAX_DOUBLINGS):
            if shortfall(outer) > 0:
                root = optimize.brentq(shortfall, inner, outer, xtol=ROOT_END, rtol=ROOT_END)
                return float(coef[j] + root * stride)
            inner, outer = outer, 2.0 * outer
    except CohortError:
        return math.nan
    return float(np.copysign(np.inf, stride))
