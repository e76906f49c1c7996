"""The page: one file that needs nothing else and asks nobody for anything."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import jinja2
from markupsafe import Markup, escape
from pydantic import JsonValue

from kinephen.report.behind import NumbersBehind, numbers_behind
from kinephen.report.cells import Part, cell_parts, cell_reason
from kinephen.report.checklists.texts import STATUS_WORDS, UNVERIFIED
from kinephen.report.figures.draw import FLOW_NAME, FLOW_TITLE
from kinephen.report.figures.svg import inline_svg
from kinephen.report.formats import format_value
from kinephen.report.places import page_place
from kinephen.report.pointer import make_pointer, value_at
from kinephen.report.schema import Column, Format, Patient, Report, Sentence, Statement, Table
from kinephen.report.schema.base import Cell
from kinephen.report.templating import page_environment, script_hash
from kinephen.report.writing.references import cite_pieces, short_name

SECTIONS: dict[str, str] = {
    "cohort": "The cohort",
    "phenotypes": "Phenotypes of change",
    "molecular": "Gene signatures",
    "survival": "Survival by phenotype",
    "models": "Survival models",
    "validation": "Validation",
    "truth": "Truth against found",
    "supplement": "Supplement",
}
SCRIPTS = ("page.js", "explorer.js", "checklists.js")
_TABLES_FIRST = frozenset({"cohort", "models", "molecular"})


def page(report: Report, trees: Mapping[str, ET.Element]) -> str:
    """Return the page.

    Parameters
    ----------
    report : Report
    trees : mapping of str to Element
        The SVG of each figure by its name.

    Returns
    -------
    str
        HTML with inline style, script, figures and images; its policy forbids every request.
    """
    environment = _environment()
    script = "\n".join(_source(name) for name in SCRIPTS)
    view = _View(report, trees)
    return environment.get_template("page.html.j2").render(
        report=report,
        view=view,
        style=Markup(_source("style.css") + _source("checklists.css")),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704  (our own file)
        script_hash=script_hash(script),
    )


@cache
def _environment() -> jinja2.Environment:
    environment = page_environment()
    environment.filters["letter"] = _letter
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    return environment


def _letter(index: int) -> str:
    """Return a, b, ..., z, aa, ab, ... for a foot note."""
    return (_letter(index // 26 - 1) if index >= 26 else "") + "abcdefghijklmnopqrstuvwxyz"[index % 26]


def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def show_parts(parts: list[Part]) -> Markup:
    """Return parts as HTML; each number names its place in report.json."""
    return Markup("").join(_show(part) for part in parts)


def _show(part: Part) -> Markup:
    if not part.pointer:
        return escape(part.text)
    return Markup('<span data-ref="{}" data-format="{}">{}</span>').format(part.pointer, part.form, part.text)


class _View:
    """What the template asks for."""

    def __init__(self, report: Report, trees: Mapping[str, ET.Element]) -> None:
        self._report = report
        self._trees = trees
        self._document = report.model_dump(mode="json")
        self.flow_name = FLOW_NAME
        self.flow_title = FLOW_TITLE
        self._references = {r.key: r for r in report.provenance.methods if r.key}
        self.status_words = STATUS_WORDS
        self.unverified = UNVERIFIED
        self.presets = list(dict.fromkeys(p for s in report.settings for p in s.presets))

    def number(self, pointer: str, form: Format) -> Markup:
        """Return the number at `pointer` as it is shown."""
        value = value_at(self._document, pointer)
        return show_parts([Part(format_value(value, form), pointer, form)])

    def statement(self, statement: Sentence) -> Markup:
        """Return the sentence with its numbers, and its citations as links."""
        shown = Markup("")
        for literal, name in statement.pieces():
            shown += self._cited(literal)
            if name is not None:
                shown += self.number(statement.refs[name].pointer, statement.refs[name].format)
        return shown

    def _cited(self, literal: str) -> Markup:
        shown = Markup("")
        for text, keys in cite_pieces(literal):
            shown += escape(text)
            if keys:
                shown += Markup("({})").format(Markup("; ").join(map(self._cite, keys)))
        return shown

    def _cite(self, key: str) -> Markup:
        reference = self._references.get(key)
        if reference is None:
            return escape(f"@{key}")
        return Markup('<a class="cite" href="#ref-{}">{}</a>').format(key, short_name(reference))

    def cites(self, keys: Iterable[str]) -> Markup:
        """Return links to references, with a full stop after the last."""
        return Markup("; ").join(map(self._cite, keys)) + "."

    def places(self, pointers: Iterable[str]) -> list[tuple[str, str]]:
        """Return where in the page evidence stands: words and anchor, each once."""
        return list(dict.fromkeys(page_place(self._report, pointer) for pointer in pointers))

    def statements(self, *kinds: str) -> list[Statement]:
        """Return the statements of these kinds."""
        return [s for s in self._report.summary if s.kind in kinds]

    def sections(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Return key, heading and (kind, name) of what stands in it, for each section with content."""
        found = ((key, title, self._content(key)) for key, title in SECTIONS.items())
        return [(key, title, content) for key, title, content in found if content]

    def summary_tables(self) -> list[str]:
        """Return the names of the tables of the first page."""
        return [n for n, t in self._report.tables.items() if t.section == "summary"]

    def _content(self, section: str) -> list[tuple[str, str]]:
        tables = [("table", n) for n, t in self._report.tables.items() if t.section == section]
        figures = [("figure", n) for n, f in self._report.figures.items() if f.section == section]
        return tables + figures if section in _TABLES_FIRST else figures + tables

    def figure(self, name: str) -> Markup:
        """Return the figure's SVG."""
        entry = self._report.figures.get(name)
        label = FLOW_TITLE if entry is None else (entry.alt or entry.title)
        svg = inline_svg(self._trees[name], label, f"caption-{name}")
        return Markup(svg)  # noqa: S704  (made by our own serialiser, which escapes)

    def behind(self, name: str) -> list[NumbersBehind]:
        """Return the numbers behind a figure."""
        figure = self._report.figures.get(name)
        return [] if figure is None else numbers_behind(name, figure)

    def parts(self, parts: tuple[Part, ...]) -> Markup:
        """Return parts as HTML."""
        return show_parts(list(parts))

    def rows(self, name: str) -> Iterator[list[tuple[Column, Markup, str]]]:
        """Return the rows of table `name`: column, shown cell, reason."""
        table = self._report.tables[name]
        for i, row in enumerate(table.rows):
            yield [
                self._cell(c, row.get(c.key), make_pointer("tables", name, "rows", i, c.key))
                for c in table.columns
            ]

    def _cell(self, column: Column, cell: Cell, pointer: str) -> tuple[Column, Markup, str]:
        return column, show_parts(cell_parts(cell, column.format, pointer)), cell_reason(cell)

    def reasons(self, table: Table) -> list[str]:
        """Return each reason for an undefined cell once."""
        cells = (row.get(c.key) for row in table.rows for c in table.columns)
        return list(dict.fromkeys(r for r in map(cell_reason, cells) if r))

    def patients_columns(self) -> tuple[Column, ...]:
        """Return the columns of the patients' table."""
        return self._report.all_patients_columns()

    def patient_cells(self, index: int) -> Iterator[tuple[Column, Markup, str]]:
        """Return the cells of one patient."""
        patient = self._report.patients[index]
        for column in self.patients_columns():
            if column.key in patient.extra:
                pointer = make_pointer("patients", index, "extra", column.key)
                yield self._cell(column, patient.extra[column.key], pointer)
            else:
                yield self._patient_field(patient, column, index)

    def _patient_field(self, patient: Patient, column: Column, index: int) -> tuple[Column, Markup, str]:
        value = getattr(patient, column.key, None)
        part = Part(
            format_value(value, column.format), make_pointer("patients", index, column.key), column.format
        )
        reason = patient.reasons.get(column.key, "not known") if value is None else ""
        return column, show_parts([part]), reason

    def choices(self, field: str) -> list[str]:
        """Return the values of a patient's field, for the filters."""
        return sorted({v for w in self._report.patients if (v := getattr(w, field)) is not None})

    def explorer(self) -> Markup:
        """Return the explorer's values as JSON that cannot end the element that holds it."""
        text = json.dumps(self._document["explorer"], ensure_ascii=True, separators=(",", ":"))
        for mark in "<>&":
            text = text.replace(mark, f"\\u{ord(mark):04x}")
        return Markup(text)  # noqa: S704  (no mark-up is left in it)

    def json(self, value: JsonValue) -> str:
        """Return a setting's value as text."""
        if value is None:
            return "none"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def align(self, column: Column) -> str:
        """Return the class that aligns a column."""
        return column.align or ("left" if column.format in ("text", "bool") else "right")
