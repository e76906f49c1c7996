"""Horizontal bars: loadings, feature importance, effect sizes."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import GROUPS, INK, MUTED, mark, new_figure, place, short
from kinephen.report.formats import format_value
from kinephen.report.schema.figures import BarGroup, BarsData

_ROW, _PLOT = 0.21, 2.1


def draw_bars(data: BarsData, context: DrawContext) -> Figure:
    """Draw panels in up to three columns with one scale."""
    columns = min(len(data.groups), 2)
    rows = math.ceil(len(data.groups) / columns)
    heights = [
        max(len(g.labels) for g in data.groups[r * columns : (r + 1) * columns]) * _ROW + 0.95
        for r in range(rows)
    ]
    longest = max((len(short(v, 38)) for g in data.groups for v in g.labels), default=10)
    indent = 0.35 + 0.063 * longest
    column = indent + _PLOT + 0.5
    figure = new_figure(columns * column, 0.4 + sum(heights), context.title)
    limits = _limits(data)
    for i, group in enumerate(data.groups):
        top = 0.75 + sum(heights[: i // columns])
        size = max(len(group.labels), 1)
        axes = place(figure, indent + (i % columns) * column, top, _PLOT, size * _ROW)
        axes.set_xlim(*limits)
        axes.set_ylim(size - 0.4, -0.6)
        axes.set_title(short(group.title, 44), x=-indent / _PLOT + 0.08, fontsize=9)
        _group(axes, data, group, f"{context.pointer}/groups/{i}")
    return figure


def _limits(data: BarsData) -> tuple[float, float]:
    every = [v for g in data.groups for part in (g.values, g.low, g.high) for v in part if v is not None]
    low, high = min([*every, 0.0]), max([*every, 0.0])
    # Room for the numbers at the ends of the bars.
    room = 0.3 * ((high - low) or 1.0)
    return (low - room if low < 0 else low), (high + room if high > 0 else high + 0.1 * room)


def _group(axes: Axes, data: BarsData, group: BarGroup, pointer: str) -> None:
    for i, value in enumerate(group.values):
        anchor = 0.0 if value is None else value
        colour = GROUPS[0] if anchor < 0 else GROUPS[1]
        axes.barh(i, anchor, height=0.68, color=colour, lw=0)
        end = _whisker(axes, group, i, anchor)
        shown = axes.annotate(
            format_value(value, data.format),
            (end, i),
            (-3 if anchor < 0 else 3, 0),
            textcoords="offset points",
            ha="right" if anchor < 0 else "left",
            va="center",
            size=7.5,
        )
        mark(shown, f"{pointer}/values/{i}", data.format)
    axes.set_yticks(range(len(group.labels)), [short(label, 38) for label in group.labels], fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(data.axis_label, fontsize=8.5)
    if data.reference is not None:
        axes.axvline(data.reference, color=MUTED, lw=0.8)


def _whisker(axes: Axes, group: BarGroup, index: int, anchor: float) -> float:
    """Draw the interval if there is one, and return where the bar with its whisker ends."""
    low = group.low[index] if group.low else None
    high = group.high[index] if group.high else None
    if low is None or high is None:
        return anchor
    axes.plot([low, high], [index, index], color=INK, lw=1)
    return low if anchor < 0 else high
