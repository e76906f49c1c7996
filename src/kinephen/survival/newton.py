"""Newton's method for a log-likelihood, with step halving and a test for monotone likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from kinephen.errors import CohortError
from kinephen.survival.likelihood import LikelihoodTerms
from kinephen.types import BoolArray, FloatArray

MAX_STEPS = 60
MAX_HALVINGS = 30
LONGEST_STEP = 5.0
"""A coefficient moves at most this far in one step, per SD of its covariate."""
FLAT = 1e-10
"""A predicted gain in log-likelihood below this means that the top is reached."""
STILL_MOVING = 1e-2
"""Where the likelihood is flat but a coefficient would still move this far (per SD of its covariate), the
likelihood is monotone: the estimate is infinite."""
INFINITE = 50.0
"""A coefficient beyond this (per SD of its covariate: a ratio of e^50) is on its way to infinity."""
HELD = 0.1
"""A curvature from differences is held while the gain that it predicts falls to this share each step."""
DIFFERENCE = 1e-5
"""Step of numerical derivatives, per SD of the covariate."""

Evaluate: TypeAlias = Callable[[FloatArray], LikelihoodTerms]


@dataclass(frozen=True)
class NewtonFit:
    """Where Newton's method ended.

    Parameters
    ----------
    coef : ndarray, shape (p,)
    terms : LikelihoodTerms
        At `coef`.
    iterations : int
    diverging : ndarray of bool, shape (p,)
        Coefficients that run away although the likelihood no longer rises.
    """

    coef: FloatArray
    terms: LikelihoodTerms
    iterations: int
    diverging: BoolArray


def maximise(
    evaluate: Evaluate, start: FloatArray, scale: FloatArray, *, exact: bool = True, polish: bool = True
) -> NewtonFit:
    """Climb to the maximum.

    Parameters
    ----------
    evaluate : callable
        From coefficients (p,) to value, score and information.
    start : ndarray, shape (p,)
    scale : ndarray, shape (p,)
        Standard deviation of each covariate; makes steps comparable.
    exact : bool
        The information is the curvature of the value. If it is not (penalised likelihoods), the curvature is
        taken from differences of the score wherever it is positive definite, and held while it serves.
    polish : bool
        Bring the score to zero as far as numbers allow; without it the value is within `FLAT` of its maximum.

    Raises
    ------
    CohortError
        ``survival.no_convergence`` if the maximum is not found in 60 steps.
    """
    curvature = _given if exact else _differenced
    coef, terms = start, evaluate(start)
    held, last = curvature(evaluate, coef, terms, scale), np.inf
    for iteration in range(1, MAX_STEPS + 1):
        step = _solve(held, terms.score)
        gain = 0.5 * float(step @ terms.score)
        if iteration > 1 and (exact or not 0.0 <= gain <= HELD * last):
            held = curvature(evaluate, coef, terms, scale)
            step = _solve(held, terms.score)
            gain = 0.5 * float(step @ terms.score)
        last = gain
        if gain < FLAT:
            diverging = np.asarray(np.abs(step) * scale > STILL_MOVING)
            if polish and not diverging.any():
                coef, terms = _polish(evaluate, coef, terms, scale, curvature)
            return NewtonFit(coef, terms, iteration, diverging)
        if exact and (np.abs(coef) * scale > INFINITE).any():
            return NewtonFit(coef, terms, iteration, np.asarray(np.abs(coef) * scale > INFINITE))
        step = step * min(1.0, LONGEST_STEP / float(np.max(np.abs(step) * scale)))
        coef, terms = _halve(evaluate, coef, step, terms)
    raise CohortError(
        f"no maximum of the likelihood after {MAX_STEPS} steps",
        code="survival.no_convergence",
        hint="too few events for these covariates, or covariates on very different scales; try ridge",
    )


Curvature: TypeAlias = Callable[[Evaluate, FloatArray, LikelihoodTerms, FloatArray], FloatArray]


def _given(evaluate: Evaluate, coef: FloatArray, terms: LikelihoodTerms, scale: FloatArray) -> FloatArray:
    return terms.information


def _differenced(
    evaluate: Evaluate, coef: FloatArray, terms: LikelihoodTerms, scale: FloatArray
) -> FloatArray:
    # Scoring with the unpenalised information alone converges slowly where the penalty rules.
    shifts = np.diag(DIFFERENCE / np.maximum(scale, np.finfo(float).tiny))
    columns = [(evaluate(coef - s).score - evaluate(coef + s).score) / (2.0 * float(s.max())) for s in shifts]
    found = np.array(columns).reshape(coef.size, coef.size)
    found = 0.5 * (found + found.T)
    usable = np.isfinite(found).all() and (np.linalg.eigvalsh(found) > 0).all()
    return found if usable else terms.information


def _halve(
    evaluate: Evaluate, coef: FloatArray, step: FloatArray, terms: LikelihoodTerms
) -> tuple[FloatArray, LikelihoodTerms]:
    for _ in range(MAX_HALVINGS):
        trial = evaluate(coef + step)
        if trial.value >= terms.value:
            return coef + step, trial
        step = 0.5 * step
    return coef, terms


def _polish(
    evaluate: Evaluate, coef: FloatArray, terms: LikelihoodTerms, scale: FloatArray, curvature: Curvature
) -> tuple[FloatArray, LikelihoodTerms]:
    # Near the top the value cannot tell better from worse any more, but the score can.
    for _ in range(MAX_HALVINGS):
        step = _solve(curvature(evaluate, coef, terms, scale), terms.score)
        trial = evaluate(coef + step)
        if not np.abs(trial.score).max(initial=0.0) < np.abs(terms.score).max(initial=0.0):
            break
        coef, terms = coef + step, trial
    return coef, terms


def _solve(information: FloatArray, score: FloatArray) -> FloatArray:
    # Scaled to a unit diagonal first: a separated covariate has almost no information, yet must still move.
    diagonal = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    scaled = information / np.outer(diagonal, diagonal)
    return np.asarray(np.linalg.lstsq(scaled, score / diagonal, rcond=1e-13)[0] / diagonal)
