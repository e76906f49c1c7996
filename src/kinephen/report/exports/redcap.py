"""REDCap: one row a patient with coded values, and the data dictionary that makes the fields.

The dictionary has the 18 columns of REDCap's own template, in their order; a field's name is lower case, of
at most 26 characters as REDCap advises, and begins with a letter.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinephen.core.files import write_whole
from kinephen.core.result_table import Value
from kinephen.report.exports.source import RunSource
from kinephen.report.schema import Column, Estimate, Missing, Share
from kinephen.report.schema.base import Cell

FORM = "kinephen"
LONGEST = 26
COMPLETE = "2"
"""REDCap's code of a form that is complete."""
HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field: its row of the dictionary, and its values over patients as REDCap takes them."""

    name: str
    kind: str
    label: str
    values: tuple[str, ...]
    choices: str = ""
    note: str = ""
    validation: str = ""

    def row(self) -> dict[str, str]:
        """Return the field's row of the data dictionary."""
        given = (self.name, FORM, "", self.kind, self.label, self.choices, self.note, self.validation)
        return dict.fromkeys(HEADER, "") | dict(zip(HEADER, given, strict=False))


def write_redcap(run: RunSource, out: Path) -> list[str]:
    """Write ``data_dictionary.csv`` and ``records.csv`` into `out`; return their names."""
    fields = make_fields(run)
    dictionary = _csv(HEADER, [list(f.row().values()) for f in fields])
    names = [*(f.name for f in fields), f"{FORM}_complete"]
    rows = [[*row, COMPLETE] for row in zip(*(f.values for f in fields), strict=True)]
    write_whole(out / "data_dictionary.csv", dictionary)
    write_whole(out / "records.csv", _csv(names, rows))
    return ["data_dictionary.csv", "records.csv"]


def make_fields(run: RunSource) -> list[Field]:
    """Return all fields, the record's name first."""
    patients = run.patients()
    taken: set[str] = set()
    fields = [
        Field(
            name=_name("record_id", taken),
            kind="text",
            label="Case number",
            values=tuple(case for case, _ in patients),
        )
    ]
    for column in run.report.all_patients_columns():
        if column.key == "id":
            continue
        values = [w.extra.get(column.key, getattr(w, column.key, None)) for _, w in patients]
        fields.append(_field(column, values, taken))
    fields += _components(run, taken)
    warnings = tuple("; ".join(w.warnings) for _, w in patients)
    fields.append(Field(name=_name("warnings", taken), kind="notes", label="Warnings", values=warnings))
    return fields


def _components(run: RunSource, taken: set[str]) -> list[Field]:
    scores = [{c.name: c.score for c in run.detail(w).components} for _, w in run.patients()]
    names = dict.fromkeys(name for row in scores for name in row)
    return [
        _field(Column(key="c", label=f"Component {n}", format="f2"), [r.get(n) for r in scores], taken, n)
        for n in names
    ]


def _field(column: Column, values: Sequence[Cell], taken: set[str], name: str = "") -> Field:
    known = [_plain(v) for v in values]
    present = [v for v in known if v is not None]
    field = _name(name or column.key, taken)
    note = column.description + (f" ({column.unit})" if column.unit else "")
    if column.format == "bool" or (present and all(isinstance(v, bool) for v in present)):
        return Field(
            name=field,
            kind="yesno",
            label=column.label,
            values=_texts(known, lambda v: str(int(v))),
            note=note.strip(),
        )
    if all(isinstance(v, (int, float)) for v in present) and column.format != "text":
        whole = column.format == "int"
        texts = _texts(known, lambda v: str(int(v)) if whole else repr(float(v)))
        return Field(
            name=field,
            kind="text",
            label=column.label,
            values=texts,
            note=note.strip(),
            validation="integer" if whole else "number",
        )
    codes = {word: str(i) for i, word in enumerate(sorted({str(v) for v in present}), start=1)}
    choices = " | ".join(f"{code}, {_choice(word)}" for word, code in codes.items())
    kind = "radio" if choices else "text"
    return Field(
        name=field,
        kind=kind,
        label=column.label,
        values=_texts(known, lambda v: codes[str(v)]),
        choices=choices,
        note=note.strip(),
    )


def _plain(value: Cell) -> Value:
    """Return a cell's number or word; None for what is undefined."""
    if isinstance(value, Estimate):
        return value.value
    if isinstance(value, Share):
        return value.n
    return None if isinstance(value, Missing) else value


def _texts(values: Sequence[Value], text: Callable[[str | float], str]) -> tuple[str, ...]:
    return tuple("" if v is None else text(v) for v in values)


def _choice(word: str) -> str:
    """Return a choice without the sign that parts choices."""
    return " ".join(word.replace("|", "/").split())


def _name(text: str, taken: set[str]) -> str:
    """Return a field name that REDCap takes and no other field has."""
    base = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST].rstrip("_") or "field"
    base = base if base[0].isalpha() else f"f_{base}"[:LONGEST]
    name, number = base, 2
    while name in taken:
        tail = f"_{number}"
        name, number = base[: LONGEST - len(tail)] + tail, number + 1
    taken.add(name)
    return name


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([[_safe(cell) for cell in row] for row in rows])
    return buffer.getvalue().encode("utf-8")


def _safe(cell: str) -> str:
    """Return text that a spreadsheet does not take for a formula; numbers stay as they are."""
    try:
        float(cell)
    except ValueError:
        return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
    return cell
