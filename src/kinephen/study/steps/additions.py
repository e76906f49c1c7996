"""What stands beside the article's own analysis of survival: gathered from the steps of this folder."""

from __future__ import annotations

import pandas as pd

from kinephen.config.survival import SurvivalSettings
from kinephen.records.additions import AdditionsRecord
from kinephen.records.curves import PanelRecord
from kinephen.records.horizon import CompetingRecord
from kinephen.study.steps.at_horizon import (
    competing_record,
    further_tests,
    marker_accuracy,
    restricted_means,
)
from kinephen.study.steps.end_points import death_record, response_record
from kinephen.study.steps.ladder import Ladder
from kinephen.study.steps.performance import performance_record


def additions_record(
    frame: pd.DataFrame,
    ladder: Ladder,
    settings: SurvivalSettings,
    *,
    panel: PanelRecord | None,
    labels: dict[str, str],
    end_point: str,
    seed: int,
    name: str,
) -> AdditionsRecord:
    """Return performance at the horizon, other end points, and phenotypes and markers at the horizon.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort with known outcome.
    ladder : Ladder
        Of the study's own end point.
    settings : SurvivalSettings
    panel : PanelRecord, optional
        Curves of the phenotypes; None where nobody has one.
    labels : dict of str to str
        Words for the phenotypes.
    end_point : {"rfs", "rfs_death_censored", "os"}
    seed, name : int, str
        Of the random streams.
    """
    performance = performance_record(frame, ladder, settings, seed=seed, name=name)
    # Kaplan-Meier quantities need follow-up to the horizon, not events before it.
    horizon = performance.horizon.years
    usable = bool((frame["time"] > horizon).any())
    worst = "2" if len(labels) == 2 else None
    return AdditionsRecord(
        performance=performance,
        response=response_record(frame, settings, seed=seed, name=name),
        death=death_record(frame, settings, end_point=end_point, seed=seed, name=name),
        restricted_means=restricted_means(frame, labels, horizon) if usable else (),
        tests=further_tests(frame, panel),
        markers=marker_accuracy(frame, worst, horizon) if usable else (),
        competing=_competing(frame, settings, labels, horizon, end_point),
    )


def _competing(
    frame: pd.DataFrame, settings: SurvivalSettings, labels: dict[str, str], horizon: float, end_point: str
) -> CompetingRecord:
    if settings.end_points.competing == "off":
        return CompetingRecord(reason="switched off (end_points.competing)")
    if end_point == "os":
        return CompetingRecord(reason="death is the end point: nothing competes with it")
    return competing_record(frame, labels, horizon)
