"""The table inside an expression file: row names, sample names and numbers, checked cell by cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import pandas as pd

from kinephen.errors import InputError

MISSING = (
    "",
    "null",
    "NULL",
    "Null",
    "NA",
    "N/A",
    "na",
    "n/a",
    "NaN",
    "nan",
    "-",
    "#N/A",
    "#NUM!",
    "#VALUE!",
)
UNNAMED = "(unnamed)"
_COMMA_DECIMAL = re.compile(r"^[-+]?\d+,\d+$")


def read_body(lines: Sequence[str], separator: str, *, where: str) -> pd.DataFrame:
    """Read a table whose first line names the columns.

    Parameters
    ----------
    lines : sequence of str
        Header first; blank lines are left out. A header that lacks the name of the row column is accepted.
    separator : str
    where : str
        Named in errors.

    Returns
    -------
    DataFrame
        The row names are the first column (text); columns of numbers are numbers, others are text. A column
        without name and content, from a separator at the line's end, is left out.

    Raises
    ------
    InputError
        ``matrix.empty``, ``matrix.duplicate_samples`` or ``matrix.ragged``.
    """
    rows = [line for line in lines if line.strip()]
    if len(rows) < 2:
        raise _error("matrix.empty", f"{max(len(rows) - 1, 0)} rows of values", "check the file", where)
    names = _names(rows, separator)
    _require_unique(names, where)
    _require_rectangle(rows, separator, len(names), where)
    frame = _parsed(rows[1:], names, separator)
    if len(frame) != len(rows) - 1:
        raise _error(
            "matrix.quotes",
            f"{len(rows) - 1} lines give {len(frame)} rows: a quotation mark is opened and not closed",
            "take the quotation marks out of the text columns",
            where,
        )
    frame[names[0]] = frame[names[0]].str.strip()
    return frame.drop(columns=UNNAMED) if UNNAMED in names and frame[UNNAMED].isna().all() else frame


def read_annotation(lines: Sequence[str], *, where: str) -> pd.DataFrame:
    """Read a tab-separated table of text; rows may lack empty fields at their end.

    Raises
    ------
    InputError
        ``matrix.empty``, ``matrix.duplicate_samples`` or ``matrix.ragged``.
    """
    rows = [split_cells(line) for line in lines if line.strip()]
    if len(rows) < 2:
        raise _error("matrix.empty", f"{max(len(rows) - 1, 0)} rows", "check the file", where)
    names = rows[0]
    _require_unique(names, where)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) > len(names):
            raise _error(
                "matrix.ragged",
                f"row {number} has {len(row)} fields, the header has {len(names)}",
                "give the table with tabs between its fields",
                where,
            )
    return pd.DataFrame([row + [""] * (len(names) - len(row)) for row in rows[1:]], columns=names, dtype=str)


def split_cells(line: str) -> list[str]:
    """Split a line at its tabs, without the quotes around a cell (inside one they mean nothing in GEO)."""
    return [cell.strip().removeprefix('"').removesuffix('"').strip() for cell in line.split("\t")]


def to_numbers(frame: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Turn columns of text into numbers; the tokens of `MISSING` become NaN.

    Raises
    ------
    InputError
        ``matrix.comma_decimal`` or ``matrix.not_numbers``, with the first such cell's place.
    """
    return pd.DataFrame(
        {c: _column(frame[c], str(c), where) for c in frame.columns}, index=frame.index, dtype=float
    )


def is_numeric(column: pd.Series) -> bool:
    """Tell whether a column holds any number, with a decimal point or comma."""
    if pd.api.types.is_numeric_dtype(column):
        return True
    text = column.astype(str).str.strip().str.replace(",", ".", regex=False)
    return bool(pd.to_numeric(text.mask(text.isin(MISSING)), errors="coerce").notna().any())


def _column(column: pd.Series, name: str, where: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    text = column.fillna("").astype(str).str.strip()
    numbers = pd.to_numeric(text.mask(text.isin(MISSING)), errors="coerce").astype(float)
    bad = numbers.isna() & ~text.isin(MISSING)
    if not bad.any():
        return numbers
    row, cell = int(bad.to_numpy().argmax()) + 1, str(text[bad].iloc[0])[:40]
    if text[bad].str.match(_COMMA_DECIMAL).any():
        raise _error(
            "matrix.comma_decimal",
            f"{int(bad.sum())} value(s) with a comma as decimal mark, for example {cell!r} in row {row}",
            "export the table with decimal points",
            where,
        )
    raise _error(
        "matrix.not_numbers",
        f"column {name[:40]!r}: {int(bad.sum())} value(s) not numbers, for example {cell!r} in row {row}",
        f"write numbers; for missing a blank or one of {', '.join(t for t in MISSING if t)}",
        where,
    )


def _parsed(rows: Sequence[str], names: Sequence[str], separator: str) -> pd.DataFrame:
    try:
        return pd.read_csv(
            io.StringIO("\n".join(rows)),
            sep=separator,
            header=None,
            names=list(names),
            dtype={names[0]: str},
            keep_default_na=False,
            na_values={name: list(MISSING) for name in names[1:]},
            low_memory=False,
        )
    except pd.errors.ParserError:
        # The fields were counted before: what is left is a quotation mark that swallows lines.
        return pd.DataFrame(columns=list(names))


def _names(rows: Sequence[str], separator: str) -> list[str]:
    names = split_cells(rows[0]) if separator == "\t" else _quoted(rows[0], separator)
    width = rows[1].count(separator) + 1
    if width == len(names) + 1 and names[-1]:
        return ["ID", *names]
    return [*names[:-1], names[-1] or UNNAMED]


def _quoted(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _require_unique(names: Sequence[str], where: str) -> None:
    repeated = len(names) - len(set(names))
    if repeated:
        raise _error(
            "matrix.duplicate_samples",
            f"{repeated} column name(s) stand twice",
            "give every sample its own name",
            where,
        )


def _require_rectangle(rows: Sequence[str], separator: str, width: int, where: str) -> None:
    for number, row in enumerate(rows[1:], start=1):
        found = row.count(separator) + 1
        if found != width and '"' in row:
            found = len(_quoted(row, separator))
        if found != width:
            raise _error(
                "matrix.ragged",
                f"row {number} has {found} fields, the header has {width}",
                "a value was lost or a separator slipped in (decimal commas?); export the table again",
                where,
            )


def _error(code: str, found: str, hint: str, where: str) -> InputError:
    return InputError(found, code=code, hint=hint, where=where)
