"""From files to one table with time and event."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue, require_unique_index
from kinephen.core.counted import counted
from kinephen.errors import InputError, UsageError
from kinephen.io.clinical_layouts import LAYOUTS
from kinephen.io.clinical_values import missing, numbers
from kinephen.io.table_files import read_text_table, sheet_names
from kinephen.io.tables import layout_of, read_clinical

TIME, EVENT = "time", "event"
FROM_COLUMN = re.compile(r"from column '(.+)'")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the table comes from; see the command's help."""

    table: Path
    time: str | None = None
    event: str | None = None
    join: Path | None = None
    id_column: str | None = None
    sheet: str | None = None
    time_unit: str | None = None
    end_point: str = "rfs"


@dataclass(frozen=True, kw_only=True)
class SurvivalTable:
    """One row a patient, with columns ``time`` and ``event`` (1.0, 0.0 or NaN).

    Parameters
    ----------
    frame : DataFrame
    end_point, time_unit : str
    aliases : dict of str to str
        From names in the file to columns of `frame`.
    rows_read, rows_joined : int
        `rows_joined` is -1 without a second table.
    issues : tuple of Issue
    """

    frame: pd.DataFrame
    end_point: str
    time_unit: str
    rows_read: int
    rows_joined: int = -1
    aliases: dict[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def column(self, name: str) -> str:
        """Return the column that a user's name means.

        Raises
        ------
        InputError
            ``survival.column`` with the nearest names.
        """
        found = name if name in self.frame.columns else self.aliases.get(name, "")
        if not found:
            raise _no_column(name, self.frame)
        return found


def load(source: Source) -> SurvivalTable:
    """Read the table (by its known layout if it has one) and join the second."""
    table = _known(source) if _has_known_layout(source) else _plain(source)
    return table if source.join is None else _join(table, source)


def _has_known_layout(source: Source) -> bool:
    if source.time is not None and source.event is not None and "=" in source.event:
        return False
    sheets = set(sheet_names(source.table))
    if source.sheet is None and any(k.sheets and sheets.issuperset(k.sheets) for k in LAYOUTS.values()):
        return True
    return layout_of(read_text_table(source.table, sheet=source.sheet).frame) is not None


def _known(source: Source) -> SurvivalTable:
    mapping = {k: v for k, v in (("time", source.time), ("event", source.event)) if v not in (None, k)}
    clinical = read_clinical(
        source.table,
        mapping={k: str(v) for k, v in mapping.items()} or None,
        sheet=source.sheet,
        time_unit=source.time_unit,
        end_point=source.end_point,
    )
    found = {name: FROM_COLUMN.search(text) for name, text in clinical.dictionary.items()}
    aliases = {m.group(1): name for name, m in found.items() if m is not None}
    frame = clinical.frame
    return SurvivalTable(
        frame=frame,
        end_point=clinical.end_point,
        time_unit=clinical.time_unit,
        rows_read=len(frame),
        rows_joined=-1,
        aliases=aliases,
        issues=clinical.issues,
    )


def _plain(source: Source) -> SurvivalTable:
    if source.time is None or source.event is None:
        raise UsageError(
            "the table has no known layout: name --time and --event",
            code="survival.columns",
            where=source.table.name,
            hint="for example --time months --event status=2",
        )
    raw = read_text_table(source.table, sheet=source.sheet)
    frame, cells = _typed(raw.frame), raw.frame
    if source.id_column is not None:
        frame, cells = (_indexed(part, raw.frame, source.id_column) for part in (frame, cells))
    event, _, code = source.event.partition("=")
    for name in (source.time, event):
        if name not in frame.columns:
            raise _no_column(name, frame)
    frame[TIME] = numbers(cells[source.time], source.time)
    frame[EVENT] = _coded(cells[event], code) if code else numbers(cells[event], event)
    unit = source.time_unit or "unit of the table"
    name = f"event {source.event!r} over {source.time!r} (as the table codes it)"
    return SurvivalTable(frame=frame, end_point=name, time_unit=unit, rows_read=len(frame), issues=raw.issues)


def _coded(cells: pd.Series, code: str) -> pd.Series:
    known = ~missing(cells)
    return (cells.str.strip() == code).astype(np.float64).where(known)


def _typed(raw: pd.DataFrame) -> pd.DataFrame:
    """Return columns as numbers where all their cells are, otherwise as text with missing values."""
    return pd.DataFrame({name: _typed_column(raw[name], str(name)) for name in raw.columns})


def _typed_column(cells: pd.Series, name: str) -> pd.Series:
    try:
        return numbers(cells, name)
    except InputError:
        return cells.mask(missing(cells))


def _keys(cells: pd.Series) -> pd.Series:
    """Return keys as text; a whole number written as 1028.0 is 1028."""
    return cells.astype(str).str.strip().str.replace(r"^(\d+)\.0+$", r"\1", regex=True)


def _indexed(frame: pd.DataFrame, raw: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows that have a key, by their key."""
    if column not in raw.columns:
        raise _no_column(column, raw)
    known = ~missing(raw[column]).to_numpy()
    keyed = frame[known].set_axis(_keys(raw[column])[known].to_numpy(), axis=0)
    require_unique_index(keyed, what="table")
    return keyed


def _join(table: SurvivalTable, source: Source) -> SurvivalTable:
    if source.join is None or source.id_column is None:
        raise UsageError("--join needs --id, the key of both tables", code="survival.join", where="--id")
    raw = read_text_table(source.join)
    second = _indexed(_typed(raw.frame), raw.frame, source.id_column).drop(columns=source.id_column)
    second, basis = _basis(second)
    shared = [c for c in second.columns if c in table.frame.columns]
    second = second.drop(columns=shared)
    first = table.frame.set_axis(_keys(table.frame.index.to_series()).to_numpy(), axis=0)
    first, second, renamed = _by_number(first, second)
    joined = first.join(second, how="inner")
    if joined.empty:
        raise InputError(
            f"the tables share no key ({counted(len(first), 'row')} here, {len(second)} in "
            f"{source.join.name})",
            code="survival.join",
            where="--id",
            hint="write the keys the same way in both tables, for example without a prefix",
        )
    text = f"{len(joined)} of {len(first)} rows have a partner in the second table ({len(second)} rows)"
    notes = [Issue("survival.joined", text, where="--join", count=len(first) - len(joined))]
    notes += [*renamed, *basis]
    if shared:
        text = f"columns of both tables are taken from the first: {', '.join(map(str, shared))}"
        notes.append(Issue("survival.shared_columns", text, where="--join", count=len(shared)))
    return SurvivalTable(
        frame=joined,
        end_point=table.end_point,
        time_unit=table.time_unit,
        rows_read=table.rows_read,
        rows_joined=len(joined),
        aliases=table.aliases,
        issues=(*table.issues, *notes),
    )


def _basis(second: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Take out the column that says what joined phenotypes rest on, and say it."""
    if "basis" not in second.columns:
        return second, []
    words = "; ".join(sorted({str(v) for v in second["basis"].dropna()}))
    if "phenotype" in second.columns:
        # The numbers of phenotypes are names: three of them are a factor, not a slope.
        names = [None if pd.isna(v) else f"P{int(v)}" for v in second["phenotype"]]
        second = second.assign(phenotype=pd.Series(names, index=second.index, dtype=object))
    return second.drop(columns="basis"), [
        Issue("survival.basis", f"phenotypes rest on: {words}", where="--join")
    ]


def _by_number(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    """Key both tables by the number at the end of their keys where the keys as written share nothing.

    Public tables write one patient as 1001, ISPY1_1001 and ISPY1-1001. Only done, and said, if every key ends
    in a number and no two keys of a table in the same one.
    """
    if len(first.index.intersection(second.index)):
        return first, second, []
    numbers = [t.index.to_series().astype(str).str.extract(r"(\d+)$")[0] for t in (first, second)]
    if any(n.isna().any() or n.duplicated().any() for n in numbers):
        return first, second, []
    text = "keys are written differently in the two tables: rows were matched by the number at their end"
    keyed = [t.set_axis(n.to_numpy(), axis=0) for t, n in zip((first, second), numbers, strict=True)]
    return keyed[0], keyed[1], [Issue("survival.keys_by_number", text, where="--id")]


def _no_column(name: str, frame: pd.DataFrame) -> InputError:
    columns = [str(c) for c in frame.columns]
    near = get_close_matches(name, columns, n=3, cutoff=0.4)
    shown = ", ".join(near) if near else ", ".join(columns[:15])
    return InputError(f"no column {name!r}; did you mean {shown}?", code="survival.column", where="table")
