"""How good the models' predicted risks are, on patients left out of the fit; how much of C is optimism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.study.steps.ladder import COMPARISONS, Ladder
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
from kinephen.types import FloatArray

SHOWN = ("m1", "m2", "m4", "m5")
"""Models whose curves are drawn; the numbers of all stand in the table."""
THRESHOLDS = tuple(round(0.02 * i, 2) for i in range(1, 31))
TIME_STEP = 0.5
ENOUGH_AT_A_TIME = 5


def performance_record(
    frame: pd.DataFrame, ladder: Ladder, settings: Settings, *, seed: int, name: str
) -> dict[str, Any]:
    """Return sample size, optimism and cross-validated performance of every model of a ladder.

    Predictions come from the first replicates of the very folds that gave the cross-validated C. A learned
    covariate (the phenotype) is taken as found on the whole cohort.

    Parameters
    ----------
    frame : DataFrame
        The table that the ladder was run on.
    ladder : Ladder
    settings : Settings
    seed, name : int, str
        Of the random stream.

    Returns
    -------
    dict
        ``horizon``, ``models`` (``size``, ``optimism``, ``scores``, ``calibration``), ``gains``,
        ``decision``, ``auc_over_time``.
    """
    rows = frame[ladder.result.rows]
    outcome = clean_outcome(rows["time"], rows["event"])
    designs = {n: design_matrix(rows, list(c)).x for n, c in ladder.columns.items()}
    choice = choose_horizon(outcome, settings.performance.horizon)
    record: dict[str, Any] = {
        "horizon": choice.to_dict(),
        "n": outcome.n,
        "replicates": min(settings.performance.replicates, len(ladder.result.folds)),
        "models": {
            m.name: {
                "size": sample_size(m.fit.lrt.statistic, round(m.fit.df), m.fit.n, m.fit.events).to_dict(),
                "optimism": _optimism(
                    designs[m.name], outcome, settings, stream(seed, "optimism", name, m.name)
                ),
            }
            for m in ladder.result.models
        },
        "gains": [],
        "decision": [],
        "auc_over_time": [],
    }
    if choice.value is None:
        return record
    predicted, failures = _predictions(designs, outcome, ladder, settings, choice.value)
    for model, entry in record["models"].items():
        if model in failures:
            entry["reason"] = failures[model]
            continue
        entry["scores"] = score_predictions(predicted[model], outcome).to_dict()
        entry["calibration"] = _calibration(predicted[model], outcome)
    shown = {m: predicted[m] for m in SHOWN if m in predicted}
    record["gains"] = _gains(predicted, outcome)
    record["decision"] = _decision(shown, outcome, choice.value)
    record["auc_over_time"] = _auc_over_time(designs, outcome, ladder, settings)
    return record


def _predictions(
    designs: dict[str, FloatArray], outcome: Outcome, ladder: Ladder, settings: Settings, horizon: float
) -> tuple[dict[str, OutOfFoldRisk], dict[str, str]]:
    folds = ladder.result.folds[: settings.performance.replicates]
    found, failed = {}, {}
    for model, x in designs.items():
        try:
            found[model] = out_of_fold_risk(x, outcome, folds, horizon, firth=settings.cox.firth == "auto")
        except KinephenError as error:
            failed[model] = error.message
    return found, failed


def _optimism(x: FloatArray, outcome: Outcome, settings: Settings, rng: Any) -> dict[str, Any]:
    count = settings.performance.bootstraps
    if count == 0:
        return {"reason": "switched off (performance.bootstraps)"}
    try:
        return {**optimism_bootstrap(x, outcome, replicates=count, rng=rng).to_dict(), "reason": ""}
    except KinephenError as error:
        return {"reason": error.message}


def _calibration(predicted: OutOfFoldRisk, outcome: Outcome) -> dict[str, Any]:
    risk, horizon = predicted.mean, predicted.horizon
    record: dict[str, Any] = {"groups": [], "smooth": None, "reason": ""}
    try:
        groups = calibration_groups(risk, outcome.time, outcome.event, horizon)
        record["groups"] = groups.to_dict("records")
        record["smooth"] = smooth_calibration(risk, outcome.time, outcome.event, horizon).to_dict()
    except KinephenError as error:
        record["reason"] = error.message
    return record


def _gains(predicted: dict[str, OutOfFoldRisk], outcome: Outcome) -> list[dict[str, Any]]:
    found = []
    for smaller, larger in COMPARISONS:
        if smaller in predicted and larger in predicted:
            gain, reason = auc_gain(predicted[smaller], predicted[larger], outcome)
            interval = None if gain is None else gain.to_dict()
            found.append({"smaller": smaller, "larger": larger, "gain": interval, "reason": reason})
    return found


def _decision(shown: dict[str, OutOfFoldRisk], outcome: Outcome, horizon: float) -> list[dict[str, Any]]:
    risks = {name: p.mean for name, p in shown.items()}
    table = decision_curve(risks, outcome.time, outcome.event, horizon, thresholds=THRESHOLDS)
    return [
        {
            "model": str(model),
            "threshold": rows["threshold"].tolist(),
            "benefit": rows["net_benefit"].tolist(),
        }
        for model, rows in table.groupby("model", sort=False)
    ]


def _auc_over_time(
    designs: dict[str, FloatArray], outcome: Outcome, ladder: Ladder, settings: Settings
) -> list[dict[str, Any]]:
    """Return AUC(t) at every half year at which it can be judged."""
    last = float(outcome.time.max())
    times = [
        float(t)
        for t in np.arange(TIME_STEP, last, TIME_STEP)
        if (outcome.event & (outcome.time <= t)).sum() >= ENOUGH_AT_A_TIME
        and (outcome.time > t).sum() >= ENOUGH_AT_A_TIME
    ]
    wanted = {m: designs[m] for m in SHOWN if m in designs}
    values: dict[str, list[float | None]] = {m: [] for m in wanted}
    for t in times:
        predicted, _ = _predictions(wanted, outcome, ladder, settings, t)
        for model, curve in values.items():
            curve.append(_auc(predicted[model], outcome) if model in predicted else None)
    return [{"model": m, "time": times, "auc": curve} for m, curve in values.items() if times]


def _auc(predicted: OutOfFoldRisk, outcome: Outcome) -> float | None:
    found, _ = average(
        lambda r: (
            time_dependent_auc(predicted.risk[r], outcome.time, outcome.event, predicted.horizon).interval
        ),
        len(predicted.risk),
    )
    return None if found is None else found.estimate
