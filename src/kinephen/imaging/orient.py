"""Arrays turned to anatomical order, so that sagittal, axial and coronal exams are one case."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kinephen.core.volume import Geometry

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Anatomical:
    """How array axes (slice, row, column) become (left-right, up-down, front-back).

    Parameters
    ----------
    order : tuple of int
        Array axis of each anatomical axis.
    turned : tuple of bool
        Whether each anatomical axis runs against the array axis. Index 0 is right, foot and front.
    spacing : tuple of float
        Along the anatomical axes, mm.
    """

    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]
    spacing: tuple[float, float, float]

    def turn(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a view in anatomical order."""
        view = array.transpose(self.order)
        return view[tuple(slice(None, None, -1) if t else slice(None) for t in self.turned)]

    def back(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a view in the order of the array that was turned."""
        view = array[tuple(slice(None, None, -1) if t else slice(None) for t in self.turned)]
        return view.transpose(np.argsort(self.order))


def anatomical(geometry: Geometry) -> Anatomical:
    """Return the order of axes nearest to left-right, up-down and front-back.

    Directions are those of DICOM patient coordinates (x to the left, y to the back, z to the head), which
    hold however the patient lies. An oblique grid is taken as the nearest straight one.
    """
    directions = geometry.directions
    # Rows of the patient: left, head, back.
    parts = directions[[0, 2, 1]]
    nearest = np.abs(parts)
    order = max(permutations(range(3)), key=lambda p: sum(nearest[row, axis] for row, axis in enumerate(p)))
    turned = [bool(parts[row, axis] < 0) for row, axis in enumerate(order)]
    spacing = [geometry.spacing[axis] for axis in order]
    return Anatomical(
        (order[0], order[1], order[2]),
        (turned[0], turned[1], turned[2]),
        (spacing[0], spacing[1], spacing[2]),
    )
