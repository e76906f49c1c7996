"""Undefined values in a table of features: whether a patient or a feature gives way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.phenotype.tables import matrix


def patients_giving_way(frame: pd.DataFrame, *, fewest: int) -> list[object]:
    """Return the patients to leave out so that a table without gaps keeps most of its values.

    Step by step, the patient or the feature with the larger share of undefined values among those that are
    left gives way (a feature in case of a tie), until nothing is undefined. A feature that is undefined in
    many patients goes, and so does a patient who lacks many features; neither takes the other along.

    Parameters
    ----------
    frame : DataFrame, shape (patients, features)
    fewest : int
        Patients who are kept in any case.

    Returns
    -------
    list
        Index labels, in the order of the table.
    """
    gaps = np.isnan(matrix(frame))
    rows, columns = np.ones(len(frame), dtype=bool), np.ones(frame.shape[1], dtype=bool)
    while gaps[np.ix_(rows, columns)].any():
        by_row = np.where(rows, gaps[:, columns].mean(axis=1), -1.0)
        by_column = np.where(columns, gaps[rows].mean(axis=0), -1.0)
        if by_row.max() > by_column.max() and rows.sum() > fewest:
            rows[by_row.argmax()] = False
        else:
            columns[by_column.argmax()] = False
    return list(frame.index[~rows])


def gaps_by_patient(frame: pd.DataFrame) -> pd.DataFrame:
    """Return for every patient with gaps how many features are undefined, and how many for no one else.

    Returns
    -------
    DataFrame
        Index as that of `frame`; ``undefined`` and ``alone`` (both counts).
    """
    gaps = frame.isna()
    single = gaps.columns[gaps.sum(axis=0) == 1]
    table = pd.DataFrame({"undefined": gaps.sum(axis=1), "alone": gaps[single].sum(axis=1)})
    return table[table["undefined"] > 0].astype(np.int64)


def cost_of_gaps(frame: pd.DataFrame, *, fewest: int, patients_give_way: bool) -> pd.DataFrame:
    """Return `gaps_by_patient` with ``left_out``: whether the patient gives way instead of the features."""
    gaps = gaps_by_patient(frame)
    out = patients_giving_way(frame, fewest=fewest) if patients_give_way else []
    return gaps.assign(left_out=gaps.index.isin(out))


def gap_issues(gaps: pd.DataFrame, *, patients: int, dropped: int) -> tuple[Issue, ...]:
    """Say what undefined values cost the others.

    Parameters
    ----------
    gaps : DataFrame
        From `cost_of_gaps`.
    patients : int
        Of the whole cohort.
    dropped : int
        Features that were dropped because they are undefined for some patient.
    """
    notes = []
    left = int(gaps["left_out"].sum())
    if left:
        text = (
            f"patients of {patients} lack so many features that they were not learned from: keeping them "
            "would cost the others more; they have no phenotype"
        )
        notes.append(Issue("phenotype.gaps_patients", text, where="phenotypes", count=left))
    if dropped:
        alone = int(gaps.loc[~gaps["left_out"], "alone"].sum())
        text = (
            f"features were dropped for everybody because they are undefined for some of {patients - left} "
            f"patients, {alone} of them for one patient alone"
        )
        notes.append(Issue("phenotype.gaps_features", text, where="phenotypes", count=dropped))
    return tuple(notes)
