"""Risks of other patients by the Cox models of a fitted model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.model.load import Fitted
from kinephen.survival.baseline import PredictedSurvival
from kinephen.types import FloatArray


@dataclass(frozen=True)
class Risk:
    """Risk of the event by one horizon; None with a reason."""

    horizon: float
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


def model_design(fitted: Fitted, name: str, covariates: pd.DataFrame) -> FloatArray:
    """Return the design of a Cox model, shape (patients, terms); NaN where a covariate cannot be used."""
    columns = []
    for term in fitted.record(name).terms:
        values = covariates[term.column]
        if term.level is None:
            columns.append(pd.to_numeric(values).to_numpy(dtype=np.float64))
        else:
            hit = (values == term.level).to_numpy(dtype=np.float64)
            columns.append(np.where(values.isna().to_numpy(), np.nan, hit))
    return np.column_stack(columns)


@dataclass(frozen=True)
class ModelRisks:
    """What one Cox model says of the patients whose covariates it can use.

    Parameters
    ----------
    rows : dict of str to int
        Case to its row in the two below.
    linear_predictor : ndarray, shape (patients,)
    found : PredictedSurvival, optional
        At each horizon; None without patients.
    last_time : float
        Longest follow-up of training, years.
    """

    rows: dict[str, int]
    linear_predictor: FloatArray
    found: PredictedSurvival | None
    last_time: float

    def of(self, case: str, when: tuple[float, ...]) -> tuple[Risk, ...]:
        """Return the risks of one patient of `rows` at the horizons of the call that made these."""
        assert self.found is not None
        row = self.rows[case]
        return tuple(self._at(row, j, h) for j, h in enumerate(when))

    def _at(self, row: int, j: int, horizon: float) -> Risk:
        if horizon > self.last_time:
            return Risk(horizon, None, None, None, f"training was followed for {self.last_time:.3g} years")
        assert self.found is not None
        parts = (self.found.survival, self.found.upper, self.found.lower)
        value, low, high = (float(1.0 - p[row, j]) for p in parts)
        reason = "" if np.isfinite(low + high) else "no interval"
        return Risk(horizon, value, finite(low), finite(high), reason)


def model_risks(fitted: Fitted, name: str, covariates: pd.DataFrame, when: tuple[float, ...]) -> ModelRisks:
    """Return what the Cox model `name` says of the patients in the rows of `covariates` at years `when`."""
    last = fitted.cox[name].last_time
    if covariates.empty:
        return ModelRisks({}, np.empty(0), None, last)
    x = model_design(fitted, name, covariates)
    usable = np.isfinite(x).all(axis=1)
    if not usable.any():
        return ModelRisks({}, np.empty(0), None, last)
    model = fitted.cox[name]
    rows = {str(c): i for i, c in enumerate(covariates.index[usable])}
    return ModelRisks(rows, model.linear_predictor(x[usable]), model.survival(x[usable], when), last)


def finite(value: float) -> float | None:
    """Return None for NaN and infinities."""
    return value if np.isfinite(value) else None
