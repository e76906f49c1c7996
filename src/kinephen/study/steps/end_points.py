"""The ladder for other end points than the study's own: response (pCR) and overall survival."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.study.steps.ladder import COMPARISONS, TITLES, ladder_record, model_columns, run_ladder
from kinephen.survival.logistic_ladder import LogisticLadder, logistic_ladder

RESPONSE = "pathologic complete response (pCR; binary)"
DEATH = "overall survival (event: death)"


def response_record(frame: pd.DataFrame, settings: Settings, *, seed: int, name: str) -> dict[str, Any]:
    """Return the ladder of logistic models of pCR, or why there is none.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort, with ``pcr`` where it is known.
    settings : Settings
    seed, name : int, str
        Of the random stream.
    """
    record: dict[str, Any] = {"end_point": RESPONSE, "reason": ""}
    if not settings.end_points.pcr:
        return {**record, "reason": "switched off (end_points.pcr)"}
    if "pcr" not in frame.columns or not frame["pcr"].notna().any():
        return {**record, "reason": "the clinical table does not tell pCR"}
    columns, absent = model_columns(frame, settings.signatures.covariates)
    plan = settings.cross_validation
    try:
        ladder = logistic_ladder(
            columns,
            frame,
            "pcr",
            folds=plan.folds,
            replicates=min(plan.replicates, settings.performance.replicates),
            firth="auto" if settings.cox.firth == "auto" else False,
            comparisons=COMPARISONS,
            rng=stream(seed, "pcr", name),
        )
    except KinephenError as error:
        return {**record, "reason": error.message}
    return {**record, **_logistic(ladder), "absent": {**absent, **ladder.absent}}


def _logistic(ladder: LogisticLadder) -> dict[str, Any]:
    return {
        "n": ladder.n,
        "events": ladder.responders,
        "left_out": ladder.left_out,
        "replicates": ladder.replicates,
        "folds": ladder.folds,
        "models": {m.name: {"title": TITLES[m.name], **m.to_dict()} for m in ladder.models},
        "comparisons": [c.to_dict() for c in ladder.comparisons],
    }


def death_record(
    frame: pd.DataFrame, settings: Settings, *, end_point: str, seed: int, name: str
) -> dict[str, Any]:
    """Return the ladder of Cox models of overall survival, or why there is none.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort, with ``os_time`` (years) and ``os_event`` where known.
    settings : Settings
    end_point : str
        The study's own; overall survival is not run twice.
    seed, name : int, str
        Of the random stream.
    """
    record: dict[str, Any] = {"end_point": DEATH, "reason": ""}
    if not settings.end_points.overall_survival:
        return {**record, "reason": "switched off (end_points.overall_survival)"}
    if end_point == "os":
        return {**record, "reason": "it is the study's own end point"}
    if not {"os_time", "os_event"} <= set(frame.columns):
        return {**record, "reason": "the clinical table has no time to death"}
    known = frame[frame["os_time"].notna() & frame["os_event"].notna()]
    table = known.assign(time=known["os_time"], event=known["os_event"])
    try:
        ladder = run_ladder(table, settings, learn=None, rng=stream(seed, "overall survival", name))
    except KinephenError as error:
        return {**record, "reason": error.message}
    found = ladder_record(ladder)
    return {**record, **found, "unknown": len(frame) - len(known)}
