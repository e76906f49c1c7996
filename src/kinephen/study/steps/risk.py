"""Predicted risk of patients, with its limits, by frozen Cox models: of a run and of a model file alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.records.risk import PatientRisk, Risk, Risks
from kinephen.study.steps.covariates import usable_covariates
from kinephen.study.steps.cox_models import FittedCox, FrozenLadder
from kinephen.survival.baseline import PredictedSurvival

HORIZONS = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Years; those are kept by which enough patients are still followed."""
MIN_AT_RISK = 5


def study_risks(
    frame: pd.DataFrame,
    nearest: Mapping[str, int | None],
    ladder: FrozenLadder,
) -> Risks:
    """Return the risks of all patients of a study, as its model file would predict them.

    Parameters
    ----------
    frame : DataFrame
        All patients (see `kinephen.study.frame`), with the ``phenotype`` of the discovery cohort.
    nearest : mapping of str to int
        Phenotype of the nearest centroid by case: what a model knows of a patient, of discovery or not.
    ladder : FrozenLadder

    Notes
    -----
    The risk of a patient in ``ladder.rows``, whom the models were fitted to, is apparent. A patient of the
    discovery cohort who left before (outcome unknown, landmark, a missing covariate) is not among them.
    """
    if not ladder.models:
        return Risks(reason="no Cox model could be fitted")
    label = {c: str(v) for c, v in nearest.items() if v is not None}
    given = frame.assign(phenotype=pd.Series(label, dtype=object).reindex(frame.index))
    used, _ = usable_covariates(given, ladder.known)
    horizons = risk_horizons(ladder.rows)
    ordered = most_covariates_first(ladder.models)
    return Risks(
        horizons=horizons,
        titles={n: m.title for n, m in ordered.items()},
        patients=predicted_risks(ordered, used, horizons),
        reason="" if horizons else "too few patients were followed to any horizon",
    )


def risk_horizons(rows: pd.DataFrame, wanted: Sequence[float] = HORIZONS) -> tuple[float, ...]:
    """Return the years by which an event has happened and enough patients are still followed.

    Parameters
    ----------
    rows : DataFrame
        Of the fit, or of a validation: ``time`` (years) and ``event``.
    wanted : sequence of float
        Years to choose from.
    """
    first = rows.loc[rows["event"] == 1, "time"].min()
    return tuple(h for h in wanted if h >= first and int((rows["time"] >= h).sum()) >= MIN_AT_RISK)


def most_covariates_first(models: Mapping[str, FittedCox]) -> dict[str, FittedCox]:
    """Return the models, that with most covariates first; equal ones stay in their order."""
    return dict(sorted(models.items(), key=lambda item: -len(item[1].columns)))


def predicted_risks(
    models: Mapping[str, FittedCox], used: pd.DataFrame, horizons: Sequence[float]
) -> dict[str, PatientRisk]:
    """Return what frozen models say of patients.

    Parameters
    ----------
    models : mapping of str to FittedCox
        That to be preferred first.
    used : DataFrame
        Covariates as they may be used, index ``case`` (see `usable_covariates`).
    horizons : sequence of float
        Years.
    """
    when = tuple(float(h) for h in horizons)
    found = {name: _model_risks(model, used, when) for name, model in models.items()}
    first = next(iter(models.values()), None)
    lacking = {} if first is None else first.lacking(used)
    return {case: _of_patient(case, found, lacking.get(case, ())) for case in map(str, used.index)}


@dataclass(frozen=True)
class _ModelRisks:
    """Linear predictor and risks by case, of one model."""

    predictor: dict[str, float]
    risks: dict[str, tuple[Risk, ...]]


def _model_risks(model: FittedCox, used: pd.DataFrame, when: tuple[float, ...]) -> _ModelRisks:
    if used.empty:
        return _ModelRisks({}, {})
    x = model.design(used)
    usable = np.isfinite(x).all(axis=1)
    cases = [str(c) for c in used.index[usable]]
    if not cases:
        return _ModelRisks({}, {})
    score = model.frozen.linear_predictor(x[usable])
    found = model.frozen.survival(x[usable], when)
    return _ModelRisks(
        {c: float(score[i]) for i, c in enumerate(cases)},
        {c: tuple(_risk(model, found, i, j) for j in range(len(when))) for i, c in enumerate(cases)},
    )


def _risk(model: FittedCox, found: PredictedSurvival, row: int, column: int) -> Risk:
    horizon, last = float(found.time[column]), model.frozen.last_time
    if horizon > last:
        reason = f"training was followed for {last:.3g} years"
        return Risk(model=model.name, horizon=horizon, value=None, low=None, high=None, reason=reason)
    value, low, high = (float(1.0 - part[row, column]) for part in (found.survival, found.upper, found.lower))
    reason = "" if np.isfinite(low + high) else "no limits: the predicted risk is 0 or 1"
    reason = reason if np.isfinite(value) else "out of the range of numbers"
    return Risk(model=model.name, horizon=horizon, value=value, low=low, high=high, reason=reason)


def _of_patient(case: str, found: Mapping[str, _ModelRisks], lacking: tuple[str, ...]) -> PatientRisk:
    by_model = {name: m.risks[case] for name, m in found.items() if case in m.risks}
    chosen = next(iter(by_model), "")
    return PatientRisk(
        model=chosen,
        wanted=next(iter(found), ""),
        lacking=lacking,
        linear_predictor=found[chosen].predictor[case] if chosen else None,
        risks=by_model.get(chosen, ()),
        others={n: r for n, r in by_model.items() if n != chosen},
    )
