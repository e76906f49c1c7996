"""Flow of patients into the analysis: boxes, arrows, and who left on the way."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from kinephen.report.figures.style import (
    GROUPS,
    MUTED,
    PAPER,
    RULE,
    SHADE,
    bare,
    mark,
    new_figure,
    place,
    short,
)
from kinephen.report.schema.flow import FlowStep

_BOX, _SIDE, _GAP, _LINE = 2.5, 2.75, 0.35, 0.17


def draw_flow(steps: Sequence[FlowStep], title: str) -> Figure:
    """Draw the steps from top to bottom, branches side by side, exclusions to the right of the arrow."""
    rows = _rows(steps)
    columns = _columns(steps)
    heights = [max(_step_height(steps[i]) for i in row) for row in rows]
    sides = [max((_side_height(steps[i]) for i in row), default=0.0) for row in rows]
    lefts, width = _lefts(steps, columns)
    height = 0.55 + sum(h + s for h, s in zip(heights, sides, strict=True)) + 0.1
    figure = new_figure(width, height, title)
    axes = place(figure, 0, 0.45, width, height - 0.5)
    bare(axes)
    axes.set_xlim(0, width)
    axes.set_ylim(height - 0.52, -0.02)
    bottoms: dict[str, tuple[float, float]] = {}
    top = 0.0
    for row, box_height, side in zip(rows, heights, sides, strict=True):
        top += side
        for i in row:
            x = lefts[columns[i]]
            _arrow(axes, steps[i], bottoms, (x + _BOX / 2, top))
            _exclusions(axes, i, steps[i], x, top)
            _box(axes, i, steps[i], (x, top, box_height))
            bottoms[steps[i].key] = (x + _BOX / 2, top + box_height)
        top += box_height
    return figure


def _rows(steps: Sequence[FlowStep]) -> list[list[int]]:
    depth: dict[str, int] = {}
    rows: list[list[int]] = []
    for i, step in enumerate(steps):
        depth[step.key] = 0 if step.parent is None else depth[step.parent] + 1
        while len(rows) <= depth[step.key]:
            rows.append([])
        rows[depth[step.key]].append(i)
    return rows


def _columns(steps: Sequence[FlowStep]) -> list[int]:
    """Give the first child its parent's column and each further child (or root) a column of its own."""
    column: dict[str, int] = {}
    taken: set[str | None] = set()
    free = 0
    for step in steps:
        if step.parent is not None and step.parent not in taken:
            column[step.key] = column[step.parent]
        else:
            column[step.key] = free
            free += 1
        taken.add(step.parent)
    return [column[s.key] for s in steps]


def _lefts(steps: Sequence[FlowStep], columns: Sequence[int]) -> tuple[list[float], float]:
    """Return the left edge of each column and the whole width; exclusions need room to their right."""
    lefts, x = [], 0.15
    for column in range(max(columns) + 1):
        lefts.append(x)
        sides = any(s.excluded for s, c in zip(steps, columns, strict=True) if c == column)
        x += _BOX + (_SIDE if sides else 0.2) + 0.3
    return lefts, x


def _label_lines(step: FlowStep) -> list[str]:
    return textwrap.wrap(short(step.label, 90), 32) or [""]


def _step_height(step: FlowStep) -> float:
    return 0.42 + _LINE * len(_label_lines(step))


def _side_height(step: FlowStep) -> float:
    if step.parent is None:
        return 0.0
    return max(_GAP, 0.42 + 0.18 * len(step.excluded)) if step.excluded else _GAP


def _box(axes: Axes, index: int, step: FlowStep, place_: tuple[float, float, float]) -> None:
    x, top, height = place_
    axes.add_patch(_rounded(x, top, _BOX, height, PAPER, GROUPS[0]))
    lines = _label_lines(step)
    axes.text(x + _BOX / 2, top + 0.09, "\n".join(lines), ha="center", va="top", size=8.5, linespacing=1.15)
    count = axes.text(
        x + _BOX / 2, top + height - 0.09, f"n = {step.n}", ha="center", va="bottom", weight="bold"
    )
    mark(count, f"/flow/{index}/n", "int")


def _arrow(
    axes: Axes, step: FlowStep, bottoms: dict[str, tuple[float, float]], end: tuple[float, float]
) -> None:
    if step.parent is None:
        return
    start = bottoms[step.parent]
    turn = start[1] + 0.12
    if start[0] != end[0]:
        axes.plot([start[0], start[0], end[0], end[0]], [start[1], turn, turn, turn], color=MUTED, lw=1)
        start = (end[0], turn)
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    )


def _exclusions(axes: Axes, index: int, step: FlowStep, x: float, top: float) -> None:
    if not step.excluded:
        return
    height = 0.12 + 0.18 * len(step.excluded)
    left, side_top = x + _BOX / 2 + 0.3, top - height - 0.24
    width = _BOX / 2 + _SIDE - 0.35
    axes.plot([x + _BOX / 2, left], [side_top + height / 2] * 2, color=RULE, lw=1)
    axes.add_patch(_rounded(left, side_top, width, height, SHADE, RULE))
    for j, item in enumerate(step.excluded):
        y = side_top + 0.15 + 0.18 * j
        count = axes.text(left + 0.36, y, f"{item.n}", va="center", ha="right", size=8.5, weight="bold")
        mark(count, f"/flow/{index}/excluded/{j}/n", "int")
        axes.text(left + 0.45, y, short(item.reason, 46), va="center", size=8)


def _rounded(x: float, y: float, width: float, height: float, fill: str, edge: str) -> FancyBboxPatch:
    return FancyBboxPatch(
        (x, y),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=fill,
        edgecolor=edge,
        lw=1.1,
    )
