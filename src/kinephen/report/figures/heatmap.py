"""Heatmap of components by patients with dendrograms and annotation bars."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.dendrogram import dendrogram_segments
from kinephen.report.figures.style import GROUPS, MISSING_FILL, MUTED, RULE, bare, new_figure, place, short
from kinephen.report.schema.figures import Annotation, HeatmapData

# Bars after the first (the phenotypes) have colours of their own, so that no colour means two things.
_FURTHER = (GROUPS[6], GROUPS[5], GROUPS[2], GROUPS[3], GROUPS[4], GROUPS[7])
_LEFT, _TREE, _WIDTH, _BAR = 0.15, 0.55, 6.4, 0.2


def draw_heatmap(data: HeatmapData, context: DrawContext) -> Figure:
    """Draw from the top: column tree, annotation bars, heatmap; row tree left, row labels right."""
    n = len(data.row_labels)
    height = max(1.2, min(0.32 * n, 7))
    tree = 0.75 if data.column_tree else 0.0
    bars_top = 0.5 + tree
    heat_top = bars_top + _BAR * len(data.annotations) + 0.06
    legend_rows = len(data.annotations)
    names = 0.45 if _names(data) else 0.0
    figure = new_figure(9.4, heat_top + height + names + 0.95 + 0.2 * legend_rows, context.title)
    left = _LEFT + (_TREE if data.row_tree else 0)
    axes = place(figure, left, heat_top, _WIDTH, height)
    _heat(figure, axes, data, (left, heat_top + height + names))
    if data.column_tree:
        _tree(place(figure, left, 0.5, _WIDTH, tree - 0.04), data, across=True)
    if data.row_tree:
        _tree(place(figure, _LEFT, heat_top, _TREE - 0.04, height), data, across=False)
    for i, annotation in enumerate(data.annotations):
        bar = place(figure, left, bars_top + _BAR * i, _WIDTH, _BAR - 0.04)
        colours = GROUPS if i == 0 else _FURTHER
        _annotation(bar, annotation, colours)
        _legend(figure, annotation, colours, (left, heat_top + height + names + 0.82 + 0.2 * i))
    return figure


def _heat(figure: Figure, axes: Axes, data: HeatmapData, corner: tuple[float, float]) -> None:
    values = np.array([[np.nan if v is None else v for v in r] for r in data.values], dtype=np.float64)
    values = values.reshape(len(data.row_labels), len(data.column_labels))
    finite = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(finite, 0.98)) if finite.size else 1.0
    colours = mpl.colormaps["RdBu_r"].with_extremes(bad=MISSING_FILL)
    scale = Normalize(-(limit or 1.0), limit or 1.0)
    image = axes.imshow(values, cmap=colours, aspect="auto", interpolation="none", norm=scale)
    axes.yaxis.tick_right()
    axes.set_yticks(range(len(data.row_labels)), [short(r, 26) for r in data.row_labels], fontsize=8)
    names = _names(data)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6.5)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    left, bottom = corner
    what = f"{data.columns_are[:1].upper()}{data.columns_are[1:]} (n = {len(data.column_labels)})"
    axes.set_xlabel(f"{what}, in tree order" if data.column_tree else what)
    bar = figure.colorbar(
        image,
        cax=place(figure, left + _WIDTH - 2.0, bottom + 0.52, 2.0, 0.11),
        orientation="horizontal",
        extend="both",
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7)
    bar.ax.set_title(short(data.value_label, 44), loc="right", fontsize=8, fontweight="normal", pad=3)


def _names(data: HeatmapData) -> list[str]:
    """Return the patients' names where there is room for them."""
    return [short(c, 10) for c in data.column_labels] if len(data.column_labels) <= 40 else []


def _tree(axes: Axes, data: HeatmapData, *, across: bool) -> None:
    bare(axes)
    tree, leaves = (data.column_tree, data.column_leaves) if across else (data.row_tree, data.row_leaves)
    assert tree is not None
    segments = dendrogram_segments(tree.merges, leaves)
    top = max((max(h) for _, h in segments), default=1.0) or 1.0
    # One line with gaps: thousands of brackets would otherwise be thousands of SVG elements.
    positions = [v for p, _ in segments for v in (*p, np.nan)]
    heights = [v for _, h in segments for v in (*h, np.nan)]
    pair = (positions, heights) if across else (heights, positions)
    axes.plot(*pair, color=MUTED, lw=0.7, solid_joinstyle="miter")
    if across:
        axes.set_xlim(-0.5, len(leaves) - 0.5)
        axes.set_ylim(0, top * 1.02)
    else:
        axes.set_ylim(len(leaves) - 0.5, -0.5)
        axes.set_xlim(top * 1.02, 0)


def categories(annotation: Annotation) -> list[str]:
    """Return the categories by name, so that phenotypes keep their colours; "no ..." comes last."""
    found = {v for v in annotation.values if v is not None}
    return sorted(found, key=lambda v: (v == "no" or v.startswith("no "), v))


def runs(values: Sequence[str | None], wanted: str | None) -> list[tuple[int, int]]:
    """Return (start, length) of each stretch of `values` that equals `wanted`."""
    found: list[tuple[int, int]] = []
    for i, value in enumerate(values):
        if value != wanted:
            continue
        if found and sum(found[-1]) == i:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((i, 1))
    return found


def _annotation(axes: Axes, annotation: Annotation, colours: tuple[str, ...]) -> None:
    bare(axes)
    axes.set_xlim(0, max(len(annotation.values), 1))
    axes.set_ylim(0, 1)
    for i, name in enumerate(categories(annotation)):
        axes.broken_barh(
            runs(annotation.values, name),
            (0, 1),
            facecolors=colours[i % len(colours)],
            lw=0,
        )
    unknown = runs(annotation.values, None)
    if unknown:
        axes.broken_barh(unknown, (0, 1), facecolors=RULE, lw=0)
    axes.text(1.008, 0.45, short(annotation.name, 26), transform=axes.transAxes, va="center", size=8)


def _legend(
    figure: Figure, annotation: Annotation, colours: tuple[str, ...], corner: tuple[float, float]
) -> None:
    left, top = corner
    width, height = figure.get_size_inches()
    shown = categories(annotation)[:6]
    handles = [Patch(facecolor=colours[i % len(colours)], label=short(c, 20)) for i, c in enumerate(shown)]
    if None in annotation.values:
        handles.append(Patch(facecolor=RULE, label="unknown"))
    figure.text(
        left / width, 1 - top / height, short(annotation.name, 22), size=8, weight="bold", va="center"
    )
    figure.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=((left + 1.25) / width, 1 - top / height),
        ncols=len(handles),
        fontsize=8,
        handlelength=0.9,
        handleheight=0.8,
        columnspacing=1.2,
        borderpad=0,
    )
