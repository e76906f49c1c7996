"""Logistic regression for a binary response such as pathological complete response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from kinephen.core.cohort import Issue
from kinephen.core.p_values import p_text
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import CohortError, InputError
from kinephen.survival.design import aliased_issues, as_design, independent_columns
from kinephen.survival.likelihood import LikelihoodTerms
from kinephen.survival.newton import NewtonFit, maximise
from kinephen.survival.outcome import as_floats
from kinephen.survival.profile import PenalisedModel, profile_inference
from kinephen.survival.results import Z95, ChiSquareTest, chi_square_p, exp_limit, normal_p, ratio_table
from kinephen.types import BoolArray, FloatArray


@dataclass(frozen=True)
class LogisticResult(Printable):
    """A fitted logistic model; the first coefficient is the intercept.

    Parameters
    ----------
    names : tuple of str
    coef, se, p, odds_ratio, lower, upper : ndarray, shape (1 + p,)
        Limits of the odds ratio (95 %); NaN for an aliased covariate.
    interval, method : str
    loglik, loglik_null : float
    lrt : ChiSquareTest
        Against the intercept alone.
    n, responders : int
    fitted : ndarray, shape (n,)
        Predicted probabilities.
    issues : tuple of Issue
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"fitted"})

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    p: FloatArray
    odds_ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    interval: str
    method: str
    loglik: float
    loglik_null: float
    lrt: ChiSquareTest
    n: int
    responders: int
    fitted: FloatArray
    issues: tuple[Issue, ...]

    def predict(self, x: ArrayLike) -> FloatArray:
        """Return predicted probabilities of new patients, shape (m,)."""
        values = np.atleast_2d(np.asarray(x, dtype=np.float64))
        coef = np.where(np.isnan(self.coef), 0.0, self.coef)
        return np.asarray(special.expit(coef[0] + values @ coef[1:]))

    def table(self) -> ResultTable:
        """Return the coefficients but the intercept; the test of the whole model stands among the notes."""
        found = ratio_table(self, ("OR", self.odds_ratio, self.lower, self.upper), first=1)
        return replace(found, notes=(str(self.lrt), *found.notes))

    def __str__(self) -> str:
        rows = [
            f"  {name}: OR {o:.3f} ({lo:.3f} to {hi:.3f}), {p_text(float(p))}"
            for name, o, lo, hi, p in zip(
                self.names[1:], self.odds_ratio[1:], self.lower[1:], self.upper[1:], self.p[1:], strict=True
            )
        ]
        head = f"logistic model ({self.method}): n = {self.n}, responders = {self.responders}"
        return "\n".join([head, *rows, f"  {self.lrt}", *(f"  note: {i.message}" for i in self.issues)])


def logistic_fit(
    x: ArrayLike | object,
    response: ArrayLike,
    *,
    firth: Literal["auto"] | bool = "auto",
    names: Sequence[str] | None = None,
) -> LogisticResult:
    """Fit a logistic model by maximum (or Firth's penalised) likelihood.

    Parameters
    ----------
    x : array_like, shape (n, p), or DataFrame
    response : array_like, shape (n,)
        1 or 0.
    firth : {"auto", True, False}
        Firth's penalty always, never, or when a coefficient is infinite (separation).
    names : sequence of str, optional

    Raises
    ------
    InputError
        ``survival.binary``, ``survival.length``, ``survival.missing``, ``survival.text``.
    CohortError
        ``survival.one_response`` when all or none respond; ``survival.too_many_covariates``.

    References
    ----------
    Firth 1993; Heinze and Schemper 2002.
    """
    y = _checked_response(response)
    design = as_design(x, names, y.size)
    centre = design.x.mean(axis=0)
    keep = independent_columns(design.x - centre)
    if int(keep.sum()) + 1 >= y.size:
        raise CohortError(
            f"{int(keep.sum())} covariates for {y.size} patients",
            code="survival.too_many_covariates",
            where="x",
        )
    # Centred, so that the intercept does not depend on where a covariate has its 0.
    model = _Logistic(np.column_stack([np.ones(y.size), (design.x - centre)[:, keep]]), y, centre[keep])
    fit, method, issues = _climb(model, firth, [n for n, k in zip(design.names, keep, strict=True) if k])
    issues = (*aliased_issues(design.names, keep), *issues)
    return _result(model, fit, method, issues, (("intercept", *design.names), np.concatenate([[True], keep])))


@dataclass(frozen=True)
class _Logistic:
    x: FloatArray
    y: FloatArray
    centre: FloatArray

    @property
    def scale(self) -> FloatArray:
        spread = self.x.std(axis=0, ddof=1)
        return np.where(spread > 0, spread, 1.0)

    def plain(self, coef: FloatArray) -> LikelihoodTerms:
        eta = self.x @ coef
        share = special.expit(eta)
        value = float(self.y @ eta - np.logaddexp(0.0, eta).sum())
        information = (self.x * (share * (1.0 - share))[:, None]).T @ self.x
        return LikelihoodTerms(value, self.x.T @ (self.y - share), information)

    def firth(self, coef: FloatArray) -> LikelihoodTerms:
        terms = self.plain(coef)
        sign, log_determinant = np.linalg.slogdet(terms.information)
        if sign <= 0:
            return LikelihoodTerms(-np.inf, terms.score, terms.information)
        share = special.expit(self.x @ coef)
        weight = share * (1.0 - share)
        lever = weight * np.einsum("ij,jk,ik->i", self.x, np.linalg.inv(terms.information), self.x)
        score = terms.score + self.x.T @ (lever * (0.5 - share))
        return LikelihoodTerms(terms.value + 0.5 * float(log_determinant), score, terms.information)


def logistic_predictor(
    x: FloatArray, response: ArrayLike, *, firth: Literal["auto"] | bool = "auto"
) -> FloatArray:
    """Return intercept and coefficients alone, 0 for an aliased covariate, shape (1 + p,): for resampling.

    Raises
    ------
    InputError, CohortError
        As `logistic_fit`.
    """
    y = _checked_response(response)
    centre = x.mean(axis=0)
    keep = independent_columns(x - centre)
    if int(keep.sum()) + 1 >= y.size:
        raise CohortError(
            f"{int(keep.sum())} covariates for {y.size} patients", code="survival.too_many_covariates"
        )
    model = _Logistic(np.column_stack([np.ones(y.size), (x - centre)[:, keep]]), y, centre[keep])
    fit, _, _ = _climb(model, firth, [""] * int(keep.sum()))
    coef = np.zeros(1 + keep.size)
    coef[1:][keep] = fit.coef[1:]
    coef[0] = fit.coef[0] - centre @ coef[1:]
    return coef


def logistic_nested_test(
    x: FloatArray, response: ArrayLike, inside: BoolArray, *, firth: bool, against: str
) -> ChiSquareTest:
    """Test what the columns of `x` outside a smaller model contribute.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Of the larger model.
    response : array_like, shape (n,)
    inside : ndarray of bool, shape (p,)
        Columns of the smaller model.
    firth : bool
        Penalise both likelihoods with the information of the larger model.
    against : str
        Name of the smaller model.

    References
    ----------
    Heinze and Schemper 2002 for the penalised form.
    """
    y = _checked_response(response)
    centre = x.mean(axis=0)
    keep = independent_columns(x - centre)
    model = _Logistic(np.column_stack([np.ones(y.size), (x - centre)[:, keep]]), y, centre[keep])
    free = np.concatenate([[True], inside[keep]])
    top = _highest(model, np.ones(free.size, dtype=np.bool_), firth)
    statistic = max(2.0 * (top - _highest(model, free, firth)), 0.0)
    df = float(free.size - free.sum())
    name = "penalised likelihood ratio" if firth else "likelihood ratio"
    return ChiSquareTest(name, statistic, df, chi_square_p(statistic, df), y.size, int(y.sum()), against)


def _climb(
    model: _Logistic, firth: Literal["auto"] | bool, names: list[str]
) -> tuple[NewtonFit, str, tuple[Issue, ...]]:
    start = np.zeros(model.x.shape[1])
    if firth is True:
        return maximise(model.firth, start, model.scale, exact=False), "firth", ()
    fit = maximise(model.plain, start, model.scale)
    if not fit.diverging.any():
        return fit, "maximum likelihood", ()
    runaway = ", ".join(n for n, d in zip(names, fit.diverging[1:], strict=True) if d) or "intercept"
    remedy = "Firth's penalised likelihood was used" if firth == "auto" else "its value and p are meaningless"
    issue = Issue("survival.separation", f"coefficient of {runaway} is infinite; {remedy}", where=runaway)
    if firth == "auto":
        return maximise(model.firth, start, model.scale, exact=False), "firth", (issue,)
    return fit, "maximum likelihood", (issue,)


def _result(
    model: _Logistic,
    fit: NewtonFit,
    method: str,
    issues: tuple[Issue, ...],
    columns: tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.bool_]]],
) -> LogisticResult:
    names, keep = columns
    penalised = method == "firth"
    back = np.eye(fit.coef.size)
    back[0, 1:] = -model.centre
    coef = back @ fit.coef
    se = np.sqrt(np.diag(back @ np.linalg.pinv(fit.terms.information, hermitian=True) @ back.T))
    p, lower, upper = normal_p(coef / se), coef - Z95 * se, coef + Z95 * se
    if penalised:
        profile = PenalisedModel(model.firth, model.scale)
        found = profile_inference(profile, fit.coef, fit.terms.value, se)
        for wald, better in zip((p, lower, upper), found, strict=True):
            wald[1:] = better[1:]  # the intercept keeps Wald's: nobody asks for its profile
    null = _highest(model, np.arange(fit.coef.size) == 0, penalised)
    df = float(fit.coef.size - 1)
    lrt = max(2.0 * (fit.terms.value - null), 0.0)
    label = "penalised likelihood ratio" if penalised else "likelihood ratio"
    responders = int(model.y.sum())
    test = ChiSquareTest(
        label, lrt, df, chi_square_p(lrt, df), model.y.size, responders, "the intercept alone"
    )

    def spread(values: FloatArray) -> FloatArray:
        full = np.full(keep.size, np.nan)
        full[keep] = values
        return full

    return LogisticResult(
        names,
        spread(coef),
        spread(se),
        spread(p),
        exp_limit(spread(coef)),
        exp_limit(spread(lower)),
        exp_limit(spread(upper)),
        "profile penalised likelihood" if penalised else "Wald",
        method,
        fit.terms.value,
        null,
        test,
        model.y.size,
        responders,
        special.expit(model.x @ fit.coef),
        issues,
    )


def _highest(model: _Logistic, free: BoolArray, penalised: bool) -> float:
    """Return the highest likelihood with some coefficients at 0 (and the full model's penalty, if any)."""

    def evaluate(part: FloatArray) -> LikelihoodTerms:
        coef = np.zeros(free.size)
        coef[free] = part
        terms = model.firth(coef) if penalised else model.plain(coef)
        return LikelihoodTerms(terms.value, terms.score[free], terms.information[np.ix_(free, free)])

    return maximise(evaluate, np.zeros(int(free.sum())), model.scale[free], exact=False).terms.value


def _checked_response(response: ArrayLike) -> FloatArray:
    y = as_floats(response, "response")
    if not np.isin(y, (0.0, 1.0)).all():
        raise InputError("expected 1 and 0 without missing values", code="survival.binary", where="response")
    if y.size < 3 or y.min() == y.max():
        raise CohortError(
            f"{int(y.sum())} of {y.size} patients respond; expected some who do and some who do not",
            code="survival.one_response",
            where="response",
        )
    return y
