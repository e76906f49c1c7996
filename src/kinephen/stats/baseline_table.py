"""A classification against many columns: the fitting test for each, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kinephen.errors import CohortError, InputError
from kinephen.stats.association import SMALL_EXPECTED, AssociationTest, chi_square_test, kruskal_wallis
from kinephen.stats.fisher import fisher_exact
from kinephen.stats.multiplicity import Method, adjust
from kinephen.stats.tables import cross_table

FEW_LEVELS = 2
"""A numeric column with at most this many values is a classification."""
COLUMNS = ["column", "test", "statistic", "df", "p", "n", "missing", "min_expected", "summary", "note"]


def association_table(
    frame: pd.DataFrame, by: str, columns: Sequence[str], *, method: Method = "holm"
) -> pd.DataFrame:
    """Compare the groups of one column in many others.

    Text, categorical and two-valued columns: chi-square, or Fisher's exact test where an expected count is
    below 5. Other numeric columns: Kruskal-Wallis. Patients with a missing value are left out of that
    column's test and counted.

    Parameters
    ----------
    frame : DataFrame
    by : str
        Column with the groups; patients without a group are left out throughout.
    columns : sequence of str
    method : str
        Adjustment over the tests of this table.

    Returns
    -------
    DataFrame
        Columns column, test, statistic, df, p, n, missing, min_expected, summary (per group), note,
        p_adjusted. A test that cannot be made has NaN and its reason in note.

    Raises
    ------
    InputError
        ``stats.column``.
    """
    absent = [c for c in (by, *columns) if c not in frame.columns]
    if absent:
        raise InputError(f"no column {', '.join(absent)}", code="stats.column", where="table")
    known = frame[frame[by].notna()]
    rows = [_one_row(known, by, column) for column in columns]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_adjusted"] = adjust(table["p"].to_numpy(dtype=np.float64), method)
    return table


def _one_row(frame: pd.DataFrame, by: str, column: str) -> list[Any]:
    part = frame[frame[column].notna()]
    missing = len(frame) - len(part)
    categorical = _is_classification(part[column])
    try:
        test = _categorical(part, by, column) if categorical else kruskal_wallis(part[column], part[by])
    except CohortError as error:
        undefined = [np.nan] * 3
        return [column, "none", *undefined, len(part), missing, np.nan, "", error.message]
    summary = _counts(part, by, column) if categorical else _medians(part, by, column)
    note = "; ".join(i.message for i in test.issues)
    values = [test.name, test.statistic, test.df, test.p, test.n]
    return [column, *values, missing, test.min_expected, summary, note]


def _is_classification(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values) or values.nunique() <= FEW_LEVELS


def _categorical(part: pd.DataFrame, by: str, column: str) -> AssociationTest:
    table = cross_table(part[by], part[column])
    test = chi_square_test(table)
    if test.min_expected >= SMALL_EXPECTED:
        return test
    try:
        return fisher_exact(table)
    except CohortError:
        return test  # too many tables to enumerate; the note on small expected counts stays


def _counts(part: pd.DataFrame, by: str, column: str) -> str:
    table = cross_table(part[by], part[column])
    cells = (
        f"{row}: " + ", ".join(f"{c} {n}" for c, n in zip(table.columns, counts, strict=True))
        for row, counts in zip(table.rows, table.counts, strict=True)
    )
    return "; ".join(cells)


def _medians(part: pd.DataFrame, by: str, column: str) -> str:
    groups = part.groupby(by, observed=True)[column]
    return "; ".join(f"{name}: median {_quartiles(values)}" for name, values in groups)


def _quartiles(values: pd.Series) -> str:
    low, middle, high = (float(q) for q in values.quantile([0.25, 0.5, 0.75]))
    return f"{middle:.4g} (IQR {low:.4g} to {high:.4g})"
