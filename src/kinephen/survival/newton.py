"""Newton's method for a concave log-likelihood, with step halving and a test for monotone likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinephen.errors import CohortError
from kinephen.survival.likelihood import LikelihoodTerms
from kinephen.types import BoolArray, FloatArray

MAX_STEPS = 60
MAX_HALVINGS = 30
FLAT = 1e-10
"""A predicted gain in log-likelihood below this means that the top is reached."""
STILL_MOVING = 1e-2
"""Where the likelihood is flat but a coefficient would still move this far (per SD of its covariate), the
likelihood is monotone: the estimate is infinite."""


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
    evaluate: Callable[[FloatArray], LikelihoodTerms], start: FloatArray, scale: FloatArray
) -> NewtonFit:
    """Climb to the maximum.

    Parameters
    ----------
    evaluate : callable
        From coefficients (p,) to value, score and information.
    start : ndarray, shape (p,)
    scale : ndarray, shape (p,)
        Standard deviation of each covariate; makes steps comparable.

    Raises
    ------
    CohortError
        ``survival.no_convergence`` if the maximum is not found in 60 steps.
    """
    coef, terms = start, evaluate(start)
    for iteration in range(1, MAX_STEPS + 1):
        step = _solve(terms.information, terms.score)
        gain = 0.5 * float(step @ terms.score)
        if gain < FLAT:
            diverging = np.asarray(np.abs(step) * scale > STILL_MOVING)
            if not diverging.any():
                coef, terms = _polish(evaluate, coef, terms)
            return NewtonFit(coef, terms, iteration, diverging)
        coef, terms = _halve(evaluate, coef, step, terms)
    raise CohortError(
        f"no maximum of the likelihood after {MAX_STEPS} steps",
        code="survival.no_convergence",
        hint="look for covariates on very different scales, or use ridge",
    )


def _halve(
    evaluate: Callable[[FloatArray], LikelihoodTerms],
    coef: FloatArray,
    step: FloatArray,
    terms: LikelihoodTerms,
) -> tuple[FloatArray, LikelihoodTerms]:
    for _ in range(MAX_HALVINGS):
        trial = evaluate(coef + step)
        if trial.value >= terms.value:
            return coef + step, trial
        step = 0.5 * step
    return coef, terms


def _polish(
    evaluate: Callable[[FloatArray], LikelihoodTerms], coef: FloatArray, terms: LikelihoodTerms
) -> tuple[FloatArray, LikelihoodTerms]:
    # Near the top the value cannot tell better from worse any more, but the score can.
    for _ in range(MAX_HALVINGS):
        step = _solve(terms.information, terms.score)
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
