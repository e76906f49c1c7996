"""One row a patient: clinical data, volumes, signatures and phenotype, for the statistics."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kinephen.records.lesion import Lesion
from kinephen.study.plan import Plan

PER_YEAR = {"days": 365.25, "months": 12.0, "years": 1.0}
CLINICAL = ("age", "hr", "her2", "tn", "pcr")


def base_frame(plan: Plan, lesions: Mapping[tuple[str, str], Lesion]) -> pd.DataFrame:
    """Return clinical data and volumes, index ``case``.

    Returns
    -------
    DataFrame
        ``cohort``, ``time`` and ``os_time`` (years), ``event``, the clinical covariates that are known,
        further clinical columns as given, ``ftv1`` and ``ftv2`` (cm3), and ``complete`` (both exams were
        analysed).
    """
    frame = plan.clinical.copy()
    for column in ("time", "os_time"):
        if column in frame.columns:
            frame[column] = frame[column] / PER_YEAR[plan.time_unit]
    frame["cohort"] = cohorts(plan)
    for number, visit in enumerate(plan.study.study.visits, start=1):
        values = {case: record.ftv_pe_cc for (case, v), record in lesions.items() if v == visit}
        frame[f"ftv{number}"] = pd.Series(values, dtype=float).reindex(frame.index)
    frame["complete"] = frame["ftv1"].notna() & frame["ftv2"].notna()
    return frame[~frame.index.isin(plan.excluded)]


def cohorts(plan: Plan) -> pd.Series:
    """Return the cohort of each patient of the clinical table by its part: "discovery", "validation" or none.

    Without a column of cohorts everybody is of discovery.
    """
    study, clinical = plan.study.study, plan.clinical
    if "cohort" not in clinical.columns:
        return pd.Series("discovery", index=clinical.index, dtype=object)
    return clinical["cohort"].map({study.discovery: "discovery", study.validation: "validation"})


def with_signatures(frame: pd.DataFrame, signatures: pd.DataFrame | None) -> pd.DataFrame:
    """Return `frame` with the columns of `signatures` (index ``case``); unchanged without any."""
    if signatures is None:
        return frame
    return frame.join(signatures, how="left")


def with_phenotype(frame: pd.DataFrame, labels: Mapping[str, int]) -> pd.DataFrame:
    """Return `frame` with ``phenotype`` as text ("1", "2", ...), missing where none was assigned."""
    column = pd.Series({case: str(label) for case, label in labels.items()}, dtype=object)
    return frame.assign(phenotype=column.reindex(frame.index))


def cohort_rows(frame: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Return the patients of one cohort whose exams are complete and whose outcome is known."""
    return with_outcome(frame[frame["cohort"] == cohort])


def with_outcome(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the patients whose exams are complete and whose outcome is known."""
    return frame[frame["complete"] & frame["time"].notna() & frame["event"].notna()]


def phenotyped(frame: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Return the patients of one cohort who have a phenotype, whether or not their outcome is known."""
    return frame[(frame["cohort"] == cohort) & frame["phenotype"].notna()]
