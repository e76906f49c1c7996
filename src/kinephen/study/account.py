"""Who is in an analysis of patients with phenotypes and outcomes: one rule for runs and for validations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kinephen.records.account import Account, LeftOut
from kinephen.study.plan import Plan

EVERY_FEATURE = "a feature of the model is undefined"


def exam_gaps(
    plan: Plan, failures: Mapping[tuple[str, str], Mapping[str, str]], tables: Sequence[pd.DataFrame]
) -> dict[str, LeftOut]:
    """Return why patients have no pair of exams with features.

    Parameters
    ----------
    plan : Plan
    failures : mapping of (case, visit) to dict
        With a ``message``.
    tables : sequence of DataFrame
        Features at each visit, index ``case``; a row without any value is a lesion that has vanished.
    """
    visits = plan.study.study.visits
    listed = {(e.case, e.visit) for e in plan.exams}
    seen = [set(t.index[t.notna().any(axis=1)]) for t in tables]
    gaps = {}
    for case in plan.patient_ids:
        for visit, measured in zip(visits, seen, strict=True):
            if case in plan.excluded:
                gaps[case] = LeftOut(case=case, step="visits", reason=plan.excluded[case])
            elif (case, visit) not in listed:
                gaps[case] = LeftOut(case=case, step="visits", reason=f"no exam at {visit}")
            elif (case, visit) in failures:
                reason = f"the exam at {visit} failed: {failures[case, visit]['message']}"
                gaps[case] = LeftOut(case=case, step="exams", reason=reason)
            elif case not in measured:
                gaps[case] = LeftOut(case=case, step="features", reason=f"no lesion at {visit}")
            if case in gaps:
                break
    return gaps


def account(rows: pd.DataFrame, gaps: Mapping[str, LeftOut]) -> tuple[pd.DataFrame, Account]:
    """Return the patients who are analysed, and the account of all.

    Parameters
    ----------
    rows : DataFrame
        One row for each patient that was given, index ``case``: ``phenotype`` (text), ``time`` (years) and
        ``event``, missing where unknown, and optionally ``before_landmark``.
    gaps : mapping of str to LeftOut
        Patients without a pair of exams with features.
    """
    left = [entry for case, row in rows.iterrows() if (entry := _leaves(str(case), row, gaps))]
    kept = rows[~rows.index.isin([entry.case for entry in left])].infer_objects()
    flow = Account(
        given=len(rows), left_out=tuple(left), analysed=len(kept), events=int((kept["event"] == 1).sum())
    )
    return kept, flow


def _leaves(case: str, row: pd.Series, gaps: Mapping[str, LeftOut]) -> LeftOut | None:
    if case in gaps:
        return gaps[case]
    if pd.isna(row["phenotype"]):
        return LeftOut(case=case, step="features", reason=EVERY_FEATURE)
    early = row.get("before_landmark", False)
    if pd.notna(early) and early:
        reason = "event or end of follow-up by the second visit"
        return LeftOut(case=case, step="outcome", reason=reason)
    if pd.isna(row["time"]) or pd.isna(row["event"]):
        return LeftOut(case=case, step="outcome", reason="outcome unknown")
    return None
