"""What all filters share: their boundary, their checks and how their values are written."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from kinephen.errors import ConfigError, InputError
from kinephen.types import FloatArray

Boundary = Literal["zero", "nearest", "periodic", "mirror"]
Pooling = Literal["max", "mean", "min"]
Spacing = tuple[float, float, float]

BOUNDARIES: tuple[str, ...] = get_args(Boundary)
POOLINGS: tuple[str, ...] = get_args(Pooling)
DIMENSIONS = (2, 3)

MOST_REACH = 512
"""Voxels that a kernel may reach to each side: bounds the memory, far beyond any published setting."""


@dataclass(frozen=True, kw_only=True)
class Filter(ABC):
    """Settings of a filter; its response is an image on the same grid.

    Parameters
    ----------
    boundary : {"mirror", "zero", "nearest", "periodic"}
        What lies beyond the image: the image reflected at its outer faces (the voxel at the edge
        occurs twice), zeros, the voxel at the edge, or the image again.

    Raises
    ------
    ConfigError
        ``radiomics.filter`` for a value outside its range.
    """

    kind: ClassVar[str]

    boundary: Boundary = "mirror"

    def __post_init__(self) -> None:
        require_one_of("boundary", self.boundary, BOUNDARIES)

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the response in columns: the same settings always give the same name."""

    @abstractmethod
    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the response to a checked image; see `kinephen.radiomics.filters.filtered`."""

    def named(self, *parts: str) -> str:
        """Return the parts that are not empty and the boundary where it is not the usual one."""
        usual = self.boundary == "mirror"
        return "-".join(part for part in (*parts, "" if usual else self.boundary) if part)


def short(value: float) -> str:
    """Return a number as names show it."""
    return format(value, ".12g")


def axes_of(dimensions: int) -> tuple[int, ...]:
    """Return the axes of the array that are filtered: row and column, or all."""
    return (1, 2) if dimensions == 2 else (0, 1, 2)


def planar_suffix(dimensions: int) -> str:
    """Return what a name says of a filter that works slice by slice."""
    return "2d" if dimensions == 2 else ""


def require_one_of(field: str, value: object, allowed: Iterable[object]) -> None:
    """Refuse a value that is not listed."""
    known = list(allowed)
    if value not in known:
        listed = ", ".join(map(str, known))
        raise ConfigError(f"{field} is {value!r}", code="radiomics.filter", hint=f"one of {listed}")


def require_positive(**values: float) -> None:
    """Refuse numbers that are not finite and above zero."""
    for field, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"{field} must be a positive number, found {value}", code="radiomics.filter")


def require_size(reach: int, what: str) -> None:
    """Refuse a kernel that reaches farther than `MOST_REACH` voxels on any grid."""
    if reach > MOST_REACH:
        raise ConfigError(
            f"{what} reaches {reach} voxels to each side; at most {MOST_REACH} are computed",
            code="radiomics.filter",
        )


def require_reach(reach: float, what: str) -> int:
    """Return the whole number of voxels to each side of a kernel's centre on the grid of an image.

    Raises
    ------
    InputError
        ``radiomics.filter_reach`` for more than `MOST_REACH` voxels.
    """
    if not reach <= MOST_REACH:
        raise InputError(
            f"{what} reaches {reach:.0f} voxels to each side; at most {MOST_REACH} are computed",
            code="radiomics.filter_reach",
            hint="the scale is in mm, the image's spacing too",
        )
    return int(reach)
