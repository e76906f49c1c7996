"""Cohort flow and Tables 1 to 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from kinephen.records.cohort import CharacteristicsRecord, ClassCounts, RangeRecord, TreatmentRecord
from kinephen.records.flow import Flow
from kinephen.records.statistics import ShareRecord
from kinephen.report.numbers.left_out import AGE, p_cell, with_left_out
from kinephen.report.schema import (
    Cell,
    CohortEntry,
    Column,
    Estimate,
    Exclusion,
    FlowStep,
    Missing,
    Share,
    Table,
)
from kinephen.study.cohort import CohortResults
from kinephen.study.run import StudyResults


def flow(results: StudyResults) -> tuple[FlowStep, ...]:
    """Return how patients came into the analysis and where they left it."""
    plan = results.plan
    everyone = len(plan.patient_ids)
    excluded = Counter(plan.excluded.values())
    frame = results.cohort.main.frame
    usable = everyone - len(plan.excluded)
    failed = {case for case, _ in results.cases.failures}
    incomplete = frame[~frame["complete"]]
    no_outcome = frame[frame["complete"] & (frame["time"].isna() | frame["event"].isna())]
    early = int(no_outcome["before_landmark"].sum())
    analysed = len(frame) - len(incomplete) - len(no_outcome)
    steps = [
        FlowStep(key="listed", label="Patients in the exam list or the clinical table", n=everyone),
        FlowStep(
            key="both_visits",
            label="Both visits and a clinical row",
            n=usable,
            parent="listed",
            excluded=_exclusions(excluded),
        ),
        FlowStep(
            key="analysed",
            label="Both exams analysed, outcome known",
            n=analysed,
            parent="both_visits",
            excluded=_exclusions(
                {
                    "an exam failed": sum(c in failed for c in incomplete.index),
                    "outcome unknown": len(no_outcome) - early,
                    "event or end of follow-up by the second visit": early,
                }
            ),
        ),
    ]
    for cohort, rows in _known(results).items():
        steps += _cohort_steps(results.cohort.main.accounts[cohort], rows, cohort)
    return tuple(steps)


def cohort_entries(results: StudyResults) -> tuple[CohortEntry, ...]:
    """Return the cohorts: patients whose exams were analysed and whose outcome is known, and their events."""
    return tuple(
        CohortEntry(name=cohort, n=len(rows), events=int((rows["event"] == 1).sum()))
        for cohort, rows in _known(results).items()
    )


def _known(results: StudyResults) -> dict[str, pd.DataFrame]:
    frame = results.cohort.main.frame
    known = frame[frame["complete"] & frame["time"].notna() & frame["event"].notna()]
    parts = {c: known[known["cohort"] == c] for c in ("discovery", "validation")}
    return {c: rows for c, rows in parts.items() if len(rows)}


def cohort_tables(cohort: CohortResults) -> dict[str, Table]:
    """Return Tables 1 to 3 of the article's layout."""
    record = cohort.description
    found = {"table1": with_left_out(characteristics_table(record.characteristics), record.left_out)}
    if record.validation is not None:
        found["table1_validation"] = characteristics_table(record.validation).model_copy(
            update={"title": "Characteristics of the validation cohort", "label": "Supplementary table 1"}
        )
    if record.treatment:
        found["table2"] = with_left_out(treatment_table(record.treatment), record.left_out)
    if record.molecular:
        found["table3"] = molecular_table(record.molecular)
    return found


def _exclusions(reasons: Mapping[str, int]) -> tuple[Exclusion, ...]:
    return tuple(Exclusion(reason=r, n=n) for r, n in sorted(reasons.items()) if n)


def _cohort_steps(account: Flow, rows: pd.DataFrame, cohort: str) -> list[FlowStep]:
    """Return the patients of a cohort, and those of them who have a phenotype."""
    label = f"{cohort.capitalize()} cohort"
    gone = Counter(e.kind for e in account.left_out if e.case in rows.index)
    key = f"{cohort}_phenotype"
    return [
        FlowStep(key=cohort, label=label, n=len(rows), parent="analysed"),
        FlowStep(
            key=key,
            label=f"{label}, phenotype assigned",
            n=account.analysed,
            parent=cohort,
            excluded=_exclusions(gone),
        ),
    ]


def characteristics_table(record: CharacteristicsRecord) -> Table:
    """Return Table 1."""
    rows: list[dict[str, Cell]] = [
        {
            "characteristic": "patients",
            "no_event": Share(n=record.no_event, of=record.n),
            "event": Share(n=record.event, of=record.n),
        }
    ]
    rows += [
        {
            "characteristic": line.label,
            "no_event": _share(line.no_event),
            "event": _share(line.event),
            "p": p_cell(line.test),
            "test": line.test.test,
        }
        for line in record.binary
    ]
    if record.age_no_event is not None or record.age_event is not None:
        rows.append(
            {
                "characteristic": AGE,
                "no_event": _range(record.age_no_event),
                "event": _range(record.age_event),
            }
        )
    return Table(
        title="Characteristics of the discovery cohort",
        label="Table 1",
        section="cohort",
        columns=(
            Column(key="characteristic", label="Characteristic"),
            Column(key="no_event", label="No event", format="f1"),
            Column(key="event", label="Event", format="f1"),
            Column(key="p", label="p", format="p"),
            Column(key="test", label="Test"),
        ),
        rows=tuple(rows),
        caption="Shares are of the patients in whom the characteristic is known.",
    )


def treatment_table(lines: Sequence[TreatmentRecord]) -> Table:
    """Return Table 2."""
    rows: tuple[dict[str, Cell], ...] = tuple(
        {
            "treatment": line.label,
            "no_event": _share(line.no_event),
            "event": _share(line.event),
            "p": p_cell(line.test),
        }
        for line in lines
    )
    return Table(
        title="Treatment of the discovery cohort",
        label="Table 2",
        section="cohort",
        columns=(
            Column(key="treatment", label="Treatment"),
            Column(key="no_event", label="No event"),
            Column(key="event", label="Event"),
            Column(key="p", label="p", format="p", description="Fisher's exact test over all categories"),
        ),
        rows=rows,
    )


def molecular_table(lines: Sequence[ClassCounts]) -> Table:
    """Return Table 3."""
    rows: tuple[dict[str, Cell], ...] = tuple(
        {"signature": line.label, "category": category, "share": Share(n=n, of=line.n)}
        for line in lines
        for category, n in line.counts.items()
    )
    return Table(
        title="Molecular profiles of the discovery cohort",
        label="Table 3",
        section="molecular",
        columns=(
            Column(key="signature", label="Signature"),
            Column(key="category", label="Class"),
            Column(key="share", label="Patients"),
        ),
        rows=rows,
        notes=("Research re-creations of published signatures, not the commercial assays.",),
    )


def _share(value: ShareRecord | None) -> Share | Missing:
    return Missing(missing="no patients in this group") if value is None else Share(n=value.n, of=value.of)


def _range(value: RangeRecord | None) -> Estimate | Missing:
    if value is None or value.mean is None:
        return Missing(missing="age unknown")
    return Estimate(value=value.mean, low=value.low, high=value.high)
