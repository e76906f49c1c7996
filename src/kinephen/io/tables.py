"""Clinical tables: columns by mapping or known layout, one coding, a named end point."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from kinephen.core.cohort import ClinicalTable
from kinephen.errors import InputError, UsageError
from kinephen.io import clinical_values as values
from kinephen.io.clinical_layouts import (
    CANONICAL,
    DATE_COLUMNS,
    DEATH_CENSORED,
    LAYOUTS,
    MEANING,
    NOT_STATED,
    NUMBER_COLUMNS,
    OVERALL,
    OWN,
    RFS,
    TEXT_COLUMNS,
    YES_NO_COLUMNS,
    Layout,
)
from kinephen.io.clinical_outcome import add_event_type, add_outcome, check_times
from kinephen.io.table_files import TextTable, is_table, read_text_table, sheet_names

__all__ = ["is_table", "layout_of", "read_clinical"]

END_POINTS = ("rfs", "rfs_death_censored", "os")
TIME_UNITS = ("days", "months", "years")


def read_clinical(
    path: Path,
    *,
    mapping: Mapping[str, str] | str | None = None,
    sheet: str | None = None,
    time_unit: str | None = None,
    end_point: str = "rfs",
    definition: str = "",
) -> ClinicalTable:
    """Read a clinical table.

    Parameters
    ----------
    path : Path
        CSV or XLSX.
    mapping : mapping or str, optional
        From canonical names (``patient_id``, ``age``, ``er``, ``pgr``, ``hr``, ``her2``, ``pcr``, ``time``,
        ``event``, ``os_time``, ``os_event``, ``event_free``, ``os_event_free``, ``cohort``, ``site``,
        ``arm``, ``start_date``, ``recurrence_date``, ``last_date``, ``death_date``) to columns of the file;
        or the name of a known layout (``"ispy1"``, ``"mamamia"``, ``"gse22226"``, ``"kinephen"``). By default
        the layout is recognised by its columns.
    sheet : str, optional
        Sheet of a workbook.
    time_unit : str, optional
        ``"days"``, ``"months"`` or ``"years"``: the unit of the file's times; by default as the layout or the
        column's name says.
    end_point : str
        ``"rfs"`` as the table defines it, ``"rfs_death_censored"`` (a death without recurrence is censored),
        or ``"os"``.
    definition : str
        What counts as the event, in the user's words; by default what the publisher of a known table says,
        otherwise "not stated".

    Returns
    -------
    ClinicalTable
        ``hr`` is derived from ``er`` and ``pgr`` where the table has none, ``tn`` from ``hr`` and ``her2``;
        ``event_type`` tells recurrence (1) from death as first event (2). Other columns stay as they are, as
        numbers where all their cells are.

    Raises
    ------
    InputError
        ``table.*``, ``clinical.column`` (with the nearest column), ``clinical.number``, ``clinical.code``,
        ``clinical.date``, ``clinical.mixed_units``, ``clinical.ids``, ``table.duplicates``,
        ``clinical.outcome``.
    UsageError
        For an end point, unit or layout that does not exist.
    """
    _require_choice(end_point, END_POINTS, "end point")
    if time_unit is not None:
        _require_choice(time_unit, TIME_UNITS, "time unit")
    raw, layout = _load(Path(path), mapping, sheet)
    columns = _resolve(raw.frame, layout, mapping)
    unit = time_unit or _unit(layout, columns, mapping)
    frame, dictionary = _convert(raw, columns)
    frame, notes = add_outcome(frame, raw.frame.set_axis(frame.index), layout, columns)
    frame = _derive(frame, dictionary)
    frame, name = _choose_end_point(add_event_type(frame, raw.frame.set_axis(frame.index)), end_point, layout)
    if definition:
        start = RFS if name == NOT_STATED else name.split(" (")[0]
        name = f"{start} (event: {definition})"
    notes += check_times(frame, unit)
    dictionary |= {k: v for k, v in _file_dictionary(Path(path)).items() if k not in dictionary}
    return ClinicalTable(frame, dictionary, name, unit, (*raw.issues, *notes))


def layout_of(frame: pd.DataFrame) -> Layout | None:
    """Return the known layout that a table's columns show, or None."""
    names = set(frame.columns)
    return next((x for x in LAYOUTS.values() if names.issuperset(x.signature)), None)


def _load(path: Path, mapping: Mapping[str, str] | str | None, sheet: str | None) -> tuple[TextTable, Layout]:
    if isinstance(mapping, str):
        _require_choice(mapping, tuple(LAYOUTS), "layout")
    named = LAYOUTS[mapping] if isinstance(mapping, str) else None
    sheets = sheet_names(path)
    for layout in [named] if named else LAYOUTS.values():
        if layout.sheets and sheet is None and set(sheets).issuperset(layout.sheets):
            return _joined(path, layout), layout
    raw = read_text_table(path, sheet=sheet)
    return raw, named or layout_of(raw.frame) or OWN


def _joined(path: Path, layout: Layout) -> TextTable:
    key = layout.columns["patient_id"]
    parts = [read_text_table(path, sheet=s).frame for s in layout.sheets]
    for part in parts:
        if key not in part.columns:
            raise InputError(f"no column {key!r} in one of its sheets", code="clinical.column", where="table")
    joined = parts[0]
    for part in parts[1:]:
        own = part[[key, *(c for c in part.columns if c not in joined.columns)]]
        joined = joined.merge(own, on=key, how="outer", sort=False).fillna("")
    return TextTable(joined)


def _resolve(frame: pd.DataFrame, layout: Layout, mapping: Mapping[str, str] | str | None) -> dict[str, str]:
    """Return canonical name to column for all canonical columns that the file has."""
    found = {k: c for k, c in layout.columns.items() if c in frame.columns}
    if isinstance(mapping, Mapping):
        for name, column in mapping.items():
            if name not in CANONICAL:
                raise _unknown(name, CANONICAL, "mapping", "no canonical column")
            if column not in frame.columns:
                raise _unknown(column, tuple(map(str, frame.columns)), "mapping", "the table has no column")
        found = {**found, **mapping}
    if "patient_id" not in found:
        raise _unknown("patient_id", tuple(map(str, frame.columns)), "table", "the table has no column")
    return found


def _convert(raw: TextTable, columns: dict[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    source = raw.frame
    ids = source[columns["patient_id"]].astype(str).str.strip()
    blank = int(values.missing(ids).sum())
    if blank:
        raise InputError(
            f"{blank} row(s) have no patient id",
            code="clinical.ids",
            where=f"column {columns['patient_id']!r}",
        )
    kinds = {
        **dict.fromkeys(YES_NO_COLUMNS, values.yes_no),
        **dict.fromkeys(NUMBER_COLUMNS, values.numbers),
        **dict.fromkeys(DATE_COLUMNS, values.dates),
    }
    data: dict[str, pd.Series] = {}
    dictionary: dict[str, str] = {}
    for name, column in columns.items():
        if name in TEXT_COLUMNS:
            data[name] = source[column].where(~values.missing(source[column]), None)
        elif name in kinds:
            data[name] = kinds[name](source[column], column)
        if name in data:
            dictionary[name] = f"{MEANING.get(name, name)}; from column {column!r}"
    used = {columns[name] for name in (*data, "patient_id")}
    for column in source.columns:
        if column not in used and column not in data:
            data[str(column)] = _as_given(source[column])
    frame = pd.DataFrame(data)
    frame.index = pd.Index(ids, name="patient_id")
    return frame, dictionary


def _as_given(cells: pd.Series) -> pd.Series:
    try:
        return values.numbers(cells, str(cells.name))
    except InputError:
        return cells.where(~values.missing(cells), None)


def _derive(frame: pd.DataFrame, dictionary: dict[str, str]) -> pd.DataFrame:
    frame = frame.copy()
    if "hr" not in frame and {"er", "pgr"} <= set(frame):
        frame["hr"] = either(frame["er"], frame["pgr"])
        dictionary["hr"] = MEANING["hr"] + "; derived"
    if {"hr", "her2"} <= set(frame):
        frame["tn"] = 1.0 - either(frame["hr"], frame["her2"])
        dictionary["tn"] = MEANING["tn"] + "; derived"
    return frame


def either(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return 1 if one is 1, 0 if both are 0, NaN if the known one does not decide."""
    known = np.fmax(first.to_numpy(), second.to_numpy())
    decided = (known == 1.0) | (first.notna() & second.notna()).to_numpy()
    return pd.Series(np.where(decided, known, np.nan), index=first.index)


def _choose_end_point(frame: pd.DataFrame, end_point: str, layout: Layout) -> tuple[pd.DataFrame, str]:
    if end_point == "rfs":
        censors_deaths = (
            "event_type" in frame and ((frame["event_type"] == 2.0) & (frame["event"] == 0.0)).any()
        )
        return frame, DEATH_CENSORED if censors_deaths else layout.end_point
    if "os_time" not in frame or "os_event" not in frame:
        raise InputError(
            f"end point {end_point!r} needs the columns os_time and os_event",
            code="clinical.outcome",
            where="table",
            hint="name them in the mapping",
        )
    frame = frame.copy()
    if end_point == "os":
        frame["time"], frame["event"] = frame["os_time"], frame["os_event"]
        return frame, OVERALL
    frame["event"] = frame["event"].mask(frame["event_type"] == 2.0, 0.0)
    return frame, DEATH_CENSORED


def _unit(layout: Layout, columns: dict[str, str], mapping: Mapping[str, str] | str | None) -> str:
    column = columns.get("time", "")
    named = next((u for u in TIME_UNITS if u[:-1] in column.lower()), None)
    if named:
        return named
    if isinstance(mapping, Mapping) and "time" in mapping and layout.columns.get("time") != column:
        raise InputError(
            f"the unit of the times in column {column!r} is not known",
            code="clinical.unit",
            where="table",
            hint="give time_unit: days, months or years",
        )
    return layout.time_unit


def _file_dictionary(path: Path) -> dict[str, str]:
    """Read ``data_dictionary.csv`` beside the table: column, meaning, unit, codes."""
    beside = path.parent / "data_dictionary.csv"
    if not beside.is_file() or beside == path:
        return {}
    frame = read_text_table(beside).frame
    if not {"column", "meaning"} <= set(frame.columns):
        return {}
    rest = [c for c in ("unit", "codes") if c in frame.columns]
    return {
        str(row["column"]): "; ".join(filter(None, [row["meaning"], *(row[c] for c in rest)]))
        for _, row in frame.iterrows()
    }


def _require_choice(value: str, known: tuple[str, ...], what: str) -> None:
    if value not in known:
        raise UsageError(
            f"unknown {what} {value!r}; known: {', '.join(known)}",
            code="clinical.choice",
            hint="give one of these",
        )


def _unknown(name: str, known: tuple[str, ...], where: str, text: str) -> InputError:
    near = get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    nearest = next((k for k in known if near and k.lower() == near[0]), "")
    return InputError(
        f"{text} {name!r}",
        code="clinical.column",
        where=where,
        hint=f"did you mean {nearest!r}?" if nearest else f"columns: {', '.join(known[:12])}",
    )
