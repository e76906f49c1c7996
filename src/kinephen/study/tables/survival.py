"""Survival in a table: curves, tests, a Cox model and a ladder of models, competing causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.streams import stream
from kinephen.errors import CohortError
from kinephen.stats.multiplicity import adjust
from kinephen.study.steps.group_test import group_test
from kinephen.study.tables.outcome_table import EVENT, TIME, SurvivalTable
from kinephen.study.tables.survival_result import Analysis, CauseReport, ModelReport
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.concordance import concordance, stable_tau
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidation, cross_validate
from kinephen.survival.design import design_matrix
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.folds import make_folds
from kinephen.survival.gray import gray_test
from kinephen.survival.kaplan_meier import SurvivalCurve, kaplan_meier, kaplan_meier_by_group
from kinephen.survival.landmark import landmark
from kinephen.survival.logrank import LogRankTest, pairwise_logrank
from kinephen.survival.out_of_fold import out_of_fold_risk
from kinephen.survival.outcome import Outcome, clean_outcome, complete_rows, group_codes
from kinephen.survival.prediction import score_predictions
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.restricted_mean import restricted_mean, restricted_mean_difference
from kinephen.survival.results import Interval
from kinephen.survival.sample_size import sample_size
from kinephen.survival.time_dependent import time_dependent_auc
from kinephen.survival.validation import LadderResult, cox_ladder

FOLDS = 5
SCORED = 20
"""Replicates whose out-of-fold risks are scored at the horizon."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of a table; names are those of its columns."""

    group: str | None = None
    covariates: tuple[str, ...] = ()
    strata: str | None = None
    weights: str | None = None
    rho: float = 0.0
    causes: str | None = None
    horizon: float | None = None
    landmark: float | None = None
    replicates: int = 100
    seed: int = 1
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def analyse(table: SurvivalTable, request: Request) -> Analysis:
    """Analyse the rows that are complete for everything that was asked for."""
    frame, flow, issues = _analysed(table, request)
    outcome = clean_outcome(frame[TIME], frame[EVENT], need_events=True)
    group = frame[table.column(request.group)] if request.group else None
    curves = _curves(outcome, group)
    test = _compare(frame, outcome, group, table, request)
    model = _model(frame, outcome, table, request) if request.covariates else None
    models = {n: tuple(table.column(c) for c in columns) for n, columns in request.models.items()}
    ladder = _ladder(frame, models, replicates=request.replicates, seed=request.seed) if models else None
    notes = [*table.issues, *issues, *outcome.issues, *(ladder.issues if ladder else ())]
    notes += [i for part in (test, model.fit if model else None) if part for i in part.issues]
    notes += [model.proportional_hazards.issue] if model and model.proportional_hazards.issue else []
    return Analysis(
        end_point=table.end_point,
        time_unit=table.time_unit,
        flow=flow | {"analysed": outcome.n, "events": outcome.events},
        follow_up=kaplan_meier(outcome.time, ~outcome.event).median,
        curves=curves,
        restricted_means=_restricted_means(curves, request.horizon),
        logrank=test,
        pairs=_pairs(outcome, group, test),
        model=model,
        causes=_causes(frame, group, table, request),
        issues=tuple(dict.fromkeys(notes)),
        ladder=ladder,
        restricted_differences=_restricted_differences(curves, request.horizon),
    )


def _analysed(
    table: SurvivalTable, request: Request
) -> tuple[pd.DataFrame, dict[str, int], tuple[Issue, ...]]:
    asked = [request.group, request.strata, request.weights, request.causes, *request.covariates]
    columns = [table.column(name) for name in asked if name]
    rows = complete_rows(table.frame, [TIME, EVENT, *columns])
    frame, issues, early = table.frame[rows], [], None
    left_out = int((~rows).sum())
    if frame.empty:
        raise CohortError(
            f"none of {len(table.frame)} rows is complete", code="survival.empty", where=", ".join(columns)
        )
    if left_out:
        named = ", ".join(dict.fromkeys([TIME, EVENT, *columns]))
        text = f"{left_out} of {rows.size} rows left out: a value is missing in {named}"
        issues.append(Issue("survival.incomplete_rows", text, where="table", count=left_out))
    if request.landmark is not None:
        keep, shifted, notes = landmark(frame[TIME], frame[EVENT], request.landmark)
        early = int((~keep).sum())
        frame = frame[keep].assign(**{TIME: shifted})
        issues += notes
    flow = {"rows": table.rows_read, "left_out": left_out}
    flow |= {} if early is None else {"before_landmark": early}
    return frame, flow | ({"joined": table.rows_joined} if table.rows_joined >= 0 else {}), tuple(issues)


def _curves(outcome: Outcome, group: pd.Series | None) -> tuple[SurvivalCurve, ...]:
    if group is None:
        return (kaplan_meier(outcome.time, outcome.event),)
    return kaplan_meier_by_group(outcome.time, outcome.event, group)


def _restricted_means(curves: tuple[SurvivalCurve, ...], horizon: float | None) -> dict[str, Interval]:
    return {} if horizon is None else {c.label: restricted_mean(c, horizon) for c in curves}


def _restricted_differences(curves: tuple[SurvivalCurve, ...], horizon: float | None) -> dict[str, Interval]:
    if horizon is None:
        return {}
    return {c.label: restricted_mean_difference(curves[0], c, horizon) for c in curves[1:]}


def _compare(
    frame: pd.DataFrame, outcome: Outcome, group: pd.Series | None, table: SurvivalTable, request: Request
) -> LogRankTest | None:
    if group is None:
        return None
    strata = frame[table.column(request.strata)] if request.strata else None
    return group_test(outcome.time, outcome.event, group, seed=request.seed, rho=request.rho, strata=strata)


def _pairs(outcome: Outcome, group: pd.Series | None, test: LogRankTest | None) -> pd.DataFrame | None:
    if group is None or test is None or len(test.groups) < 3:
        return None
    return pairwise_logrank(outcome.time, outcome.event, group, adjust=adjust)


def _model(frame: pd.DataFrame, outcome: Outcome, table: SurvivalTable, request: Request) -> ModelReport:
    design = design_matrix(frame, [table.column(c) for c in request.covariates])
    strata = frame[table.column(request.strata)] if request.strata else None
    weights = frame[table.column(request.weights)] if request.weights else None
    fit = cox_fit(design.x, outcome.time, outcome.event, strata=strata, weights=weights, names=design.names)
    score = fit.linear_predictor()
    tau = stable_tau(outcome) if request.horizon is None else request.horizon
    crossed = prediction = None
    if request.replicates and strata is None and weights is None and outcome.n >= 2 * FOLDS:
        rng = stream(request.seed, "survival", "folds")
        folds = make_folds(outcome.event, FOLDS, request.replicates, stratified=True, rng=rng)
        crossed = cross_validate(design.x, outcome, folds)
        if request.horizon is not None:
            predicted = out_of_fold_risk(design.x, outcome, folds[:SCORED], request.horizon)
            prediction = score_predictions(predicted, outcome)
    auc = None
    if request.horizon is not None:
        auc = time_dependent_auc(score, outcome.time, outcome.event, request.horizon)
    return ModelReport(
        fit=fit,
        harrell=concordance(score, outcome.time, outcome.event, strata=strata),
        uno=concordance(score, outcome.time, outcome.event, weight="n/G2", tau=tau, strata=strata),
        proportional_hazards=proportional_hazards_test(fit),
        size=sample_size(fit.lrt.statistic, round(fit.df), fit.n, fit.events),
        cross_validated=crossed,
        auc=auc,
        prediction=prediction,
    )


def _causes(
    frame: pd.DataFrame, group: pd.Series | None, table: SurvivalTable, request: Request
) -> CauseReport | None:
    if request.causes is None:
        return None
    status = frame[table.column(request.causes)].to_numpy()
    horizon = float(np.max(frame[TIME])) if request.horizon is None else request.horizon
    codes, labels = group_codes(np.zeros(len(frame)) if group is None else group, len(frame))
    rows = []
    for k, label in enumerate(labels if group is not None else ["all"]):
        inside = codes == k
        for cause in np.unique(status[inside & (status > 0)]).astype(int):
            at = cumulative_incidence(frame[TIME][inside], status[inside], cause=int(cause)).at(horizon)
            values = (float(at[key][0]) for key in ("estimate", "lower", "upper"))
            rows.append((label, int(cause), horizon, *values))
    incidence = pd.DataFrame(rows, columns=["group", "cause", "time", "incidence", "lower", "upper"])
    gray = None
    if group is not None and len(labels) > 1:
        strata = frame[table.column(request.strata)] if request.strata else None
        gray = gray_test(frame[TIME], status, group, strata=strata)
    model = None
    if request.covariates:
        design = design_matrix(frame, [table.column(c) for c in request.covariates])
        model = fine_gray(design.x, frame[TIME], status, names=design.names)
    return CauseReport(incidence, gray, model)


def _ladder(
    frame: pd.DataFrame, models: Mapping[str, tuple[str, ...]], *, replicates: int, seed: int
) -> LadderResult:
    """Fit and cross-validate all models on the rows that are complete for the largest."""
    plan = CrossValidation(replicates=max(replicates, 1))
    return cox_ladder(models, frame, TIME, EVENT, plan=plan, rng=stream(seed, "survival", "ladder"))
