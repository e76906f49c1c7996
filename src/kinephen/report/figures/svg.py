"""SVG text from a figure: the same bytes each time, ids of its own, and references to report.json."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from kinephen.report.figures.style import THEME_VARIABLES, TITLE_HEIGHT_PT, TITLE_ID, house_style

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_LOCAL_URL = re.compile(r"url\(#([^)]+)\)")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONT = re.compile(r"font-family: [^;]+")
_FONT_STACK = "font-family: 'DejaVu Sans', Verdana, sans-serif"
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def svg_tree(figure: Figure, ident: str) -> ET.Element:
    """Return the figure as an SVG tree whose ids all begin with `ident`."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  (our own output)
    wanted = {target for element in root.iter() for target in _targets(element)}
    for element in root.iter():
        _own_ids(element, ident, wanted)
    return root


def standalone_svg(root: ET.Element, title: str) -> bytes:
    """Return an SVG file: fixed colours, namespaces, the title as ``<title>``."""
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    named = ET.Element(root.tag, root.attrib)
    ET.SubElement(named, f"{{{_SVG}}}title").text = title
    named.extend(list(root))
    text: bytes = ET.tostring(named, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def inline_svg(root: ET.Element, label: str, described_by: str) -> str:
    """Return SVG to stand in a page: colours follow the theme, no namespaces, an accessible name."""
    copy = ET.fromstring(ET.tostring(root))  # noqa: S314  (our own output)
    for parent in copy.iter():
        for child in [c for c in parent if _left_out(c)]:
            parent.remove(child)
        _without_namespace(parent)
        if "style" in parent.attrib:
            parent.set("style", _COLOUR.sub(_theme_colour, parent.attrib["style"]))
    width = float(copy.attrib.pop("width").removesuffix("pt"))
    height = float(copy.attrib.pop("height").removesuffix("pt"))
    copy.set("viewBox", f"0 {TITLE_HEIGHT_PT:g} {width:g} {height - TITLE_HEIGHT_PT:g}")
    copy.attrib.pop("version", None)
    copy.set("role", "img")
    copy.set("aria-label", label)
    copy.set("aria-describedby", described_by)
    # The file's unit is the point; the page counts in pixels of 3/4 point.
    copy.set("style", f"--natural: {width * 4 / 3:.0f}px")
    return ET.tostring(copy, encoding="unicode")


def _targets(element: ET.Element) -> list[str]:
    """Return the ids that the element refers to."""
    values = element.attrib.items()
    local = [v[1:] for k, v in values if k == f"{{{_XLINK}}}href" and v.startswith("#")]
    return local + [t for _, v in values for t in _LOCAL_URL.findall(v)]


def _own_ids(element: ET.Element, ident: str, wanted: set[str]) -> None:
    """Prefix the ids that something refers to, turn marks into references, drop all other ids."""
    name = element.attrib.pop("id", None)
    if name is not None and name.startswith("ref|"):
        _, pointer, form = name.split("|")
        element.set("data-ref", pointer)
        element.set("data-format", form)
    elif name in wanted or name == TITLE_ID:
        element.set("id", f"{ident}-{name}")
    for key, value in list(element.attrib.items()):
        if key == f"{{{_XLINK}}}href" and value.startswith("#"):
            element.set(key, f"#{ident}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, _LOCAL_URL.sub(rf"url(#{ident}-\1)", value))
        if key == "style":
            element.set(key, _FONT.sub(_FONT_STACK, element.attrib[key]))


def _left_out(element: ET.Element) -> bool:
    """Return True for style rules, which would reach into the page, and for the title, which it prints."""
    return element.tag == f"{{{_SVG}}}style" or element.get("id", "").endswith(f"-{TITLE_ID}")


def _without_namespace(element: ET.Element) -> None:
    element.tag = element.tag.rsplit("}", 1)[-1]
    href = element.attrib.pop(f"{{{_XLINK}}}href", None)
    if href is not None:
        element.set("href", href)


def _theme_colour(match: re.Match[str]) -> str:
    variable = THEME_VARIABLES.get(match.group())
    return f"var({variable}, {match.group()})" if variable else match.group()
