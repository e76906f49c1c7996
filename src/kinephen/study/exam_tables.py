"""Tables of exams: what each gave, what was noticed, and the features of a visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pandas as pd

from kinephen.records.base import IssueRecord
from kinephen.records.features import Features
from kinephen.records.lesion import Lesion, LesionNumbers
from kinephen.records.plausibility import Plausibility, level_of
from kinephen.study.cases import CaseResults
from kinephen.study.plan import Plan

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
LESION_NUMBERS = tuple(name for name in LesionNumbers.model_fields if name != "reasons")


CHECKED = ("phase_order", "drift", "largest_shift_mm", "warnings", "stops_accepted")
"""What the checks of an exam found, in short."""


def labelled(plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table indexed by case with the patients' labels as its first column, ``case``."""
    table = frame.rename_axis("case").reset_index()
    return table.assign(case=[plan.label(c) for c in table["case"]])


def visit_table(plan: Plan, cases: CaseResults, name: str, visit: str) -> pd.DataFrame:
    """Return the features of one visit under a preset, a row a patient."""
    return labelled(plan, cases.table(name, visit))


def exams_table(plan: Plan, cases: CaseResults) -> pd.DataFrame:
    """Return one row an exam: volumes (voxels and cm3), lesion, thresholds, phases (s)."""
    rows: list[dict[str, object]] = []
    for (case, visit), record in sorted(cases.lesions.items()):
        rows.append(
            {
                "case": plan.label(case),
                "visit": visit,
                **{f: getattr(record, f) for f in EXAM_FIELDS},
                **{f: getattr(record.thresholds, f) for f in THRESHOLDS},
                **{f: getattr(record.numbers, f) for f in LESION_NUMBERS},
                "foci": len(record.foci.foci),
                **_checked(record.plausibility),
                "phase_times_s": " ".join(f"{t:g}" for t in record.phase_times_s or ()),
            }
        )
    columns = ["case", "visit", *EXAM_FIELDS, *THRESHOLDS, *LESION_NUMBERS, "foci", *CHECKED, "phase_times_s"]
    return pd.DataFrame(rows, columns=columns)


def _checked(checks: Plausibility) -> dict[str, object]:
    order = checks.order
    found = (
        "" if order is None else order.verdict,
        None if order is None else order.drift,
        checks.largest_shift_mm,
        sum(f.level == "warning" for f in checks.findings),
        len(checks.stops),
    )
    return dict(zip(CHECKED, found, strict=True))


def exam_issues_table(plan: Plan, cases: CaseResults, name: str) -> pd.DataFrame:
    """Return one row an issue: of the lesions, of the features under a preset, and of exams that failed."""
    rows = [
        {
            "case": plan.label(case),
            "visit": visit,
            "level": level_of(issue),
            **issue.model_dump(include=set(IssueRecord.model_fields)),
        }
        for records in (_noticed(cases.lesions), _noticed(cases.features.get(name, {})))
        for (case, visit), issues in sorted(records.items())
        for issue in issues
    ]
    rows += [
        {
            "case": plan.label(case),
            "visit": visit,
            "level": "stop",
            "code": failure.code,
            "message": failure.message,
            "where": "exam",
            "count": 1,
        }
        for (case, visit), failure in sorted(cases.failures.items())
    ]
    return pd.DataFrame(rows, columns=["case", "visit", "level", *IssueRecord.model_fields])


def _noticed(records: Mapping[Exam, Lesion] | Mapping[Exam, Features]) -> dict[Exam, tuple[IssueRecord, ...]]:
    return {exam: record.noticed for exam, record in records.items()}


def feature_issues_table(plan: Plan, cases: CaseResults, name: str) -> pd.DataFrame:
    """Return one row for each feature of an exam that is undefined, with the reason."""
    rows = [
        (plan.label(case), visit, r.map, r.feature, r.reason)
        for (case, visit), record in sorted(cases.features.get(name, {}).items())
        for r in record.reasons
    ]
    return pd.DataFrame(rows, columns=["case", "visit", "map", "feature", "reason"])
