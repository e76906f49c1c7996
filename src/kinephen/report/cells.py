"""A cell as the reader sees it, in pieces that each know which number of report.json they show."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.report.formats import UNDEFINED, format_value
from kinephen.report.schema.base import Cell, Estimate, Format, Missing, Share


@dataclass(frozen=True)
class Part:
    """A piece of a cell.

    Parameters
    ----------
    text : str
    pointer : str
        JSON pointer of the number; empty for words between numbers.
    form : Format
        How the number was formatted; ``"percent"`` with a pointer to a `Share` is its ``n / of``.
    """

    text: str
    pointer: str = ""
    form: Format = "text"


def cell_parts(cell: Cell, form: Format, pointer: str) -> list[Part]:
    """Return the pieces of `cell`, which stands at `pointer`."""
    if cell is None:
        return []
    if isinstance(cell, Missing):
        return [Part(UNDEFINED, pointer, form)]
    if isinstance(cell, Share):
        percent = Part(format_value(cell.n / cell.of if cell.of else None, "percent"), pointer, "percent")
        return [Part(str(cell.n), f"{pointer}/n", "int"), Part(" ("), percent, Part(")")]
    if not isinstance(cell, Estimate):
        return [Part(format_value(cell, form), pointer, form)]
    value, low, high = (
        Part(format_value(getattr(cell, name), form), f"{pointer}/{name}", form)
        for name in ("value", "low", "high")
    )
    if cell.low is None and cell.high is None:
        return [value]
    return [value, Part(" ("), low, Part(" to "), high, Part(")")]


def cell_text(cell: Cell, form: Format) -> str:
    """Return `cell` as one text."""
    return "".join(part.text for part in cell_parts(cell, form, ""))


def cell_reason(cell: Cell) -> str:
    """Return why `cell`, or a part of it, is undefined; empty when it is defined."""
    if isinstance(cell, Missing):
        return cell.missing
    if isinstance(cell, Estimate) and None in (cell.value, cell.low, cell.high):
        return cell.reason
    return ""
