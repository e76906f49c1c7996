"""Other patients from tables of features, of two visits or of their change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.files import file_name
from kinephen.errors import InputError
from kinephen.io.feature_tables import FeatureTable, read_feature_table
from kinephen.io.table_files import is_table, read_text_table
from kinephen.io.tables import read_clinical
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.model.source import Source, of_cohort, with_given
from kinephen.records.flow import LeftOut
from kinephen.study.frame import PER_YEAR
from kinephen.study.plan import EXAM_COLUMNS

PSEUDONYM = re.compile(r"^case-\d{4,}$")
"""Names that a run of ours gave; they are kept."""
TABLE_SUFFIXES = (".csv", ".parquet")


def holds_features(source: Source, fitted: Fitted) -> bool:
    """Tell whether the source is tables of features, not exams."""
    path = source.path
    if path.is_dir():
        return _tables_of_visits(source, fitted) is not None
    if not path.is_file():
        raise InputError(
            "no such file or folder",
            code="path.missing",
            where=path.name,
            hint="give a study file, an exam list, a folder of one patient's exams, or a table of features",
        )
    if path.suffix.lower() == ".parquet" or path.name.lower().endswith(".gz"):
        return True
    if not is_table(path):
        raise InputError(
            "neither a study file nor a table",
            code="predict.source",
            where=path.name,
            hint="give a study file (.toml), or a CSV, TSV, XLSX or Parquet table",
        )
    return not set(EXAM_COLUMNS) <= set(read_text_table(path).frame.columns)


def _tables_of_visits(source: Source, fitted: Fitted) -> tuple[Path, Path] | None:
    """Return the tables of both visits of a folder: those that are named, or those that a run writes."""
    if any(source.visits.values()):
        found = [source.path / p for p in source.visits.values()]
        return (found[0], found[1]) if all(f.is_file() for f in found) else None
    names = tuple(source.visits) or fitted.file.study.visits
    for suffix in TABLE_SUFFIXES:
        found = [source.path / f"features_{file_name(v)}{suffix}" for v in names]
        if all(f.is_file() for f in found):
            return found[0], found[1]
    return None


def patients_of_tables(source: Source, fitted: Fitted) -> NewPatients:
    """Return the patients of tables of features; nothing is processed."""
    visits = tuple(source.visits) or fitted.file.study.visits
    pair = _tables_of_visits(source, fitted) if source.path.is_dir() else None
    if pair is not None:
        parts = [read_feature_table(p, content="visit") for p in pair]
        frames, issues = [p.frames[0] for p in parts], [i for p in parts for i in p.issues]
    else:
        table = read_feature_table(source.path, visits=(visits[0], visits[1]))
        _require_changes(table, source.path)
        frames, issues = list(table.frames), list(table.issues)
    covariates, end_point, notes = _covariates(source, visits[1])
    everyone = sorted({*(str(i) for f in frames for i in f.index)})
    named = all(PSEUDONYM.match(i) for i in everyone)
    number = {i: i if named else f"case-{n:04d}" for n, i in enumerate(everyone, start=1)}
    ids = of_cohort(everyone, covariates, source.cohort)
    cases = [number[i] for i in ids]
    frames = [f[f.index.isin(ids)].rename(index=number).rename_axis("case").sort_index() for f in frames]
    frame = covariates.reindex(ids).set_axis(cases).rename_axis("case")
    note = Issue("predict.no_exams", "features from a table: scanner, protocol and mask cannot be compared")
    return NewPatients(
        ids=dict(zip(cases, ids, strict=True)),
        frame=with_given(frame, source.given),
        visits=(frames[0], frames[1]) if len(frames) == 2 else None,
        delta=frames[0] if len(frames) == 1 else None,
        gaps=_one_visit(cases, frames, visits),
        issues=(*issues, *notes, note),
        end_point=end_point,
    )


def _require_changes(table: FeatureTable, path: Path) -> None:
    if table.content == "visit":
        raise InputError(
            "the table holds features of one visit; a model of change needs two, or delta features",
            code="predict.one_visit",
            where=path.name,
            hint="give both visits in one table, or a folder and --visits T1=FILE,T2=FILE",
        )


def _one_visit(
    cases: Sequence[str], frames: Sequence[pd.DataFrame], visits: Sequence[str]
) -> dict[str, LeftOut]:
    if len(frames) == 1:
        return {}
    return {
        c: LeftOut(case=c, step="visits", reason=f"no features at {v}")
        for v, f in reversed(list(zip(visits, frames, strict=True)))
        for c in set(cases) - set(f.index)
    }


def _covariates(source: Source, second: str) -> tuple[pd.DataFrame, str, list[Issue]]:
    """Return covariates by identifier, with ``time`` in years; of a run's folder also FTV2 of its exams."""
    frame, end_point, issues = pd.DataFrame(), "", []
    if source.clinical is not None:
        table = read_clinical(source.clinical)
        frame, end_point, issues = table.frame, table.end_point, list(table.issues)
        if "time" in frame:
            frame = frame.assign(time=frame["time"] / PER_YEAR[table.time_unit])
    if source.expression.files:
        issues.append(
            Issue(
                "predict.signatures", "expression is read beside exams; give signature scores in --clinical"
            )
        )
    exams = source.path / "exams.csv"
    if source.path.is_dir() and exams.is_file() and "ftv2" not in frame:
        listed = read_text_table(exams).frame
        if {"case", "visit", "ftv_pe_cc"} <= set(listed.columns):
            rows = listed[listed["visit"] == second]
            volume = pd.Series(
                pd.to_numeric(rows["ftv_pe_cc"], errors="coerce").to_numpy(), index=rows["case"]
            )
            volume = volume[~volume.index.duplicated()]
            frame = frame.reindex(frame.index.union(volume.index)).assign(ftv2=volume)
    return frame, end_point, issues
