"""Survival curves of groups of patients and their test."""

from __future__ import annotations

from kinephen.records.base import Interval, Number, Numbers, Record
from kinephen.records.statistics import Degrees, RatioRecord


class CurveRecord(Record):
    """Kaplan-Meier curve of one group, from its first time on.

    Parameters
    ----------
    label : str
    n, events : int
    time : tuple of float
        Years; each distinct time of the group.
    survival, low, high : tuple of float
        At and after each time; limits of 95 %.
    censor_time, censor_survival : tuple of float
        Where patients were censored.
    at_risk : tuple of int
        Numbers at the panel's ``risk_times``.
    median : Interval
        Years; None where the curve stays above one half.
    band : str
        Transformation of the limits.
    """

    label: str
    n: int
    events: int
    time: tuple[float, ...]
    survival: tuple[float, ...]
    low: Numbers
    high: Numbers
    censor_time: tuple[float, ...]
    censor_survival: tuple[float, ...]
    at_risk: tuple[int, ...]
    median: Interval
    band: str


class GroupTestRecord(Record):
    """Log-rank test of groups, and the hazard ratio of the second of two against the first.

    Parameters
    ----------
    name : str
    p, statistic, df : float, optional
        None with a ``reason`` where no test is possible.
    permutation_p : float, optional
        Where a group has fewer than ten events.
    reason : str
    hazard_ratio : RatioRecord, optional
        Of the group that is drawn last, where there are two and a Cox model has a maximum.
    """

    name: str
    p: Number = None
    statistic: Number = None
    df: Degrees = None
    permutation_p: Number = None
    reason: str = ""
    hazard_ratio: RatioRecord | None = None

    @property
    def shown_p(self) -> float | None:
        """The p that figures show: of the permutation test where there is one."""
        return self.p if self.permutation_p is None else self.permutation_p


class PanelRecord(Record):
    """Curves by the groups of one column.

    Parameters
    ----------
    title, column : str
    n, left_out : int
        Patients with and without a group.
    curves : tuple of CurveRecord
        From the group of least risk on.
    risk_times : tuple of float
        Years at which numbers at risk are counted.
    test : GroupTestRecord
    """

    title: str
    column: str
    n: int
    left_out: int
    curves: tuple[CurveRecord, ...]
    risk_times: tuple[float, ...]
    test: GroupTestRecord

    @property
    def events(self) -> int:
        """Events of all curves."""
        return sum(c.events for c in self.curves)
