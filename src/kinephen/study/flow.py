"""Fills the flow: every patient of the study, and where and why some left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from kinephen.records.account import LeftOut
from kinephen.records.flow import Flow, Leaving, Person, Step
from kinephen.study.account import EVERY_FEATURE
from kinephen.study.plan import Plan

Cohort = Literal["discovery", "validation", ""]


def study_flow(
    plan: Plan, frame: pd.DataFrame, gaps: Mapping[str, LeftOut], covariates: Sequence[str]
) -> Flow:
    """Return the flow of a study under one preset.

    Parameters
    ----------
    plan : Plan
    frame : DataFrame
        Index ``case``: ``cohort``, ``complete``, ``time``, ``event``, ``before_landmark``, ``phenotype`` and
        the covariates, of all patients with both visits and a clinical row.
    gaps : mapping of str to LeftOut
        Patients without a pair of exams with features, from `kinephen.study.account.exam_gaps`.
    covariates : sequence of str
        Of all models that were fitted.
    """
    leaving = [Leaving(case=c, step="plan", reason=r) for c, r in sorted(plan.excluded.items())]
    for case, row in frame.iterrows():
        leaving += _leavings(str(case), row, gaps.get(str(case)), covariates)
    people = tuple(_person(case, frame) for case in sorted(plan.patient_ids))
    return Flow(patients=people, leaving=tuple(leaving))


def _person(case: str, frame: pd.DataFrame) -> Person:
    if case not in frame.index:
        return Person(case=case, cohort="", event=None)
    cohort, event = frame.at[case, "cohort"], frame.at[case, "event"]
    known: Cohort = "" if pd.isna(cohort) else cohort
    return Person(case=case, cohort=known, event=None if pd.isna(event) else bool(event == 1))


def _leavings(case: str, row: pd.Series, gap: LeftOut | None, covariates: Sequence[str]) -> list[Leaving]:
    early = _before_analysis(case, row)
    if early is not None:
        return [early]
    found = []
    if pd.isna(row["phenotype"]):
        reason = EVERY_FEATURE if gap is None else gap.kind
        found.append(Leaving(case=case, step="phenotype", reason=reason))
    lacking = [c for c in covariates if c in row.index and pd.isna(row[c])]
    if lacking and row["cohort"] == "discovery":
        reason = f"unknown: {', '.join(lacking)}"
        found.append(Leaving(case=case, step="models", reason=reason))
    return found


def _before_analysis(case: str, row: pd.Series) -> Leaving | None:
    def gone(step: Step, reason: str) -> Leaving:
        return Leaving(case=case, step=step, reason=reason)

    if not row["complete"]:
        return gone("exams", "an exam failed")
    if row["before_landmark"]:
        return gone("landmark", "event or end of follow-up by the second visit")
    if pd.isna(row["time"]) or pd.isna(row["event"]):
        return gone("outcome", "outcome unknown")
    return None
