"""A fitted model applied to other patients: phenotype, distances, risk with its limits, and flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import UsageError
from kinephen.model.assignment import assign_patients
from kinephen.model.flags import compared_exams, exam_flags
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.tables import require_columns
from kinephen.records.flag import Flag
from kinephen.records.prediction import Prediction
from kinephen.records.risk import PatientRisk
from kinephen.study.steps.covariates import usable_covariates
from kinephen.study.steps.risk import most_covariates_first, predicted_risks

OTHER_FEATURES = 0.25
"""Above this share of feature values far outside their training range, they are of another kind."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Predictions of all patients.

    Parameters
    ----------
    patients : tuple of Prediction
    horizons : tuple of float
        Years.
    issues : tuple of Issue
        What concerns all of them.
    delta : DataFrame
        Delta features of the model, of the patients who have them, index ``case``.
    covariates : DataFrame
        Covariates as they were used, index ``case``.
    """

    patients: tuple[Prediction, ...]
    horizons: tuple[float, ...]
    issues: tuple[Issue, ...] = ()
    delta: pd.DataFrame = field(default_factory=pd.DataFrame)
    covariates: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def by_phenotype(self) -> dict[str, int]:
        """Number of patients of each phenotype, of those without one as ``"none"``."""
        found = Counter("none" if p.phenotype is None else str(p.phenotype) for p in self.patients)
        return dict(sorted(found.items()))

    @property
    def by_flag(self) -> dict[str, int]:
        """Number of patients who carry each flag, the commonest first."""
        found = Counter(code for p in self.patients for code in {f.code for f in p.flags})
        return dict(sorted(found.items(), key=lambda i: (-i[1], i[0])))


def apply_model(
    fitted: Fitted, patients: NewPatients, *, horizons: Sequence[float] = (), model: str | None = None
) -> Predictions:
    """Apply a fitted model.

    Parameters
    ----------
    fitted : Fitted
    patients : NewPatients
    horizons : sequence of float
        Years; by default those of the model.
    model : str, optional
        Cox model to use, instead of the one with most covariates.

    Raises
    ------
    UsageError
        ``predict.model`` for a Cox model that the file does not hold, ``predict.horizon`` for a time <= 0.
    InputError
        ``phenotype.features`` naming the features that are missing.
    """
    when = tuple(horizons) or fitted.file.horizons
    if any(not (np.isfinite(h) and h > 0) for h in when):
        raise UsageError(
            "a horizon must be above 0 years",
            code="predict.horizon",
            where="--horizon",
            hint=f"give years; without it {', '.join(f'{h:g}' for h in fitted.file.horizons)} of the model",
        )
    if model is not None and model not in fitted.cox:
        raise UsageError(
            f"the model file holds no Cox model {model!r}",
            code="predict.model",
            hint=f"one of {', '.join(fitted.cox)}",
        )
    delta, issues = _delta(fitted, patients)
    assigned, outside = assign_patients(fitted, delta)
    used, flags = _covariates(fitted, patients, assigned)
    models = {model: fitted.cox[model]} if model is not None else most_covariates_first(fitted.cox)
    risks = predicted_risks(models, used, when)
    predictions = tuple(
        _one(fitted, patients, assigned, risks[case], [*outside.get(case, ()), *flags[case]], case=case)
        for case in patients.ids
    )
    notes = (*patients.issues, *issues, *_other_features(fitted, patients))
    return Predictions(patients=predictions, horizons=when, issues=notes, delta=delta, covariates=used)


def _delta(fitted: Fitted, patients: NewPatients) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    features = list(fitted.phenotypes.features)
    if patients.delta is not None:
        require_columns(patients.delta, features, what="delta features")
        return patients.delta[features], ()
    if patients.visits is None or patients.visits[0].empty or patients.visits[1].empty:
        return pd.DataFrame(columns=features, dtype=float), ()
    first, second = patients.visits
    for visit, frame in zip(fitted.file.study.visits, patients.visits, strict=True):
        require_columns(frame, features, what=f"features of {visit}")
    both = [c for c in first.index if c in second.index and c not in patients.gaps]
    if not both:
        return pd.DataFrame(columns=features, dtype=float), ()
    rules = fitted.file.features
    result = delta_features(
        first.loc[both, features],
        second.loc[both, features],
        form=rules.form,
        signs=rules.signs,
        retest_sd=None if rules.scale is None else pd.Series(rules.scale),
    )
    return result.delta, result.issues


def _covariates(
    fitted: Fitted, patients: NewPatients, assigned: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, list[Flag]]]:
    """Return covariates as they may be used, and flags of covariates and exams by case."""
    known = fitted.file.training.covariates
    frame = patients.frame.reindex(list(patients.ids))
    label = assigned["phenotype"].dropna() if len(assigned) else pd.Series(dtype=object)
    words = pd.Series({str(c): str(int(v)) for c, v in label.items()}, dtype=object)
    used, flags = usable_covariates(frame.assign(phenotype=words.reindex(frame.index)), known)
    seen = fitted.file.training.exams
    for (case, visit), lesion in sorted(patients.lesions.items()):
        flags[case] += exam_flags(visit, lesion, seen)
    return used, flags


def _one(
    fitted: Fitted,
    patients: NewPatients,
    assigned: pd.DataFrame,
    risk: PatientRisk,
    flags: list[Flag],
    *,
    case: str,
) -> Prediction:
    if risk.lacking:
        flags = [*flags, Flag(code="covariate.missing", text=_lacking(risk))]
    row = assigned.loc[case] if case in assigned.index else None
    label = None if row is None or pd.isna(row["phenotype"]) else int(row["phenotype"])
    near = row if label is not None else None
    k = fitted.phenotypes.k
    return Prediction(
        case=case,
        phenotype=label,
        phenotype_name="" if label is None else fitted.file.phenotype_names[label - 1],
        distances=() if near is None else tuple(float(near[f"distance_{i + 1}"]) for i in range(k)),
        margin=None if near is None else float(near["margin"]),
        features_outside=None if row is None else int(row["features_outside"]),
        out_of_range=None if near is None else bool(near["out_of_range"]),
        note=_gap(patients, case) if row is None else str(row["note"]),
        model=risk.model,
        linear_predictor=risk.linear_predictor,
        risk=risk.risks,
        others=risk.others,
        flags=tuple(flags),
        exams_compared=compared_exams(patients.lesions, case, fitted.file.training.exams),
        notes=_exam_notes(patients, case),
    )


def _gap(patients: NewPatients, case: str) -> str:
    found = patients.gaps.get(case)
    return "no features of both visits" if found is None else found.reason


def _lacking(risk: PatientRisk) -> str:
    instead = f"{risk.model} was used" if risk.model else "no risk is given"
    return f"{risk.wanted} needs {', '.join(risk.lacking)}; {instead}"


def _exam_notes(patients: NewPatients, case: str) -> tuple[Flag, ...]:
    """Return what was noticed in the exams; that no reader has confirmed the mask is a flag, and no note."""
    return tuple(
        Flag(code=f"exam.{issue.code}", text=f"{visit}: {issue.message}")
        for (owner, visit), lesion in sorted(patients.lesions.items())
        if owner == case
        for issue in (*lesion.noticed, *patients.notes.get((owner, visit), ()))
        if issue.code != "mask.unreviewed"
    )


def _other_features(fitted: Fitted, patients: NewPatients) -> list[Issue]:
    """Say when the features of a visit are of another kind or unit than those of training."""
    if patients.visits is None:
        return []
    issues = []
    for visit, frame in zip(fitted.file.study.visits, patients.visits, strict=True):
        ranges = fitted.file.training.visits[visit]
        names = [f for f in ranges if f in frame]
        if not names or frame.empty:
            continue
        low, high = (np.array([ranges[f][i] for f in names]) for i in (0, 1))
        values, width = frame[names].to_numpy(dtype=np.float64), high - low
        far = (values < low - width) | (values > high + width)
        share = float(far[np.isfinite(values)].mean()) if np.isfinite(values).any() else 0.0
        if share > OTHER_FEATURES:
            text = (
                f"{share:.0%} of the feature values at {visit} lie far outside their training ranges: "
                "other units, maps or definitions?"
            )
            issues.append(Issue("predict.other_features", text, where="features"))
    return issues
