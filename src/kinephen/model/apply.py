"""A fitted model applied to other patients: phenotype, distances, risk with its interval, and flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import UsageError
from kinephen.model.assignment import assign_patients
from kinephen.model.flags import Flag, covariate_flags, exam_flags
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.model.risks import ModelRisks, Risk, finite, model_risks
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.tables import require_columns

OTHER_FEATURES = 0.25
"""Above this share of feature values far outside their training range, they are of another kind."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of one patient.

    Parameters
    ----------
    case : str
    phenotype : int, optional
        1 to k; None with the reason in `note`.
    phenotype_name : str
    distances : tuple of float
        To each centroid, in component scores.
    margin : float, optional
        Second nearest minus nearest.
    features_outside : int, optional
        Delta features outside their training range.
    out_of_range : bool, optional
        Farther from the nearest centroid than any patient of training was from their own.
    note : str
    model : str
        Name of the Cox model that gave `risk`: that with most covariates of those that could be used.
    linear_predictor : float, optional
    risk : tuple of Risk
    others : dict of str to tuple of Risk
        Risks by the other models that could be used.
    flags : tuple of Flag
        Where the patient, their exams or their covariates are not as in training.
    notes : tuple of Flag
        What was noticed while their exams were read and measured.
    """

    case: str
    phenotype: int | None
    phenotype_name: str
    distances: tuple[float, ...]
    margin: float | None
    features_outside: int | None
    out_of_range: bool | None
    note: str
    model: str
    linear_predictor: float | None
    risk: tuple[Risk, ...]
    others: dict[str, tuple[Risk, ...]]
    flags: tuple[Flag, ...]
    notes: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """Predictions of all patients.

    Parameters
    ----------
    patients : tuple of Prediction
    horizons : tuple of float
        Years.
    issues : tuple of Issue
        What concerns all of them.
    covariates : DataFrame
        Covariates as they were used, index ``case``.
    """

    patients: tuple[Prediction, ...]
    horizons: tuple[float, ...]
    issues: tuple[Issue, ...] = ()
    covariates: pd.DataFrame = field(default_factory=pd.DataFrame)


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
        raise UsageError("a horizon must be above 0 years", code="predict.horizon")
    if model is not None and model not in fitted.cox:
        raise UsageError(
            f"the model file holds no Cox model {model!r}",
            code="predict.model",
            hint=f"one of {', '.join(fitted.cox)}",
        )
    delta, issues = _delta(fitted, patients)
    assigned, outside = assign_patients(fitted, delta)
    used, flags = _covariates(fitted, patients, assigned)
    risks = {name: model_risks(fitted, name, used, when) for name in _richest_first(fitted, model)}
    predictions = tuple(
        _one(case, fitted, patients, assigned, risks, [*outside.get(case, ()), *flags[case]], when)
        for case in patients.ids
    )
    return Predictions(
        predictions, when, (*patients.issues, *issues, *_other_features(fitted, patients)), used
    )


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
    rows: dict[str, dict[str, Any]] = {}
    flags: dict[str, list[Flag]] = {}
    frame = patients.frame.reindex(list(patients.ids))
    phenotype = assigned["phenotype"] if len(assigned) else pd.Series(dtype=object)
    columns = {c: frame[c].tolist() if c in frame else [None] * len(frame) for c in known}
    if "phenotype" in known:
        found = phenotype.reindex(frame.index)
        columns["phenotype"] = [None if pd.isna(v) else str(int(v)) for v in found]
    for i, case in enumerate(frame.index):
        rows[case], flags[case] = {}, []
        for name, values in columns.items():
            rows[case][name], noticed = covariate_flags(name, values[i], known[name])
            flags[case] += noticed
    seen = fitted.file.training.exams
    for (case, visit), lesion in sorted(patients.lesions.items()):
        flags[case] += exam_flags(visit, lesion, seen)
    used = pd.DataFrame.from_dict(rows, orient="index", columns=list(known)) if rows else pd.DataFrame()
    return used, flags


def _richest_first(fitted: Fitted, only: str | None) -> list[str]:
    if only is not None:
        return [only]
    size = {m.name: len({t.column for t in m.terms}) for m in fitted.file.cox}
    return sorted(size, key=lambda n: -size[n])


def _one(
    case: str,
    fitted: Fitted,
    patients: NewPatients,
    assigned: pd.DataFrame,
    risks: dict[str, ModelRisks],
    flags: list[Flag],
    when: tuple[float, ...],
) -> Prediction:
    by_model = {name: found.of(case, when) for name, found in risks.items() if case in found.rows}
    chosen = next(iter(by_model), "")
    wanted = next(iter(risks), "")
    if chosen != wanted:
        lacking = _lacking(fitted, wanted, patients, case, assigned)
        text = f"{wanted} needs {lacking}" + (f"; {chosen} was used" if chosen else "; no risk is given")
        flags = [*flags, Flag("covariate.missing", text)]
    row = assigned.loc[case] if case in assigned.index else None
    known = row is not None and not pd.isna(row["phenotype"])
    label = int(row["phenotype"]) if row is not None and known else None
    k = fitted.phenotypes.k
    return Prediction(
        case=case,
        phenotype=label,
        phenotype_name="" if label is None else fitted.file.phenotype_names[label - 1],
        distances=tuple(float(row[f"distance_{i + 1}"]) for i in range(k))
        if row is not None and known
        else (),
        margin=finite(float(row["margin"])) if row is not None and known else None,
        features_outside=None if row is None else int(row["features_outside"]),
        out_of_range=bool(row["out_of_range"]) if row is not None and known else None,
        note=patients.gaps.get(case, "no features of both visits") if row is None else str(row["note"]),
        model=chosen,
        linear_predictor=float(risks[chosen].linear_predictor[risks[chosen].rows[case]]) if chosen else None,
        risk=by_model.get(chosen, ()),
        others={n: r for n, r in by_model.items() if n != chosen},
        flags=tuple(flags),
        notes=_exam_notes(patients, case),
    )


def _lacking(fitted: Fitted, name: str, patients: NewPatients, case: str, assigned: pd.DataFrame) -> str:
    lacking = []
    for column in dict.fromkeys(t.column for t in fitted.record(name).terms):
        if column == "phenotype":
            value = assigned["phenotype"].get(case) if len(assigned) else None
        else:
            value = patients.frame[column].get(case) if column in patients.frame else None
        usable, _ = covariate_flags(column, _text(column, value), fitted.file.training.covariates[column])
        if usable is None:
            lacking.append(column)
    return ", ".join(lacking)


def _text(column: str, value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return str(int(value)) if column == "phenotype" else value


def _exam_notes(patients: NewPatients, case: str) -> tuple[Flag, ...]:
    """Return what was noticed in the exams; that no reader has confirmed the mask is a flag, and no note."""
    return tuple(
        Flag(f"exam.{issue.code}", f"{visit}: {issue.message}")
        for (owner, visit), lesion in sorted(patients.lesions.items())
        if owner == case
        for issue in (*lesion.issues, *patients.notes.get((owner, visit), ()))
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
