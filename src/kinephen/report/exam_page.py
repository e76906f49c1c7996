"""The quality page of one exam: one HTML file that needs nothing else and asks nobody for anything."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from kinephen import __version__
from kinephen.core.files import write_whole
from kinephen.records.plausibility import level_of
from kinephen.report.exam_page_facts import SER_COLOURS, ExamFacts
from kinephen.report.exam_page_images import make_montage
from kinephen.report.exam_page_plots import draw_curves, draw_histograms
from kinephen.report.exam_page_rows import (
    comparison_rows,
    decision_rows,
    field_check_rows,
    lesion_rows,
    quality_rows,
    step_rows,
)
from kinephen.report.figures.svg import inline_svg, svg_tree
from kinephen.report.formats import format_value
from kinephen.report.plausibility_rows import plausibility_rows
from kinephen.report.templating import page_environment


def exam_page(facts: ExamFacts) -> str:
    """Return the quality page of an exam.

    Parameters
    ----------
    facts : ExamFacts

    Returns
    -------
    str
        HTML with inline style and images, and no script; its policy forbids every request. The same facts
        give the same text.
    """
    environment = page_environment()
    environment.filters |= {"number": format_value, "level": level_of}
    loader = environment.loader
    assert loader is not None
    styles = [loader.get_source(environment, name)[0] for name in ("style.css", "exam_page.css")]
    return environment.get_template("exam_page.html.j2").render(
        facts=facts,
        record=facts.record,
        style=Markup("\n".join(styles)),  # noqa: S704  (our own files)
        montage=make_montage(facts),
        curves=_drawing(draw_curves(facts), "curves", "Enhancement over time by class"),
        histograms=_drawing(draw_histograms(facts), "histograms", "Histograms of the maps in the lesion"),
        classes=list(zip(facts.record.ser_classes, SER_COLOURS, strict=True)),
        steps=step_rows(facts),
        decisions=decision_rows(facts),
        lesion=lesion_rows(facts),
        quality=quality_rows(facts),
        bias=facts.record.bias.fields,
        field_checks=field_check_rows(facts),
        comparison=comparison_rows(facts),
        checks=plausibility_rows(facts.record.plausibility),
        version=__version__,
    )


def write_exam_page(facts: ExamFacts, path: Path) -> Path:
    """Write the quality page, whole or not at all, and return its path."""
    write_whole(path, exam_page(facts).encode("utf-8"))
    return path


def _drawing(figure: Figure | None, name: str, label: str) -> Markup:
    if figure is None:
        return Markup("")
    svg = inline_svg(svg_tree(figure, f"x-{name}"), label, f"caption-{name}")
    return Markup(svg)  # noqa: S704  (made by our own serialiser, which escapes)
