"""Groups by a risk score: at the median or at quantiles, and how their survival differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, UsageError
from kinephen.survival.cox import cox_fit
from kinephen.survival.kaplan_meier import SurvivalCurve, kaplan_meier_by_group
from kinephen.survival.logrank import LogRankTest, logrank
from kinephen.survival.outcome import as_floats
from kinephen.survival.results import Interval
from kinephen.types import FloatArray


def median_split(score: ArrayLike, *, cut: float | None = None) -> pd.Categorical:
    """Return ``"low"`` (less than or equal to the cut) and ``"high"`` (greater).

    Parameters
    ----------
    score : array_like, shape (n,)
    cut : float, optional
        By default the median of `score`; give the discovery median to split new patients.

    Raises
    ------
    CohortError
        ``survival.one_group`` when one side is empty.
    """
    values = as_floats(score, "score")
    limit = float(np.median(values)) if cut is None else cut
    high = values > limit
    if high.all() or not high.any():
        raise CohortError(
            f"all scores lie on one side of {limit:g}",
            code="survival.one_group",
            where="score",
            hint="the score is constant, or the cut lies outside its range",
        )
    return pd.Categorical(np.where(high, "high", "low"), categories=["low", "high"], ordered=True)


def quantile_groups(score: ArrayLike, groups: int) -> pd.Categorical:
    """Return groups ``"1"`` (lowest) to ``"k"`` of about equal size.

    Raises
    ------
    UsageError
        ``survival.groups`` for fewer than 2.
    CohortError
        ``survival.one_group`` when ties leave a group empty.
    """
    if groups < 2:
        raise UsageError(f"{groups} groups; expected at least 2", code="survival.groups", where="groups")
    values = as_floats(score, "score")
    edges = np.quantile(values, np.arange(1, groups) / groups)
    member = np.searchsorted(edges, values, side="left")
    if np.unique(member).size < groups:
        raise CohortError(f"ties leave fewer than {groups} groups", code="survival.one_group", where="score")
    names = [str(k + 1) for k in range(groups)]
    return pd.Categorical.from_codes(member, categories=names, ordered=True)


@dataclass(frozen=True)
class RiskSplit(Printable):
    """Survival of the two halves of a risk score.

    Parameters
    ----------
    cut : float
    curves : tuple of SurvivalCurve
        Low, high.
    test : LogRankTest
    hazard_ratio : Interval
        High against low.
    continuous : Interval
        Hazard ratio per SD of the score; a split loses power, so this stands beside it.
    issues : tuple of Issue
    """

    cut: float
    curves: tuple[SurvivalCurve, ...]
    test: LogRankTest
    hazard_ratio: Interval
    continuous: Interval
    issues: tuple[Issue, ...]

    def __str__(self) -> str:
        lines = [f"split at {self.cut:.4g} (low: less than or equal)", *map(str, self.curves), str(self.test)]
        return "\n".join([*lines, f"HR high/low {self.hazard_ratio}", f"HR per SD {self.continuous}"])


def risk_split(score: ArrayLike, time: ArrayLike, event: ArrayLike, *, cut: float | None = None) -> RiskSplit:
    """Split at the median (or `cut`) and compare survival.

    Parameters
    ----------
    score, time, event : array_like, shape (n,)
    cut : float, optional

    Raises
    ------
    CohortError
        ``survival.one_group``, ``survival.no_events``.
    """
    values = as_floats(score, "score")
    groups = median_split(values, cut=cut)
    test = logrank(time, event, groups)
    return RiskSplit(
        float(np.median(values)) if cut is None else cut,
        kaplan_meier_by_group(time, event, groups),
        test,
        _hazard_ratio((groups == "high").astype(np.float64), time, event),
        _hazard_ratio((values - values.mean()) / values.std(ddof=1), time, event),
        test.issues,
    )


def _hazard_ratio(x: FloatArray, time: ArrayLike, event: ArrayLike) -> Interval:
    fit = cox_fit(x, time, event, names=["score"])
    hr, lower, upper = (float(v[0]) for v in (fit.hr, fit.hr_lower, fit.hr_upper))
    return Interval(hr, lower, upper, fit.interval, se=float(fit.se[0]))
