"""A value that cannot be given, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True)
class Undefined:
    """A feature without a value.

    Parameters
    ----------
    reason : str
        In plain words, for example ``"all voxels are equal"``.
    """

    reason: str


Value: TypeAlias = float | Undefined

EMPTY = Undefined("the mask holds no voxel with a finite value")
NO_SPREAD = Undefined("all voxels are equal")
ONE_LEVEL = Undefined("all voxels have one grey level")
NO_PAIR = Undefined("no two neighbouring voxels lie inside the mask")
SHEARED = Undefined("the axes of the grid are not at right angles: lengths and areas along them mislead")
ZERO_MEAN = Undefined("the mean is zero")
ZERO_QUARTILES = Undefined("the quartiles add up to zero")


def all_undefined(names: Iterable[str], why: Undefined) -> dict[str, Value]:
    """Return `why` for each of `names`."""
    return dict.fromkeys(names, why)


def ratio(above: float, below: float, why: Undefined) -> Value:
    """Return ``above / below``, or `why` if the denominator is zero."""
    return above / below if below != 0 else why


def split(values: Mapping[str, Value]) -> tuple[dict[str, float], dict[str, str]]:
    """Return the numbers (NaN where undefined) and the reasons of those that are undefined."""
    numbers: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Undefined):
            numbers[name], reasons[name] = float("nan"), value.reason
        elif np.isfinite(value):
            numbers[name] = float(value)
        else:
            numbers[name], reasons[name] = float("nan"), "the result exceeds the range of numbers"
    return numbers, reasons
