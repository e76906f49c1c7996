"""The public tables of I-SPY 1 and of the NACT pilot in a folder, told by their columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.config.load import load_study
from kinephen.core.cohort import ClinicalTable, Issue
from kinephen.errors import InputError, KinephenError
from kinephen.io.feature_tables import FeatureTable, read_feature_table
from kinephen.io.table_files import read_text_table, sheet_names
from kinephen.io.tables import layout_of, read_clinical
from kinephen.molecular.link import study_number

MAX_TABLES = 200
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
PACKED = (".csv.gz", ".tsv.gz")
NUMBER_PREFIX = "ISPY1_"
STUDY = "study.toml"


@dataclass(frozen=True)
class PublicTables:
    """What a folder holds of one collection; None for what is not there.

    Parameters
    ----------
    folder : Path
    clinical : ClinicalTable, optional
    visits : DataFrame, optional
        Columns ``patient_id``, ``order`` (1 = first study), ``maps`` (an SER map exists) and, where known,
        ``date``.
    link : DataFrame, optional
        Columns ``patient_id``, ``sample_id``, ``pam50`` (may be missing); first sample of each patient.
    features : FeatureTable, optional
        Features of one visit.
    study : Path, optional
        ``study.toml`` beside fetched images.
    exams : DataFrame, optional
        ``patient_id``, ``visit``, ``path`` of fetched images.
    files : dict of str to str
        Kind of table to the file's name.
    issues : tuple of Issue
        Tables that could not be read or that were passed over.
    """

    folder: Path
    clinical: ClinicalTable | None
    visits: pd.DataFrame | None
    link: pd.DataFrame | None
    features: FeatureTable | None
    study: Path | None
    exams: pd.DataFrame | None
    files: dict[str, str]
    issues: tuple[Issue, ...] = ()


def read_public_tables(folder: Path) -> PublicTables:
    """Read what a folder holds.

    Parameters
    ----------
    folder : Path
        Files right inside it are looked at. Clinical table: the I-SPY 1 workbook or a table of a known
        layout. List of studies: columns ``PatientID``, ``visit_order``, ``n_SER``, or the ``exams.csv`` that
        ``kinephen fetch`` writes. Link to expression: ``GEO_GSMID`` with ``SUBJECTID`` or
        ``original_study_patient_ID``. Features: names of CaPTk after ``T1_``. Of two tables of one kind the
        longer is taken. A clinical table that ``study.toml`` names is read as that file says.

    Returns
    -------
    PublicTables

    Raises
    ------
    InputError
        ``public.folder`` if there is no such folder, ``public.too_many`` for a folder of over 200 tables.
    """
    if not folder.is_dir():
        raise InputError(
            "no such folder",
            code="public.folder",
            where=folder.name,
            hint="give the folder with the downloaded tables",
        )
    found: dict[str, tuple[int, str, Path]] = {}
    issues: list[Issue] = []
    for path in _tables(folder):
        try:
            kinds = _kinds(path)
        except InputError as error:
            issues.append(Issue(error.code, f"passed over: {error.message}", where=path.name))
            continue
        if not kinds:
            issues.append(
                Issue("public.unknown", "passed over: its columns are those of no known table", path.name)
            )
        for kind, rows in kinds.items():
            if kind not in found or rows > found[kind][0]:
                found[kind] = (rows, path.name, path)
    named = _named_clinical(folder, issues)
    opened: dict[str, Any] = {  # by kind of table; each reader has a type of its own
        kind: _open(_READERS[kind], path, issues) for kind, (_, _, path) in sorted(found.items())
    }
    if named is not None:
        opened["clinical"], found["clinical"] = named[1], (len(named[1].frame), named[0], folder)
    study = folder / STUDY
    return PublicTables(
        folder=folder,
        clinical=opened.get("clinical"),
        visits=opened["visits"] if opened.get("visits") is not None else opened.get("exams_order"),
        link=opened.get("link"),
        features=opened.get("features"),
        study=study if study.is_file() else None,
        exams=opened.get("exams"),
        files={kind: name for kind, (_, name, _) in sorted(found.items()) if kind != "exams_order"},
        issues=tuple(issues),
    )


def _named_clinical(folder: Path, issues: list[Issue]) -> tuple[str, ClinicalTable] | None:
    """Read the clinical table as the folder's study file names it and its columns; None without one."""
    path = folder / STUDY
    if not path.is_file():
        return None
    try:
        study = load_study(path).study
        table = folder / study.clinical
        if not table.is_file():
            return None
        mapping = study.columns or study.layout or None
        return table.name, read_clinical(table, mapping=mapping, time_unit=study.outcome.time_unit)
    except KinephenError as error:
        issues.append(Issue(error.code, f"the clinical table of {STUDY} cannot be used: {error}", STUDY))
        return None


def _tables(folder: Path) -> list[Path]:
    paths = sorted(
        p for p in folder.iterdir() if p.is_file() and p.name.lower().endswith((*ENDINGS, *PACKED))
    )
    if len(paths) > MAX_TABLES:
        raise InputError(
            f"{len(paths)} tables in one folder, at most {MAX_TABLES} are looked at",
            code="public.too_many",
            where=folder.name,
            hint="put the tables of the collection into a folder of their own",
        )
    return paths


def _kinds(path: Path) -> dict[str, int]:
    """Return which kinds of table a file is, each with its number of rows."""
    if path.name.lower().endswith(PACKED):
        table = read_feature_table(path)
        return {"features": len(table.frames[0])} if table.content == "visit" else {}
    if {"predictors", "outcomes"} <= set(sheet_names(path)):
        return {"clinical": len(read_clinical(path).frame)}
    frame = read_text_table(path).frame
    names, rows = set(frame.columns), len(frame)
    layout = layout_of(frame)
    found = {
        "visits": {"PatientID", "visit_order", "n_SER"} <= names,
        "exams": {"patient_id", "visit", "path"} <= names,
        "link": "GEO_GSMID" in names and bool({"SUBJECTID", "original_study_patient_ID"} & names),
        "clinical": layout is not None and layout.name in ("ispy1", "mamamia"),
        "features": sum(str(n).startswith("T1_") for n in names) > 10,
    }
    kinds = {kind: rows for kind, is_it in found.items() if is_it}
    if not kinds and layout is not None and {"rfs_days", "rfs_event"} <= names:
        kinds = {"clinical": rows}
    if "exams" in kinds:
        kinds["exams_order"] = rows
    return kinds


def _open(reader: Callable[[Path], Any], path: Path, issues: list[Issue]) -> Any:
    try:
        return reader(path)
    except InputError as error:
        issues.append(Issue(error.code, f"cannot be used: {error}", where=path.name))
        return None


def _read_visits(path: Path) -> pd.DataFrame:
    table = read_text_table(path).frame
    order = pd.to_numeric(table["visit_order"], errors="coerce")
    maps = pd.to_numeric(table["n_SER"], errors="coerce").fillna(0) > 0
    if order.isna().any():
        raise InputError(
            f"{int(order.isna().sum())} row(s) without a visit_order", code="public.visits", where=path.name
        )
    frame = pd.DataFrame(
        {
            "patient_id": [patient(p) for p in table["PatientID"]],
            "order": order.astype(int),
            "maps": maps,
        }
    )
    if "StudyDate" in table.columns:
        frame["date"] = pd.to_datetime(table["StudyDate"], errors="coerce", format="%Y-%m-%d")
    return frame


def _read_exams(path: Path) -> pd.DataFrame:
    return read_text_table(path).frame[["patient_id", "visit", "path"]].astype(str)


def _exams_as_visits(path: Path) -> pd.DataFrame:
    table = _read_exams(path)
    order = pd.to_numeric(table["visit"].str.removeprefix("T"), errors="coerce")
    if order.isna().any():
        raise InputError(
            "visits are not named T1, T2, ...", code="public.visits", where=path.name, hint="name them so"
        )
    return pd.DataFrame(
        {"patient_id": [patient(p) for p in table["patient_id"]], "order": order.astype(int), "maps": True}
    )


def _read_link(path: Path) -> pd.DataFrame:
    table = read_text_table(path).frame
    key = "SUBJECTID" if "SUBJECTID" in table.columns else "original_study_patient_ID"
    frame = pd.DataFrame(
        {
            "patient_id": [patient(p) for p in table[key]],
            "sample_id": ["GSM" + str(g).removeprefix("GSM").removesuffix(".0") for g in table["GEO_GSMID"]],
            "pam50": table["pam50"].replace("", None) if "pam50" in table.columns else None,
        }
    )
    return frame[frame["patient_id"] != ""].drop_duplicates("patient_id").reset_index(drop=True)


def _read_features(path: Path) -> FeatureTable:
    return read_feature_table(path)


def patient(identifier: object) -> str:
    """Return how the clinical tables name a patient: the bare number in I-SPY 1, else the text as it is."""
    text = str(identifier).strip()
    return study_number(text.removeprefix(NUMBER_PREFIX)) or text


_READERS: dict[str, Callable[[Path], Any]] = {
    "clinical": read_clinical,
    "visits": _read_visits,
    "exams": _read_exams,
    "exams_order": _exams_as_visits,
    "link": _read_link,
    "features": _read_features,
}
