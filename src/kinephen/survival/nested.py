"""Likelihood-ratio test of a larger Cox model against a smaller one that it contains."""

from __future__ import annotations

import numpy as np

from kinephen.errors import InputError
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.likelihood import LikelihoodTerms, firth_likelihood
from kinephen.survival.newton import maximise
from kinephen.survival.results import ChiSquareTest, chi_square_p
from kinephen.types import BoolArray, FloatArray


def nested_test(smaller: CoxResult, larger: CoxResult, *, name: str = "the smaller model") -> ChiSquareTest:
    """Test what the additional covariates of `larger` contribute.

    If either model needed Firth's penalty, both likelihoods are penalised with the information of the larger
    model, the additional coefficients held at 0 in the smaller.

    Parameters
    ----------
    smaller, larger : CoxResult
        Fitted to the same patients.
    name : str
        Name of the smaller model, printed with the result.

    Raises
    ------
    InputError
        ``survival.not_nested`` when the patients or the tie rule differ, or a covariate of the smaller model
        is not in the larger.

    References
    ----------
    Heinze and Schemper 2001 for the penalised form.
    """
    _require_nested(smaller, larger, name)
    if "firth" in (smaller.method, larger.method):
        statistic, df = _penalised(smaller, larger)
        label = "penalised likelihood ratio"
    else:
        statistic, df = 2.0 * (larger.loglik - smaller.loglik), larger.df - smaller.df
        label = "likelihood ratio"
    statistic = max(statistic, 0.0)
    p = chi_square_p(statistic, df)
    return ChiSquareTest(label, statistic, df, p, larger.n, larger.events, name)


def _require_nested(smaller: CoxResult, larger: CoxResult, name: str) -> None:
    absent = [n for n in smaller.names if n not in larger.names]
    same = smaller.n == larger.n and np.array_equal(smaller.data.outcome.time, larger.data.outcome.time)
    if absent or not same or smaller.ties != larger.ties:
        reason = f"{', '.join(absent)} not in the larger model" if absent else "patients or tie rule differ"
        raise InputError(
            f"{name} is not nested: {reason}",
            code="survival.not_nested",
            hint="fit both models to the complete rows of the larger one",
        )


def _penalised(smaller: CoxResult, larger: CoxResult) -> tuple[float, float]:
    estimated = ~np.isnan(larger.coef)
    inside = np.array([n in smaller.names for n in larger.names])[estimated]
    x = larger.data.x[:, estimated] - larger.data.x[:, estimated].mean(axis=0)
    top = _highest(larger, x, np.ones(inside.size, dtype=np.bool_))
    restricted = _highest(larger, x, inside)
    return 2.0 * (top - restricted), float(inside.size - inside.sum())


def _highest(fit: CoxResult, x: FloatArray, free: BoolArray) -> float:
    def evaluate(part: FloatArray) -> LikelihoodTerms:
        coef = np.zeros(free.size)
        coef[free] = part
        terms = firth_likelihood(x, x @ coef + fit.data.offset, fit.data.sets)
        return LikelihoodTerms(terms.value, terms.score[free], terms.information[np.ix_(free, free)])

    return maximise(evaluate, np.zeros(int(free.sum())), x.std(axis=0, ddof=1)[free], exact=False).terms.value
