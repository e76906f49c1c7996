"""Which renderer draws which kind of figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from kinephen.report.figures.association import draw_association
from kinephen.report.figures.bars import draw_bars
from kinephen.report.figures.calibration import draw_calibration
from kinephen.report.figures.confusion import draw_confusion
from kinephen.report.figures.consensus import draw_consensus_cdf, draw_consensus_matrix
from kinephen.report.figures.context import DrawContext
from kinephen.report.figures.flow import draw_flow
from kinephen.report.figures.forest import draw_forest
from kinephen.report.figures.heatmap import draw_heatmap
from kinephen.report.figures.km import draw_km
from kinephen.report.figures.lines import draw_lines
from kinephen.report.figures.schematic import draw_schematic
from kinephen.report.figures.style import house_style
from kinephen.report.figures.truth import draw_truth
from kinephen.report.figures.tumours import draw_tumours
from kinephen.report.pointer import make_pointer
from kinephen.report.schema import Report
from kinephen.types import AnyArray

FLOW_NAME = "cohort_flow"
FLOW_TITLE = "How patients came into the analysis"

RENDERERS: dict[str, Callable[[Any, DrawContext], Figure]] = {  # type: ignore[explicit-any]  # data by kind
    "heatmap": draw_heatmap,
    "km": draw_km,
    "confusion": draw_confusion,
    "consensus_cdf": draw_consensus_cdf,
    "consensus_matrix": draw_consensus_matrix,
    "forest": draw_forest,
    "bars": draw_bars,
    "association": draw_association,
    "tumours": draw_tumours,
    "calibration": draw_calibration,
    "lines": draw_lines,
    "truth": draw_truth,
    "schematic": draw_schematic,
}


def figure_names(report: Report) -> list[str]:
    """Return the names of all figures, the cohort flow first if there is one."""
    return [*([FLOW_NAME] if report.flow else []), *report.figures]


def draw_figure(report: Report, name: str, arrays: Mapping[str, AnyArray] | None = None) -> Figure:
    """Draw figure `name` of the report.

    Parameters
    ----------
    report : Report
    name : str
        A key of ``report.figures``.
    arrays : mapping of str to ndarray, optional
        Image tiles by their SHA-256.

    Returns
    -------
    matplotlib.figure.Figure
    """
    entry = report.figures[name]
    context = DrawContext(report, make_pointer("figures", name, "data"), entry.title, arrays or {})
    with house_style():
        return RENDERERS[entry.data.kind](entry.data, context)


def draw_flow_figure(report: Report) -> Figure:
    """Draw the cohort flow."""
    with house_style():
        return draw_flow(report.flow, FLOW_TITLE)
