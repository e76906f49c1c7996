"""Frozen Cox models in other patients: one computation for a run's validation cohort and any other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.errors import KinephenError
from kinephen.records.base import Interval
from kinephen.records.flow import LeftOut
from kinephen.records.performance import CalibrationGroup
from kinephen.records.validation import BrierRecord, FrozenPerformance
from kinephen.study.flow import lacks
from kinephen.study.steps.cox_models import FittedCox
from kinephen.study.steps.risk_records import calibration_records
from kinephen.survival.calibration import calibration_groups
from kinephen.survival.external import ExternalValidation, external_validation
from kinephen.survival.results import Interval as Estimate
from kinephen.types import BoolArray, FloatArray


def usable_design(model: FittedCox, used: pd.DataFrame) -> tuple[FloatArray, BoolArray]:
    """Return the design of patients, and who has every covariate of the model."""
    x = model.design(used)
    return x, np.asarray(np.isfinite(x).all(axis=1))


def frozen_performance(
    model: FittedCox, rows: pd.DataFrame, used: pd.DataFrame, horizon: float | None = None
) -> FrozenPerformance:
    """Hold one model against the outcomes of the patients that have its covariates.

    Parameters
    ----------
    model : FittedCox
    rows : DataFrame
        Patients who are analysed: ``time`` (years) and ``event``.
    used : DataFrame
        Their covariates as they may be used, in the order of `rows`.
    horizon : float, optional
        Years, for calibration and Brier score.
    """
    x, usable = usable_design(model, used)
    kept, x = rows[usable], x[usable]
    base = FrozenPerformance(
        model=model.name,
        title=model.title,
        n=len(kept),
        events=int((kept["event"] == 1).sum()),
        left_out=tuple(
            LeftOut(case=case, step="covariates", reason=lacks(absent))
            for case, absent in model.lacking(used).items()
        ),
    )
    if not len(kept):
        return base.model_copy(update={"reason": "a covariate is missing in all patients"})
    when = horizon if horizon is not None and horizon <= model.frozen.last_time else None
    try:
        found = external_validation(
            model.frozen, x, kept["time"], kept["event"], horizons=() if when is None else (when,)
        )
    except KinephenError as error:
        return base.model_copy(update={"reason": error.message})
    measured = {
        "c": _interval(found.harrell.interval),
        "slope": _interval(found.slope),
        "in_the_large": _interval(found.in_the_large),
    }
    if when is None:
        return base.model_copy(update=measured)
    groups = _groups(model.frozen.risk(x, when), kept, when)
    return base.model_copy(update={**measured, **_by_horizon(found, when), "calibration": groups})


def _by_horizon(found: ExternalValidation, when: float) -> dict[str, Interval | BrierRecord | float]:
    score = found.brier[when]
    return {
        "horizon": when,
        "at_horizon": _interval(found.at_horizon[when]),
        "brier": BrierRecord(brier=score.brier, null_brier=score.null_brier, ipa=score.ipa, n=score.n),
    }


def _groups(risk: FloatArray, rows: pd.DataFrame, horizon: float) -> tuple[CalibrationGroup, ...]:
    try:
        table = calibration_groups(risk, rows["time"], rows["event"], horizon)
    except KinephenError:
        return ()
    return calibration_records(table)


def _interval(interval: Estimate) -> Interval:
    return Interval(value=interval.estimate, low=interval.lower, high=interval.upper)
