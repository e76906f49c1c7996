"""One row a patient."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kinephen.records.flow import EARLY
from kinephen.records.names import FARTHER
from kinephen.records.phenotypes import Assigned
from kinephen.report.assets import add_detail
from kinephen.report.numbers.patient_detail import patients_details
from kinephen.report.schema import Column, Missing, Patient
from kinephen.report.schema.base import Cell
from kinephen.study.cases import CaseResults
from kinephen.study.cohort import PresetResults
from kinephen.study.run import StudyResults

EXTRA = (
    Column(key="age", label="Age", unit="years", format="f1"),
    Column(key="hr", label="HR+", format="bool"),
    Column(key="her2", label="HER2+", format="bool"),
    Column(key="gene70_class", label="70-gene", description="Research re-creation"),
    Column(key="ror_s", label="ROR-S", format="f1"),
    Column(key="p53_class", label="p53"),
)


def patients_rows(results: StudyResults, out: Path) -> tuple[tuple[Patient, ...], tuple[Column, ...]]:
    """Return all patients of both cohorts and the columns of their further cells.

    What their own pages show is stored under ``out/assets``.
    """
    main = results.cohort.main
    columns = tuple(c for c in EXTRA if c.key in main.frame.columns)
    assigned = main.phenotypes.all_rows()
    stored = {case: add_detail(out, detail) for case, detail in patients_details(results)}
    rows = [
        _patient(results, str(case), row, assigned.get(str(case)), columns).model_copy(
            update={"page": str(case), "detail": stored[str(case)]}
        )
        for case, row in main.frame[main.frame["cohort"].notna()].iterrows()
    ]
    return tuple(rows), columns


def _patient(
    results: StudyResults, case: str, row: pd.Series, assigned: Assigned | None, columns: tuple[Column, ...]
) -> Patient:
    main = results.cohort.main
    label = None if pd.isna(row["phenotype"]) else main.labels[str(row["phenotype"])]
    reasons = {}
    if label is None:
        reasons["phenotype"] = main.flow.why(case, "visits", "exams", "features")
    risk = main.survival.risk.scores.get(case)
    if risk is None:
        reasons["risk"] = (
            _no_score(main, case) if row["cohort"] == "discovery" else "scored on discovery only"
        )
    return Patient(
        id=results.plan.label(case),
        cohort=row["cohort"],
        phenotype=label,
        distance=None
        if assigned is None or assigned.phenotype is None
        else assigned.distances[assigned.phenotype - 1],
        margin=None if assigned is None else assigned.margin,
        risk=risk,
        ftv1=_number(row["ftv1"]),
        ftv2=_number(row["ftv2"]),
        time=_number(row["time"]),
        event=None if pd.isna(row["event"]) else bool(row["event"] == 1),
        pcr=None if pd.isna(row.get("pcr")) else bool(row["pcr"] == 1),
        warnings=_warnings(results, case, assigned),
        reasons=reasons,
        extra={c.key: _extra(row[c.key], c) for c in columns},
    )


def _no_score(main: PresetResults, case: str) -> str:
    if main.survival.risk.model is None:
        return "neither model 1 nor model 2 was fitted"
    return main.flow.why(case, *EARLY, "covariates")


def _warnings(results: StudyResults, case: str, assigned: Assigned | None) -> tuple[str, ...]:
    visits = results.plan.study.study.visits
    cases, preset = results.cases, results.cohort.main.name
    notes = [f"{v}: {text}" for v in visits for text in exam_warnings(cases, preset, (case, v))]
    if assigned is not None and assigned.out_of_range:
        notes.append(FARTHER)
    return tuple(notes)


def exam_warnings(cases: CaseResults, preset: str, exam: tuple[str, str]) -> tuple[str, ...]:
    """Return what was noticed in one exam: of its lesion, bias field, maps and features, or that it failed.

    Parameters
    ----------
    cases : CaseResults
    preset : str
        Whose features.
    exam : tuple of str
        Case and visit.
    """
    if exam in cases.failures:
        return (f"the exam failed: {cases.failures[exam].message}",)
    if exam not in cases.lesions:
        return ("no exam",)
    features = cases.features.get(preset, {}).get(exam)
    lesion = cases.lesions[exam]
    # A note of the checks before the measurement changes no number.
    findings = (f for f in lesion.plausibility.findings if f.level != "note")
    issues = (*findings, *lesion.issues, *(features.issues if features else ()))
    return tuple(dict.fromkeys(i.message for i in issues))


def _extra(value: str | float | None, column: Column) -> Cell:
    if value is None or pd.isna(value):
        return Missing(missing="unknown")
    if column.format == "bool":
        return bool(value == 1)
    return str(value) if column.format == "text" else float(value)


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
