"""Phenotypes and markers at a horizon: restricted means, tests, predictive values, competing death."""

from __future__ import annotations

from kinephen.records.base import Number, Numbers, Record
from kinephen.records.statistics import ChiSquareRecord, Degrees, IntervalRecord


class RestrictedMeanRecord(Record):
    """Mean event-free years of a phenotype up to the horizon, and its difference from the first phenotype."""

    label: str
    n: int
    events: int
    mean: IntervalRecord | None = None
    difference: IntervalRecord | None = None
    reason: str = ""


class PhenotypeTest(Record):
    """A log-rank test of the phenotypes; None with a ``reason`` where it is not possible."""

    label: str
    n: int
    events: int
    name: str = "log-rank"
    statistic: Number = None
    df: Degrees = None
    p: Number = None
    reason: str = ""


class MarkerRecord(Record):
    """Predictive values of a marker for events by the horizon, censored patients weighted.

    ``cases``, ``controls`` and ``unknown`` had the event by then, were followed beyond, left before.
    """

    marker: str
    horizon: Number = None
    ppv: IntervalRecord | None = None
    npv: IntervalRecord | None = None
    sensitivity: IntervalRecord | None = None
    specificity: IntervalRecord | None = None
    n: int = 0
    cases: int = 0
    controls: int = 0
    unknown: int = 0
    reason: str = ""


class IncidenceAt(Record):
    """Cumulative incidence at one time, with 95 % limits."""

    time: float
    estimate: Number
    variance: Number
    lower: Number
    upper: Number


class IncidenceRecord(Record):
    """Cumulative incidence of one cause over time; empty with a ``reason`` where nobody has the event."""

    time: tuple[float, ...] = ()
    incidence: Numbers = ()
    at: IncidenceAt | None = None
    reason: str = ""


class CompetingGroup(Record):
    """One phenotype: ``kaplan_meier`` is 1 minus the Kaplan-Meier curve that censors deaths."""

    label: str
    n: int
    recurrences: int
    deaths: int
    kaplan_meier: Number
    recurrence: IncidenceRecord
    death: IncidenceRecord


class CompetingRatio(Record):
    """Hazard ratio of the second phenotype against the first; None with a ``reason``."""

    label: str
    hr: Number = None
    low: Number = None
    high: Number = None
    p: Number = None
    reason: str = ""


class CompetingRecord(Record):
    """Recurrence by phenotype where death without recurrence competes.

    Parameters
    ----------
    reason : str
        Why nothing competes; the counts are then those that are known.
    n, recurrences, deaths : int, optional
    horizon : float, optional
    groups : tuple of CompetingGroup
    gray : ChiSquareRecord, optional
        Gray's test, with ``gray_reason`` where it is not possible.
    models : tuple of CompetingRatio
        Two phenotypes only.
    """

    reason: str = ""
    n: int | None = None
    recurrences: int | None = None
    deaths: int | None = None
    horizon: Number = None
    groups: tuple[CompetingGroup, ...] = ()
    gray: ChiSquareRecord | None = None
    gray_reason: str = ""
    models: tuple[CompetingRatio, ...] = ()
