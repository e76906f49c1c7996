"""Fitting Cox's proportional-hazards model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.core.options import Ties
from kinephen.errors import CohortError, InputError, UsageError
from kinephen.survival.baseline import baseline_hazards
from kinephen.survival.cox_checks import data_issues, separation_issue
from kinephen.survival.cox_model import CoxData, CoxResult
from kinephen.survival.design import Design, as_design, independent_columns
from kinephen.survival.likelihood import LikelihoodTerms, firth_likelihood, partial_likelihood
from kinephen.survival.newton import NewtonFit, maximise
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome, group_codes
from kinephen.survival.profile import PenalisedModel, profile_inference
from kinephen.survival.residuals import dfbeta
from kinephen.survival.results import Z95, ChiSquareTest, chi_square_p, exp_limit, normal_p
from kinephen.survival.risk_sets import build_risk_sets
from kinephen.types import BoolArray, FloatArray


def cox_fit(
    x: ArrayLike | object,
    time: ArrayLike,
    event: ArrayLike,
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    ridge: float = 0.0,
    firth: Literal["auto"] | bool = "auto",
    profile: bool = True,
    names: Sequence[str] | None = None,
) -> CoxResult:
    """Fit a proportional-hazards model by maximum partial likelihood.

    Parameters
    ----------
    x : array_like, shape (n, p), or DataFrame
        Covariates. Text columns of a DataFrame become 0/1 columns (first level as reference).
    time, event : array_like, shape (n,)
        Follow-up (>= 0) and 1 (event) or 0 (censored).
    ties : {"efron", "breslow"}
    strata : array_like, shape (n,), optional
        Labels; each stratum has its own baseline hazard.
    weights : array_like, shape (n,), optional
        Case weights > 0.
    offset : array_like, shape (n,), optional
        Added to the linear predictor with coefficient 1.
    ridge : float
        Penalty ridge / 2 times the sum of squared coefficients per SD of their covariates; 0 is none.
    firth : {"auto", True, False}
        Firth's penalty always, never, or ("auto") when the likelihood is monotone: a coefficient is infinite.
    profile : bool
        Under Firth's penalty, each limit of an interval is a search of its own. False leaves p and limits
        undefined then: a prediction needs neither.
    names : sequence of str, optional
        Names of the columns of an array.

    Returns
    -------
    CoxResult
        A constant or collinear covariate has NaN and an issue ``survival.collinear``; separation has an issue
        ``survival.separation``; fewer than 10 events a coefficient ``survival.few_events``.

    Raises
    ------
    InputError
        Missing values, text, lengths (see `kinephen.survival.outcome`).
    CohortError
        ``survival.no_events``; ``survival.too_many_covariates`` for p >= n without ridge.

    References
    ----------
    Cox 1972; Efron 1977; Firth 1993; Heinze and Schemper 2001.
    """
    outcome = clean_outcome(time, event, need_events=True)
    design = as_design(x, names, outcome.n)
    if ridge and firth is True:
        raise UsageError("ridge and Firth's penalty exclude each other", code="survival.two_penalties")
    _require_rows(design, ridge)
    data = _collect(design, outcome, ties, (strata, weights, offset))
    problem = _Problem.of(data, ridge)
    method, fit, issues = _climb(problem, firth, design.names)
    return _Summary(problem, design, ties, method, profile).result(fit, issues)


def require_maximum(
    x: ArrayLike | object,
    time: ArrayLike,
    event: ArrayLike,
    *,
    firth: Literal["auto"] | bool = "auto",
    names: Sequence[str] | None = None,
) -> None:
    """Find the maximum that `cox_fit` would report, without its tests and intervals.

    Raises
    ------
    InputError, CohortError
        As `cox_fit`.
    """
    outcome = clean_outcome(time, event, need_events=True)
    design = as_design(x, names, outcome.n)
    _require_rows(design, 0.0)
    problem = _Problem.of(_collect(design, outcome, "efron", (None, None, None)), 0.0)
    _climb(problem, firth, design.names)


@dataclass(frozen=True)
class _Problem:
    """The likelihood in the columns that can be estimated, centred."""

    data: CoxData
    keep: BoolArray
    x: FloatArray
    scale: FloatArray
    penalty: FloatArray

    @classmethod
    def of(cls, data: CoxData, ridge: float) -> _Problem:
        used = np.concatenate([s.rows[s.slot > 0] for s in data.sets])
        centred = _centre_within(data.x[used], data.strata[used])
        keep = independent_columns(centred) if not ridge else np.abs(centred).max(axis=0) > 0
        x = data.x[:, keep] - data.x[:, keep].mean(axis=0)
        scale = x.std(axis=0, ddof=1)
        return cls(data, keep, x, scale, ridge * scale**2)

    def plain(self, coef: FloatArray) -> LikelihoodTerms:
        return partial_likelihood(self.x, self.eta(coef), self.data.sets)

    def eta(self, coef: FloatArray) -> FloatArray:
        return np.asarray(self.x @ coef + self.data.offset)

    def ridged(self, coef: FloatArray) -> LikelihoodTerms:
        terms = self.plain(coef)
        return LikelihoodTerms(
            terms.value - 0.5 * float(self.penalty @ coef**2),
            terms.score - self.penalty * coef,
            terms.information + np.diag(self.penalty),
        )

    def firth(self, coef: FloatArray) -> LikelihoodTerms:
        return firth_likelihood(self.x, self.eta(coef), self.data.sets)


def _climb(
    problem: _Problem, firth: Literal["auto"] | bool, names: tuple[str, ...]
) -> tuple[str, NewtonFit, tuple[Issue, ...]]:
    start = np.zeros(problem.x.shape[1])
    if firth is True:
        return "firth", maximise(problem.firth, start, problem.scale, exact=False), ()
    ridge = bool(problem.penalty.any())
    fit = maximise(problem.ridged if ridge else problem.plain, start, problem.scale)
    if not fit.diverging.any():
        return "ridge" if ridge else "partial likelihood", fit, ()
    kept = [names[j] for j in np.flatnonzero(problem.keep)]
    runaway = [kept[j] for j in np.flatnonzero(fit.diverging)]
    issue = separation_issue(runaway, fallback=firth == "auto")
    if firth == "auto":
        return "firth", maximise(problem.firth, start, problem.scale, exact=False), (issue,)
    return "partial likelihood", fit, (issue,)


@dataclass(frozen=True)
class _Summary:
    """Turns the maximum into tests and intervals of all columns."""

    problem: _Problem
    design: Design
    ties: str
    method: str
    profile: bool

    def result(self, fit: NewtonFit, issues: tuple[Issue, ...]) -> CoxResult:
        problem, data = self.problem, self.problem.data
        null = self._null_terms()
        inverse = np.asarray(np.linalg.pinv(fit.terms.information, hermitian=True), dtype=np.float64)
        se = np.sqrt(np.diag(inverse))
        p, lower, upper = self._inference(fit, se, inverse)
        plain_now = problem.plain(fit.coef)
        loglik = fit.terms.value if self.method == "firth" else plain_now.value
        df = (
            float(np.trace(plain_now.information @ inverse))
            if self.method == "ridge"
            else float(fit.coef.size)
        )
        tests = self._tests(fit, (loglik, null.value), df)
        coef = self._spread(fit.coef)
        usable = np.where(np.isnan(coef), 0.0, coef)
        robust = dfbeta(problem.x, problem.eta(fit.coef), data, inverse)
        return CoxResult(
            names=self.design.names,
            coef=coef,
            se=self._spread(se),
            z=self._spread(fit.coef / se),
            p=self._spread(p),
            hr_lower=exp_limit(self._spread(lower)),
            hr_upper=exp_limit(self._spread(upper)),
            robust_se=self._spread(np.sqrt(np.sum(robust**2, axis=0))),
            interval="profile penalised likelihood" if self.method == "firth" else "Wald",
            vcov=self._spread_square(inverse),
            loglik=loglik,
            loglik_null=null.value,
            df=df,
            lrt=tests[0],
            wald=tests[1],
            score=tests[2],
            means=_reference_point(data.x),
            n=data.outcome.n,
            events=data.outcome.events,
            ties=self.ties,
            method=self.method,
            iterations=fit.iterations,
            baseline=baseline_hazards(data.x @ usable + data.offset, data.sets),
            issues=data_issues(data, self.design.names, problem.keep) + issues,
            data=data,
        )

    def _null_terms(self) -> LikelihoodTerms:
        zero = np.zeros(self.problem.x.shape[1])
        return self.problem.firth(zero) if self.method == "firth" else self.problem.plain(zero)

    def _inference(
        self, fit: NewtonFit, se: FloatArray, inverse: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        if self.method == "firth" and not self.profile:
            unknown = np.full(fit.coef.size, np.nan)
            return unknown, unknown, unknown
        if self.method == "firth":
            model = PenalisedModel(self.problem.firth, self.problem.scale)
            return profile_inference(model, fit.coef, fit.terms.value, se)
        return normal_p(fit.coef / se), fit.coef - Z95 * se, fit.coef + Z95 * se

    def _tests(
        self, fit: NewtonFit, values: tuple[float, float], df: float
    ) -> tuple[ChiSquareTest, ChiSquareTest, ChiSquareTest]:
        start = self.problem.plain(np.zeros(fit.coef.size))
        wald = float(fit.coef @ fit.terms.information @ fit.coef)
        score = float(start.score @ np.linalg.pinv(start.information, hermitian=True) @ start.score)
        lrt = max(2.0 * (values[0] - values[1]), 0.0)
        label = "penalised likelihood ratio" if self.method == "firth" else "likelihood ratio"
        return self._test(label, lrt, df), self._test("Wald", wald, df), self._test("score", score, df)

    def _test(self, name: str, statistic: float, df: float) -> ChiSquareTest:
        outcome = self.problem.data.outcome
        p = chi_square_p(statistic, df)
        return ChiSquareTest(name, statistic, df, p, outcome.n, outcome.events, "the null model")

    def _spread(self, values: FloatArray) -> FloatArray:
        full = np.full(self.problem.keep.size, np.nan)
        full[self.problem.keep] = values
        return full

    def _spread_square(self, values: FloatArray) -> FloatArray:
        full = np.full((self.problem.keep.size,) * 2, np.nan)
        full[np.ix_(self.problem.keep, self.problem.keep)] = values
        return full


def _collect(
    design: Design,
    outcome: Outcome,
    ties: Ties,
    extra: tuple[ArrayLike | None, ArrayLike | None, ArrayLike | None],
) -> CoxData:
    strata, weights, offset = extra
    codes = np.zeros(outcome.n, dtype=np.int64)
    if strata is not None:
        codes, _ = group_codes(strata, outcome.n, where="strata")
    case_weights = _vector(weights, 1.0, outcome.n, "weights")
    if not (case_weights > 0).all():
        raise InputError("case weights must be > 0", code="survival.weights", where="weights")
    shift = _vector(offset, 0.0, outcome.n, "offset")
    sets = build_risk_sets(outcome, ties=ties, strata=codes, weights=case_weights)
    return CoxData(design.x, outcome, codes, case_weights, shift, sets)


def _reference_point(x: FloatArray) -> FloatArray:
    indicator = np.isin(x, (-1.0, 0.0, 1.0)).all(axis=0)
    return np.where(indicator, 0.0, x.mean(axis=0))


def _vector(values: ArrayLike | None, default: float, n: int, where: str) -> FloatArray:
    if values is None:
        return np.full(n, default)
    array = as_floats(values, where)
    if array.size != n or not np.isfinite(array).all():
        raise InputError(
            f"expected {n} finite numbers, found {int(np.isfinite(array).sum())} among {array.size}",
            code="survival.length",
            where=where,
        )
    return array


def _centre_within(x: FloatArray, strata: FloatArray) -> FloatArray:
    centred = x.copy()
    for k in np.unique(strata):
        centred[strata == k] -= x[strata == k].mean(axis=0)
    # Rounding leaves a constant column of large numbers not quite 0.
    centred[:, np.abs(centred).max(axis=0) <= 1e-12 * np.abs(x).max(axis=0)] = 0.0
    return centred


def _require_rows(design: Design, ridge: float) -> None:
    n, p = design.x.shape
    if p == 0:
        raise UsageError("no covariates", code="survival.no_covariates", where="x")
    if p >= n and not ridge:
        raise CohortError(
            f"{p} covariates for {n} patients: the model has no unique solution",
            code="survival.too_many_covariates",
            where="x",
            hint="use fewer covariates or ridge > 0",
        )
