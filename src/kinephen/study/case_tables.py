"""Tables of what the exams gave, written before any step over patients: they do not depend on one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.cohort import issues_frame
from kinephen.phenotype.delta import DeltaResult, delta_features
from kinephen.radiomics.catalogue import FEATURES
from kinephen.radiomics.robustness import feature_icc
from kinephen.records.base import IssueRecord
from kinephen.records.features import Features
from kinephen.records.lesion import Lesion
from kinephen.study.cases import CaseResults
from kinephen.study.plan import Plan
from kinephen.study.store import write_frame

Exam: TypeAlias = tuple[str, str]
"""Case and visit."""
EXAM_FIELDS = (
    "ftv_pe_voxels",
    "ftv_pe_cc",
    "ftv_ser_voxels",
    "ftv_ser_cc",
    "lesion_voxels",
    "lesion_cc",
    "lesion_source",
    "components",
    "largest_share",
    "region",
    "timing_rule",
    "phase_rule",
    "early",
    "late",
    "manufacturer",
)
THRESHOLDS = ("tissue_threshold", "pe_threshold", "background_percent", "min_neighbours", "ser_min")


def write_case_tables(plan: Plan, cases: CaseResults, name: str, settings: Settings, out: Path) -> None:
    """Write ``data/``: exams, features of each visit, delta features, each with its table of issues.

    Parameters
    ----------
    plan : Plan
    cases : CaseResults
    name : str
        Preset whose features are written.
    settings : Settings
    out : Path
        Folder of the run. Every table is written as CSV and Parquet.
    """
    folder = out / "data"
    write_frame(folder / "exams", _exams(plan, cases))
    write_frame(folder / "exams_issues", _exam_issues(plan, cases, name))
    write_frame(folder / "features_issues", _feature_issues(plan, cases, name))
    for visit in plan.study.study.visits:
        write_frame(folder / f"features_{visit}", _named(plan, cases.table(name, visit)))
    repeats = cases.repeats(name)
    if len(repeats) > 1:
        write_frame(folder / "feature_icc", feature_icc(repeats).reset_index(names="feature"))
    delta = _delta(plan, cases, name, settings)
    if delta is not None:
        write_frame(folder / "delta_features", _named(plan, delta.delta))
        write_frame(folder / "delta_features_issues", issues_frame(delta.issues))


def change(t1: pd.DataFrame, t2: pd.DataFrame, settings: Settings, scale: pd.Series | None) -> DeltaResult:
    """Return the change of features as the settings measure it, with the catalogue's signs."""
    return delta_features(
        t1, t2, form=settings.delta.form, signs={f.key: f.sign for f in FEATURES}, retest_sd=scale
    )


def stability(cases: CaseResults, name: str) -> dict[str, float] | None:
    """Return the ICC of each feature over perturbed repeats of all exams, or None without repeats.

    A feature whose ICC is undefined counts as 0: nothing shows that it is stable.
    """
    repeats = cases.repeats(name)
    if len(repeats) < 2:
        return None
    return {str(f): float(v) for f, v in feature_icc(repeats)["icc"].fillna(0.0).items()}


def _delta(plan: Plan, cases: CaseResults, name: str, settings: Settings) -> DeltaResult | None:
    first, second = (cases.table(name, v) for v in plan.study.study.visits)
    both = sorted(set(first.index) & set(second.index))
    return change(first.loc[both], second.loc[both], settings, None) if both else None


def _named(plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.rename_axis("case").reset_index()
    return table.assign(case=[plan.label(c) for c in table["case"]])


def _exams(plan: Plan, cases: CaseResults) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for (case, visit), record in sorted(cases.lesions.items()):
        rows.append(
            {
                "case": plan.label(case),
                "visit": visit,
                **{f: getattr(record, f) for f in EXAM_FIELDS},
                **{f: getattr(record.thresholds, f) for f in THRESHOLDS},
                "phase_times_s": " ".join(f"{t:g}" for t in record.phase_times_s),
            }
        )
    columns = ["case", "visit", *EXAM_FIELDS, *THRESHOLDS, "phase_times_s"]
    return pd.DataFrame(rows, columns=columns)


def _exam_issues(plan: Plan, cases: CaseResults, name: str) -> pd.DataFrame:
    rows = [
        {"case": plan.label(case), "visit": visit, **issue.model_dump()}
        for records in (_noticed(cases.lesions), _noticed(cases.features.get(name, {})))
        for (case, visit), issues in sorted(records.items())
        for issue in issues
    ]
    rows += [
        {"case": plan.label(case), "visit": visit, "where": "exam", "count": 1, **_short(failure)}
        for (case, visit), failure in sorted(cases.failures.items())
    ]
    return pd.DataFrame(rows, columns=["case", "visit", "code", "message", "where", "count"])


def _noticed(records: Mapping[Exam, Lesion] | Mapping[Exam, Features]) -> dict[Exam, tuple[IssueRecord, ...]]:
    return {exam: record.issues for exam, record in records.items()}


def _short(failure: dict[str, str]) -> dict[str, str]:
    return {"code": failure["code"], "message": failure["message"]}


def _feature_issues(plan: Plan, cases: CaseResults, name: str) -> pd.DataFrame:
    rows = [
        (plan.label(case), visit, r.map, r.feature, r.reason)
        for (case, visit), record in sorted(cases.features.get(name, {}).items())
        for r in record.reasons
    ]
    return pd.DataFrame(rows, columns=["case", "visit", "map", "feature", "reason"])
