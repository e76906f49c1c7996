"""Moments of feature columns: z-scores with stored mean and SD, skewness, interquartile range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.options import SkewnessType
from kinephen.types import BoolArray, FloatArray

RELATIVE_ZERO = 1e-12
"""Columns whose range is below this share of their largest value are constant: the rest is rounding."""


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation (ddof 1) of features over the cohort they were fitted on."""

    mean: pd.Series
    sd: pd.Series

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``(frame - mean) / sd`` for the features of these moments, in their order."""
        return (frame[self.mean.index] - self.mean) / self.sd


def fit_moments(frame: pd.DataFrame) -> Moments:
    """Return mean and SD of every column.

    Parameters
    ----------
    frame : DataFrame
        Patients in rows; a column with an undefined value has undefined moments, a constant column SD NaN,
        so that its z-scores are NaN and not rounding noise.
    """
    values = frame.to_numpy(dtype=np.float64)
    sd = np.where(constant_columns(values), np.nan, values.std(axis=0, ddof=1))
    return Moments(pd.Series(values.mean(axis=0), index=frame.columns), pd.Series(sd, index=frame.columns))


def constant_columns(values: FloatArray) -> BoolArray:
    """Return which columns do not vary beyond rounding; shape (features,). Undefined columns are False."""
    spread = values.max(axis=0) - values.min(axis=0)
    flat: BoolArray = spread <= RELATIVE_ZERO * np.abs(values).max(axis=0)
    return flat


def skewness(values: FloatArray, kind: SkewnessType = 1) -> FloatArray:
    """Return the skewness of every column.

    Parameters
    ----------
    values : ndarray, shape (patients, features)
    kind : {1, 2, 3}
        1: ``m3 / m2**1.5``; 2: ``g1 sqrt(n (n - 1)) / (n - 2)`` (SAS, SPSS, pandas);
        3: ``g1 ((n - 1) / n)**1.5`` (default of R's e1071).

    Returns
    -------
    ndarray, shape (features,)
        NaN for constant or undefined columns, and for type 2 with fewer than three patients.

    References
    ----------
    Joanes and Gill 1998, The Statistician 47:183.
    """
    n = values.shape[0]
    centred = values - values.mean(axis=0)
    m2 = np.where(constant_columns(values), np.nan, (centred**2).mean(axis=0))
    g1: FloatArray = (centred**3).mean(axis=0) / m2**1.5
    if kind == 1:
        return g1
    if kind == 3:
        return g1 * float(((n - 1) / n) ** 1.5)
    factor = float(np.sqrt(n * (n - 1))) / (n - 2) if n > 2 else float("nan")
    return g1 * factor


def interquartile_range(values: FloatArray) -> FloatArray:
    """Return the interquartile range of every column (quantiles of type 7); shape (features,)."""
    upper, lower = np.percentile(values, [75.0, 25.0], axis=0)
    width: FloatArray = upper - lower
    return width
