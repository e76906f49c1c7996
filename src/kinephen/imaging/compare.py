"""Two masks of one region: how far they agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from kinephen.errors import InputError
from kinephen.types import BoolVolume


@dataclass(frozen=True)
class Overlap:
    """Agreement of two masks.

    Parameters
    ----------
    dice : float
        Twice the common voxels over the sum of both; NaN if both are empty.
    first_cc, second_cc : float
        Volumes, cm3.
    common, first_only, second_only : int
        Voxels.
    """

    dice: float
    first_cc: float
    second_cc: float
    common: int
    first_only: int
    second_only: int

    def to_dict(self) -> dict[str, float | int]:
        """Return plain fields."""
        return asdict(self)


def overlap(first: BoolVolume, second: BoolVolume, *, voxel_volume_mm3: float) -> Overlap:
    """Compare two masks on one grid.

    Parameters
    ----------
    first, second : ndarray of bool, shape (nz, ny, nx)
    voxel_volume_mm3 : float

    Raises
    ------
    InputError
        ``compare.shape``.

    References
    ----------
    Dice 1945, Ecology 26:297.
    """
    if first.shape != second.shape:
        raise InputError(f"masks of shape {first.shape} and {second.shape}", code="compare.shape")
    a, b, common = (int(np.count_nonzero(m)) for m in (first, second, first & second))
    return Overlap(
        dice=2.0 * common / (a + b) if a + b else float("nan"),
        first_cc=a * voxel_volume_mm3 / 1000.0,
        second_cc=b * voxel_volume_mm3 / 1000.0,
        common=common,
        first_only=a - common,
        second_only=b - common,
    )
