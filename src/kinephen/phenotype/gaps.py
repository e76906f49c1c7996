"""Undefined values in a table of features: whether a patient or a feature gives way."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
