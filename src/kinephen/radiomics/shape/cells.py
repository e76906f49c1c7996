"""Corners, edges and symmetries of a cell between eight voxel centres."""

from __future__ import annotations

import itertools

import numpy as np

from kinephen.types import FloatArray

Edge = frozenset[int]
CORNERS = np.array(
    list(itertools.product((0, 1), repeat=3)), dtype=np.float64
)  # corner c has bits z y x of c


def symmetries() -> list[FloatArray]:
    """Return the 48 rotations and reflections of a cell about its centre, as matrices."""
    return [
        np.eye(3)[list(order)] * np.asarray(signs)
        for order in itertools.permutations(range(3))
        for signs in itertools.product((1.0, -1.0), repeat=3)
    ]


def moved(points: FloatArray, symmetry: FloatArray) -> FloatArray:
    """Return points in cell coordinates, shape (..., 3), after a symmetry."""
    return np.asarray((points - 0.5) @ symmetry.T + 0.5)


def moved_code(code: int, symmetry: FloatArray) -> int:
    """Return the pattern of inside corners after a symmetry."""
    inside = [c for c in range(8) if code >> c & 1]
    places = np.rint(moved(CORNERS[inside], symmetry)).astype(np.int64) @ [4, 2, 1]
    return int(sum(1 << int(place) for place in places))
