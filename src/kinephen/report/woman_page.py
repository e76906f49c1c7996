"""The page of one woman: pictures, curves, phenotype, risk, features; no script, no other file needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from kinephen.report.cells import cell_parts, cell_reason
from kinephen.report.exam_page_images import PNG_URI, TITLES, gradient
from kinephen.report.formats import format_value
from kinephen.report.html import show_parts
from kinephen.report.pointer import make_pointer
from kinephen.report.schema import Column, Format, Report, Woman
from kinephen.report.schema.woman_detail import Picture, Risk, WomanDetail
from kinephen.report.schema.women import women_columns
from kinephen.report.templating import page_environment
from kinephen.report.woman_curves import curves_svg

FRAMES = {"early": "Early frame"}
FACTS = ("cohort", "ftv1", "ftv2", "time", "event", "pcr")


def women_pages(report: Report, details: Mapping[str, WomanDetail]) -> Iterator[tuple[str, str]]:
    """Return name and HTML of the page of each woman who has one.

    Parameters
    ----------
    report : Report
    details : mapping of str to WomanDetail
        By the name of the page.
    """
    environment = page_environment()
    loader = environment.loader
    assert loader is not None
    sources = [loader.get_source(environment, n)[0] for n in ("style.css", "exam_page.css", "woman.css")]
    style = Markup("\n".join(sources))  # noqa: S704  (our own files)
    template = environment.get_template("woman.html.j2")
    shown = [(i, w) for i, w in enumerate(report.women) if w.page in details]
    for place, (index, woman) in enumerate(shown):
        view = _View(report, index, details[woman.page])
        around = (
            shown[place - 1][1] if place else None,
            shown[place + 1][1] if place + 1 < len(shown) else None,
        )
        yield woman.page, template.render(view=view, woman=woman, report=report, style=style, around=around)


class _View:
    """What the template asks for; numbers of report.json and of her own document name their place."""

    def __init__(self, report: Report, index: int, detail: WomanDetail) -> None:
        self._report, self._index, self.detail = report, index, detail
        self.woman: Woman = report.women[index]

    def number(self, key: str, form: Format) -> Markup:
        """Return a number of her row in report.json."""
        parts = cell_parts(getattr(self.woman, key), form, make_pointer("women", self._index, key))
        return show_parts(parts) if parts else escape(format_value(None, form))

    def own(self, value: Any, form: Format, *place: str | int) -> Markup:
        """Return a number of her own document."""
        shown = Markup('<span data-own="{}" data-format="{}">{}</span>')
        return shown.format(make_pointer(*place), form, format_value(value, form))

    def facts(self) -> list[tuple[str, Markup, str]]:
        """Return heading, value and reason of what is known of her."""
        found = [
            self._fact(c, getattr(self.woman, c.key), c.key)
            for c in women_columns(self._report.study.time_unit)
            if c.key in FACTS
        ]
        found += [
            self._fact(c, self.woman.extra[c.key], "extra", c.key)
            for c in self._report.women_columns
            if c.key in self.woman.extra
        ]
        return found

    def _fact(self, column: Column, value: Any, *place: str) -> tuple[str, Markup, str]:
        shown = show_parts(cell_parts(value, column.format, make_pointer("women", self._index, *place)))
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

    def maps(self) -> list[tuple[str, list[tuple[str, tuple[float | None, ...]]]]]:
        """Return the features by map: name without the map, value at both visits, change."""
        f = self.detail.features
        rows = list(zip(f.names, f.first, f.second, f.change, strict=True))
        return [
            (TITLES.get(name, name), [(r[0].partition("_")[2].replace("_", " "), r[1:]) for r in part])
            for name, part in groupby(rows, key=lambda r: r[0].partition("_")[0])
        ]

    def value(self, value: float | None) -> str:
        """Return a feature's value."""
        return format_value(value, "sig3")
