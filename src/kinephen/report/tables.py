"""The twins of the report's tables: data frames, CSV, Parquet and LaTeX."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pandas as pd

from kinephen.core.result_table import Value, latex_escape
from kinephen.report.cells import cell_reason, cell_text
from kinephen.report.schema import Column, Estimate, Missing, Patient, Report, Share, Table
from kinephen.report.schema.base import Cell
from kinephen.report.schema.patients import patients_columns


def table_frame(table: Table) -> pd.DataFrame:
    """Return a table with full precision.

    An `Estimate` column ``c`` becomes ``c``, ``c_low``, ``c_high``; a `Share` column ``c`` becomes ``c_n``,
    ``c_of``; undefined cells are empty and the column ``notes`` says why.
    """
    records = [_record(table, row) for row in table.rows]
    names = [name for column in table.columns for name in _names(table, column.key)]
    if any(r.get("notes") for r in records) and "notes" not in names:
        names.append("notes")
    frame = pd.DataFrame(records, columns=names, dtype=object)
    return frame.apply(_settle)


def _names(table: Table, key: str) -> list[str]:
    cells = [row.get(key) for row in table.rows]
    names = [key]
    if any(isinstance(c, Estimate) for c in cells):
        names += [f"{key}_low", f"{key}_high"]
    if any(isinstance(c, Share) for c in cells):
        names += [f"{key}_n", f"{key}_of"]
    only_shares = all(isinstance(c, (Share, Missing)) or c is None for c in cells)
    return names[1:] if only_shares and len(names) > 1 else names


def _record(table: Table, row: dict[str, Cell]) -> dict[str, Value]:
    record: dict[str, Value] = {}
    reasons = []
    for column in table.columns:
        cell = row.get(column.key)
        record.update(_flat(column.key, cell))
        if reason := cell_reason(cell):
            reasons.append(f"{column.key}: {reason}")
    return {"notes": "; ".join(reasons), **record}


def _flat(key: str, cell: Cell) -> dict[str, Value]:
    if isinstance(cell, Estimate):
        return {key: cell.value, f"{key}_low": cell.low, f"{key}_high": cell.high}
    if isinstance(cell, Share):
        return {f"{key}_n": cell.n, f"{key}_of": cell.of}
    return {key: None if isinstance(cell, Missing) else cell}


def _settle(column: pd.Series) -> pd.Series:
    """Give a column one type: numbers where all are numbers, else text."""
    present = [v for v in column if v is not None and v == v]
    if all(isinstance(v, bool) for v in present) and present:
        return column.astype("boolean")
    if all(isinstance(v, int) for v in present) and present:
        return column.astype("Int64")
    if all(isinstance(v, (int, float)) for v in present):
        return column.astype("float64")
    return pd.Series(
        [None if v is None or v != v else str(v) for v in column], dtype="string", index=column.index
    )


def patients_table(report: Report) -> Table:
    """Return the patients as a table, one row each."""
    columns = report.all_patients_columns()
    names = [c.key for c in patients_columns("")]
    warnings = Column(key="warnings", label="Warnings")
    rows = [{**_fields(w, names), **w.extra, "warnings": "; ".join(w.warnings)} for w in report.patients]
    return Table(title="Patients", label="", section="cohort", columns=(*columns, warnings), rows=tuple(rows))


def _fields(patient: Patient, names: list[str]) -> dict[str, Cell]:
    fields: dict[str, Cell] = {}
    for name in names:
        value = getattr(patient, name)
        fields[name] = (
            Missing(missing=patient.reasons[name]) if value is None and name in patient.reasons else value
        )
    return fields


def csv_bytes(table: Table) -> bytes:
    """Return the CSV twin: UTF-8, header of column keys, full precision."""
    text: str = table_frame(table).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def parquet_bytes(table: Table) -> bytes:
    """Return the Parquet twin."""
    buffer = io.BytesIO()
    table_frame(table).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def latex_text(table: Table) -> str:
    """Return the table as it is shown, as a LaTeX ``tabular`` with ``booktabs`` rules."""
    alignment = "".join("l" if c.format == "text" else "r" for c in table.columns)
    lines = [
        rf"% {latex_escape(table.title)}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _latex_row(f"{c.label} ({c.unit})" if c.unit else c.label for c in table.columns),
        r"\midrule",
        *(_latex_row(cell_text(row.get(c.key), c.format) for c in table.columns) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(latex_escape(c) for c in cells) + r" \\"
