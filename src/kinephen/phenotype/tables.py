"""Checks of feature tables that every step of this room shares."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kinephen.core.cohort import require_unique_index
from kinephen.errors import CohortError, InputError
from kinephen.types import FloatArray

NAMES_SHOWN = 5


def checked_features(frame: pd.DataFrame, *, what: str) -> pd.DataFrame:
    """Return `frame` as float64 with infinities as NaN.

    Parameters
    ----------
    frame : DataFrame
        Patients in rows (unique index), numeric features in columns (unique names).
    what : str
        Name of the table in messages.

    Raises
    ------
    InputError
        Repeated patients or features, or a column that is not numeric.
    """
    require_unique_index(frame, what=what)
    if not frame.columns.is_unique:
        names = listed(frame.columns[frame.columns.duplicated()].unique())
        raise InputError(f"{what}: feature names occur more than once: {names}", code="table.columns")
    text = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    if text:
        raise InputError(
            f"{what}: {len(text)} column(s) are not numeric: {listed(text)}",
            code="table.not_numeric",
            hint="keep the identifier as index and leave out text columns",
        )
    values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    clean = np.where(np.isfinite(values), values, np.nan)
    return pd.DataFrame(clean, index=frame.index, columns=frame.columns.astype(str))


def require_patients(n: int, *, needed: int, what: str) -> None:
    """Raise ``CohortError`` (``phenotype.too_few``) if there are fewer than `needed` patients."""
    if n < needed:
        raise CohortError(
            f"{what} needs at least {needed} patients, found {n}",
            code="phenotype.too_few",
            hint="add patients or leave the step out",
        )


def require_columns(frame: pd.DataFrame, names: Iterable[str], *, what: str) -> None:
    """Raise ``InputError`` (``phenotype.features``) naming the columns that `frame` lacks."""
    missing = [n for n in names if n not in frame.columns]
    if missing:
        raise InputError(
            f"{what}: {len(missing)} feature(s) that the model uses are missing: {listed(missing)}",
            code="phenotype.features",
            hint="extract the features with the settings that the model was fitted with",
        )


def matrix(frame: pd.DataFrame) -> FloatArray:
    """Return the values as a C-ordered float64 array, shape (patients, features)."""
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float64))


def listed(names: Iterable[object]) -> str:
    """Return the first names of a list, and how many more there are."""
    every = [str(n) for n in names]
    more = len(every) - NAMES_SHOWN
    return ", ".join(every[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
