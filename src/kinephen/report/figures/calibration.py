"""Calibration: observed against predicted risk at a horizon."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.core.counted import duration
from kinephen.report.cells import cell_text
from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import MUTED, group_colour, group_dash, mark, new_figure, place, short
from kinephen.report.schema.figures import CalibrationCurve, CalibrationData

_SIZE = 3.5


def draw_calibration(data: CalibrationData, context: DrawContext) -> Figure:
    """Draw the curves on a square with the line of perfect calibration; slopes below."""
    lines = sum((c.slope is not None) + (c.intercept is not None) for c in data.curves)
    figure = new_figure(5.3, 0.6 + _SIZE + 0.85 + 0.2 * lines, context.title)
    axes = place(figure, 0.85, 0.6, _SIZE, _SIZE)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=1, ls=(0, (4, 3)), label="perfect")
    for i, curve in enumerate(data.curves):
        _curve(axes, curve, i)
    top = _top(data)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    horizon = f"risk by {duration(data.horizon, data.time_unit)} (probability)"
    axes.set_xlabel(f"Predicted {horizon}")
    axes.set_ylabel(f"Observed {horizon}")
    axes.legend(loc="upper left")
    _measures(figure, data, context.pointer)
    return figure


def _top(data: CalibrationData) -> float:
    ends = [
        v
        for c in data.curves
        for part in (c.predicted, c.observed, c.high, c.smooth_predicted)
        for v in part
        if v is not None
    ]
    return min(1.0, 1.06 * max(ends, default=1.0)) or 1.0


def _curve(axes: Axes, curve: CalibrationCurve, index: int) -> None:
    x, y, colour = floats(curve.predicted), floats(curve.observed), group_colour(index)
    # A smooth curve takes the place of the line that would join the groups.
    dash = "" if curve.smooth_predicted else group_dash(index)
    axes.plot(x, y, "o", color=colour, ls=dash, ms=5, label=short(curve.label, 34))
    if curve.smooth_predicted:
        smooth = floats(curve.smooth_predicted), floats(curve.smooth_observed)
        axes.plot(*smooth, color=colour, ls=group_dash(index), lw=1.2)
    if curve.low:
        axes.vlines(x, floats(curve.low), floats(curve.high), color=colour, lw=1.2)


def _measures(figure: Figure, data: CalibrationData, pointer: str) -> None:
    width, height = figure.get_size_inches()
    line = 0
    for i, curve in enumerate(data.curves):
        for key, name in (("slope", "calibration slope"), ("intercept", "calibration in the large")):
            cell = getattr(curve, key)
            if cell is None:
                continue
            y = 1 - (0.6 + _SIZE + 0.62 + 0.2 * line) / height
            text = f"{short(curve.label, 30)}: {name} {cell_text(cell, 'f2')}"
            mark(figure.text(0.3 / width, y, text, size=8.5), f"{pointer}/curves/{i}/{key}", "f2")
            line += 1
