"""Cells of a clinical table as numbers, yes or no, and dates; unreadable ones are named by column and row."""

from __future__ import annotations

import datetime as dt
import math
import re

import numpy as np
import pandas as pd

from kinephen.errors import InputError

_MISSING = frozenset(
    {"", "na", "n/a", "nan", "none", "null", ".", "unknown", "missing", "not available", "nd"}
)
_YES = frozenset({"1", "1.0", "yes", "y", "true", "pos", "positive", "+", "event", "dead"})
_NO = frozenset({"0", "0.0", "no", "n", "false", "neg", "negative", "-", "censored", "alive"})
_UNDETERMINED = frozenset({"2", "2.0", "9", "99", "indeterminate", "equivocal"})
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y")
_UNITS = re.compile(
    r"^\s*[\d.,]+\s*(d|days?|m|mo|months?|mths?|y|yrs?|years?|w|weeks?)\.?\s*$", re.IGNORECASE
)


def missing(cells: pd.Series) -> pd.Series:
    """Return True where a cell is blank or says that the value is not known."""
    return cells.map(lambda c: str(c).strip().lower() in _MISSING)


def numbers(cells: pd.Series, column: str) -> pd.Series:
    """Return cells as floats; blank is NaN; one decimal comma is read as a point.

    Raises
    ------
    InputError
        ``clinical.mixed_units`` for cells with a unit in them, ``clinical.number`` for other text; both name
        the column and the rows of the file, and repeat no cell.
    """
    absent = missing(cells)
    united = [i for i, c in enumerate(cells) if not absent.iloc[i] and _UNITS.match(str(c))]
    if united:
        raise InputError(
            f"{len(united)} cell(s) carry a unit, in rows {_rows(united)}",
            code="clinical.mixed_units",
            where=f"column {column!r}",
            hint="convert all times to one unit and leave the unit out of the cells",
        )
    values = [math.nan if gone else _number(str(c)) for c, gone in zip(cells, absent, strict=True)]
    wrong = [i for i, v in enumerate(values) if v is None]
    if wrong:
        raise InputError(
            f"{len(wrong)} cell(s) are no number, in rows {_rows(wrong)}",
            code="clinical.number",
            where=f"column {column!r}",
            hint="write numbers with a decimal point, and leave unknown values blank",
        )
    return pd.Series(np.array(values, dtype=np.float64), index=cells.index)


def yes_no(cells: pd.Series, column: str) -> pd.Series:
    """Return cells as 1.0, 0.0 or NaN; 2, 9, 99 and "indeterminate" are missing values.

    Raises
    ------
    InputError
        ``clinical.code`` naming the column and the rows with other codes.
    """
    lower = cells.map(lambda c: str(c).strip().lower())
    known = {**dict.fromkeys(_YES, 1.0), **dict.fromkeys(_NO, 0.0)}
    unknown = _MISSING | _UNDETERMINED
    wrong = [i for i, c in enumerate(lower) if c not in known and c not in unknown]
    if wrong:
        raise InputError(
            f"{len(wrong)} cell(s) are neither 1 (yes) nor 0 (no) nor blank, in rows {_rows(wrong)}",
            code="clinical.code",
            where=f"column {column!r}",
            hint="recode the column to 1, 0 and blank",
        )
    if "2" in set(lower) and not set(lower) & set(_NO):
        raise InputError(
            "the codes are 1 and 2 with no 0: 2 may mean yes, no or undetermined",
            code="clinical.code",
            where=f"column {column!r}",
            hint="recode to 1 (yes, event), 0 (no, censored) and blank; R's status has 1 censored, 2 event",
        )
    return lower.map(lambda c: known.get(c, math.nan)).astype(np.float64)


def dates(cells: pd.Series, column: str) -> pd.Series:
    """Return cells as day numbers (floats); blank is NaN.

    Raises
    ------
    InputError
        ``clinical.date`` naming the column and rows; dates such as 03/04/2005 are refused as ambiguous.
    """
    absent = missing(cells)
    values = [math.nan if gone else _day(str(c)) for c, gone in zip(cells, absent, strict=True)]
    wrong = [i for i, v in enumerate(values) if v is None]
    if wrong:
        raise InputError(
            f"{len(wrong)} cell(s) are no date, in rows {_rows(wrong)}",
            code="clinical.date",
            where=f"column {column!r}",
            hint="write dates as YYYY-MM-DD",
        )
    return pd.Series(np.array(values, dtype=np.float64), index=cells.index)


def _number(cell: str) -> float | None:
    text = cell.strip()
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _day(cell: str) -> float | None:
    for form in _DATE_FORMATS:
        try:
            return float(dt.datetime.strptime(cell.strip()[:10], form).toordinal())
        except ValueError:
            continue
    return None


def _rows(places: list[int]) -> str:
    """Name rows as a spreadsheet counts them: the header is row 1."""
    named = ", ".join(str(i + 2) for i in places[:8])
    return named + (", ..." if len(places) > 8 else "")
