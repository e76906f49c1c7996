"""Phenotypes against covariates: stacked shares for categories, boxes for numbers."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.style import (
    INK,
    MUTED,
    WHITE_TEXT,
    group_colour,
    mark,
    new_figure,
    place,
    short,
)
from kinephen.report.formats import p_text
from kinephen.report.schema.figures import AssociationData, AssociationPanel

_WIDTH, _LEFT, _BAR, _COLUMN = 2.35, 1.05, 0.3, 3.65
_SHARES = ("#0072b2", "#56b4e9", "#b58900", "#cc79a7", "#009e73", "#8c564b")


def draw_association(data: AssociationData, context: DrawContext) -> Figure:
    """Draw panels in rows of up to three, each with its p-value and the adjusted one."""
    columns = min(len(data.panels), 3)
    size = max(len(p.groups) for p in data.panels) * _BAR
    block = 0.62 + size + 0.86
    rows = math.ceil(len(data.panels) / columns)
    figure = new_figure(columns * _COLUMN, 0.4 + rows * block, context.title)
    for i, panel in enumerate(data.panels):
        top = 0.4 + (i // columns) * block + 0.55
        axes = place(figure, _LEFT + (i % columns) * _COLUMN, top, _WIDTH, len(panel.groups) * _BAR)
        pointer = f"{context.pointer}/panels/{i}"
        axes.set_ylim(len(panel.groups) - 0.5, -0.5)
        axes.set_yticks(range(len(panel.groups)), [short(g, 14) for g in panel.groups])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        if panel.boxes:
            _boxes(axes, panel)
        else:
            _shares(axes, panel, pointer)
        _heading(axes, panel, pointer, data.adjustment)
    return figure


def _heading(axes: Axes, panel: AssociationPanel, pointer: str, adjustment: str) -> None:
    up = 1 / (len(panel.groups) * _BAR)
    axes.text(0, 1 + 0.27 * up, short(panel.variable, 34), transform=axes.transAxes, weight="bold")
    words = axes.text(
        0,
        1 + 0.08 * up,
        _test_words(panel),
        transform=axes.transAxes,
        size=8,
        color=MUTED,
    )
    if panel.p is not None:
        mark(words, f"{pointer}/p", "p")
    if panel.p_adjusted is not None:
        adjusted = axes.text(
            1,
            1 + 0.08 * up,
            f"{short(adjustment, 12)} {p_text(panel.p_adjusted)}",
            transform=axes.transAxes,
            size=8,
            color=MUTED,
            ha="right",
        )
        mark(adjusted, f"{pointer}/p_adjusted", "p")


def _test_words(panel: AssociationPanel) -> str:
    """Return test and p; only the test where the p stands in a table, only the reason where there is none."""
    if panel.p is None:
        return short(f"no test: {panel.reason}" if panel.reason else panel.test, 40)
    return f"{short(panel.test, 22)} {p_text(panel.p)}".strip()


def _shares(axes: Axes, panel: AssociationPanel, pointer: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    axes.set_xlabel("Patients (%)", fontsize=8, labelpad=1)
    for i, counts in enumerate(panel.counts):
        total, left = sum(counts), 0.0
        for j, count in enumerate(counts):
            share = count / total if total else 0.0
            colour = _SHARES[j % len(_SHARES)]
            axes.barh(i, share, left=left, height=0.74, color=colour, lw=0)
            if share > 0.1:
                shown = axes.text(
                    left + share / 2, i, f"{count}", ha="center", va="center", size=8, color=_on(j)
                )
                mark(shown, f"{pointer}/counts/{i}/{j}", "int")
            left += share
    handles = [
        axes.bar(0, 0, color=_SHARES[j % len(_SHARES)], label=short(c, 13))
        for j, c in enumerate(panel.categories)
    ]
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.44 / (len(panel.groups) * _BAR)),
        ncols=min(len(handles), 4),
        fontsize=7.5,
        handlelength=0.8,
        handleheight=0.8,
        columnspacing=0.9,
        handletextpad=0.4,
        borderpad=0,
    )


def _on(index: int) -> str:
    return WHITE_TEXT if index % len(_SHARES) in (0, 5) else "#000001"


def _boxes(axes: Axes, panel: AssociationPanel) -> None:
    axes.set_xlabel(short(panel.variable, 40), fontsize=8, labelpad=1)
    for i, box in enumerate(panel.boxes):
        if None in (box.low, box.q1, box.median, box.q3, box.high):
            continue
        low, q1, median, q3, high = (
            float(v) for v in (box.low, box.q1, box.median, box.q3, box.high) if v is not None
        )
        axes.plot([low, high], [i, i], color=MUTED, lw=1, zorder=1)
        axes.barh(i, q3 - q1, left=q1, height=0.6, color=group_colour(i), lw=0, alpha=0.75, zorder=2)
        axes.plot([median, median], [i - 0.3, i + 0.3], color=INK, lw=1.6, zorder=3, solid_capstyle="butt")
