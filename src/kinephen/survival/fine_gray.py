"""Fine and Gray's model of the subdistribution hazard: covariates against the cumulative incidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.core.p_values import p_text
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.survival.competing import clean_causes
from kinephen.survival.counts import censoring_function
from kinephen.survival.cox_checks import separation_issue
from kinephen.survival.design import Design, aliased_issues, as_design, independent_columns
from kinephen.survival.likelihood import UNDERFLOW, LikelihoodTerms
from kinephen.survival.newton import NewtonFit, maximise
from kinephen.survival.outcome import Outcome
from kinephen.survival.results import Z95, exp_limit, normal_p, ratio_table
from kinephen.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class FineGrayResult(Printable):
    """A fitted subdistribution-hazard model.

    Parameters
    ----------
    names : tuple of str
    coef, se, p, hr, hr_lower, hr_upper : ndarray, shape (p,)
        `se` is robust (the estimated censoring weights included); ratios of subdistribution hazards.
    loglik : float
    cause, n, events : int
    issues : tuple of Issue
        Aliased covariates (NaN), and infinite coefficients.
    """

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    p: FloatArray
    hr: FloatArray
    hr_lower: FloatArray
    hr_upper: FloatArray
    loglik: float
    cause: int
    n: int
    events: int
    issues: tuple[Issue, ...] = ()

    def table(self) -> ResultTable:
        """Return the coefficients."""
        return ratio_table(self, ("subdistribution HR", self.hr, self.hr_lower, self.hr_upper))

    def __str__(self) -> str:
        rows = [
            f"  {name}: subdistribution HR {h:.3f} ({lo:.3f} to {hi:.3f}), {p_text(float(p))}"
            for name, h, lo, hi, p in zip(
                self.names, self.hr, self.hr_lower, self.hr_upper, self.p, strict=True
            )
        ]
        return "\n".join([f"Fine-Gray, cause {self.cause}: n = {self.n}, events = {self.events}", *rows])


def fine_gray(
    x: ArrayLike | object,
    time: ArrayLike,
    status: ArrayLike,
    *,
    cause: int = 1,
    names: Sequence[str] | None = None,
) -> FineGrayResult:
    """Fit proportional subdistribution hazards (Breslow ties).

    Parameters
    ----------
    x : array_like, shape (n, p), or DataFrame
    time, status : array_like, shape (n,)
        As for `cumulative_incidence`.
    cause : int
    names : sequence of str, optional

    Raises
    ------
    CohortError, InputError
        As for `cumulative_incidence` and `kinephen.survival.cox.cox_fit`.

    References
    ----------
    Fine and Gray 1999 (doi 10.1080/01621459.1999.10474144).
    """
    outcome, codes = clean_causes(time, status, cause)
    design = as_design(x, names, outcome.n)
    centred = design.x - design.x.mean(axis=0)
    keep = independent_columns(centred)
    own = centred[:, keep]
    risk = _WeightedRisk.of(outcome, codes, cause)
    fit = maximise(lambda b: risk.likelihood(own, b), np.zeros(own.shape[1]), own.std(axis=0, ddof=1))
    influence = risk.influence(own, fit.coef) @ np.linalg.pinv(fit.terms.information, hermitian=True)
    coef, se = np.full((2, keep.size), np.nan)
    coef[keep], se[keep] = fit.coef, np.sqrt(np.sum(influence**2, axis=0))
    return FineGrayResult(
        design.names,
        coef,
        se,
        normal_p(np.divide(coef, se, out=np.full(keep.size, np.nan), where=se > 0)),
        exp_limit(coef),
        exp_limit(coef - Z95 * se),
        exp_limit(coef + Z95 * se),
        fit.terms.value,
        cause,
        outcome.n,
        int((codes == cause).sum()),
        _issues(design, keep, fit),
    )


def _issues(design: Design, keep: BoolArray, fit: NewtonFit) -> tuple[Issue, ...]:
    found = list(aliased_issues(design.names, keep))
    if fit.diverging.any():
        kept = [n for n, k in zip(design.names, keep, strict=True) if k]
        found.append(
            separation_issue([n for n, d in zip(kept, fit.diverging, strict=True) if d], fallback=False)
        )
    return tuple(found)


@dataclass(frozen=True)
class _WeightedRisk:
    """Weights of all patients at each event time: those with a competing event stay, thinned by censoring."""

    outcome: Outcome
    codes: IntArray
    cause: int
    times: FloatArray  # (g,)
    deaths: FloatArray  # (g,)
    weight: FloatArray  # (g, n)

    @classmethod
    def of(cls, outcome: Outcome, codes: IntArray, cause: int) -> _WeightedRisk:
        times, deaths = np.unique(outcome.time[codes == cause], return_counts=True)
        free = censoring_function(outcome, deaths_first=False)
        ratio = free.before(times)[:, None] / free.before(outcome.time)[None, :]
        competing = (codes > 0) & (codes != cause)
        still = outcome.time[None, :] >= times[:, None]
        return cls(
            outcome,
            codes,
            cause,
            times,
            deaths.astype(float),
            np.where(still, 1.0, competing[None, :] * ratio),
        )

    def _sums(self, x: FloatArray, coef: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        eta = x @ coef
        risk = np.exp(eta - eta.max())
        total = self.weight @ risk
        return risk, total, (self.weight @ (risk[:, None] * x)) / np.maximum(total, UNDERFLOW)[:, None]

    def likelihood(self, x: FloatArray, coef: FloatArray) -> LikelihoodTerms:
        risk, total, mean = self._sums(x, coef)
        if not (total > UNDERFLOW).all():
            return LikelihoodTerms(-np.inf, np.zeros(coef.size), np.eye(coef.size))
        own = self.codes == self.cause
        eta = x @ coef
        value = float((eta[own] - eta.max()).sum() - self.deaths @ np.log(total))
        score = x[own].sum(axis=0) - self.deaths @ mean
        share = (self.deaths / total) @ self.weight * risk
        information = (x * share[:, None]).T @ x - (mean * self.deaths[:, None]).T @ mean
        return LikelihoodTerms(value, score, information)

    def influence(self, x: FloatArray, coef: FloatArray) -> FloatArray:
        """Return each patient's part of the score, estimated weights included, shape (n, p)."""
        risk, total, mean = self._sums(x, coef)
        rate = self.deaths / total
        pulled = self.weight.T @ (rate[:, None] * mean)
        part = -risk[:, None] * (x * (rate @ self.weight)[:, None] - pulled)
        own = self.codes == self.cause
        part[own] += x[own] - mean[np.searchsorted(self.times, self.outcome.time[own])]
        return part + self._through_weights(x, risk, mean, rate)

    def _through_weights(
        self, x: FloatArray, risk: FloatArray, mean: FloatArray, rate: FloatArray
    ) -> FloatArray:
        """Return what each patient adds by having helped to estimate the censoring distribution."""
        time, censored = self.outcome.time, self.codes == 0
        leaving, count = np.unique(time[censored], return_counts=True)
        if leaving.size == 0:
            return np.zeros_like(x)
        at_risk = (time[None, :] >= leaving[:, None]).sum(axis=1).astype(float)
        competing = (self.codes > 0) & ~(self.codes == self.cause)
        pull = np.empty((leaving.size, x.shape[1]))
        for k, c in enumerate(leaving):
            patients, later = competing & (time < c), self.times >= c
            thinned = rate[later, None] * self.weight[np.ix_(later, patients)] * risk[patients]
            pull[k] = thinned.sum(axis=0) @ x[patients] - thinned.sum(axis=1) @ mean[later]
        shared = np.cumsum(pull * (count / at_risk**2)[:, None], axis=0)
        padded = np.vstack([np.zeros(x.shape[1]), shared])
        adjusted = -padded[np.searchsorted(leaving, time, side="right")]
        position = np.searchsorted(leaving, time[censored])
        adjusted[censored] += (pull / at_risk[:, None])[position]
        return np.asarray(adjusted)
