"""What there is to do: patients, visits, files; and who is left out, with the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kinephen.config.schema import Study, StudyFile
from kinephen.core.cohort import ClinicalTable, Issue
from kinephen.core.counted import counted
from kinephen.errors import CohortError, ConfigError, InputError
from kinephen.io.table_files import read_text_table
from kinephen.io.tables import read_clinical

EXAM_COLUMNS = ("patient_id", "visit", "path")
REVIEW = "review"
"""Folder of the readers' decisions, beside the study file."""


@dataclass(frozen=True, kw_only=True)
class ExamRow:
    """One exam of one patient.

    Parameters
    ----------
    case : str
        Running number that stands for the patient in logs, reports and file names.
    visit : str
    path : Path
        Folder or file of the exam.
    mask, manifest : Path, optional
        A lesion mask instead of the FTV's largest component; the user's word on phases and times.
    """

    case: str
    visit: str
    path: Path
    mask: Path | None = None
    manifest: Path | None = None

    @property
    def name(self) -> str:
        """Case and visit, for logs."""
        return f"{self.case}/{self.visit}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that a run is going to use.

    Parameters
    ----------
    study : StudyFile
    root : Path
        Folder of the study file.
    exams : tuple of ExamRow
    clinical : DataFrame
        Index ``case``; column ``cohort`` is "discovery" or "validation".
    patient_ids : dict of str to str
        Case to the study's own id; never written to logs or reports unless the study asks for it.
    end_point, time_unit : str
    excluded : dict of str to str
        Case to the reason why it has no complete pair of exams and clinical row.
    issues : tuple of Issue
    """

    study: StudyFile
    root: Path
    exams: tuple[ExamRow, ...]
    clinical: pd.DataFrame
    patient_ids: dict[str, str]
    end_point: str
    time_unit: str
    excluded: dict[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    @property
    def review(self) -> Path | None:
        """Folder of the readers' decisions on masks, beside the study file; None if there is none."""
        folder = self.root / REVIEW
        return folder if folder.is_dir() else None

    def label(self, case: str) -> str:
        """Return how the report names a case."""
        return self.patient_ids[case] if self.study.study.show_ids else case


def make_plan(study: StudyFile, root: Path) -> Plan:
    """Read the tables of a study and match them.

    Parameters
    ----------
    study : StudyFile
    root : Path
        Folder to which the study's paths are relative.

    Returns
    -------
    Plan
        Patients with images but no clinical row, and the reverse, are listed in `excluded`.

    Raises
    ------
    InputError
        A table is missing or lacks a column, an exam is listed twice.
    CohortError
        ``plan.empty`` if no patient has both visits and a clinical row.
    """
    require_two_visits(study.study.visits)
    exams = read_exam_list(root / study.study.exams)
    clinical = read_study_clinical(study.study, root)
    ids = sorted(set(exams["patient_id"]) | set(clinical.frame.index))
    cases = {pid: f"case-{i:04d}" for i, pid in enumerate(ids, start=1)}
    rows = tuple(
        exam_row(r, cases, root) for r in exams.to_dict("records") if r["visit"] in study.study.visits
    )
    frame = clinical.frame.rename(index=cases).rename_axis("case").sort_index()
    excluded = _excluded(rows, frame, sorted(cases.values()), study.study)
    if len(excluded) == len(cases):
        reasons = Counter(excluded.values()).most_common(2)
        raise CohortError(
            f"none of {len(cases)} patients can be used: {'; '.join(f'{r} ({n})' for r, n in reasons)}",
            code="plan.empty",
            hint="check visit names and patient_id in the exam list and the clinical table",
        )
    return Plan(
        study=study,
        root=root,
        exams=tuple(e for e in rows if excluded.get(e.case) != "no clinical row"),
        clinical=frame,
        patient_ids={case: pid for pid, case in cases.items()},
        end_point=clinical.end_point,
        time_unit=clinical.time_unit,
        excluded=excluded,
        issues=(*clinical.issues, *_plan_issues(excluded)),
    )


def require_outcome(plan: Plan) -> None:
    """Raise ``InputError`` (``clinical.outcome``) where the clinical table has no time or no event."""
    absent = [name for name in ("time", "event") if name not in plan.clinical.columns]
    if absent:
        found = ", ".join(map(str, plan.clinical.columns[:20]))
        raise InputError(
            f"no column of the clinical table is known as {' or '.join(absent)}; known are {found}",
            code="clinical.outcome",
            where=plan.study.study.clinical,
            hint="name its columns in the study file: [study.columns] time = ..., event = ...",
        )


def read_exam_list(path: Path) -> pd.DataFrame:
    """Return an exam list as text; raises ``InputError`` (``exams.*``) for absent columns and repeats."""
    table = read_text_table(path).frame
    absent = [c for c in EXAM_COLUMNS if c not in table.columns]
    if absent:
        raise InputError(
            f"column(s) {', '.join(absent)} missing; found {', '.join(map(str, table.columns))}",
            code="exams.columns",
            where=path.name,
            hint="write a CSV with patient_id, visit, path (and optionally mask, manifest)",
        )
    table = table.astype(dict.fromkeys(EXAM_COLUMNS, str))
    doubled = int(table.duplicated(["patient_id", "visit"]).sum())
    if doubled:
        raise InputError(
            f"{counted(doubled, 'exam')} with the patient and visit of an earlier row",
            code="exams.duplicates",
            where=path.name,
            hint="keep one exam for each patient and visit",
        )
    return table


def require_two_visits(visits: Sequence[str]) -> None:
    """Raise ``ConfigError`` (``study.visits``) unless two visits can be told apart in names of files.

    Exports leave letters and digits of a visit's name; two systems of three do not tell case.
    """
    short = [re.sub(r"[^a-z0-9]", "", v.lower()) for v in visits]
    if len(set(short)) < len(short) or not all(short):
        raise ConfigError(
            "the names of the two visits cannot be told apart by their letters (a to z) and digits",
            code="study.visits",
            where="study.visits",
            hint="name them T1 and T2 in the study file and the exam list",
        )


def read_study_clinical(study: Study, root: Path) -> ClinicalTable:
    """Return the clinical table that a study names."""
    return read_clinical(
        root / study.clinical,
        mapping=study.columns or study.layout or None,
        time_unit=study.outcome.time_unit,
        end_point=study.outcome.end_point,
        definition=study.outcome.definition,
    )


def exam_row(record: Mapping[str, object], cases: Mapping[str, str], root: Path) -> ExamRow:
    """Return a row of an exam list; its paths are relative to `root`."""

    def optional(key: str) -> Path | None:
        value = record.get(key)
        return root / str(value) if value else None

    return ExamRow(
        case=cases[str(record["patient_id"])],
        visit=str(record["visit"]),
        path=root / str(record["path"]),
        mask=optional("mask"),
        manifest=optional("manifest"),
    )


def _excluded(
    exams: tuple[ExamRow, ...], clinical: pd.DataFrame, cases: list[str], study: Study
) -> dict[str, str]:
    have = {(e.case, e.visit) for e in exams}
    cohorts = {study.discovery, study.validation}
    reasons = {}
    for case in cases:
        absent = [v for v in study.visits if (case, v) not in have]
        if case not in clinical.index:
            reasons[case] = "no clinical row"
        elif "cohort" in clinical.columns and clinical.at[case, "cohort"] not in cohorts:
            reasons[case] = "cohort is neither discovery nor validation"
        elif len(absent) == len(study.visits):
            reasons[case] = "no images"
        elif absent:
            reasons[case] = f"no images at {absent[0]}"
    return reasons


def _plan_issues(excluded: Mapping[str, str]) -> list[Issue]:
    return [
        Issue("plan.excluded", f"left out: {reason}", where="cohort", count=n)
        for reason, n in sorted(Counter(excluded.values()).items())
    ]
