"""The lines of a dendrogram from its merges."""

from __future__ import annotations

from collections.abc import Sequence

Segment = tuple[tuple[float, float, float, float], tuple[float, float, float, float]]


def dendrogram_segments(merges: Sequence[tuple[int, int, float]], leaves: Sequence[int]) -> list[Segment]:
    """Return one bracket for each merge.

    Parameters
    ----------
    merges : sequence of (int, int, float)
        As SciPy's linkage: nodes 0 to n - 1 are leaves, node n + i is merge i; then the height.
    leaves : sequence of int
        Leaf number at drawn position 0, 1, ...

    Returns
    -------
    list of (positions, heights)
        Four positions and four heights for each bracket: up, across, down.
    """
    place: dict[int, tuple[float, float]] = {leaf: (float(i), 0.0) for i, leaf in enumerate(leaves)}
    segments: list[Segment] = []
    for number, (a, b, height) in enumerate(merges):
        (x1, y1), (x2, y2) = place[a], place[b]
        segments.append(((x1, x1, x2, x2), (y1, height, height, y2)))
        place[len(leaves) + number] = ((x1 + x2) / 2, height)
    return segments
