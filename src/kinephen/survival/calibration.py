"""Do predicted risks come true? Slope, in the large, by groups, and a smooth curve."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.brier import checked_probabilities
from kinephen.survival.cox import cox_fit
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.results import Z95, Interval, wald_interval
from kinephen.survival.spline import restricted_cubic_spline, spline_knots
from kinephen.types import FloatArray

EVENTS_PER_GROUP = 10


def calibration_slope(linear_predictor: ArrayLike, time: ArrayLike, event: ArrayLike) -> Interval:
    """Return the coefficient of a linear predictor in new patients: 1 is right, below 1 too extreme.

    Parameters
    ----------
    linear_predictor, time, event : array_like, shape (n,)

    Raises
    ------
    InputError, CohortError
        Those of `kinephen.survival.cox.cox_fit`.

    References
    ----------
    Van Houwelingen 2000.
    """
    fit = cox_fit(np.asarray(linear_predictor, dtype=np.float64), time, event, names=["slope"], firth=False)
    return wald_interval(float(fit.coef[0]), float(fit.se[0]), "Wald")


def calibration_in_the_large(expected_events: ArrayLike, event: ArrayLike) -> Interval:
    """Return observed over expected events with a 95 % interval on the log scale.

    Parameters
    ----------
    expected_events : array_like, shape (n,)
        Predicted cumulative hazard of each patient at their own follow-up time.
    event : array_like, shape (n,)

    Raises
    ------
    CohortError
        ``survival.no_events``.
    InputError
        ``survival.expected`` when the expectations are not finite, >= 0 and of positive sum.

    References
    ----------
    Crowson, Atkinson and Therneau 2016: the standard error of log(O/E) is 1 / sqrt(O).
    """
    expected = np.asarray(expected_events, dtype=np.float64)
    if not np.isfinite(expected).all() or (expected < 0).any() or expected.sum() <= 0:
        raise InputError("expected events must be >= 0 with a positive sum", code="survival.expected")
    observed = clean_outcome(np.ones(expected.size), event, need_events=True).events
    ratio, se = observed / float(expected.sum()), 1.0 / math.sqrt(observed)
    return Interval(ratio, ratio * math.exp(-Z95 * se), ratio * math.exp(Z95 * se), "log-normal", se=se)


def calibration_at_horizon(risk: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float) -> Interval:
    """Return observed (1 - Kaplan-Meier) over mean predicted risk at a horizon, 95 % interval.

    Raises
    ------
    InputError
        ``survival.probability``.
    """
    values = checked_probabilities(risk, np.asarray(time).size)
    at = kaplan_meier(time, event, band="log-log").at(horizon)
    mean = float(values.mean())
    observed, low, high = (1.0 - float(at[k][0]) for k in ("survival", "upper", "lower"))
    return Interval(observed / mean, low / mean, high / mean, "log-log", se=float(at["se"][0]) / mean)


def calibration_groups(
    risk: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float, *, groups: int = 10
) -> pd.DataFrame:
    """Compare mean predicted with observed risk in quantile groups of predicted risk.

    Parameters
    ----------
    risk, time, event : array_like, shape (n,)
    horizon : float
    groups : int
        At most this many; fewer so that a group has about 10 events by the horizon.

    Returns
    -------
    DataFrame
        Columns group, n, events (by the horizon), at_risk (at the horizon), predicted, observed, lower, upper
        (95 %, log-log). Observed is NaN where the group is not followed to the horizon.

    Raises
    ------
    InputError
        ``survival.probability``.
    CohortError
        ``survival.no_events`` by the horizon.
    """
    outcome = clean_outcome(time, event, need_events=True)
    values = checked_probabilities(risk, outcome.n)
    happened = outcome.event & (outcome.time <= horizon)
    if not happened.any():
        raise CohortError(f"no event by {horizon:g}", code="survival.no_events", where="horizon")
    count = int(np.clip(happened.sum() // EVENTS_PER_GROUP, 1, groups))
    edges = np.quantile(values, np.arange(1, count) / count)
    member = np.searchsorted(edges, values, side="left")
    rows = []
    for k in np.unique(member):
        inside = member == k
        curve = kaplan_meier(outcome.time[inside], outcome.event[inside], band="log-log")
        at = curve.at(horizon)
        followed = outcome.time[inside].max() >= horizon or curve.survival[-1] == 0
        observed = [1.0 - float(at[c][0]) if followed else math.nan for c in ("survival", "upper", "lower")]
        sizes = (int(inside.sum()), int(happened[inside].sum()), int(at["at_risk"][0]))
        rows.append((int(k) + 1, *sizes, float(values[inside].mean()), *observed))
    names = ["group", "n", "events", "at_risk", "predicted", "observed", "lower", "upper"]
    return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True)
class SmoothCalibration(Printable):
    """A smooth curve of observed against predicted risk.

    Parameters
    ----------
    horizon : float
    knots : int
    ici, e50, e90 : float
        Mean, median and 90th percentile of ``abs(observed - predicted)`` over the patients.
    predicted, observed : ndarray, shape (n,)
        Sorted by prediction.
    """

    horizon: float
    knots: int
    ici: float
    e50: float
    e90: float
    predicted: FloatArray = field(repr=False)
    observed: FloatArray = field(repr=False)

    def __str__(self) -> str:
        return f"calibration at {self.horizon:g}: ICI {self.ici:.3f}, E50 {self.e50:.3f}, E90 {self.e90:.3f}"


def smooth_calibration(
    risk: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float, *, knots: int = 3
) -> SmoothCalibration:
    """Return observed risk as a smooth function of predicted risk.

    A Cox model of a restricted cubic spline of log(-log(1 - risk)) gives each patient's observed risk.

    Parameters
    ----------
    risk, time, event : array_like, shape (n,)
        Risks are kept at least 1e-6 away from 0 and 1.
    horizon : float
    knots : int
        3 to 5.

    Raises
    ------
    InputError
        ``survival.probability``.
    CohortError
        ``survival.constant_risk`` when all predictions are (nearly) the same; those of `cox_fit`.

    References
    ----------
    Austin, Harrell and van Klaveren 2020 (doi 10.1002/sim.8570).
    """
    values = checked_probabilities(risk, np.asarray(time).size)
    scale = np.log(-np.log1p(-np.clip(values, 1e-6, 1.0 - 1e-6)))
    basis = restricted_cubic_spline(scale, spline_knots(scale, knots))
    fit = cox_fit(basis, time, event)
    observed = 1.0 - fit.survival(basis, [horizon])[:, 0]
    order = np.argsort(values, kind="stable")
    gap = np.abs(observed - values)
    e50, e90 = (float(q) for q in np.quantile(gap, [0.5, 0.9]))
    return SmoothCalibration(horizon, knots, float(gap.mean()), e50, e90, values[order], observed[order])
