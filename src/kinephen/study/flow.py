"""Fills the flow: everybody who was given, and where and why some left; one rule for runs and validations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from kinephen.records.delta import Delta
from kinephen.records.failure import Failure
from kinephen.records.flow import EARLY, STEPS, Flow, GivenCohort, LeftOut, Person
from kinephen.records.ladder import LadderRecord
from kinephen.study.frame import cohorts
from kinephen.study.plan import Plan

EVERY_FEATURE = "a feature of the model is undefined"


def study_flow(
    plan: Plan, frame: pd.DataFrame, gaps: Mapping[str, LeftOut], covariates: Sequence[str]
) -> Flow:
    """Return the flow of a study under one preset.

    Parameters
    ----------
    plan : Plan
    frame : DataFrame
        Index ``case``: ``time``, ``event``, ``before_landmark``, ``phenotype`` and the covariates, of all
        patients with both visits and a clinical row.
    gaps : mapping of str to LeftOut
        Patients without a pair of exams with features, from `exam_gaps`.
    covariates : sequence of str
        Of all models that were fitted.
    """
    known, clinical = cohorts(plan), plan.clinical
    people = [person(c, known.get(c), _cell(clinical, c, "event")) for c in sorted(plan.patient_ids)]
    return flow_of(people, frame, gaps, covariates)


def flow_of(
    people: Sequence[Person],
    rows: pd.DataFrame,
    gaps: Mapping[str, LeftOut],
    covariates: Sequence[str] = (),
) -> Flow:
    """Return the flow of patients who were given.

    Parameters
    ----------
    people : sequence of Person
    rows : DataFrame
        Index ``case``: ``phenotype`` (text), ``time`` (years) and ``event``, missing where unknown, and
        where there are any ``before_landmark`` and covariates; not of those whose gap is a visit or an exam.
    gaps : mapping of str to LeftOut
        Patients without a pair of exams with features.
    covariates : sequence of str
        That patients of the discovery cohort have to have to be in the Cox models.
    """
    leaving: list[LeftOut] = []
    for person in people:
        gap = gaps.get(person.case)
        if gap is not None and gap.step in EARLY:
            leaving.append(gap)
            continue
        needed = covariates if person.cohort == "discovery" else ()
        leaving += _leavings(person.case, rows.loc[person.case], gap, needed)
    return Flow(patients=tuple(people), leaving=tuple(leaving))


def exam_gaps(
    plan: Plan, failures: Mapping[tuple[str, str], Failure], tables: Sequence[pd.DataFrame]
) -> dict[str, LeftOut]:
    """Return why patients have no pair of exams with features.

    Parameters
    ----------
    plan : Plan
    failures : mapping of (case, visit) to Failure
    tables : sequence of DataFrame
        Features at each visit, index ``case``; a row without any value is a lesion that has vanished.
    """
    listed = {(e.case, e.visit) for e in plan.exams}
    seen = [set(t.index[t.notna().any(axis=1)]) for t in tables]

    def gap(case: str, visit: str, measured: set[str]) -> LeftOut | None:
        if (case, visit) not in listed:
            return LeftOut(case=case, step="visits", reason=f"no exam at {visit}")
        if (case, visit) in failures:
            reason = f"the exam at {visit} failed: {failures[case, visit].message}"
            return LeftOut(case=case, step="exams", reason=reason)
        if case not in measured:
            return LeftOut(case=case, step="features", reason=f"no lesion at {visit}")
        return None

    gaps = {}
    for case in plan.patient_ids:
        if case in plan.excluded:
            gaps[case] = LeftOut(case=case, step="visits", reason=plan.excluded[case])
            continue
        both = zip(plan.study.study.visits, seen, strict=True)
        found = [g for visit, measured in both if (g := gap(case, visit, measured)) is not None]
        if found:
            gaps[case] = min(found, key=lambda g: STEPS.index(g.step))
    return gaps


def delta_gaps(delta: Delta) -> dict[str, LeftOut]:
    """Return why patients of whom both exams were analysed have no change of features."""
    return {x.case: x for x in delta.left_out if x.step == "features"}


def require_same_patients(flow: Flow, ladder: LadderRecord) -> None:
    """Hold that the models were fitted to the patients who are left in the flow after their covariates."""
    counted = (flow.n("covariates", "discovery"), flow.events("covariates", "discovery"))
    assert counted == (ladder.n, ladder.events), (
        "the models were fitted to other patients than the flow counts"
    )


def lacks(absent: Iterable[str]) -> str:
    """Return in words which covariates a patient lacks."""
    return f"no {', '.join(absent)}"


def person(case: str, cohort: object, event: object) -> Person:
    """Return a patient from cells of a table; a cohort that is not known is "", an event None."""
    known: GivenCohort = (
        "discovery" if cohort == "discovery" else "validation" if cohort == "validation" else ""
    )
    return Person(case=case, cohort=known, event=None if pd.isna(event) else bool(event == 1))


def _cell(frame: pd.DataFrame, case: str, column: str) -> object:
    return frame.at[case, column] if case in frame.index and column in frame else None


def _leavings(case: str, row: pd.Series, gap: LeftOut | None, covariates: Sequence[str]) -> list[LeftOut]:
    found = []
    early = row.get("before_landmark", False)
    if pd.notna(early) and early:
        reason = "event or end of follow-up by the second visit"
        found.append(LeftOut(case=case, step="landmark", reason=reason))
    elif pd.isna(row["time"]) or pd.isna(row["event"]):
        found.append(LeftOut(case=case, step="outcome", reason="outcome unknown"))
    if pd.isna(row["phenotype"]):
        reason = EVERY_FEATURE if gap is None else gap.reason
        found.append(LeftOut(case=case, step="features", reason=reason))
    lacking = [c for c in covariates if c in row.index and pd.isna(row[c])]
    if lacking:
        found.append(LeftOut(case=case, step="covariates", reason=lacks(lacking)))
    return found
