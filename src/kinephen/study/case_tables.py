"""Tables of what the exams gave, written before any step over patients: they do not depend on one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.cohort import issues_frame
from kinephen.phenotype.delta import DeltaResult, delta_features
from kinephen.radiomics.catalogue import FEATURES
from kinephen.radiomics.robustness import feature_icc
from kinephen.study.cases import CaseResults
from kinephen.study.exam_tables import (
    exam_issues_table,
    exams_table,
    feature_issues_table,
    labelled,
    visit_table,
)
from kinephen.study.plan import Plan
from kinephen.study.store import write_frame


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
    write_frame(folder / "exams", exams_table(plan, cases))
    write_frame(folder / "exams_issues", exam_issues_table(plan, cases, name))
    write_frame(folder / "features_issues", feature_issues_table(plan, cases, name))
    for visit in plan.study.study.visits:
        write_frame(folder / f"features_{visit}", visit_table(plan, cases, name, visit))
    repeats = cases.repeats(name)
    if len(repeats) > 1:
        write_frame(folder / "feature_icc", feature_icc(repeats).reset_index(names="feature"))
    delta = _delta(plan, cases, name, settings)
    if delta is not None:
        write_frame(folder / "delta_features", labelled(plan, delta.delta))
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
