"""Reads the report's page with the standard library alone, and formats numbers in its own way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr"}
DECIMALS = {"int": 0, "f1": 1, "f2": 2, "f3": 3, "f4": 4}


@dataclass
class Shown:
    """A number on the page: its pointer, its format, the text of its element, and if it is in a figure."""

    pointer: str
    form: str
    text: str = ""
    figure: bool = False


@dataclass
class Page(HTMLParser):
    shown: list[Shown] = field(default_factory=list)
    tags: list[tuple[str, dict]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    open: list = field(default_factory=list)

    def __post_init__(self):
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.append((tag, named))
        if "id" in named:
            self.ids.append(named["id"])
        item = None
        if "data-ref" in named:
            item = Shown(named["data-ref"], named["data-format"], figure=tag == "g")
            self.shown.append(item)
        if tag not in VOID:
            self.open.append((tag, item))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(tag in ("script", "style") for tag, _ in self.open):
            return
        self.text.append(data)
        for _, item in self.open:
            if item is not None:
                item.text += data


def read_page(text):
    page = Page()
    page.feed(text)
    page.close()
    return page


def find(document, pointer):
    place = document
    for part in pointer.split("/")[1:]:
        place = place[int(part)] if isinstance(place, list) else place[part]
    return place


def expected(value, form):
    """Return what a reader should see for a value of report.json."""
    if isinstance(value, dict) and "of" in value and form == "percent":
        return f"{100 * value['n'] / value['of']:.0f}%" if value["of"] else "\u2013"
    if isinstance(value, dict) and "of" in value:
        return f"{value['n']} ({expected(value, 'percent')})"
    if isinstance(value, dict) and "missing" in value:
        return "\u2013"
    if isinstance(value, dict):
        middle, low, high = (expected(value[k], form) for k in ("value", "low", "high"))
        return middle if value["low"] is value["high"] is None else f"{middle} ({low} to {high})"
    if value is None:
        return "none" if form == "json" else "\u2013"
    if form == "json":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or form == "bool":
        return ("no", "yes")[bool(value)]
    return number(value, form)


def number(value, form):
    if form == "p":
        if value < 0.001:
            return "< 0.001"
        return "> 0.99" if value > 0.99 else (f"{value:.3f}" if value < 0.0995 else f"{value:.2f}")
    if form in DECIMALS:
        text = f"{value:.{DECIMALS[form]}f}"
    elif form == "percent":
        text = f"{100 * value:.0f}%"
    elif isinstance(value, int):
        text = f"{value}"
    elif value != 0 and not 0.001 <= abs(value) < 1e7:
        text = f"{value:.2e}"
    else:
        places = 0 if value == 0 else max(0, 2 - int(f"{value:.2e}".split("e")[1]))
        text = f"{value:.{places}f}"
    if not any(c in "123456789" for c in text):
        text = text.lstrip("-")
    return text.replace("-", "\u2212")
