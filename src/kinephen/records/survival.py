"""What the survival step found in the discovery cohort."""

from __future__ import annotations

from kinephen.records.additions import AdditionsRecord
from kinephen.records.base import Interval, IssueRecord, Number, Record
from kinephen.records.curves import PanelRecord
from kinephen.records.ladder import LadderRecord
from kinephen.records.statistics import ChiSquareRecord


class RiskGroupsRecord(Record):
    """Risk score of the model with baseline and FTV2 (or baseline alone), split at its median.

    Parameters
    ----------
    model : str, optional
        Name of the model; None where neither was fitted.
    median : float, optional
    scores : dict of str to float
        Linear predictor by case.
    groups : dict of str to str
        ``low`` (at or below the median) or ``high`` by case.
    """

    model: str | None
    median: Number
    scores: dict[str, float]
    groups: dict[str, str]


class ProportionalHazardsRecord(Record):
    """Score tests of proportional hazards in the largest model, by coefficient and all together.

    Empty with a ``reason`` where the model could not be fitted without penalty.
    """

    model: str
    reason: str = ""
    transform: str = ""
    tests: dict[str, ChiSquareRecord]
    overall: ChiSquareRecord | None = None


class SurvivalRecord(Record):
    """Curves, models, risk groups and checks.

    Parameters
    ----------
    panels : dict of str to PanelRecord
    ladder : LadderRecord
    risk : RiskGroupsRecord
    follow_up : Interval
        Median years of follow-up: the Kaplan-Meier median of being censored.
    proportional_hazards : ProportionalHazardsRecord
    additions : AdditionsRecord
    issues : tuple of IssueRecord
    """

    panels: dict[str, PanelRecord]
    ladder: LadderRecord
    risk: RiskGroupsRecord
    follow_up: Interval
    proportional_hazards: ProportionalHazardsRecord
    additions: AdditionsRecord
    issues: tuple[IssueRecord, ...]
