"""What tests and estimates of all steps look like when they are kept."""

from __future__ import annotations

from typing import TypeAlias

from kinephen.records.base import Number, Record

Degrees: TypeAlias = int | float | None
"""Degrees of freedom as the test counts them; None where there is no test."""


class IntervalRecord(Record):
    """An estimate with its interval, the interval's kind, and its standard error where it has one.

    See `kinephen.survival.results.Interval`.
    """

    estimate: Number
    lower: Number
    upper: Number
    kind: str
    level: float = 0.95
    se: Number = None


class ChiSquareRecord(Record):
    """A test whose statistic is referred to chi-square; see `kinephen.survival.results.ChiSquareTest`."""

    name: str
    statistic: Number
    df: Degrees
    p: Number
    n: int
    events: int
    against: str = ""


class NoisyMean(Record):
    """Mean over replicates of cross-validation and its spread; see `kinephen.survival.cross_validation`.

    ``t_lower`` and ``t_upper`` are the limits of the mean over splits; they tell nothing of other patients.
    """

    mean: Number
    sd: Number
    t_lower: Number
    t_upper: Number
    percentile_lower: Number
    percentile_upper: Number


class RatioRecord(Record):
    """A ratio (hazard or odds) with its 95 % limits; a part that is not finite is None."""

    value: Number
    low: Number
    high: Number
    method: str


class ShareRecord(Record):
    """How many of how many."""

    n: int
    of: int
