"""Which files the folder of a report has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kinephen.report.figures import figure_names
from kinephen.report.schema import Report
from kinephen.report.schema.figures import TumoursData
from kinephen.report.writing import bibtex, methods_markdown

FIGURE_FORMATS = ("svg", "pdf", "png")
TABLE_SUFFIXES = (".csv", ".parquet", ".tex", ".docx")
CHECKLIST_SUFFIXES = (".csv", ".md")


def report_files(report: Report, pictures: Sequence[str]) -> list[str]:
    """Return the names of all files of a report, relative to its folder.

    Parameters
    ----------
    report : Report
    pictures : sequence of str
        Endings of the figures besides ``.svg``.
    """
    pages = [w.page for w in report.patients if w.page and w.detail]
    return [
        "report.json",
        "report.html",
        *report_texts(report),
        *_names("figures", figure_names(report), (".svg", *pictures)),
        *_names("tables", [*report.tables, *(["patients"] if report.patients else [])], TABLE_SUFFIXES),
        *_names("checklists", [c.key for c in report.checklists], CHECKLIST_SUFFIXES),
        *_names("patients", pages, (".html",)),
        *_names("assets", [w.detail for w in report.patients if w.page and w.detail], (".json",)),
        *_names("assets", set(array_names(report)), (".npy",)),
    ]


def report_texts(report: Report) -> dict[str, str]:
    """Return the methods text and the references of a report by the names of their files."""
    texts = {"methods.md": methods_markdown(report)} if report.methods else {}
    if cited := bibtex(report.provenance.methods):
        texts["references.bib"] = cited
    return texts


def array_names(report: Report) -> Iterator[str]:
    """Return the hashes of the tiles that a report shows."""
    for figure in report.figures.values():
        if isinstance(figure.data, TumoursData):
            for tile in (t for case in figure.data.cases for t in case.tiles):
                yield tile.sha256
                if tile.outline:
                    yield tile.outline


def _names(folder: str, stems: Iterable[str], suffixes: Sequence[str]) -> list[str]:
    return [f"{folder}/{stem}{suffix}" for stem in stems for suffix in suffixes]
