"""What an analysis of survival found, and the tables that are made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.survival.concordance import Concordance
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.cross_validation import CrossValidatedC
from kinephen.survival.fine_gray import FineGrayResult
from kinephen.survival.kaplan_meier import SurvivalCurve
from kinephen.survival.logrank import LogRankTest
from kinephen.survival.prediction import PredictionScores
from kinephen.survival.proportional_hazards import ProportionalHazardsTest
from kinephen.survival.results import ChiSquareTest, Interval
from kinephen.survival.sample_size import SampleSize
from kinephen.survival.time_dependent import TimeDependentAuc
from kinephen.survival.validation import LadderResult


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """A Cox model and what a reader needs to judge it."""

    fit: CoxResult
    harrell: Concordance
    uno: Concordance
    proportional_hazards: ProportionalHazardsTest
    size: SampleSize
    cross_validated: CrossValidatedC | None = None
    auc: TimeDependentAuc | None = None
    prediction: PredictionScores | None = None


@dataclass(frozen=True)
class CauseReport:
    """Cumulative incidence by cause at the horizon, Gray's test between groups, Fine and Gray's model."""

    incidence: pd.DataFrame
    gray: ChiSquareTest | None
    model: FineGrayResult | None = None


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """All that the command found.

    Parameters
    ----------
    end_point, time_unit : str
    flow : dict of str to int
        ``rows`` read (``joined``, where a second table was named), those ``left_out`` for a missing value and
        those who had left ``before_landmark``, where there is one; what remains is ``analysed``; ``events``.
    follow_up : Interval
        Median follow-up by reverse Kaplan-Meier.
    curves : tuple of SurvivalCurve
    restricted_means : dict of str to Interval
    restricted_differences : dict of str to Interval
        Of each group from the first.
    logrank : LogRankTest, optional
    pairs : DataFrame, optional
    model : ModelReport, optional
    causes : CauseReport, optional
    issues : tuple of Issue
    ladder : LadderResult, optional
    """

    end_point: str
    time_unit: str
    flow: dict[str, int]
    follow_up: Interval
    curves: tuple[SurvivalCurve, ...]
    restricted_means: dict[str, Interval] = field(default_factory=dict)
    logrank: LogRankTest | None = None
    pairs: pd.DataFrame | None = None
    model: ModelReport | None = None
    causes: CauseReport | None = None
    issues: tuple[Issue, ...] = ()
    ladder: LadderResult | None = None
    restricted_differences: dict[str, Interval] = field(default_factory=dict)


def write_analysis(result: Analysis, out: Path) -> None:
    """Write ``survival.json``, ``curves.csv`` and, for models, ``cox.csv`` and ``ladder.csv``."""
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "survival.json", result)
    _write_table(pd.concat([_curve_table(c) for c in result.curves]), out / "curves.csv")
    if result.model is not None:
        _write_table(_cox_table(result.model), out / "cox.csv")
    if result.ladder is not None:
        _write_table(_ladder_table(result.ladder), out / "ladder.csv")


def _curve_table(curve: SurvivalCurve) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": curve.label,
            "time": curve.time,
            "at_risk": curve.at_risk,
            "events": curve.n_events,
            "censored": curve.n_censored,
            "survival": curve.survival,
            "lower": curve.lower,
            "upper": curve.upper,
        }
    )


def _cox_table(model: ModelReport) -> pd.DataFrame:
    fit, ph = model.fit, model.proportional_hazards
    by_name = {n: t.p for n, t in zip(ph.names, ph.tests, strict=True)}
    return pd.DataFrame(
        {
            "covariate": fit.names,
            "coefficient": fit.coef,
            "se": fit.se,
            "robust_se": fit.robust_se,
            "hazard_ratio": fit.hr,
            "lower": fit.hr_lower,
            "upper": fit.hr_upper,
            "p": fit.p,
            "p_proportional_hazards": [by_name.get(n, math.nan) for n in fit.names],
        }
    )


def _ladder_table(result: LadderResult) -> pd.DataFrame:
    """Return one row a model, for a CSV file."""
    return pd.DataFrame(
        [
            {
                "model": m.name,
                "covariates": " + ".join(m.columns),
                "n": result.n,
                "events": result.events,
                "c_apparent": m.apparent.c,
                "c_cross_validated": m.cross_validated.c,
                "c_lower": m.cross_validated.interval.lower,
                "c_upper": m.cross_validated.interval.upper,
                "split_noise_sd": m.cross_validated.fold_mean.sd,
                "p_null": m.fit.lrt.p,
            }
            for m in result.models
        ]
    )


def _write_table(table: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)
