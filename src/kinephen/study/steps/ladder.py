"""The ladder of eight Cox models, as far as the study has their covariates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from kinephen.config.survival import LadderSettings
from kinephen.core.cohort import Issue
from kinephen.errors import KinephenError
from kinephen.records.base import IssueRecord
from kinephen.records.ladder import (
    CoefficientRecord,
    ComparisonRecord,
    ConcordanceRecord,
    CrossValidatedRecord,
    LadderModelRecord,
    LadderPlan,
    LadderRecord,
)
from kinephen.records.names import COMPARISONS, TITLES, model_title
from kinephen.records.statistics import ChiSquareRecord
from kinephen.study.recorded import recorded, recorded_or_none
from kinephen.study.steps.cox_models import complete_for_all
from kinephen.survival.cox import require_maximum
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.design import design_matrix
from kinephen.survival.validation import LadderModel, LadderResult, Refit, cox_ladder
from kinephen.types import FloatArray, IntArray, Rng

CONTINUOUS = {"gene70": "gene70_cosine", "ror_s": "ror_s", "p53": "p53_score"}
CLASSES = {"gene70": "gene70_class", "ror_s": "ror_s_group", "p53": "p53_class"}
BASELINE = ("age", "hr", "her2")

Learn = Callable[[tuple[str, ...], tuple[str, ...]], FloatArray]
"""From the cases of a training set and all cases to the learned phenotype (0/1) of all cases."""


@dataclass(frozen=True)
class Ladder:
    """The models that were run, and those that were not, with the reason."""

    result: LadderResult
    columns: dict[str, tuple[str, ...]]
    absent: dict[str, str]
    issues: tuple[Issue, ...]


def model_columns(frame: pd.DataFrame, covariates: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the columns of each model, and why a model cannot be run.

    Parameters
    ----------
    frame : DataFrame
        Patients of one cohort.
    covariates : {"continuous", "class"}
        How the signatures enter.
    """
    signatures = CONTINUOUS if covariates == "continuous" else CLASSES
    base = tuple(c for c in BASELINE if _usable(frame, c))
    genes = tuple(signatures.values())
    wanted = {
        **{name: (column,) for name, column in signatures.items()},
        "m1": base,
        "m2": (*base, "ftv2"),
        "m3": (*base, "ftv2", *genes),
        "m4": (*base, "ftv2", "phenotype"),
        "m5": (*base, "ftv2", *genes, "phenotype"),
    }
    absent = {}
    for name, columns in wanted.items():
        odd = [c for c in columns if not _usable(frame, c)]
        if odd or not columns:
            absent[name] = f"no usable {', '.join(odd) or 'covariate'}"
    return {n: c for n, c in wanted.items() if n not in absent}, absent


def run_ladder(frame: pd.DataFrame, settings: LadderSettings, *, learn: Learn | None, rng: Rng) -> Ladder:
    """Fit and cross-validate all models on the same complete rows.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort; ``time`` (years), ``event``.
    settings : LadderSettings
    learn : callable, optional
        Refits the phenotype on training rows (nested cross-validation); needs two phenotypes.
    rng : Generator
    """
    wanted, absent = model_columns(frame, settings.covariates)
    columns, unfit = _fittable(wanted, frame, settings)
    absent |= unfit
    nested = learn is not None and settings.nested_replicates > 0 and "m4" in columns
    table, refit = frame, None
    if nested and learn is not None:
        cases = tuple(str(c) for c in frame.index)
        known: Learn = learn

        def relearn(rows: IntArray) -> FloatArray:
            return known(tuple(cases[i] for i in rows), cases)

        refit = Refit("phenotype", relearn)
        table = frame.assign(phenotype=frame["phenotype"].map({"1": 0.0, "2": 1.0}))
    result = cox_ladder(
        columns,
        table,
        "time",
        "event",
        plan=CrossValidation(
            folds=settings.folds,
            replicates=settings.replicates,
            stratified=settings.stratified,
            firth=settings.penalty,
            refit_replicates=settings.nested_replicates,
        ),
        refit=refit,
        comparisons=[p for p in COMPARISONS if p[0] in columns and p[1] in columns],
        rng=rng,
    )
    issues = [Issue("models.absent", f"{TITLES[n]} was not fitted: {why}") for n, why in absent.items()]
    return Ladder(result, columns, absent, (*result.issues, *issues))


def _fittable(
    wanted: dict[str, tuple[str, ...]], frame: pd.DataFrame, settings: LadderSettings
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the models that have a maximum on the complete rows, and why the others have none."""
    rows = complete_for_all(frame, {**wanted, "outcome": ("time", "event")})
    found, unfit = {}, {}
    for name, columns in wanted.items():
        try:
            design = design_matrix(rows, columns)
            require_maximum(design.x, rows["time"], rows["event"], names=design.names, firth=settings.penalty)
        except KinephenError as error:
            unfit[name] = error.message
        else:
            found[name] = columns
    return found, unfit


def ladder_record(ladder: Ladder) -> LadderRecord:
    """Return the ladder as a record, one entry a model."""
    result = ladder.result
    return LadderRecord(
        n=result.n,
        events=result.events,
        left_out=result.left_out,
        plan=LadderPlan.model_validate(result.plan),
        models={m.name: _model(m) for m in result.models},
        comparisons=tuple(recorded(ComparisonRecord, c) for c in result.comparisons),
        absent=ladder.absent,
    )


def _model(model: LadderModel) -> LadderModelRecord:
    return LadderModelRecord(
        title=model_title(model.name, model.columns),
        columns=model.columns,
        coefficients=_coefficients(model.fit),
        method=model.fit.method,
        lrt=recorded(ChiSquareRecord, model.fit.lrt),
        apparent=recorded(ConcordanceRecord, model.apparent),
        cross_validated=recorded(CrossValidatedRecord, model.cross_validated),
        refitted=recorded_or_none(CrossValidatedRecord, model.refitted),
        events_per_coefficient=model.events_per_coefficient,
        shrinkage=model.shrinkage,
        issues=tuple(IssueRecord.model_validate(i.to_dict()) for i in model.fit.issues),
    )


def _coefficients(fit: CoxResult) -> tuple[CoefficientRecord, ...]:
    parts = (fit.coef, fit.se, fit.hr, fit.hr_lower, fit.hr_upper, fit.p)
    return tuple(
        CoefficientRecord(name=name, coef=coef, se=se, hr=hr, low=low, high=high, p=p)
        for name, coef, se, hr, low, high, p in zip(fit.names, *(v.tolist() for v in parts), strict=True)
    )


def _usable(frame: pd.DataFrame, column: str) -> bool:
    if column not in frame.columns:
        return False
    values = frame[column].dropna()
    if is_numeric_dtype(values):  # classes are words, of whatever dtype pandas gives them
        values = values[np.isfinite(values.to_numpy(dtype=float))]
    return bool(values.nunique() > 1)
