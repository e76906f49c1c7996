"""Restricted mean survival time and its difference between two groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinephen.errors import CohortError
from kinephen.survival.kaplan_meier import SurvivalCurve
from kinephen.survival.results import Interval, wald_interval
from kinephen.types import FloatArray


def restricted_mean(curve: SurvivalCurve, horizon: float) -> Interval:
    """Return the area under `curve` from 0 to `horizon`, with a normal interval.

    Parameters
    ----------
    curve : SurvivalCurve
    horizon : float
        Upper end, in the unit of the times; not after the last follow-up unless the curve is 0 there.

    Raises
    ------
    CohortError
        ``survival.horizon`` when the curve is not defined up to `horizon`.

    References
    ----------
    Irwin 1949; Royston and Parmar 2013. Variance: sum of (area after t)^2 d / (n (n - d)).
    """
    if horizon > curve.time[-1] and curve.survival[-1] > 0:
        raise CohortError(
            f"group {curve.label}: horizon {horizon:g} lies after the last follow-up {curve.time[-1]:g}",
            code="survival.horizon",
            where="horizon",
            hint="choose a horizon that every group is followed to",
        )
    used = curve.time <= horizon
    edges = np.concatenate([[0.0], curve.time[used], [horizon]])
    heights = np.concatenate([[1.0], curve.survival[used]])
    areas = np.diff(edges) * heights
    after = areas[::-1].cumsum()[::-1][1:]
    return wald_interval(float(areas.sum()), _standard_error(curve, used, after), "normal")


def _standard_error(curve: SurvivalCurve, used: Any, after: FloatArray) -> float:
    d = curve.n_events[used].astype(np.float64)
    n = curve.at_risk[used].astype(np.float64)
    # When the last patient at risk dies the area after them is 0, and so is their term.
    share = np.divide(d, n * (n - d), out=np.zeros(d.size), where=(d > 0) & (n > d))
    return float(np.sqrt(np.sum(after**2 * share)))


def restricted_mean_difference(first: SurvivalCurve, second: SurvivalCurve, horizon: float) -> Interval:
    """Return the restricted mean of `second` minus that of `first`, with a normal interval."""
    a, b = restricted_mean(first, horizon), restricted_mean(second, horizon)
    return wald_interval(b.estimate - a.estimate, float(np.hypot(a.se, b.se)), "normal")
