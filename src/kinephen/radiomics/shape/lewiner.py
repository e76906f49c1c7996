"""Patterns of a cell in which Lewiner's marching cubes differs from the largest cut of each closed curve."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.shape.cells import CORNERS, moved, moved_code, symmetries
from kinephen.types import FloatArray

_KINDS = {
    # Corners 1, 2 and 4 are inside: a tube round the middle of the cell joins them.
    22: "04-46-26 46-04-45 15-45-04 01-15-04 15-01-13 02-13-01 13-02-23 26-23-02 04-26-02",
    # Corner 1 and the edge from 6 to 7 are outside, joined through the middle of the cell.
    61: "46-c-57 46-15-c 15-46-01 26-01-46 01-26-13 c-13-26 26-37-c c-37-57 15-13-c",
    # Corners 0, 3 and 4 are inside: one curve of seven corners.
    25: "45-13-01 13-45-37 46-37-45 37-46-23 02-23-46",
}
"""One pattern of each kind, as triangles seen from outside. A corner of a triangle is the middle of an edge,
named by its two ends, or the middle of the cell (``c``)."""


def particular_pieces() -> dict[int, list[tuple[FloatArray, float]]]:
    """Return triangles and weights of the patterns of these three kinds, by code.

    Notes
    -----
    A kind is turned and mirrored into each of its patterns; where several ways lead to one pattern, their
    mean counts, so that the result does not depend on the direction of the axes.
    """
    found: dict[int, list[tuple[FloatArray, float]]] = {}
    for code, text in _KINDS.items():
        triangles = np.array([[_point(name) for name in word.split("-")] for word in text.split()])
        targets = [moved_code(code, symmetry) for symmetry in symmetries()]
        for target, symmetry in zip(targets, symmetries(), strict=True):
            seen = triangles[:, ::-1] if np.linalg.det(symmetry) < 0 else triangles
            share = 1.0 / targets.count(target)
            found.setdefault(target, []).extend((piece, share) for piece in moved(seen, symmetry))
    return found


def _point(name: str) -> FloatArray:
    ends = [int(corner) for corner in name] if name != "c" else range(8)
    return np.asarray(CORNERS[list(ends)].mean(axis=0))
