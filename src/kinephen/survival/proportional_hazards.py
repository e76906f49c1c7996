"""Test of proportional hazards: the score test for a coefficient that changes with time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.p_values import format_p
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import CohortError, UsageError
from kinephen.survival.counts import StepFunction, survival_function
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.likelihood import step_moments
from kinephen.survival.residuals import schoenfeld_residuals
from kinephen.survival.results import ChiSquareTest, chi_square_p
from kinephen.types import FloatArray

Transform: TypeAlias = Literal["km", "identity", "rank", "log"]
DOUBTFUL = 0.05
NO_SPREAD = 1e-9
"""A test variance below this share of its parts is rounding."""


@dataclass(frozen=True)
class ProportionalHazardsTest(Printable):
    """Score tests of each coefficient and of all together.

    Parameters
    ----------
    transform : str
        Function of time that the coefficients may follow.
    names : tuple of str
    tests : tuple of ChiSquareTest
        One a coefficient that was estimated, 1 df each.
    overall : ChiSquareTest
    """

    transform: str
    names: tuple[str, ...]
    tests: tuple[ChiSquareTest, ...]
    overall: ChiSquareTest

    @property
    def issue(self) -> Issue | None:
        """What to tell the reader when the overall p is below 0.05."""
        if not self.overall.p < DOUBTFUL:
            return None
        known = [(t.p, n) for t, n in zip(self.tests, self.names, strict=True) if not np.isnan(t.p)]
        worst = min(known)[1]
        text = f"hazards are not proportional (p = {self.overall.p:.2g}), most of all for {worst}"
        return Issue(
            "survival.not_proportional", f"{text}: one hazard ratio does not describe all times", worst
        )

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        each = {n: t.to_dict() for n, t in zip(self.names, self.tests, strict=True)}
        return {"transform": self.transform, "tests": each, "overall": self.overall.to_dict()}

    def table(self) -> ResultTable:
        """Return one row a coefficient, and one for all together."""
        named = (*zip(self.names, self.tests, strict=True), ("all", self.overall))
        rows = tuple((n, t.statistic, t.df, format_p(t.p)) for n, t in named)
        notes = () if self.issue is None else (self.issue.message,)
        size = f"n = {self.overall.n}, events = {self.overall.events}"
        title = f"{self.overall.name}, g(t) = {self.transform} ({size})"
        return ResultTable(title, ("covariate", "chi-square", "df", "p"), rows, notes)

    def __str__(self) -> str:
        rows = [f"  {n}: {t}" for n, t in zip(self.names, self.tests, strict=True)]
        head = f"proportional hazards, g(t) = {self.transform}"
        return "\n".join([head, *rows, f"  all: {self.overall}"])


def proportional_hazards_test(fit: CoxResult, *, transform: Transform = "km") -> ProportionalHazardsTest:
    """Test whether hazard ratios change with g(time).

    Parameters
    ----------
    fit : CoxResult
    transform : {"km", "identity", "rank", "log"}
        g(t): 1 - S(t-), t, rank of t among all times, log t.

    Raises
    ------
    UsageError
        ``survival.transform``.
    CohortError
        ``survival.log_time`` for the log of a time 0.

    References
    ----------
    Grambsch and Therneau 1994, as the exact score test of R survival >= 3.0 (`cox.zph`).
    """
    keep = ~np.isnan(fit.coef)
    estimated = int(keep.sum())
    u, v11, v12, v22 = np.zeros(estimated), *np.zeros((3, estimated, estimated))
    centre = _event_mean(fit, transform)
    eta = fit.linear_predictor()
    for layout in fit.data.sets:
        x = (fit.data.x - fit.means)[np.ix_(layout.rows, keep)]
        g = _transformed(fit, layout.times[layout.step], transform) - centre
        mean, covariance = step_moments(x, eta[layout.rows], layout)
        weight = layout.step_weight
        case = layout.weight[layout.death]
        u += (g * case) @ x[layout.death] - (g * weight) @ mean
        v11 += np.einsum("s,sjk->jk", weight, covariance)
        v12 += np.einsum("s,sjk->jk", weight * g, covariance)
        v22 += np.einsum("s,sjk->jk", weight * g**2, covariance)
    names = tuple(n for n, k in zip(fit.names, keep, strict=True) if k)
    inverse = np.linalg.pinv(v11, hermitian=True)
    return _summarise(fit, transform, names, (u, v22 - v12 @ inverse @ v12, np.diag(v22)))


def _summarise(
    fit: CoxResult, transform: str, names: tuple[str, ...], sums: tuple[FloatArray, FloatArray, FloatArray]
) -> ProportionalHazardsTest:
    score, spread, scale = sums
    diagonal = np.diag(spread)
    # With one event time, or a covariate that never varies at one, there is nothing to test: NaN.
    each = np.divide(score**2, diagonal, out=np.full(score.size, np.nan), where=diagonal > NO_SPREAD * scale)
    known = ~np.isnan(each)
    overall = float(
        score[known] @ np.linalg.pinv(spread[np.ix_(known, known)], hermitian=True) @ score[known]
    )

    def test(statistic: float, df: int) -> ChiSquareTest:
        p = chi_square_p(statistic, df)
        return ChiSquareTest(
            f"proportional hazards ({transform})",
            statistic,
            df,
            p,
            fit.n,
            fit.events,
            "constant hazard ratio",
        )

    tests = tuple(test(float(s), 1) for s in each)
    df = int(known.sum())
    return ProportionalHazardsTest(transform, names, tests, test(overall if df else np.nan, df))


def _event_mean(fit: CoxResult, transform: Transform) -> float:
    outcome = fit.data.outcome
    g = _transformed(fit, outcome.time[outcome.event], transform)
    return float(np.average(g, weights=fit.data.weights[outcome.event]))


def _transformed(fit: CoxResult, times: FloatArray, transform: Transform) -> FloatArray:
    outcome = fit.data.outcome
    if transform == "identity":
        return times
    if transform == "km":
        return 1.0 - survival_function(outcome).before(times)
    if transform == "rank":
        return _average_rank(outcome.time, times)
    if transform == "log":
        if (times <= 0).any():
            raise CohortError("an event at time 0 has no log", code="survival.log_time", where="time")
        return np.asarray(np.log(times))
    raise UsageError(
        f"transform {transform!r}; expected km, identity, rank or log",
        code="survival.transform",
        where="transform",
    )


def _average_rank(sample: FloatArray, times: FloatArray) -> FloatArray:
    ordered = np.sort(sample)
    low = np.searchsorted(ordered, times, side="left")
    high = np.searchsorted(ordered, times, side="right")
    return np.asarray(0.5 * (low + high + 1))


def smoothed_coefficient(fit: CoxResult, name: str) -> StepFunction:
    """Return time against coefficient + scaled Schoenfeld residual of one covariate (the points of the plot).

    Raises
    ------
    UsageError
        ``survival.column`` for a name that is not in the model.

    References
    ----------
    Grambsch and Therneau 1994.
    """
    if name not in fit.names:
        raise UsageError(f"no coefficient {name}", code="survival.column", where="name")
    times, residuals = schoenfeld_residuals(fit)
    j = fit.names.index(name)
    vcov = np.nan_to_num(fit.vcov, nan=0.0)
    return StepFunction(times, fit.coef[j] + fit.events * (residuals @ vcov[:, j]))
