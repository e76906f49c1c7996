"""Rows of the tables of exams in words: a median with its range, or classes with their exams."""

from __future__ import annotations

from kinephen.core.counted import noun
from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.report.pointer import make_pointer
from kinephen.report.schema import Estimate, Format, Share, StatementRef
from kinephen.report.writing.evidence import Evidence

NOT_STATED = "not stated in the files"
UNKNOWN = (NOT_STATED, NOT_SHOWN)
"""Categories that answer nothing."""
Refs = dict[str, StatementRef | None]


def spread(e: Evidence, table: str, start: str, name: str, unit: str) -> tuple[str, Refs]:
    """Return words for a median and its range, and their numbers; empty words when the run has none.

    Parameters
    ----------
    e : Evidence
    table : str
    start : str
        With which the row's quantity begins.
    name : str
        Of the numbers in the sentence.
    unit : str
        Written after the median.
    """
    row, found = e.row(table, "quantity", start), e.table(table)
    cell = None if row is None or found is None else found.rows[row].get("value")
    if not isinstance(cell, Estimate) or cell.value is None:
        return "", {}
    whole = all(float(v).is_integer() for v in (cell.value, cell.low, cell.high) if v is not None)
    form: Format = "int" if whole else "sig3"
    refs: Refs = {name: e.cell_ref(table, row, "value", form, "value")}
    if cell.low == cell.high:
        return f"{{{name}}}{unit}", refs
    refs |= {f"{name}_{part}": e.cell_ref(table, row, "value", form, part) for part in ("low", "high")}
    return f"median {{{name}}}{unit} (range {{{name}_low}} to {{{name}_high}})", refs


def classes(e: Evidence, table: str, quantity: str, name: str = "name") -> tuple[str, Refs, tuple[str, ...]]:
    """Return words for the classes of a quantity with their exams, their numbers, and the classes."""
    found = e.table(table)
    rows = [
        i
        for i, row in enumerate(() if found is None else found.rows)
        if row.get("quantity") == quantity and row.get("category")
    ]
    refs: Refs = {f"{name}{i}": _place(table, i, "category", "text") for i in rows}
    refs |= {f"{name}_exams{i}": _place(table, i, "exams/n", "int") for i in rows}
    counts = {i: found.rows[i]["exams"] for i in rows} if found else {}
    words = ", ".join(
        f"{{{name}{i}}} ({{{name}_exams{i}}} {noun(n.n if isinstance(n, Share) else 0, 'exam')})"
        for i, n in counts.items()
    )
    return words, refs, tuple(str(found.rows[i]["category"]) for i in rows) if found else ()


def stated_by(e: Evidence, table: str, start: str) -> tuple[int, int, Refs]:
    """Return how many exams state a number, of how many, and both as numbers of a sentence."""
    row, found = e.row(table, "quantity", start), e.table(table)
    cell = None if row is None or found is None else found.rows[row].get("exams")
    if row is None or not isinstance(cell, Share):
        return 0, 0, {}
    return cell.n, cell.of, {part: _place(table, row, f"exams/{part}", "int") for part in ("n", "of")}


def _place(table: str, row: int, column: str, form: Format) -> StatementRef:
    return StatementRef(pointer=make_pointer("tables", table, "rows", row, *column.split("/")), format=form)
