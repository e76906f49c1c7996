"""Intervals and p values from the profile of a penalised likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from kinephen.errors import CohortError
from kinephen.survival.likelihood import LikelihoodTerms
from kinephen.survival.newton import maximise
from kinephen.survival.results import Z95, chi_square_p
from kinephen.types import FloatArray

MAX_DOUBLINGS = 5
"""How often the search for a limit doubles its reach, from 1.96 standard errors."""

OTHER_TOP = 1e-6
"""A penalised likelihood may have several tops; one that is higher by this (twice its logarithm) counts."""

ROOT_END = 1e-6
"""The last step of the search for a limit, in standard errors; its error is of the order of the square."""

MAX_STEPS = 100
"""Steps of that search: with bisection alone more than enough."""


@dataclass(frozen=True)
class ProfilePoint:
    """A point of the profile of one coefficient.

    Parameters
    ----------
    coef : ndarray, shape (p,)
        All coefficients there.
    value : float
        The likelihood.
    slope : float
        Its derivative along the profile: where the others are at their best, the score of the coefficient.
    """

    coef: FloatArray
    value: float
    slope: float


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

    def profile(self, j: int, value: float, start: FloatArray) -> ProfilePoint:
        """Climb from `start` (all coefficients) to the top with coefficient `j` held at `value`."""
        free = np.arange(start.size) != j
        coef = np.array(start, dtype=np.float64)
        coef[j] = value

        def restricted(part: FloatArray) -> LikelihoodTerms:
            coef[free] = part
            terms = self.evaluate(coef)
            return LikelihoodTerms(terms.value, terms.score[free], terms.information[np.ix_(free, free)])

        if free.any():
            top = maximise(restricted, start[free], self.scale[free], exact=False, polish=False)
            coef[free] = top.coef
        terms = self.evaluate(coef)
        return ProfilePoint(coef, terms.value, float(terms.score[j]))


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
        return chi_square_p(2.0 * (top - model.profile(j, 0.0, coef).value), 1)
    except CohortError:
        return math.nan


def _limit(model: PenalisedModel, j: int, maximum: tuple[FloatArray, float], stride: float) -> float:
    coef, top = maximum
    branch = _Branch(model, j, coef, top, stride)
    try:
        limit = branch.limit(branch.near)
        if math.isfinite(limit):
            found = model.profile(j, limit, coef)
            if 2.0 * (top - found.value) - Z95**2 < -OTHER_TOP:
                limit = branch.limit(branch.best)
    except CohortError:
        return math.nan
    return limit


@dataclass(frozen=True)
class _Point:
    """A distance from the maximum, how far the likelihood falls beyond the limit there, and how fast."""

    distance: float
    shortfall: float
    slope: float
    coef: FloatArray


_At: TypeAlias = Callable[[float, FloatArray], _Point]


@dataclass(frozen=True)
class _Branch:
    """One side of the profile of one coefficient; distances are in units of `stride`."""

    model: PenalisedModel
    j: int
    coef: FloatArray
    top: float
    stride: float

    def near(self, distance: float, start: FloatArray) -> _Point:
        """Return the point that is climbed to from `start`."""
        found = self.model.profile(self.j, self.coef[self.j] + distance * self.stride, start)
        shortfall = 2.0 * (self.top - found.value) - Z95**2
        return _Point(distance, shortfall, -2.0 * found.slope * self.stride, found.coef)

    def best(self, distance: float, start: FloatArray) -> _Point:
        """Return the higher of the points from `start` and from the maximum of all coefficients."""
        found = (self.near(distance, start), self.near(distance, self.coef))
        return min(found, key=lambda p: p.shortfall)

    def limit(self, at: _At) -> float:
        """Return the value of the coefficient at which the likelihood has fallen far enough, or infinity."""
        inner, point = 0.0, at(Z95, self.coef)
        for _ in range(MAX_DOUBLINGS):
            if point.shortfall > 0:
                return float(self.coef[self.j] + _root(at, inner, point) * self.stride)
            inner, point = point.distance, at(2.0 * point.distance, point.coef)
        return float(np.copysign(np.inf, self.stride))


def _root(at: _At, inner: float, point: _Point) -> float:
    """Return where the shortfall is 0, between `inner` and a point beyond it.

    Newton's method with the slope of the profile, kept inside the bracket; each profile begins where the last
    one ended. Values are known to about 1e-10, so that a last step of `ROOT_END` leaves less than that.
    """
    outer = point.distance
    for _ in range(MAX_STEPS):
        step = -point.shortfall / point.slope if point.slope > 0 else math.inf
        target = point.distance + step
        if not inner <= target <= outer:
            target = 0.5 * (inner + outer)
        if abs(target - point.distance) <= ROOT_END:
            break
        point = at(target, point.coef)
        if point.shortfall > 0:
            outer = target
        else:
            inner = target
    return target
