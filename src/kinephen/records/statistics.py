"""What tests and estimates of all steps look like when they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pydantic import model_validator

from kinephen.records.base import Interval, Number, Record

Degrees: TypeAlias = int | float | None
"""Degrees of freedom as the test counts them; None where there is no test."""
_RESULT = {"estimate": "value", "lower": "low", "upper": "high"}


class IntervalRecord(Interval):
    """An interval that says how it was made: its kind, its level, and a standard error where it has one.

    See `kinephen.survival.results.Interval`, whose names for the numbers are accepted.
    """

    kind: str
    level: float = 0.95
    se: Number = None

    @model_validator(mode="before")
    @classmethod
    def _of_result(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        return {_RESULT.get(str(name), str(name)): value for name, value in data.items()}


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


class RatioRecord(Interval):
    """A ratio (hazard or odds) with its 95 % limits; a part that is not finite is None."""

    method: str


class ShareRecord(Record):
    """How many of how many."""

    n: int
    of: int
