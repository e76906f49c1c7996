"""Drawings of the quality page: curves by class of the enhancement ratio, and histograms of the maps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinephen.records.one_exam import MapInLesion
from kinephen.report.exam_page_facts import SER_COLOURS, ExamFacts
from kinephen.report.exam_page_images import TITLES
from kinephen.report.figures.style import DASHES, MUTED, group_colour, house_style, new_figure, place
from kinephen.types import FloatVolume

BINS = 48


def draw_curves(facts: ExamFacts) -> Figure | None:
    """Draw the median enhancement of each class over time with its quartiles.

    None for an empty FTV, and without classes. Where the times are not known the phases are numbered.
    """
    if not facts.ftv.any() or not facts.record.ser_classes:
        return None
    with house_style():
        figure = new_figure(7.6, 3.6, "Enhancement by class")
        axes = place(figure, 0.75, 0.5, 4.1, 2.5)
        _curves(axes, facts)
        axes.axhline(facts.record.thresholds.pe_threshold, color=MUTED, lw=0.9, ls=(0, (4, 3)))
        if facts.times_s is not None:
            axes.axvline(0.0, color=MUTED, lw=0.9)
        axes.set_xlabel("phase" if facts.times_s is None else "minutes after injection")
        axes.set_ylabel("enhancement, %")
        axes.grid(axis="y")
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.04))
        return figure


def _curves(axes: Axes, facts: ExamFacts) -> None:
    n_phases = len(facts.frames)
    minutes = (
        [float(n) for n in range(n_phases)] if facts.times_s is None else [t / 60.0 for t in facts.times_s]
    )
    # Nothing enhances before the injection; a line from the first frame to the second would show that.
    known = minutes[0] < 0.0 < minutes[1]
    drawn = [minutes[0], 0.0, *minutes[1:]] if known else minutes
    for n, limits in enumerate(facts.record.ser_classes):
        if not limits.enhancement:
            continue
        parts = [(q.low, q.middle, q.high) for q in limits.enhancement]
        low, middle, high = np.array([parts[0], (0.0, 0.0, 0.0), *parts[1:]] if known else parts).T
        share = "" if limits.percent is None else f": {limits.percent:.0f} %"
        label = f"SER {limits.lower:g} to {limits.upper:g}{share}"
        dash = DASHES[n % len(DASHES)]
        marks = [i for i, t in enumerate(drawn) if t in minutes]
        colour = SER_COLOURS[n]
        axes.plot(drawn, middle, label=label, color=colour, ls=dash, marker="o", ms=3.5, markevery=marks)
        axes.fill_between(drawn, low, high, color=colour, alpha=0.12, lw=0)


def draw_histograms(facts: ExamFacts) -> Figure | None:
    """Draw a histogram of each map in the lesion; None for an empty lesion."""
    if not facts.lesion.any():
        return None
    with house_style():
        figure = new_figure(7.6, 4.6, "Maps in the lesion")
        for n, (name, volume) in enumerate(facts.maps.items()):
            axes = place(figure, 0.75 + 3.6 * (n % 2), 0.65 + 2.05 * (n // 2), 2.9, 1.25)
            _histogram(axes, volume[facts.lesion], facts.record.maps.lesion[name])
            axes.set_title(TITLES[name])
        return figure


def _histogram(axes: Axes, values: FloatVolume, found: MapInLesion) -> None:
    known = values[np.isfinite(values)]
    if found.median is None:
        axes.text(0.5, 0.5, "undefined in every voxel", ha="center", transform=axes.transAxes)
        return
    low, high = np.percentile(known, [0.5, 99.5])
    # All values in one bin would leave no width to draw.
    high = high if high > low else low + 1.0
    # The tails fall into the outer bins, so that all voxels are counted.
    axes.hist(np.clip(known, low, high), bins=BINS, range=(low, high), color=group_colour(0), alpha=0.85)
    axes.axvline(found.median, color=group_colour(1), lw=1.4)
    # A small drawing has room for a few marks only.
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=3)
    axes.set_xlabel(f"median {found.median:.3g}" + ("" if found.unit == "1" else f" {found.unit}"))
