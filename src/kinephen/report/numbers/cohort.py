"""Cohort flow and Tables 1 to 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kinephen.records.cohort import CharacteristicsRecord, ClassCounts, RangeRecord, TreatmentRecord
from kinephen.records.flow import Flow, Step
from kinephen.records.names import CHARACTERISTICS, MOLECULAR
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

COHORTS = ("discovery", "validation")
LATER: dict[Step, str] = {
    "features": "with a phenotype",
    "covariates": "with all covariates of the models",
}


def flow(record: Flow) -> tuple[FlowStep, ...]:
    """Return how patients came into the analysis and where they left it."""
    everyone = "Patients in the exam list or the clinical table"
    steps = [
        FlowStep(key="listed", label=everyone, n=len(record.patients)),
        FlowStep(
            key="both_visits",
            label="Both visits and a clinical row",
            n=record.n("visits"),
            parent="listed",
            excluded=_exclusions(record.reasons("visits")),
        ),
        FlowStep(
            key="analysed",
            label="Both exams analysed, outcome known",
            n=record.n(),
            parent="both_visits",
            excluded=_exclusions(record.reasons("exams", "outcome", "landmark")),
        ),
    ]
    for cohort in COHORTS:
        if record.n(cohort=cohort):
            steps += _cohort_steps(record, cohort)
    return tuple(steps)


def cohort_entries(record: Flow) -> tuple[CohortEntry, ...]:
    """Return the cohorts: patients whose exams were analysed and whose outcome is known, and their events."""
    return tuple(
        CohortEntry(name=cohort, n=record.n(cohort=cohort), events=record.events(cohort=cohort))
        for cohort in COHORTS
        if record.n(cohort=cohort)
    )


def _cohort_steps(record: Flow, cohort: str) -> list[FlowStep]:
    """Return the box of a cohort, those with a phenotype, and those in the models where fewer are."""
    title = f"{cohort.capitalize()} cohort"
    steps = [FlowStep(key=cohort, label=title, n=record.n(cohort=cohort), parent="analysed")]
    for step, label in LATER.items():
        lost = record.reasons(step, cohort=cohort)
        if lost:
            found = FlowStep(
                key=f"{cohort}_{step}",
                label=f"{title}, {label}",
                n=record.n(step, cohort),
                parent=cohort,
                excluded=_exclusions(lost),
            )
            steps.append(found)
    return steps


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


_CHARACTERISTIC_KEYS = {"patients": "patients", AGE: "age", **{w: c for c, w in CHARACTERISTICS.items()}}
"""Names of the rows of Table 1 by their words."""


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
        keys=tuple(_CHARACTERISTIC_KEYS[str(row["characteristic"])] for row in rows),
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
            "test": line.test.test,
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
            Column(key="p", label="p", format="p"),
            Column(key="test", label="Test"),
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
    columns = {words: column for column, words in MOLECULAR.items()}
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
        keys=tuple(f"{columns[line.label]}.{category}" for line in lines for category in line.counts),
        notes=("Research re-creations of published signatures, not the commercial assays.",),
    )


def _share(value: ShareRecord | None) -> Share | Missing:
    return Missing(missing="no patients in this group") if value is None else Share(n=value.n, of=value.of)


def _range(value: RangeRecord | None) -> Estimate | Missing:
    if value is None or value.mean is None:
        return Missing(missing="age unknown")
    return Estimate(value=value.mean, low=value.low, high=value.high)
