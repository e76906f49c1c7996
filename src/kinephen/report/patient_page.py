"""The page of one patient: pictures, curves, phenotype, risk, features; no script, no other file needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from markupsafe import Markup, escape

from kinephen.core.counted import noun
from kinephen.core.result_table import Value
from kinephen.report.cells import cell_parts, cell_reason
from kinephen.report.exam_page_images import PNG_URI, TITLES, gradient
from kinephen.report.formats import format_value
from kinephen.report.html import show_parts
from kinephen.report.patient_curves import curves_svg
from kinephen.report.pointer import make_pointer
from kinephen.report.schema import Column, Format, Patient, Report
from kinephen.report.schema.base import Cell
from kinephen.report.schema.patient_detail import PatientDetail, Picture, Risk
from kinephen.report.schema.patients import patients_columns
from kinephen.report.templating import page_environment
from kinephen.report.words.change import REVERSED, change_noun
from kinephen.report.words.patient import apparent_words, nothing_found_words, slice_words

FRAMES = {"early": "Early frame"}
FACTS = ("cohort", "ftv1", "ftv2", "time", "event", "pcr")


def patients_pages(report: Report, details: Mapping[str, PatientDetail]) -> Iterator[tuple[str, str]]:
    """Return name and HTML of the page of each patient who has one.

    Parameters
    ----------
    report : Report
    details : mapping of str to PatientDetail
        By the name of the page.
    """
    environment = page_environment()
    loader = environment.loader
    assert loader is not None
    sources = [loader.get_source(environment, n)[0] for n in ("style.css", "exam_page.css", "patient.css")]
    style = Markup("\n".join(sources))  # noqa: S704  (our own files)
    template = environment.get_template("patient.html.j2")
    shown = [(i, w) for i, w in enumerate(report.patients) if w.page in details]
    for place, (index, patient) in enumerate(shown):
        view = _View(report, index, details[patient.page])
        around = (
            shown[place - 1][1] if place else None,
            shown[place + 1][1] if place + 1 < len(shown) else None,
        )
        yield (
            patient.page,
            template.render(view=view, patient=patient, report=report, style=style, around=around),
        )


class _View:
    """What the template asks for; numbers of report.json and of their own document name their place."""

    def __init__(self, report: Report, index: int, detail: PatientDetail) -> None:
        self._report, self._index, self.detail = report, index, detail
        self.patient: Patient = report.patients[index]

    def number(self, key: str, form: Format) -> Markup:
        """Return a number of their row in report.json."""
        parts = cell_parts(getattr(self.patient, key), form, make_pointer("patients", self._index, key))
        return show_parts(parts) if parts else escape(format_value(None, form))

    def own(self, value: Value, form: Format, *place: str | int) -> Markup:
        """Return a number of their own document."""
        shown = Markup('<span data-own="{}" data-format="{}">{}</span>')
        return shown.format(make_pointer(*place), form, format_value(value, form))

    def facts(self) -> list[tuple[str, Markup, str]]:
        """Return heading, value and reason of what is known of them."""
        found = [
            self._fact(c, getattr(self.patient, c.key), c.key)
            for c in patients_columns(self._report.study.time_unit)
            if c.key in FACTS
        ]
        found += [
            self._fact(c, self.patient.extra[c.key], "extra", c.key)
            for c in self._report.patients_columns
            if c.key in self.patient.extra
        ]
        return found

    def _fact(self, column: Column, value: Cell, *place: str) -> tuple[str, Markup, str]:
        shown = show_parts(cell_parts(value, column.format, make_pointer("patients", self._index, *place)))
        name = f"{column.label} ({column.unit})" if column.unit else column.label
        return name, shown or escape(format_value(None, "text")), cell_reason(value)

    def title(self, picture: Picture) -> str:
        """Return the heading of a column of pictures."""
        return TITLES.get(picture.name) or FRAMES.get(picture.name, picture.name)

    def gradient(self, picture: Picture) -> str:
        """Return the colour bar of a picture as CSS."""
        return gradient(picture.colours)

    def uri(self, picture: Picture) -> str:
        """Return a picture as a data URI."""
        return PNG_URI + picture.png

    def curves(self) -> Markup:
        """Return the drawing of the curves, empty when none is known."""
        return curves_svg(self.detail.visits)

    def risk(self, place: int, risk: Risk) -> Markup:
        """Return a risk with its interval."""
        parts = [
            self.own(getattr(risk.risk, part), "percent", "risks", place, "risk", part)
            for part in ("value", "low", "high")
        ]
        return Markup("{} <small>({} to {})</small>").format(*parts)

    def horizon(self, place: int, risk: Risk) -> Markup:
        """Return by when a risk is, with its unit."""
        unit = self._report.study.time_unit
        form: Format = "int" if float(risk.horizon).is_integer() else "sig3"
        shown = self.own(risk.horizon, form, "risks", place, "horizon")
        return Markup("{} {}").format(shown, noun(risk.horizon, unit.removesuffix("s"), unit))

    def nothing_found(self) -> str:
        """Return what it means that there is no warning."""
        wanted = len(self._report.study.visits) or 2
        return nothing_found_words(len(self.detail.visits), wanted, self.patient.reasons.get("phenotype", ""))

    def apparent(self) -> str:
        """Return whether the risk is apparent."""
        return apparent_words(self.patient.cohort, self.detail.fitted)

    def slices(self) -> str:
        """Return which slices are shown."""
        return slice_words([(v.name, bool(v.outline)) for v in self.detail.visits])

    def change_heading(self) -> str:
        """Return the heading of the column of change."""
        signs = self._report.change
        name = "change" if signs is None else change_noun(signs.adjusted)
        return f"{name[0].upper()}{name[1:]}"

    def maps(self) -> list[tuple[str, list[tuple[str, tuple[float | None, ...]]]]]:
        """Return the features by map: name without the map, value at both visits, change."""
        f, signs = self.detail.features, self._report.change
        turned = set() if signs is None else set(signs.reversed)
        rows = list(zip(f.names, f.first, f.second, f.change, strict=True))
        return [
            (TITLES.get(name, name), [(_feature_words(r[0], turned), r[1:]) for r in part])
            for name, part in groupby(rows, key=lambda r: r[0].partition("_")[0])
        ]

    def value(self, value: float | None) -> str:
        """Return a feature's value."""
        return format_value(value, "sig3")


def _feature_words(name: str, turned: set[str]) -> str:
    """Return a feature without its map, and whether its change is multiplied by -1."""
    words = name.partition("_")[2].replace("_", " ")
    return f"{words} ({REVERSED})" if name in turned else words
