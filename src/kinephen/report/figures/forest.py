"""Forest of a table's rows: points with whiskers, and pale bars for intervals that are not sampling error."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from kinephen.report.cells import cell_text
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import GROUPS, INK, MUTED, mark, new_figure, place, short
from kinephen.report.schema.base import Estimate, Table
from kinephen.report.schema.figures import ForestData, ForestInterval

_ROW, _PLOT, _TEXT = 0.32, 3.2, 1.6
_NOISE = GROUPS[4]


def draw_forest(data: ForestData, context: DrawContext) -> Figure:
    """Draw one row for each row of the table."""
    table = context.report.tables[data.table]
    n = max(len(table.rows), 1)
    left = 0.35 + 0.072 * max((len(label) for label in _labels(data, table)), default=10)
    height = 0.95 + _ROW * n + 0.62 + 0.2 * len(data.intervals)
    width = left + _PLOT + 0.2 + _TEXT * len(data.intervals)
    figure = new_figure(width, height, context.title)
    axes = place(figure, left, 0.85, _PLOT, _ROW * n)
    axes.set_ylim(n - 0.5, -0.5)
    for j, interval in enumerate(data.intervals):
        _intervals(axes, table, interval, lane=_lane(data, j))
        _numbers(axes, data, table, j)
    _rows(axes, data, table)
    _scale(axes, data, table)
    _legend(figure, axes, data, left)
    return figure


def _lane(data: ForestData, index: int) -> float:
    """Keep several honest intervals apart; noise lies behind the first."""
    honest = [i for i, spec in enumerate(data.intervals) if spec.role == "honest"]
    if index not in honest or len(honest) == 1:
        return 0.0
    return 0.22 * (honest.index(index) - (len(honest) - 1) / 2)


def _estimates(table: Table, column: str) -> Iterable[tuple[int, float, float, float]]:
    for i, row in enumerate(table.rows):
        cell = row.get(column)
        if isinstance(cell, Estimate) and cell.value is not None:
            low = cell.value if cell.low is None else cell.low
            high = cell.value if cell.high is None else cell.high
            yield i, cell.value, low, high


def _intervals(axes: Axes, table: Table, spec: ForestInterval, lane: float) -> None:
    for i, value, low, high in _estimates(table, spec.column):
        if spec.role == "noise":
            axes.barh(i, high - low, left=low, height=0.62, color=_NOISE, alpha=0.45, lw=0, zorder=1)
        else:
            axes.plot([low, high], [i + lane] * 2, color=GROUPS[0], lw=1.8, zorder=2)
            axes.plot([value], [i + lane], "s", color=GROUPS[0], ms=5, zorder=3)


def _numbers(axes: Axes, data: ForestData, table: Table, index: int) -> None:
    spec = data.intervals[index]
    form = table.column(spec.column).format
    x = 1 + (0.15 + _TEXT * index) / _PLOT
    transform = axes.get_yaxis_transform()
    axes.text(
        x,
        1 + 0.1 / (_ROW * max(len(table.rows), 1)),
        short(spec.name, 24),
        transform=axes.transAxes,
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
    if not data.log_scale:
        axes.margins(x=0.06)
        return
    axes.set_xscale("log")
    ends = [
        v
        for spec in data.intervals
        for _, _, low, high in _estimates(table, spec.column)
        for v in (low, high)
        if v > 0
    ]
    low, high = min(ends, default=0.5), max(ends, default=2.0)
    axes.set_xlim(max(low / 1.2, 0.01), min(high * 1.2, 1000))
    ticks = [
        t for t in (0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 4, 10, 30, 100, 1000) if low / 1.2 <= t <= high * 1.2
    ]
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(ScalarFormatter())
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
