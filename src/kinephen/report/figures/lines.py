"""Lines with bands over one axis: decision curves, AUC(t), prediction error."""

from __future__ import annotations

from matplotlib.figure import Figure

from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import MUTED, Dash, group_colour, group_dash, new_figure, place, short
from kinephen.report.schema.figures import LinesData

_DEFAULT_DASHES: tuple[Dash, ...] = ("-", (0, (2, 2)), (0, (6, 2)))


def draw_lines(data: LinesData, context: DrawContext) -> Figure:
    """Draw models in colours and defaults (treat all, treat none) in grey."""
    figure = new_figure(7.6, 3.9, context.title)
    axes = place(figure, 0.85, 0.6, 4.3, 2.65)
    models = defaults = 0
    for series in data.series:
        if series.role == "default":
            colour, dash = MUTED, _DEFAULT_DASHES[defaults % len(_DEFAULT_DASHES)]
            defaults += 1
        else:
            colour, dash = group_colour(models), group_dash(models)
            models += 1
        axes.plot(floats(series.x), floats(series.y), color=colour, ls=dash, label=short(series.label, 28))
        if series.low:
            axes.fill_between(
                floats(series.x), floats(series.low), floats(series.high), color=colour, alpha=0.13, lw=0
            )
    if data.y_reference is not None:
        axes.axhline(data.y_reference, color=MUTED, lw=0.9, ls=(0, (4, 3)))
    axes.set_xlabel(data.x_label)
    axes.set_ylabel(data.y_label)
    axes.grid(axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.02))
    return figure
