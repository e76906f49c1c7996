"""How good the models' predicted risks are, on patients left out of the fit; how much of C is optimism."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.config.survival import SurvivalSettings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.records.names import COMPARISONS, DRAWN_MODELS
from kinephen.records.performance import (
    AucCurve,
    CalibrationGroup,
    CalibrationRecord,
    DecisionCurve,
    GainRecord,
    HorizonRecord,
    ModelPerformance,
    OptimismRecord,
    PerformanceRecord,
    SampleSizeRecord,
    ScoresRecord,
    SmoothCalibrationRecord,
)
from kinephen.records.statistics import IntervalRecord
from kinephen.study.recorded import recorded, recorded_or_none
from kinephen.study.steps.ladder import Ladder
from kinephen.study.steps.risk_records import DECISION_THRESHOLDS, calibration_records, decision_records
from kinephen.survival.calibration import calibration_groups, smooth_calibration
from kinephen.survival.decision import decision_curve
from kinephen.survival.design import design_matrix
from kinephen.survival.horizon_choice import choose_horizon
from kinephen.survival.optimism import optimism_bootstrap
from kinephen.survival.out_of_fold import OutOfFoldRisk, out_of_fold_risk
from kinephen.survival.outcome import Outcome, clean_outcome
from kinephen.survival.prediction import auc_gain, average, score_predictions
from kinephen.survival.sample_size import sample_size
from kinephen.survival.time_dependent import time_dependent_auc
from kinephen.survival.validation import LadderModel
from kinephen.types import FloatArray, Rng

TIME_STEP = 0.5
ENOUGH_AT_A_TIME = 5


def performance_record(
    frame: pd.DataFrame, ladder: Ladder, settings: SurvivalSettings, *, seed: int, name: str
) -> PerformanceRecord:
    """Return sample size, optimism and cross-validated performance of every model of a ladder.

    Predictions come from the first replicates of the very folds that gave the cross-validated C. A learned
    covariate (the phenotype) is taken as found on the whole cohort.

    Parameters
    ----------
    frame : DataFrame
        The table that the ladder was run on.
    ladder : Ladder
    settings : SurvivalSettings
    seed, name : int, str
        Of the random stream.
    """
    rows = frame[ladder.result.rows]
    outcome = clean_outcome(rows["time"], rows["event"])
    designs = {n: design_matrix(rows, list(c)).x for n, c in ladder.columns.items()}
    choice = recorded(HorizonRecord, choose_horizon(outcome, settings.performance.horizon))
    models = {}
    for m in ladder.result.models:
        rng = stream(seed, "optimism", name, m.name)
        models[m.name] = ModelPerformance(
            size=_size(m), optimism=_optimism(designs[m.name], outcome, settings, rng)
        )
    record = PerformanceRecord(
        horizon=choice,
        n=outcome.n,
        replicates=min(settings.performance.replicates, len(ladder.result.folds)),
        models=models,
    )
    if choice.value is None:
        return record
    predicted, failures = _predictions(designs, outcome, ladder, settings, choice.value)
    shown = {m: predicted[m] for m in DRAWN_MODELS if m in predicted}
    return record.model_copy(
        update={
            "models": {
                name: _judged(entry, predicted.get(name), failures.get(name, ""), outcome)
                for name, entry in models.items()
            },
            "gains": _gains(predicted, outcome),
            "decision": _decision(shown, outcome, choice.value),
            "auc_over_time": _auc_over_time(designs, outcome, ladder, settings),
        }
    )


def _size(model: LadderModel) -> SampleSizeRecord:
    fit = model.fit
    return recorded(SampleSizeRecord, sample_size(fit.lrt.statistic, round(fit.df), fit.n, fit.events))


def _judged(
    entry: ModelPerformance, predicted: OutOfFoldRisk | None, failure: str, outcome: Outcome
) -> ModelPerformance:
    if predicted is None:
        return entry.model_copy(update={"reason": failure})
    scores = recorded(ScoresRecord, score_predictions(predicted, outcome))
    return entry.model_copy(update={"scores": scores, "calibration": _calibration(predicted, outcome)})


def _predictions(
    designs: dict[str, FloatArray],
    outcome: Outcome,
    ladder: Ladder,
    settings: SurvivalSettings,
    horizon: float,
) -> tuple[dict[str, OutOfFoldRisk], dict[str, str]]:
    folds = ladder.result.folds[: settings.performance.replicates]
    found, failed = {}, {}
    for model, x in designs.items():
        try:
            found[model] = out_of_fold_risk(x, outcome, folds, horizon, firth=settings.ladder.firth == "auto")
        except KinephenError as error:
            failed[model] = error.message
    return found, failed


def _optimism(x: FloatArray, outcome: Outcome, settings: SurvivalSettings, rng: Rng) -> OptimismRecord:
    count = settings.performance.bootstraps
    if count == 0:
        return OptimismRecord(reason="switched off (performance.bootstraps)")
    try:
        return recorded(OptimismRecord, optimism_bootstrap(x, outcome, replicates=count, rng=rng))
    except KinephenError as error:
        return OptimismRecord(reason=error.message)


def _calibration(predicted: OutOfFoldRisk, outcome: Outcome) -> CalibrationRecord:
    risk, horizon = predicted.mean, predicted.horizon
    groups: tuple[CalibrationGroup, ...] = ()
    try:
        table = calibration_groups(risk, outcome.time, outcome.event, horizon)
        groups = calibration_records(table)
        smooth = smooth_calibration(risk, outcome.time, outcome.event, horizon)
    except KinephenError as error:
        return CalibrationRecord(groups=groups, reason=error.message)
    return CalibrationRecord(groups=groups, smooth=recorded(SmoothCalibrationRecord, smooth))


def _gains(predicted: dict[str, OutOfFoldRisk], outcome: Outcome) -> tuple[GainRecord, ...]:
    found = []
    for smaller, larger in COMPARISONS:
        if smaller in predicted and larger in predicted:
            gain, reason = auc_gain(predicted[smaller], predicted[larger], outcome)
            interval = recorded_or_none(IntervalRecord, gain)
            found.append(GainRecord(smaller=smaller, larger=larger, gain=interval, reason=reason))
    return tuple(found)


def _decision(shown: dict[str, OutOfFoldRisk], outcome: Outcome, horizon: float) -> tuple[DecisionCurve, ...]:
    risks = {name: p.mean for name, p in shown.items()}
    table = decision_curve(risks, outcome.time, outcome.event, horizon, thresholds=DECISION_THRESHOLDS)
    return decision_records(table)


def _auc_over_time(
    designs: dict[str, FloatArray], outcome: Outcome, ladder: Ladder, settings: SurvivalSettings
) -> tuple[AucCurve, ...]:
    """Return AUC(t) at every half year at which it can be judged."""
    last = float(outcome.time.max())
    times = [
        float(t)
        for t in np.arange(TIME_STEP, last, TIME_STEP)
        if (outcome.event & (outcome.time <= t)).sum() >= ENOUGH_AT_A_TIME
        and (outcome.time > t).sum() >= ENOUGH_AT_A_TIME
    ]
    wanted = {m: designs[m] for m in DRAWN_MODELS if m in designs}
    values: dict[str, list[float | None]] = {m: [] for m in wanted}
    for t in times:
        predicted, _ = _predictions(wanted, outcome, ladder, settings, t)
        for model, curve in values.items():
            curve.append(_auc(predicted[model], outcome) if model in predicted else None)
    return tuple(
        AucCurve(model=m, time=tuple(times), auc=tuple(curve)) for m, curve in values.items() if times
    )


def _auc(predicted: OutOfFoldRisk, outcome: Outcome) -> float | None:
    found, _ = average(
        lambda r: (
            time_dependent_auc(predicted.risk[r], outcome.time, outcome.event, predicted.horizon).interval
        ),
        len(predicted.risk),
    )
    return None if found is None else found.estimate
