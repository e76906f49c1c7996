"""Representative tumours: image and kinetic maps at both visits, and chosen values side by side."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import (
    GROUPS,
    MISSING_FILL,
    MUTED,
    RULE,
    bare,
    group_colour,
    mark,
    new_figure,
    place,
    short,
    with_unit,
)
from kinephen.report.formats import format_value
from kinephen.report.schema.figures import MapScale, Tile, TumourCase, TumoursData
from kinephen.types import AnyArray

_TILE, _GAP, _LEFT = 1.25, 0.06, 0.6
_IMAGES = ("image", "pre", "early", "late")
"""Names of tiles that show signal and are drawn in grey."""


def draw_tumours(data: TumoursData, context: DrawContext) -> Figure:
    """Draw one block a case (visits down, maps across), colour bars below, bars of values at the end."""
    heights = [_block_height(case) for case in data.cases]
    maps = list(dict.fromkeys(t.map for case in data.cases for t in case.tiles))
    width = max(_LEFT + len(maps) * (_TILE + _GAP) + 0.4, 7.2)
    bars = 1.75 if data.value_labels else 0.0
    figure = new_figure(width, 0.45 + sum(heights) + 0.65 + bars, context.title)
    top, images = 0.45, {}
    for i, case in enumerate(data.cases):
        images.update(_case(figure, data, context, i, top))
        top += _block_height(case)
    for j, name in enumerate(maps):
        scale = _scale(data, name)
        if name in images and scale is not None:
            _colour_bar(figure, images[name], scale, (_LEFT + j * (_TILE + _GAP), top + 0.08))
    if data.value_labels:
        _values(figure, data, context.pointer, top + 1.05)
    return figure


def _letter(index: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index % 26]


def _visits(case: TumourCase) -> list[str]:
    return list(dict.fromkeys(t.visit for t in case.tiles))


def _block_height(case: TumourCase) -> float:
    return 0.62 + len(_visits(case)) * (_TILE + _GAP) + 0.1


def _scale(data: TumoursData, name: str) -> MapScale | None:
    return next((s for s in data.scales if s.map == name), None)


def _case(
    figure: Figure, data: TumoursData, context: DrawContext, index: int, top: float
) -> dict[str, AxesImage]:
    case = data.cases[index]
    width, height = figure.get_size_inches()
    figure.text(
        0.3 / width, 1 - (top + 0.16) / height, f"{_letter(index)}   {short(case.title, 90)}", weight="bold"
    )
    figure.text(0.3 / width, 1 - (top + 0.34) / height, short(case.subtitle, 110), size=8, color=MUTED)
    swatch = place(figure, 0.12, top + 0.02, 0.1, 0.34)
    bare(swatch)
    swatch.set_facecolor(group_colour(index))
    maps = list(dict.fromkeys(t.map for c in data.cases for t in c.tiles))
    images: dict[str, AxesImage] = {}
    for tile in case.tiles:
        row, column = _visits(case).index(tile.visit), maps.index(tile.map)
        axes = place(figure, _LEFT + column * (_TILE + _GAP), top + 0.58 + row * (_TILE + _GAP), _TILE, _TILE)
        images[tile.map] = _tile(axes, tile, context, _scale(data, tile.map))
        if row == 0:
            axes.set_title(short(tile.map, 14), loc="center", fontsize=8, pad=2, fontweight="normal")
        if tile is next(t for t in case.tiles if t.visit == tile.visit):
            axes.set_ylabel(short(tile.visit, 12), fontsize=8.5)
            _length_bar(axes, data, context.arrays[tile.sha256])
    return images


def _tile(axes: Axes, tile: Tile, context: DrawContext, scale: MapScale | None) -> AxesImage:
    array = np.asarray(context.arrays[tile.sha256], dtype=np.float64)
    bare(axes)
    axes.set_facecolor("#000000")
    colours = mpl.colormaps["gray" if tile.map in _IMAGES else "viridis"]
    bad = "#000000" if tile.map in _IMAGES else MISSING_FILL
    finite = array[np.isfinite(array)]
    own = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    limits = (scale.low, scale.high) if scale else own
    image = axes.imshow(
        array, cmap=colours.with_extremes(bad=bad), vmin=limits[0], vmax=limits[1], interpolation="none"
    )
    if tile.outline is not None:
        outline = np.asarray(context.arrays[tile.outline], dtype=np.float64)
        if outline.any():
            axes.contour(outline, levels=[0.5], colors=[GROUPS[1]], linewidths=1)
    return image


def _length_bar(axes: Axes, data: TumoursData, array: AnyArray) -> None:
    """Draw 10 mm, where the size of a pixel is known."""
    if data.pixel_mm is None:
        return
    rows, columns = array.shape
    length = 10 / data.pixel_mm
    axes.plot([0.06 * columns, 0.06 * columns + length], [0.92 * rows] * 2, color="#ffffff", lw=2)
    axes.text(0.06 * columns, 0.88 * rows, "10 mm", color="#ffffff", size=6.5, va="bottom")


def _colour_bar(figure: Figure, image: AxesImage, scale: MapScale, corner: tuple[float, float]) -> None:
    left, top = corner
    axes = place(figure, left + 0.1, top, _TILE - 0.2, 0.09)
    bar = figure.colorbar(image, cax=axes, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.set_ticks([scale.low, scale.high], labels=[f"{scale.low:.3g}", f"{scale.high:.3g}"])
    bar.ax.tick_params(labelsize=7, length=2)
    # The ends' numbers stay inside, so that neighbours do not meet.
    first, last = bar.ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    bar.ax.set_xlabel(short(with_unit(scale.map, scale.unit), 22), fontsize=7.5, labelpad=2)


def _values(figure: Figure, data: TumoursData, pointer: str, top: float) -> None:
    width = float(figure.get_size_inches()[0])
    step = (width - 0.4) / max(len(data.value_labels), 1)
    for j, label in enumerate(data.value_labels):
        axes = place(figure, 0.4 + j * step + 0.3, top, step - 0.5, 1.0)
        values = floats(tuple(c.values[j] if j < len(c.values) else None for c in data.cases))
        axes.bar(
            range(len(values)), np.nan_to_num(values), color=[group_colour(i) for i in range(len(values))]
        )
        axes.axhline(0, color=RULE, lw=0.8)
        axes.margins(y=0.25)
        for i, value in enumerate(values):
            known = None if np.isnan(value) else float(value)
            up = known is None or known >= 0
            shown = axes.annotate(
                format_value(known, "f2"),
                (i, np.nan_to_num(value)),
                (0, 2 if up else -2),
                textcoords="offset points",
                ha="center",
                va="bottom" if up else "top",
                size=7.5,
            )
            if j < len(data.cases[i].values):
                mark(shown, f"{pointer}/cases/{i}/values/{j}", "f2")
        axes.set_xticks(range(len(values)), [_letter(i) for i in range(len(values))], fontsize=8)
        axes.set_title(short(label, 24), fontsize=8, pad=3)
