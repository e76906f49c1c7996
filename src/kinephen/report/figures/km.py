"""Kaplan-Meier curves with band, censoring ticks, test and numbers at risk."""

from __future__ import annotations

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.core.counted import counted
from kinephen.report.cells import cell_text
from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import (
    MUTED,
    PAPER,
    group_colour,
    group_dash,
    mark,
    new_figure,
    place,
    short,
    with_unit,
)
from kinephen.report.formats import p_text
from kinephen.report.schema.base import Format
from kinephen.report.schema.figures import KMCurve, KMData, KMPanel, Numbers
from kinephen.types import FloatArray

_CURVES, _RISK_ROW, _HEAD_LINE = 2.7, 0.21, 0.2
_RISK_LABEL = 24
"""Characters of a group's name beside the numbers at risk."""
_WIDTH_BY_COLUMNS = {1: 4.9, 2: 3.5, 3: 2.75}


def draw_km(data: KMData, context: DrawContext) -> Figure:
    """Draw one panel, or rows of up to three."""
    columns = min(len(data.panels), 3)
    width = _WIDTH_BY_COLUMNS[columns]
    most = max(len(p.curves) for p in data.panels)
    head = 0.2 + _HEAD_LINE * max(len(_head_lines(p, width)) for p in data.panels)
    block = head + _CURVES + 0.78 + _RISK_ROW * (most + 1)
    rows = math.ceil(len(data.panels) / columns)
    longest = max(len(short(c.label, _RISK_LABEL)) for p in data.panels for c in p.curves)
    margin = 0.45 + 0.067 * max(longest, 12)
    figure = new_figure(columns * (margin + width + 0.2), 0.35 + rows * block, context.title)
    end = max(max(p.risk_times[-1], *map(_last_seen, p.curves)) for p in data.panels)
    for i, panel in enumerate(data.panels):
        left = margin + (i % columns) * (margin + width + 0.2)
        top = 0.35 + (i // columns) * block + head
        axes = place(figure, left, top, width, _CURVES)
        _curves(axes, panel, end)
        _labels(axes, data, panel, f"{context.pointer}/panels/{i}")
        _head(axes, panel, f"{context.pointer}/panels/{i}", width)
        _risk_table(axes, panel, f"{context.pointer}/panels/{i}", (margin - 0.12) / width)
    return figure


def _curves(axes: Axes, panel: KMPanel, end: float) -> None:
    for i, curve in enumerate(panel.curves):
        colour = _colour(panel, i)
        label = f"{short(curve.label, 26)} (n = {curve.n}, {counted(curve.events, 'event')})"
        time, survival = _steps(curve.time, curve.survival)
        last = _last_seen(curve)
        axes.plot(
            np.append(time, last),
            np.append(survival, survival[-1]),
            drawstyle="steps-post",
            color=colour,
            ls=group_dash(i),
            label=label,
        )
        if curve.low:
            low, high = _steps(curve.time, curve.low)[1], _steps(curve.time, curve.high)[1]
            axes.fill_between(
                np.append(time, last),
                np.append(low, low[-1]),
                np.append(high, high[-1]),
                step="post",
                color=colour,
                alpha=0.13,
                lw=0,
            )
        axes.plot(floats(curve.censor_time), floats(curve.censor_survival), "|", color=colour, ms=5, mew=1)
    axes.set_xlim(0, end or 1.0)
    axes.set_ylim(0, 1.02)


def _steps(time: Numbers, values: Numbers) -> tuple[FloatArray, FloatArray]:
    """Return the curve from time 0, where it is 1."""
    return np.append(0.0, floats(time)), np.append(1.0, floats(values))


def _last_seen(curve: KMCurve) -> float:
    seen = [t for t in (*curve.time, *curve.censor_time) if t is not None]
    return max(seen, default=0.0)


def _labels(axes: Axes, data: KMData, panel: KMPanel, pointer: str) -> None:
    axes.set_xlabel(with_unit(short(data.time_label, 44), data.time_unit))
    axes.set_ylabel(short(data.survival_label, 40) + " (probability)", labelpad=6)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.50", "0.75", "1"])
    axes.set_xticks(panel.risk_times, [f"{t:g}" for t in panel.risk_times])
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    legend = axes.legend(
        loc="lower left", handlelength=2.6, frameon=True, facecolor=PAPER, edgecolor="none", framealpha=0.6
    )
    for i, text in enumerate(legend.get_texts()):
        mark(text, f"{pointer}/curves/{i}/n", "int")


def _colour(panel: KMPanel, index: int) -> str:
    return group_colour(index if panel.palette == "phenotype" else index + 2)


def _head_lines(panel: KMPanel, width: float) -> list[tuple[str, str, Format]]:
    """Return what stands above the curves: text, pointer within the panel ("" for a title), format."""
    titles = textwrap.wrap(short(panel.title, 100), int(width / 0.082)) if panel.title else []
    test: tuple[str, str, Format]
    if panel.p is None and panel.reason:
        test = (short(f"no {panel.test} test: {panel.reason}", int(width / 0.066)), "", "p")
    else:
        test = (f"{panel.test} {p_text(panel.p)}", "" if panel.p is None else "/p", "p")
    lines: list[tuple[str, str, Format]] = [*((t, "", "text") for t in titles), test]
    if panel.hazard_ratio is not None:
        lines.append((f"HR {cell_text(panel.hazard_ratio, 'f2')}", "/hazard_ratio", "f2"))
    return lines


def _head(axes: Axes, panel: KMPanel, pointer: str, width: float) -> None:
    lines = _head_lines(panel, width)
    for i, (text, part, form) in enumerate(reversed(lines)):
        y = 1 + (0.1 + _HEAD_LINE * i) / _CURVES
        title = form == "text"
        shown = axes.text(0, y, text, transform=axes.transAxes)
        if title:
            shown.set_fontweight("bold")
        else:
            shown.set(size=8.5, color=MUTED)
        if part:
            mark(shown, pointer + part, form)


def _risk_table(axes: Axes, panel: KMPanel, pointer: str, margin: float) -> None:
    """Print the counts below their times; `margin` is the room to the left as a share of the panel."""
    row, head = _RISK_ROW / _CURVES, -0.62 / _CURVES
    kinds = axes.get_xaxis_transform()
    axes.text(-margin, head, "At risk", transform=axes.transAxes, size=8.5, weight="bold")
    for i, curve in enumerate(panel.curves):
        y = head - row * (i + 1)
        _swatch(axes, _colour(panel, i), (-margin, y + 0.3 * row), margin / 11)
        name = short(curve.label, _RISK_LABEL)
        axes.text(-margin * 0.86, y, name, transform=axes.transAxes, size=8.5)
        for j, (time, count) in enumerate(zip(panel.risk_times, curve.at_risk, strict=True)):
            shown = axes.text(time, y, f"{count}", transform=kinds, size=8.5, ha="center")
            mark(shown, f"{pointer}/curves/{i}/at_risk/{j}", "int")


def _swatch(axes: Axes, colour: str, start: tuple[float, float], length: float) -> None:
    x, y = start
    axes.plot(
        [x, x + length],
        [y, y],
        transform=axes.transAxes,
        color=colour,
        lw=3,
        clip_on=False,
        solid_capstyle="butt",
    )
