"""The ladder for other end points than the study's own: response (pCR) and overall survival."""

from __future__ import annotations

import pandas as pd

from kinephen.config.survival import SurvivalSettings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.records.end_points import (
    DeathRecord,
    LogisticComparisonRecord,
    LogisticLadderRecord,
    LogisticModelRecord,
    ResponseRecord,
)
from kinephen.records.names import COMPARISONS, model_title
from kinephen.study.recorded import recorded
from kinephen.study.steps.ladder import ladder_record, model_columns, run_ladder
from kinephen.survival.logistic_ladder import LogisticLadder, logistic_ladder

RESPONSE = "pathologic complete response (pCR; binary)"
DEATH = "overall survival (event: death)"


def response_record(
    frame: pd.DataFrame, settings: SurvivalSettings, *, seed: int, name: str
) -> ResponseRecord:
    """Return the ladder of logistic models of pCR, or why there is none.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort, with ``pcr`` where it is known.
    settings : SurvivalSettings
    seed, name : int, str
        Of the random stream.
    """

    def none(reason: str) -> ResponseRecord:
        return ResponseRecord(end_point=RESPONSE, reason=reason)

    if not settings.end_points.pcr:
        return none("switched off (end_points.pcr)")
    if "pcr" not in frame.columns or not frame["pcr"].notna().any():
        return none("the clinical table does not tell pCR")
    plan = settings.ladder
    columns, absent = model_columns(frame, plan.covariates)
    try:
        ladder = logistic_ladder(
            columns,
            frame,
            "pcr",
            folds=plan.folds,
            replicates=min(plan.replicates, settings.performance.replicates),
            firth=plan.penalty,
            comparisons=COMPARISONS,
            rng=stream(seed, "pcr", name),
        )
    except KinephenError as error:
        return none(error.message)
    return ResponseRecord(end_point=RESPONSE, ladder=_logistic(ladder, absent))


def _logistic(ladder: LogisticLadder, absent: dict[str, str]) -> LogisticLadderRecord:
    return LogisticLadderRecord(
        n=ladder.n,
        events=ladder.responders,
        left_out=ladder.left_out,
        replicates=ladder.replicates,
        folds=ladder.folds,
        models={
            m.name: recorded(LogisticModelRecord, m, title=model_title(m.name, m.columns))
            for m in ladder.models
        },
        comparisons=tuple(recorded(LogisticComparisonRecord, c) for c in ladder.comparisons),
        absent={**absent, **ladder.absent},
    )


def death_record(
    frame: pd.DataFrame, settings: SurvivalSettings, *, end_point: str, seed: int, name: str
) -> DeathRecord:
    """Return the ladder of Cox models of overall survival, or why there is none.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort, with ``os_time`` (years) and ``os_event`` where known.
    settings : SurvivalSettings
    end_point : str
        The study's own; overall survival is not run twice.
    seed, name : int, str
        Of the random stream.
    """

    def none(reason: str) -> DeathRecord:
        return DeathRecord(end_point=DEATH, reason=reason)

    if not settings.end_points.overall_survival:
        return none("switched off (end_points.overall_survival)")
    if end_point == "os":
        return none("it is the study's own end point")
    if not {"os_time", "os_event"} <= set(frame.columns):
        return none("the clinical table has no time to death")
    known = frame[frame["os_time"].notna() & frame["os_event"].notna()]
    table = known.assign(time=known["os_time"], event=known["os_event"])
    try:
        ladder = run_ladder(table, settings.ladder, learn=None, rng=stream(seed, "overall survival", name))
    except KinephenError as error:
        return none(error.message)
    return DeathRecord(end_point=DEATH, ladder=ladder_record(ladder), unknown=len(frame) - len(known))
