"""Consensus clustering: CDFs over k with the area's gain, and the consensus matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.report.figures.arrays import floats
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.heatmap import runs
from kinephen.report.figures.style import (
    GROUPS,
    INK,
    MUTED,
    WHITE_TEXT,
    bare,
    group_colour,
    group_dash,
    mark,
    new_figure,
    place,
    short,
)
from kinephen.report.formats import format_value
from kinephen.report.schema.figures import ConsensusCDFData, ConsensusMatrixData


def draw_consensus_cdf(data: ConsensusCDFData, context: DrawContext) -> Figure:
    """Draw the CDFs to the left, the relative gain of area to the right, the rules' choices below."""
    figure = new_figure(9.2, 4.5 + 0.19 * len(data.chosen), context.title)
    _cdfs(place(figure, 0.75, 0.7, 3.7, 2.75), data)
    _gains(place(figure, 5.6, 0.7, 3.3, 2.75), data, context.pointer)
    total = figure.get_size_inches()
    for i, choice in enumerate(data.chosen):
        text = f"{short(choice.rule, 80)}: {'no k' if choice.k is None else f'k = {choice.k}'}"
        y = 1 - (4.52 + 0.19 * i) / total[1]
        shown = figure.text(0.75 / total[0], y, text, size=8.5)
        if choice.k is not None:
            mark(shown, f"{context.pointer}/chosen/{i}/k", "int")
    return figure


def _cdfs(axes: Axes, data: ConsensusCDFData) -> None:
    for i, curve in enumerate(data.curves):
        dash = group_dash(i // len(GROUPS))
        axes.plot(
            floats(data.grid),
            floats(curve.cdf),
            color=group_colour(i),
            ls=dash,
            lw=1.4,
            label=f"k = {curve.k}",
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("Consensus index (fraction of resamples together)")
    axes.set_ylabel("Cumulative fraction of pairs")
    axes.set_title("Consensus CDF")
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=5,
        fontsize=7.5,
        handlelength=1.4,
        columnspacing=1,
    )


def _gains(axes: Axes, data: ConsensusCDFData, pointer: str) -> None:
    axes.set_title("Gain of area under the CDF")
    axes.set_xlabel("Number of clusters k (count)")
    axes.set_ylabel("Relative gain (fraction)")
    axes.set_xticks([c.k for c in data.curves])
    # The smallest k has no smaller one to gain on; some records hold its area there.
    later = data.curves[1:]
    axes.plot([c.k for c in later], floats(tuple(c.gain for c in later)), "o-", color=GROUPS[0], ms=4)
    for i, curve in enumerate(later, start=1):
        if curve.gain is not None:
            shown = axes.annotate(
                format_value(curve.gain, "f2"),
                (curve.k, curve.gain),
                (0, 6),
                textcoords="offset points",
                ha="center",
                size=7.5,
            )
            mark(shown, f"{pointer}/curves/{i}/gain", "f2")
    if data.threshold is not None:
        axes.axhline(data.threshold, color=GROUPS[1], ls="--", lw=1)
        axes.text(
            data.curves[-1].k, data.threshold, "threshold", color=MUTED, size=7.5, ha="right", va="bottom"
        )
    axes.margins(y=0.16)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def draw_consensus_matrix(data: ConsensusMatrixData, context: DrawContext) -> Figure:
    """Draw the matrix in cluster order with a bar of clusters above and the colour scale to the right."""
    figure = new_figure(5.6, 5.1, context.title)
    axes = place(figure, 0.75, 0.78, 3.9, 3.9)
    values = np.array([floats(row) for row in data.values]).reshape(len(data.values), -1)
    image = axes.imshow(values, cmap="Blues", vmin=0, vmax=1, interpolation="none", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    noun = short(data.item, 20).capitalize()
    axes.set_xlabel(f"{noun} in cluster order (n = {data.items})")
    axes.set_ylabel(f"{noun} in cluster order")
    bar = figure.colorbar(image, cax=place(figure, 4.8, 0.78, 0.14, 3.9))
    bar.set_label("Consensus index (fraction)")
    bar.outline.set_visible(False)
    _cluster_bar(place(figure, 0.75, 0.58, 3.9, 0.16), data)
    return figure


def _cluster_bar(axes: Axes, data: ConsensusMatrixData) -> None:
    bare(axes)
    names = list(dict.fromkeys(data.clusters))
    axes.set_xlim(0, max(len(data.clusters), 1))
    axes.set_ylim(0, 1)
    for i, name in enumerate(names):
        members = [j for j, c in enumerate(data.clusters) if c == name]
        axes.broken_barh(runs(data.clusters, name), (0, 1), facecolors=group_colour(i), lw=0)
        if len(members) > len(data.clusters) * 0.12:
            axes.text(
                float(np.mean(members)) + 0.5,
                0.46,
                short(name, 14),
                ha="center",
                va="center",
                size=7.5,
                color=WHITE_TEXT,
            )
    axes.axhline(0, color=INK, lw=0.3)
