"""Forest of a table's rows: points with whiskers, and pale bars for intervals that are not sampling error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from kinephen.report.cells import cell_text
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import GROUPS, INK, MUTED, mark, new_figure, place, short
from kinephen.report.schema.base import Estimate, Table
from kinephen.report.schema.figures import ForestData, ForestInterval

_ROW, _PLOT, _TEXT = 0.32, 3.2, 1.6
_NOISE = GROUPS[4]
_LOWEST, _HIGHEST = 0.01, 1000.0
_TICKS = (0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 4, 10, 30, 100, 1000)


def draw_forest(data: ForestData, context: DrawContext) -> Figure:
    """Draw one row for each row of the table."""
    table = context.report.tables[data.table]
    n = max(len(table.rows), 1)
    left = 0.35 + 0.072 * max((len(label) for label in _labels(data, table)), default=10)
    row = _ROW if n <= 12 else 0.8 * _ROW
    height = 0.95 + row * n + 0.62 + 0.2 * len(data.intervals)
    width = left + _PLOT + 0.2 + _TEXT * len(data.intervals)
    figure = new_figure(width, height, context.title)
    axes = place(figure, left, 0.85, _PLOT, row * n)
    axes.set_ylim(n - 0.5, -0.5)
    _scale(axes, data, table)
    for j, interval in enumerate(data.intervals):
        _intervals(axes, table, interval, lane=_lane(data, j))
        _numbers(axes, data, table, j)
    _rows(axes, data, table)
    _legend(figure, axes, data, left)
    return figure


def _lane(data: ForestData, index: int) -> float:
    """Keep several honest intervals apart; noise lies behind the first."""
    honest = [i for i, spec in enumerate(data.intervals) if spec.role == "honest"]
    if index not in honest or len(honest) == 1:
        return 0.0
    return 0.22 * (honest.index(index) - (len(honest) - 1) / 2)


def _estimates(table: Table, column: str) -> Iterable[tuple[int, float, float, float]]:
    """Yield row, value and limits; a limit that is not finite is infinite if the other one is known."""
    for i, row in enumerate(table.rows):
        cell = row.get(column)
        if not isinstance(cell, Estimate) or cell.value is None:
            continue
        if cell.low is None and cell.high is None:
            yield i, cell.value, cell.value, cell.value
        else:
            low = -math.inf if cell.low is None else cell.low
            yield i, cell.value, low, math.inf if cell.high is None else cell.high


def _intervals(axes: Axes, table: Table, spec: ForestInterval, lane: float) -> None:
    left, right = axes.get_xlim()
    for i, value, low, high in _estimates(table, spec.column):
        ends = [min(max(end, left), right) for end in (low, high)]
        if spec.role == "noise":
            axes.barh(
                i, ends[1] - ends[0], left=ends[0], height=0.62, color=_NOISE, alpha=0.45, lw=0, zorder=1
            )
            continue
        y = i + lane
        axes.plot(ends, [y, y], color=GROUPS[0], lw=1.8, zorder=2)
        # An arrow head says that the interval goes on beyond the axis.
        arrows = [(e, m) for e, end, m in zip(ends, (low, high), "<>", strict=True) if e != end]
        for end, marker in arrows:
            axes.plot([end], [y], marker, color=GROUPS[0], ms=6, clip_on=False, zorder=3)
        if left <= value <= right:
            axes.plot([value], [y], "s", color=GROUPS[0], ms=5, zorder=3)


def _numbers(axes: Axes, data: ForestData, table: Table, index: int) -> None:
    spec = data.intervals[index]
    form = table.column(spec.column).format
    x = 1 + (0.15 + _TEXT * index) / _PLOT
    transform = axes.get_yaxis_transform()
    axes.annotate(
        textwrap.fill(short(spec.name, 52), 26),
        (x, 1),
        (0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        size=7.5,
        color=MUTED,
    )
    for i, row in enumerate(table.rows):
        shown = axes.text(
            x, i, cell_text(row.get(spec.column), form), transform=transform, va="center", size=8.5
        )
        mark(shown, f"/tables/{data.table}/rows/{i}/{spec.column}", form)


def _labels(data: ForestData, table: Table) -> list[str]:
    form = table.column(data.label_column).format
    return [short(cell_text(r.get(data.label_column), form), 46) for r in table.rows]


def _rows(axes: Axes, data: ForestData, table: Table) -> None:
    labels = _labels(data, table)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(data.axis_label)
    if data.reference is not None:
        axes.axvline(data.reference, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=0)


def _scale(axes: Axes, data: ForestData, table: Table) -> None:
    """Set the axis so that all finite limits are seen, hazard ratios at most from 0.01 to 1000."""
    every = [v for spec in data.intervals for row in _estimates(table, spec.column) for v in row[1:]]
    seen = [v for v in every if math.isfinite(v)]
    if data.reference is not None:
        seen.append(data.reference)
    if not data.log_scale:
        low, high = min(seen, default=0.0), max(seen, default=1.0)
        room = 0.06 * ((high - low) or 1.0)
        axes.set_xlim(low - room, high + room)
        return
    axes.set_xscale("log")
    inside = [min(max(v, _LOWEST), _HIGHEST) for v in seen if v > 0]
    low, high = min(inside, default=0.5) / 1.2, max(inside, default=2.0) * 1.2
    axes.set_xlim(low, high)
    axes.set_xticks([t for t in _TICKS if low <= t <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, axes: Axes, data: ForestData, left: float) -> None:
    total_width, total_height = figure.get_size_inches()
    for j, spec in enumerate(data.intervals):
        y = (0.1 + 0.2 * (len(data.intervals) - 1 - j)) / total_height
        colour, width, alpha = (_NOISE, 7, 0.45) if spec.role == "noise" else (GROUPS[0], 1.8, 1)
        x = left / total_width
        axes.plot(
            [x, x + 0.3 / total_width],
            [y + 0.05 / total_height] * 2,
            transform=figure.transFigure,
            color=colour,
            lw=width,
            alpha=alpha,
            clip_on=False,
            solid_capstyle="butt",
        )
        words = "not sampling error" if spec.role == "noise" else ""
        text = f"{short(spec.name, 40)}{': ' + words if words else ''}"
        figure.text(x + 0.4 / total_width, y, text, size=8, color=INK)
