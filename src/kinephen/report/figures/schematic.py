"""The run as it was: columns of boxes with arrows."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import (
    MUTED,
    PAPER,
    bare,
    group_colour,
    new_figure,
    place,
    short,
)
from kinephen.report.schema.schematic import SchematicData, SchematicStep

_WIDTH, _BETWEEN, _GAP, _LINE, _LETTERS = 2.75, 0.55, 0.3, 0.165, 38


def draw_schematic(data: SchematicData, context: DrawContext) -> Figure:
    """Draw the columns side by side, boxes from top to bottom."""
    lines = [[_lines(s) for s in column] for column in data.columns]
    heights = [[0.36 + _LINE * len(text) for text in column] for column in lines]
    tall = max(sum(column) + _GAP * (len(column) - 1) for column in heights)
    width = 0.3 + len(lines) * (_WIDTH + _BETWEEN) - _BETWEEN
    figure = new_figure(width, tall + 0.95, context.title)
    axes = place(figure, 0, 0.45, width, tall + 0.5)
    bare(axes)
    axes.set_xlim(0, width)
    axes.set_ylim(tall + 0.5, 0)
    for i, column in enumerate(data.columns):
        left = 0.15 + i * (_WIDTH + _BETWEEN)
        if i < len(data.headings):
            axes.text(left, 0.1, short(data.headings[i], 30), color=MUTED, va="center", size=9)
        top = 0.28
        for j, step in enumerate(column):
            _box(axes, step, lines[i][j], (left, top, heights[i][j]), group_colour(i))
            if j + 1 < len(column):
                bottom = top + heights[i][j]
                _arrow(axes, (left + _WIDTH / 2, bottom), (left + _WIDTH / 2, bottom + _GAP))
            elif i + 1 < len(data.columns):
                _turn(axes, (left + _WIDTH, top + heights[i][j] / 2), 0.28 + heights[i + 1][0] / 2)
            top += heights[i][j] + _GAP
    return figure


def _lines(step: SchematicStep) -> list[str]:
    return [part for line in step.lines for part in textwrap.wrap(short(line, 110), _LETTERS)]


def _box(
    axes: Axes, step: SchematicStep, lines: list[str], place_: tuple[float, float, float], colour: str
) -> None:
    left, top, height = place_
    box = FancyBboxPatch(
        (left, top),
        _WIDTH,
        height,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=PAPER,
        edgecolor=colour,
        lw=1.2,
    )
    axes.add_patch(box)
    axes.text(left + 0.1, top + 0.08, short(step.title, 36), va="top", weight="bold", size=9)
    axes.text(left + 0.1, top + 0.27, "\n".join(lines), va="top", size=8, linespacing=1.2)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": MUTED, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)


def _turn(axes: Axes, start: tuple[float, float], level: float) -> None:
    """Draw the way from the last box of a column to the first of the next."""
    x, y = start
    middle = x + _BETWEEN / 2
    axes.plot([x, middle, middle], [y, y, level], color=MUTED, lw=1)
    _arrow(axes, (middle, level), (x + _BETWEEN, level))
