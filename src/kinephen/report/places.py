"""Where on the page a place of report.json can be seen."""

from __future__ import annotations

from kinephen.report.schema import Report

_SECTIONS = {
    "study": ("the study", "summary"),
    "preset": ("the preset", "settings"),
    "summary": ("cautions and limits", "limits"),
    "numbers": ("the run's numbers", "summary"),
    "flow": ("cohort flow", "flow"),
    "settings": ("settings", "settings"),
    "issues": ("issues", "issues"),
    "provenance": ("provenance", "provenance"),
}


def page_place(report: Report, pointer: str) -> tuple[str, str]:
    """Return words for a pointer and the anchor on the page where it is shown; an empty anchor for none."""
    head, *rest = pointer.split("/")[1:]
    if head == "tables" and rest and rest[0] in report.tables:
        table = report.tables[rest[0]]
        return table.label or table.title, f"table-{rest[0]}"
    if head == "figures" and rest and rest[0] in report.figures:
        figure = report.figures[rest[0]]
        return figure.title, f"fig-{rest[0]}"
    if head == "settings" and rest:
        return report.settings[int(rest[0])].key, "settings"
    return _SECTIONS.get(head, (pointer, ""))
