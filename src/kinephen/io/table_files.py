"""Tables as text: CSV in common dialects, and XLSX read as data, never as a program."""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError

MAX_BYTES = 200_000_000
"""Largest table that is read, unpacked."""
MAX_CELLS = 20_000_000
MAX_CELL = 131_072
"""Longest cell, in characters; a spreadsheet holds 32,767."""

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text, empty where the file is, and notes on how it was read."""

    frame: pd.DataFrame
    issues: tuple[Issue, ...] = ()


def is_table(path: Path) -> bool:
    """Tell whether the name ends like a table."""
    return path.is_file() and path.name.lower().endswith(TABLE_ENDINGS)


def read_text_table(path: Path, *, sheet: str | None = None) -> TextTable:
    """Read a table with every cell as text.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab; UTF-8, else Windows-1252 with a note) or XLSX.
    sheet : str, optional
        Sheet of a workbook; by default the first.

    Returns
    -------
    TextTable
        Column names stripped; whole numbers without a decimal point; dates as YYYY-MM-DD.

    Raises
    ------
    InputError
        ``path.missing``, ``table.format``, ``table.sheet``, ``table.too_large``, ``table.header``.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="table")
    if path.stat().st_size > MAX_BYTES:
        raise _too_large()
    if path.name.lower().endswith((".xlsx", ".xlsm")):
        return _workbook(path, sheet)
    return _delimited(path)


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the sheets of a workbook; nothing for other files."""
    if not path.name.lower().endswith((".xlsx", ".xlsm")):
        return ()
    book = _open(path)
    try:
        return tuple(str(n) for n in book.sheetnames)
    finally:
        book.close()


def _delimited(path: Path) -> TextTable:
    content = path.read_bytes()
    issues: tuple[Issue, ...] = ()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        issues = (Issue("table.encoding", "the table is not UTF-8; it was read as Windows-1252"),)
    if "\x00" in text:
        raise InputError("not a text table", code="table.format", where="table")
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    try:
        rows = [_bounded(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        if "field larger" in str(error):
            raise _long_cell() from None
        raise InputError(f"not a text table ({error})", code="table.format", where="table") from None
    return TextTable(_frame([[c.strip() for c in row] for row in rows]), issues)


def _workbook(path: Path, sheet: str | None) -> TextTable:
    book = _open(path)
    try:
        names = [str(n) for n in book.sheetnames]
        name = names[0] if sheet is None else sheet
        if name not in names:
            raise InputError(
                f"no sheet {name!r}; sheets: {', '.join(names)}", code="table.sheet", where="table"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TextTable(_frame(_sheet_rows(book[name])))
    except InputError:
        raise
    except Exception as error:  # openpyxl raises many kinds on damaged sheets
        raise_machine_fault(error)
        raise InputError("not a readable XLSX workbook", code="table.format", where="table") from error
    finally:
        book.close()


def _sheet_rows(sheet: Any) -> list[list[str]]:
    """Return the rows of a sheet that hold something, refusing what unrolls to more than `MAX_CELLS`."""
    sheet.reset_dimensions()  # what the file says of its size, by which rows would be filled up with blanks
    rows: list[list[str]] = []
    seen = 0
    for values in sheet.iter_rows(values_only=True):
        seen += len(values)
        if seen > MAX_CELLS:
            raise _too_large()
        if any(value is not None for value in values):
            rows.append(_bounded([_cell(v) for v in values]))
    return rows


def _bounded(row: list[str]) -> list[str]:
    if any(len(cell) > MAX_CELL for cell in row):
        raise _long_cell()
    return row


def _long_cell() -> InputError:
    return InputError(
        f"a cell holds more than {MAX_CELL:,} characters",
        code="table.cell",
        where="table",
        hint="look for a quotation mark that is not closed; give texts of this length in a file of their own",
    )


def _open(path: Path) -> Any:
    import openpyxl

    _require_plain_zip(path)
    try:
        with warnings.catch_warnings():
            # Extensions that openpyxl does not know hold formatting, not data.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds on damaged files
        raise_machine_fault(error)
        raise InputError("not a readable XLSX workbook", code="table.format", where="table") from error


def _require_plain_zip(path: Path) -> None:
    """Refuse archives that unpack to more than `MAX_BYTES`, or whose XML declares entities."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > MAX_BYTES:
                raise _too_large()
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as stream:
                        if b"<!DOCTYPE" in stream.read(4096) or b"<!ENTITY" in stream.read(4096):
                            raise InputError(
                                "its XML declares a document type", code="table.format", where="table"
                            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InputError("not a readable XLSX workbook", code="table.format", where="table") from error


def _frame(rows: list[list[str]]) -> pd.DataFrame:
    rows = [row for row in rows if any(row)]
    if not rows:
        raise InputError("the table is empty", code="table.header", where="table")
    if len(rows) * max(len(r) for r in rows) > MAX_CELLS:
        raise _too_large()
    names = [n.strip() for n in rows[0]]
    while names and not names[-1]:
        names.pop()
    doubled = sorted({n for n in names if n and names.count(n) > 1})
    if doubled or not names:
        raise InputError(
            f"column names stand twice: {', '.join(doubled)}"
            if doubled
            else "no column names in the first row",
            code="table.header",
            where="table",
        )
    width = len(names)
    long = sum(any(row[width:]) for row in rows[1:])
    if long:
        raise InputError(
            f"{long} row(s) have more cells than the header has names",
            code="table.header",
            where="table",
            hint="quote cells that contain the delimiter",
        )
    body = [row[:width] + [""] * (width - len(row)) for row in rows[1:]]
    keep = [i for i, n in enumerate(names) if n]
    return pd.DataFrame(
        [[row[i] for i in keep] for row in body], columns=[names[i] for i in keep], dtype=object
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return str(value).strip()


def _too_large() -> InputError:
    return InputError(
        f"the table is larger than {MAX_BYTES // 1_000_000} MB",
        code="table.too_large",
        where="table",
        hint="give the table of patients alone",
    )
