"""Confusion matrices, one for each row of a table, with its measures below."""

from __future__ import annotations

import math

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.report.cells import cell_text
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import MUTED, bare, light_on, mark, new_figure, place, short
from kinephen.report.schema.base import Cell, Table
from kinephen.report.schema.figures import ConfusionData

_SIZE, _LEFT, _COLUMN = 1.75, 1.3, 3.25
_CELLS = (("tp", 0, 0), ("fp", 0, 1), ("fn", 1, 0), ("tn", 1, 1))


def draw_confusion(data: ConfusionData, context: DrawContext) -> Figure:
    """Draw up to four matrices in a row; predicted class down, observed class across."""
    table = context.report.tables[data.table]
    n = len(table.rows)
    columns = min(max(n, 1), 4)
    block = 0.62 + _SIZE + 0.2 + 0.19 * len(data.measures) + 0.3
    figure = new_figure(columns * _COLUMN + 0.1, 0.3 + math.ceil(n / columns) * block, context.title)
    for i, row in enumerate(table.rows):
        left = _LEFT + (i % columns) * _COLUMN
        axes = place(figure, left, 0.92 + (i // columns) * block, _SIZE, _SIZE)
        axes.set_title(short(cell_text(row.get(data.label_column), "text"), 32), pad=22)
        _matrix(axes, data, row, f"/tables/{data.table}/rows/{i}")
        _measures(axes, data, table, i)
    return figure


def _matrix(axes: Axes, data: ConfusionData, row: dict[str, Cell], pointer: str) -> None:
    counts = {key: row.get(key) for key, _, _ in _CELLS}
    largest = max((c for c in counts.values() if isinstance(c, int)), default=0) or 1
    colours = mpl.colormaps["Blues"]
    bare(axes)
    axes.set_xlim(0, 2)
    axes.set_ylim(2, 0)
    for key, down, across in _CELLS:
        count = counts[key]
        fill = colours(0.08 + 0.72 * (count if isinstance(count, int) else 0) / largest)
        axes.add_patch(mpl.patches.Rectangle((across + 0.02, down + 0.02), 0.96, 0.96, facecolor=fill))
        shown = axes.text(
            across + 0.5,
            down + 0.5,
            cell_text(count, "int"),
            size=14,
            ha="center",
            va="center",
            color=light_on(fill),
        )
        mark(shown, f"{pointer}/{key}", "int")
    for i in range(2):
        axes.text(i + 0.5, -0.06, short(data.observed[i], 12), ha="center", va="bottom", size=8.5)
        axes.text(-0.06, i + 0.5, short(data.predicted[i], 13), ha="right", va="center", size=8.5)
    axes.set_xlabel("Observed (patients)", size=8, color=MUTED, labelpad=3)
    axes.set_ylabel("Predicted (patients)", size=8, color=MUTED, labelpad=62)


def _measures(axes: Axes, data: ConfusionData, table: Table, index: int) -> None:
    for j, key in enumerate(data.measures):
        column = table.column(key)
        y = 2.38 + 0.19 * j * 2 / _SIZE
        cell = table.rows[index].get(key)
        axes.text(-0.1, y, short(column.label, 20), ha="right", va="center", size=8.5, color=MUTED)
        shown = axes.text(0, y, cell_text(cell, column.format), va="center", size=8.5)
        mark(shown, f"/tables/{data.table}/rows/{index}/{key}", column.format)
