"""Tables of what the exams gave, written before any step over patients: they do not depend on one."""

from __future__ import annotations

from pathlib import Path

from kinephen.core.files import file_name
from kinephen.core.written import owned
from kinephen.records.delta import Delta
from kinephen.records.stability import Stability
from kinephen.study.cases import CaseResults
from kinephen.study.exam_tables import (
    exam_issues_table,
    exams_table,
    feature_issues_table,
    labelled,
    visit_table,
)
from kinephen.study.plan import Plan
from kinephen.study.steps.delta import listed_issues
from kinephen.study.store import frame_files, write_frame


def write_case_tables(
    plan: Plan, cases: CaseResults, name: str, delta: Delta, stability: Stability, out: Path
) -> None:
    """Write ``data/``: exams, features of each visit, delta features with their signs and issues.

    Parameters
    ----------
    plan : Plan
    cases : CaseResults
    name : str
        Preset whose features are written.
    delta : Delta
    stability : Stability
    out : Path
        Folder of the run. Every table is written as CSV and Parquet.
    """
    tables = {
        "exams": exams_table(plan, cases),
        "exams_issues": exam_issues_table(plan, cases, name),
        "features_issues": feature_issues_table(plan, cases, name),
    }
    for visit in plan.study.study.visits:
        tables[f"features_{file_name(visit)}"] = visit_table(plan, cases, name, visit)
    if stability.features:
        tables["feature_icc"] = stability.frame()
    tables["delta_features"] = labelled(plan, delta.frame())
    tables["delta_features_signs"] = delta.sign_table()
    labels = {c: plan.label(c) for c in plan.patient_ids}
    tables["delta_features_issues"] = listed_issues(delta, labels)
    with owned(out, "exams", frame_files("data", tables)):
        for table, frame in tables.items():
            write_frame(out / "data" / table, frame)
