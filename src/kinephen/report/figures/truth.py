"""What a simulated trial planted against what the analysis found."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import (
    GROUPS,
    MUTED,
    bare,
    light_on,
    mark,
    new_figure,
    place,
    short,
    with_unit,
)
from kinephen.report.formats import format_value
from kinephen.report.schema.figures import TruthData, TruthMatrix, TruthPoints

_SIZE, _COLUMN, _BLOCK = 2.15, 3.2, 3.35


def draw_truth(data: TruthData, context: DrawContext) -> Figure:
    """Draw class tables first, then scatter plots with the line of equality, in rows of three."""
    n = len(data.matrices) + len(data.points)
    columns = max(min(n, 3), 1)
    figure = new_figure(columns * _COLUMN + 0.1, 0.4 + max(math.ceil(n / columns), 1) * _BLOCK, context.title)
    for i in range(n):
        left, top = 0.85 + (i % columns) * _COLUMN, 0.85 + (i // columns) * _BLOCK
        axes = place(figure, left, top, _SIZE, _SIZE)
        if i < len(data.matrices):
            _matrix(axes, data.matrices[i], f"{context.pointer}/matrices/{i}")
        else:
            j = i - len(data.matrices)
            _points(axes, data.points[j], f"{context.pointer}/points/{j}")
    return figure


def _heading(axes: Axes, part: TruthMatrix | TruthPoints, pointer: str) -> None:
    axes.text(0, 1 + 0.3 / _SIZE, short(part.title, 36), transform=axes.transAxes, weight="bold")
    if not part.agreement:
        return
    shown: Text = axes.text(
        0,
        1 + 0.1 / _SIZE,
        f"{short(part.agreement, 24)} {format_value(part.agreement_value, 'f2')}",
        transform=axes.transAxes,
        size=8.5,
        color=MUTED,
    )
    mark(shown, f"{pointer}/agreement_value", "f2")


def _points(axes: Axes, part: TruthPoints, pointer: str) -> None:
    truth, found = floats(part.truth), floats(part.found)
    ends = np.concatenate([truth, found])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (0.0, 1.0)
    room = 0.06 * ((high - low) or 1.0)
    axes.plot([low - room, high + room], [low - room, high + room], color=MUTED, lw=1, ls=(0, (4, 3)))
    axes.plot(truth, found, "o", color=GROUPS[0], ms=3.5, alpha=0.6, mew=0)
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(low - room, high + room)
    axes.set_xlabel(with_unit("Truth", part.unit), fontsize=8.5)
    axes.set_ylabel(with_unit("Found", part.unit), fontsize=8.5)
    _heading(axes, part, pointer)


def _matrix(axes: Axes, part: TruthMatrix, pointer: str) -> None:
    bare(axes)
    rows, columns = len(part.truth_labels), len(part.found_labels)
    largest = max((c for row in part.counts for c in row), default=0) or 1
    for i, row in enumerate(part.counts):
        for j, count in enumerate(row):
            fill = mpl.colormaps["Blues"](0.08 + 0.72 * count / largest)
            axes.add_patch(mpl.patches.Rectangle((j + 0.02, i + 0.02), 0.96, 0.96, facecolor=fill))
            shown = axes.text(j + 0.5, i + 0.5, f"{count}", ha="center", va="center", color=light_on(fill))
            mark(shown, f"{pointer}/counts/{i}/{j}", "int")
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    limit = max(int(_SIZE / columns / 0.062), 4) if columns else 4
    names = [short(v, limit) for v in part.found_labels]
    axes.set_xticks([j + 0.5 for j in range(columns)], names, fontsize=8 if columns < 4 else 7)
    axes.set_yticks(
        [i + 0.5 for i in range(rows)],
        [short(v, 14) for v in part.truth_labels],
        fontsize=8,
        rotation=90,
        va="center",
    )
    axes.tick_params(length=0)
    axes.set_xlabel("Found (patients)", fontsize=8.5)
    axes.set_ylabel("Truth (patients)", fontsize=8.5)
    _heading(axes, part, pointer)
