"""Predicted risk of every patient, with its interval, from the discovery cohort's own Cox model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.errors import KinephenError
from kinephen.study.frame import cohort_rows
from kinephen.study.steps.ladder import TITLES, model_columns
from kinephen.survival.baseline import PredictedSurvival, predict_survival
from kinephen.survival.cox import cox_fit
from kinephen.survival.results import Z95
from kinephen.types import FloatArray

HORIZONS = (3.0, 5.0)
"""Years: the article's validation cohort has its outcome at 3, trials report 5."""
MODELS = ("m4", "m2", "m1")
"""The largest that needs no expression data, then those without a part that the study may lack."""


@dataclass(frozen=True)
class PatientsRisks:
    """Predicted risks.

    Parameters
    ----------
    model : str
        In words; empty if no model could be fitted.
    reason : str
        Why there is no model.
    by_case : dict of str to list of (horizon, risk, low, high)
        Patients with all covariates; 95 % limits of the predicted probability.
    """

    model: str = ""
    reason: str = ""
    by_case: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)


def predict_risks(frame: pd.DataFrame, settings: Settings) -> PatientsRisks:
    """Fit on the discovery cohort and predict for all patients of `frame`.

    Parameters
    ----------
    frame : DataFrame
        All patients (see `kinephen.study.frame`), with ``phenotype``.
    settings : Settings

    Notes
    -----
    A patient of the discovery cohort helped to fit the model that predicts for them, so their risk is
    apparent.
    """
    discovery = cohort_rows(frame, "discovery")
    known, absent = model_columns(discovery, settings.signatures.covariates)
    name = next((m for m in MODELS if m in known), None)
    if name is None:
        return PatientsRisks(reason=next(iter(absent.values()), "no model has its covariates"))
    columns = list(known[name])
    try:
        return _predict(frame, discovery.dropna(subset=columns), columns, TITLES[name], settings)
    except KinephenError as error:
        return PatientsRisks(reason=error.message)


def _predict(
    frame: pd.DataFrame, learn: pd.DataFrame, columns: list[str], title: str, settings: Settings
) -> PatientsRisks:
    levels = sorted(learn["phenotype"].dropna().unique()) if "phenotype" in columns else []
    firth: Any = "auto" if settings.cox.firth == "auto" else False
    fit = cox_fit(_design(learn, columns, levels), learn["time"], learn["event"], firth=firth)
    horizons = [h for h in HORIZONS if h <= float(learn["time"].max())]
    usable = frame.dropna(subset=columns)
    if levels:
        usable = usable[usable["phenotype"].isin(levels)]
    if not horizons or usable.empty:
        return PatientsRisks(
            reason=f"no patient was followed for {HORIZONS[0]:g} years" if not horizons else ""
        )
    predicted = predict_survival(fit, _design(usable, columns, levels), horizons)
    risk, low, high = _limits(predicted)
    rows = {
        str(case): [(h, *(float(part[i, j]) for part in (risk, low, high))) for j, h in enumerate(horizons)]
        for i, case in enumerate(usable.index)
    }
    return PatientsRisks(model=title, by_case=rows)


def _limits(predicted: PredictedSurvival) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return risk and its limits on the log(-log) scale, which stay within 0 and 1 without being cut there.

    NaN where the hazard is 0 or infinite: such a risk has no limits.
    """
    # A spread without bound says that nothing is known: the limits are then 0 and 1.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        hazard = -np.log(predicted.survival)
        spread = np.exp(Z95 * predicted.se / predicted.survival / hazard)
        low, high = 1.0 - np.exp(-hazard / spread), 1.0 - np.exp(-hazard * spread)
    known = np.isfinite(hazard) & (hazard > 0.0)
    return 1.0 - predicted.survival, np.where(known, low, np.nan), np.where(known, high, np.nan)


def _design(frame: pd.DataFrame, columns: list[str], levels: list[str]) -> Any:
    plain = frame[[c for c in columns if c != "phenotype"]].to_numpy(dtype=np.float64)
    marks = [(frame["phenotype"] == level).to_numpy(dtype=np.float64)[:, None] for level in levels[1:]]
    return np.hstack([plain, *marks])
