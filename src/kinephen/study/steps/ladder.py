"""The ladder of eight Cox models, as far as the study has their covariates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.cohort import Issue
from kinephen.errors import KinephenError
from kinephen.survival.cox import require_maximum
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.design import design_matrix
from kinephen.survival.validation import LadderResult, Refit, cox_ladder
from kinephen.types import FloatArray, IntArray, Rng

CONTINUOUS = {"gene70": "gene70_cosine", "ror_s": "ror_s", "p53": "p53_score"}
CLASSES = {"gene70": "gene70_class", "ror_s": "ror_s_group", "p53": "p53_class"}
BASELINE = ("age", "hr", "her2")
COMPARISONS = (("m1", "m2"), ("m2", "m3"), ("m2", "m4"), ("m3", "m5"), ("m4", "m5"))
"""Smaller and larger model; the last pair is the one that the article's abstract quotes without testing."""

TITLES = {
    "gene70": "70-gene signature",
    "ror_s": "ROR-S",
    "p53": "p53 signature",
    "m1": "Model 1: baseline (age, HR, HER2)",
    "m2": "Model 2: baseline, FTV2",
    "m3": "Model 3: baseline, FTV2, signatures",
    "m4": "Model 4: baseline, FTV2, phenotype",
    "m5": "Model 5: baseline, FTV2, signatures, phenotype",
}

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


def run_ladder(frame: pd.DataFrame, settings: Settings, *, learn: Learn | None, rng: Rng) -> Ladder:
    """Fit and cross-validate all models on the same complete rows.

    Parameters
    ----------
    frame : DataFrame
        Patients of the discovery cohort; ``time`` (years), ``event``.
    settings : Settings
    learn : callable, optional
        Refits the phenotype on training rows (nested cross-validation); needs two phenotypes.
    rng : Generator
    """
    wanted, absent = model_columns(frame, settings.signatures.covariates)
    columns, unfit = _fittable(wanted, frame, settings)
    absent |= unfit
    plan = settings.cross_validation
    nested = learn is not None and plan.nested_replicates > 0 and "m4" in columns
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
            folds=plan.folds,
            replicates=plan.replicates,
            stratified=plan.stratified,
            firth="auto" if settings.cox.firth == "auto" else False,
            refit_replicates=plan.nested_replicates,
        ),
        refit=refit,
        comparisons=[p for p in COMPARISONS if p[0] in columns and p[1] in columns],
        rng=rng,
    )
    issues = [Issue("models.absent", f"{TITLES[n]} was not fitted: {why}") for n, why in absent.items()]
    return Ladder(result, columns, absent, (*result.issues, *issues))


def _fittable(
    wanted: dict[str, tuple[str, ...]], frame: pd.DataFrame, settings: Settings
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the models that have a maximum on the complete rows, and why the others have none."""
    used = sorted({c for columns in wanted.values() for c in columns})
    rows = frame.dropna(subset=["time", "event", *used])
    firth: Any = "auto" if settings.cox.firth == "auto" else False
    found, unfit = {}, {}
    for name, columns in wanted.items():
        try:
            design = design_matrix(rows, columns)
            require_maximum(design.x, rows["time"], rows["event"], names=design.names, firth=firth)
        except KinephenError as error:
            unfit[name] = error.message
        else:
            found[name] = columns
    return found, unfit


def ladder_record(ladder: Ladder) -> dict[str, Any]:
    """Return the ladder as plain data, one entry a model."""
    result = ladder.result
    return {
        "n": result.n,
        "events": result.events,
        "left_out": result.left_out,
        "plan": result.plan,
        "models": {
            m.name: {
                "title": TITLES[m.name],
                "columns": list(m.columns),
                "coefficients": _coefficients(m.fit),
                "method": m.fit.method,
                "lrt": m.fit.lrt.to_dict(),
                "apparent": m.apparent.to_dict(),
                "cross_validated": m.cross_validated.to_dict(),
                "refitted": None if m.refitted is None else m.refitted.to_dict(),
                "events_per_coefficient": m.events_per_coefficient,
                "shrinkage": m.shrinkage,
                "issues": [i.to_dict() for i in m.fit.issues],
            }
            for m in result.models
        },
        "comparisons": [c.to_dict() for c in result.comparisons],
        "absent": ladder.absent,
    }


def _coefficients(fit: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "coef": float(fit.coef[i]),
            "se": float(fit.se[i]),
            "hr": float(fit.hr[i]),
            "low": float(fit.hr_lower[i]),
            "high": float(fit.hr_upper[i]),
            "p": float(fit.p[i]),
        }
        for i, name in enumerate(fit.names)
    ]


def _usable(frame: pd.DataFrame, column: str) -> bool:
    if column not in frame.columns:
        return False
    values = frame[column].dropna()
    if values.dtype != object:
        values = values[np.isfinite(values.astype(float))]
    return bool(values.nunique() > 1)
