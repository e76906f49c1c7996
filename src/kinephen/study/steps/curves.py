"""Survival curves of groups of patients, with their test, as a record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kinephen.errors import KinephenError
from kinephen.records.base import Interval
from kinephen.records.curves import CurveRecord, GroupTestRecord, PanelRecord
from kinephen.records.statistics import RatioRecord
from kinephen.study.steps.group_test import group_test
from kinephen.survival.cox import cox_fit
from kinephen.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from kinephen.types import FloatArray

RISK_MARKS = 7
GROUP_ORDER = ("low", "med", "high", "wild-type", "mutant")
"""Classes that mean less risk come first, so that a hazard ratio is that of the worse group."""


def survival_panel(
    frame: pd.DataFrame, column: str, *, title: str, labels: dict[str, str] | None = None, seed: int
) -> PanelRecord:
    """Return curves by the groups of `column`, the log-rank test and the hazard ratio of two groups.

    Parameters
    ----------
    frame : DataFrame
        Columns ``time`` (years), ``event`` and `column`; patients without a group are left out and counted.
    column : str
        Holds text.
    title : str
    labels : dict of str to str, optional
        Shown for each group; groups are drawn in this order.
    seed : int
        The study's, for `kinephen.study.steps.group_test.group_test`.
    """
    known = frame[frame[column].notna()]
    groups = _ordered(known[column], labels)
    marks = _risk_times(known["time"])
    curves = [_curve(known[known[column] == g], (labels or {}).get(g, g), marks) for g in groups]
    return PanelRecord(
        title=title,
        column=column,
        n=len(known),
        left_out=len(frame) - len(known),
        curves=tuple(curves),
        risk_times=tuple(marks),
        test=_test(known, column, groups, seed),
    )


def median_groups(values: pd.Series) -> tuple[pd.Series, float]:
    """Return "low" (less than or equal to the median) or "high" for each patient, and the median."""
    median = float(values.median())
    groups = pd.Series(np.where(values <= median, "low", "high"), index=values.index, dtype=object)
    return groups.where(values.notna()), median


def _ordered(values: pd.Series, labels: dict[str, str] | None) -> list[str]:
    present = {str(v) for v in values.unique()}
    known = [name for name in (labels or GROUP_ORDER) if name in present]
    return [*known, *sorted(present - set(known))]


def _curve(rows: pd.DataFrame, label: str, marks: Sequence[float]) -> CurveRecord:
    curve = kaplan_meier(rows["time"].to_numpy(), rows["event"].to_numpy(), label=label)
    censored = curve.n_censored > 0
    return CurveRecord(
        label=label,
        n=curve.n,
        events=curve.events,
        time=curve.time.tolist(),
        survival=curve.survival.tolist(),
        low=curve.lower.tolist(),
        high=curve.upper.tolist(),
        censor_time=curve.time[censored].tolist(),
        censor_survival=curve.survival[censored].tolist(),
        at_risk=tuple(int(n) for n in curve.at(list(marks))["at_risk"]),
        median=_median(curve),
        band=curve.band,
    )


def _median(curve: SurvivalCurve) -> Interval:
    m = curve.median
    reason = "" if np.isfinite(m.estimate) else "the curve stays above one half"
    return Interval(value=m.estimate, low=m.lower, high=m.upper, reason=reason)


def _test(frame: pd.DataFrame, column: str, groups: Sequence[str], seed: int) -> GroupTestRecord:
    if len(groups) < 2:
        return GroupTestRecord(name="log-rank", reason="one group only")
    time, event, group = (frame[c].to_numpy() for c in ("time", "event", column))
    try:
        test = group_test(time, event, group, seed=seed)
    except KinephenError as error:
        return GroupTestRecord(name="log-rank", reason=error.message)
    return GroupTestRecord(
        name=test.name,
        p=test.p,
        statistic=test.statistic,
        df=test.df,
        permutation_p=test.permutation_p,
        hazard_ratio=_hazard_ratio(frame, column, groups) if len(groups) == 2 else None,
    )


def _hazard_ratio(frame: pd.DataFrame, column: str, groups: Sequence[str]) -> RatioRecord | None:
    x = (frame[column] == groups[1]).to_numpy(dtype=np.float64)[:, None]
    try:
        fit = cox_fit(x, frame["time"].to_numpy(), frame["event"].to_numpy(), names=[column])
    except KinephenError:
        return None
    return RatioRecord(
        value=float(fit.hr[0]), low=float(fit.hr_lower[0]), high=float(fit.hr_upper[0]), method=fit.method
    )


def _risk_times(times: pd.Series) -> list[float]:
    last = float(times.max()) if len(times) else 1.0
    step = next(s for s in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 1e9) if last / s <= RISK_MARKS)
    marks: FloatArray = np.arange(0.0, last + 1e-9, step)
    return [float(m) for m in marks]
