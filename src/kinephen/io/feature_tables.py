"""Tables of features or delta features, one row a patient or one row a patient and visit."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import pandas as pd

from kinephen.core.cohort import Issue, require_unique_index
from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.io.table_files import read_text_table

FeatureContent: TypeAlias = Literal["delta", "visit", "visits"]

IDENTIFIERS = ("patient_id", "patient", "patientid", "subject_id", "subjectid", "case", "case_id", "id")
VISITS = ("visit", "timepoint", "time_point")
FAMILIES = "Intensity|Histogram|Volumetric|Morphologic|GLCM|GLRLM|GLSZM|NGTDM|NGLDM|GLDZM|LBP"
MAX_BYTES = 400_000_000
MAX_CELLS = 50_000_000
MAX_COLUMNS = 20_000
_NOISE = re.compile(r"(?:Bins-\d+|Radius-\d+)_")
_VISIT_PREFIX = re.compile(r"^(T\d)_(?:E_)?")


@dataclass(frozen=True)
class FeatureTable:
    """Features of patients.

    Parameters
    ----------
    content : {"delta", "visit", "visits"}
        Delta features, features of one visit, or of two visits.
    frames : tuple of DataFrame
        One frame, or one for each of two visits in order; index ``patient_id``, numeric columns.
    visits : tuple of str
        Names of the visits, where the file tells them.
    issues : tuple of Issue
    """

    content: FeatureContent
    frames: tuple[pd.DataFrame, ...]
    visits: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()


def read_feature_table(
    path: Path, *, content: FeatureContent | None = None, visits: tuple[str, str] | None = None
) -> FeatureTable:
    """Read a table of features.

    Parameters
    ----------
    path : Path
        CSV or TSV (plain or gzip), Parquet, or XLSX. A column with identifiers (``patient_id``, ``ID``, ...)
        and numeric features. Two visits stand in rows (a column ``visit``) or in columns (``T1_...``,
        ``T2_...``).
    content : str, optional
        What the features are; by default as many visits as the column ``visit`` has values or as the names
        have prefixes such as ``T1_``, and delta features if there is neither.
    visits : tuple of str, optional
        The two visits that are compared, in order, of a table that tells visits; others are left out and
        counted.

    Returns
    -------
    FeatureTable
        Names without ``T1_E_`` and without the bin counts and radii that CaPTk writes into them. Where some
        columns carry names of feature families, the others are left out and counted.

    Raises
    ------
    InputError
        Unreadable file, no identifiers, repeated patients, no features, or visits that do not fit `content`.
    """
    table = _read(path)
    identifier = _find(table, IDENTIFIERS)
    if identifier is None:
        raise InputError(
            "no column with identifiers",
            code="features.no_identifier",
            where=path.name,
            hint=f"name it {IDENTIFIERS[0]}; found {', '.join(map(str, table.columns[:6]))}",
        )
    visit = _find(table, VISITS)
    names = [c for c in table.columns if c not in (identifier, visit)]
    values, issues = _features(table[names], path)
    values.index = pd.Index(table[identifier].astype(str).str.strip(), name="patient_id")
    if visit is not None:
        parts = {str(v): rows for v, rows in values.groupby(table[visit].astype(str).str.strip().to_numpy())}
    else:
        parts = _by_prefix(values)
    order = sorted(parts)
    if visits is not None and "" not in parts:
        order, more = _chosen(parts, visits, path)
        parts, issues = {name: parts[name] for name in order}, (*issues, *more)
    found: FeatureContent = content or ("delta" if "" in parts else "visits" if len(parts) > 1 else "visit")
    if (found == "visits") != (len(parts) == 2):
        raise _wrong_visits(sorted(parts), path)
    frames = tuple(parts[name].rename(columns=plain_name) for name in order)
    for frame in frames:
        require_unique_index(frame, what=f"{path.name}, features")
    return FeatureTable(found, frames, tuple(v for v in order if v), issues)


def _chosen(
    parts: dict[str, pd.DataFrame], visits: tuple[str, str], path: Path
) -> tuple[list[str], tuple[Issue, ...]]:
    """Return the two visits that are wanted, and a note on others."""
    absent = [v for v in visits if v not in parts]
    if absent:
        raise InputError(
            f"no visit {absent[0]!r}; the table has {', '.join(sorted(parts)[:6])}",
            code="features.visits",
            where=path.name,
            hint=f"the two visits {' and '.join(visits)} are compared; name the table's own in order",
        )
    others = [v for v in parts if v not in visits]
    text = f"visit(s) other than {' and '.join(visits)} are left out"
    note = (Issue("features.other_visits", text, path.name, len(others)),) if others else ()
    return list(visits), note


def _by_prefix(values: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split the columns by the visit in front of their names; all under an empty name if some have none."""
    prefix = [m.group(1) if m else "" for m in map(_VISIT_PREFIX.match, values.columns)]
    if "" in prefix:
        return {"": values}
    return {name: values.loc[:, [p == name for p in prefix]] for name in sorted(set(prefix))}


def _wrong_visits(names: list[str], path: Path) -> InputError:
    shown = ", ".join(n for n in names[:6] if n)
    return InputError(
        f"found {len(names)} visit(s) {shown}; expected two, or one of single features",
        code="features.visits",
        where=path.name,
        hint="keep the rows of the two visits that are to be compared, named in a column `visit`",
    )


def _read(path: Path) -> pd.DataFrame:
    name = path.name.lower()
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where=path.name)
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"over {MAX_BYTES // 1_000_000} MB", code="table.too_large", where=path.name)
    try:
        if name.endswith(".parquet"):
            table = _from_parquet(path)
        elif name.endswith((".xlsx", ".xlsm")):
            table = read_text_table(path).frame
        else:
            text = read_bounded(path, max_bytes=MAX_BYTES)
            first = text.split("\n", 1)[0]
            delimiter = max((",", ";", "\t"), key=first.count)
            table = pd.read_csv(io.StringIO(text), sep=delimiter, dtype=str, skipinitialspace=True)
    except (ValueError, OSError) as error:
        raise_machine_fault(error)
        raise InputError(
            f"cannot be read as a table ({type(error).__name__})", code="table.format", where=path.name
        ) from None
    if table.empty or table.shape[1] > MAX_COLUMNS:
        raise InputError(
            f"a table of {len(table)} rows and {table.shape[1]} columns", code="table.shape", where=path.name
        )
    return table.rename(columns=lambda c: str(c).strip())


def _from_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stated = pq.read_metadata(path)
        if stated.num_rows * stated.num_columns > MAX_CELLS:  # runs of one value pack without limit
            raise InputError(f"over {MAX_CELLS:,} cells", code="table.too_large", where=path.name)
        table = pd.read_parquet(path)
    except pa.ArrowException as error:
        raise ValueError(str(type(error).__name__)) from None
    return table.reset_index() if table.index.name is not None else table


def _find(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    lower = {str(c).lower(): str(c) for c in table.columns}
    return next((lower[n] for n in names if n in lower), None)


def _features(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Return the numeric feature columns under their plain names."""
    known = re.compile(rf"(?:^|_)(?:{FAMILIES})_")
    named = [c for c in table.columns if known.search(c)]
    issues = []
    if named and len(named) < table.shape[1]:
        text = "columns that are not named like features are left out"
        issues.append(Issue("features.other_columns", text, path.name, table.shape[1] - len(named)))
    used = table[named] if named else table
    numbers = pd.DataFrame({c: pd.to_numeric(used[c], errors="coerce") for c in used}, dtype="float64")
    blank = used.isna() | used.isin(["", "NA", "NaN", "nan", "null"])
    text_cells = (numbers.isna() & ~blank).sum()
    text_columns = [c for c in used if text_cells[c] == len(used)]
    numbers = numbers.drop(columns=text_columns)
    if text_columns:
        issues.append(
            Issue("features.text_columns", "text columns are left out", path.name, len(text_columns))
        )
    if text_cells.drop(text_columns).any():
        count = int(text_cells.drop(text_columns).sum())
        issues.append(
            Issue("features.text_cells", "cells that are not numbers are undefined", path.name, count)
        )
    if not numbers.shape[1]:
        raise InputError("no numeric feature column", code="features.none", where=path.name)
    return numbers, tuple(issues)


def plain_name(column: str) -> str:
    """Return a feature's name without visit prefix, bin counts and radii."""
    return _NOISE.sub("", _VISIT_PREFIX.sub("", column))
