"""A fitted model held against the outcome of other patients: nothing is fitted again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.errors import CohortError, KinephenError
from kinephen.model.apply import Predictions
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.records.covariate import Covariate
from kinephen.records.curves import PanelRecord
from kinephen.study.steps.curves import survival_panel
from kinephen.survival.calibration import calibration_groups
from kinephen.survival.decision import decision_curve
from kinephen.survival.external import external_validation
from kinephen.types import BoolArray, FloatArray

MIN_AT_RISK = 5
THRESHOLDS = np.round(np.arange(0.05, 0.61, 0.05), 2)
"""Threshold probabilities of the decision curves."""


def validate_model(
    fitted: Fitted, patients: NewPatients, predictions: Predictions, *, horizon: float | None = None
) -> dict[str, Any]:
    """Return everything that is reported of a validation in other patients.

    Parameters
    ----------
    fitted : Fitted
    patients : NewPatients
        With ``time`` (years) and ``event`` in their frame.
    predictions : Predictions
        Of the same patients.
    horizon : float, optional
        Years, for calibration, Brier score and decision curve; by default the latest of the model's by
        which an event has happened and at least 5 patients are still followed.

    Returns
    -------
    dict
        Plain data; what cannot be reckoned is None with a ``reason``.

    Raises
    ------
    CohortError
        ``validate.outcome`` when no patient has a known outcome, ``validate.no_events`` without any event.
    """
    frame = patients.frame.reindex(list(patients.ids))
    known = _known_outcome(frame)
    if not known.any():
        raise CohortError(
            f"none of {len(frame)} patients has a known outcome",
            code="validate.outcome",
            hint="give time and event in the clinical table",
        )
    rows = frame[known]
    if not rows["event"].any():
        raise CohortError(
            f"none of {len(rows)} patients has the event",
            code="validate.no_events",
            hint="check the event's coding",
        )
    at = horizon if horizon is not None else _horizon(fitted, rows)
    labels = {p.case: str(p.phenotype) for p in predictions.patients if p.phenotype is not None}
    rows = rows.assign(phenotype=pd.Series(labels, dtype=object).reindex(rows.index))
    return {
        "flow": _flow(patients, known, rows),
        "horizon": at,
        "events": int(rows["event"].sum()),
        "phenotypes": _phenotypes(fitted, rows, predictions),
        "panel": _panel(fitted, rows),
        "models": [_model(fitted, m.name, rows, predictions.covariates, at) for m in fitted.file.cox],
        "decision": _decision(fitted, rows, predictions.covariates, at),
        "case_mix": _case_mix(fitted, rows, predictions.covariates),
        "flags": _flags(predictions, set(rows.index)),
    }


def _known_outcome(frame: pd.DataFrame) -> pd.Series:
    return frame.reindex(columns=["time", "event"]).notna().all(axis=1)


def _horizon(fitted: Fitted, rows: pd.DataFrame) -> float | None:
    first = rows.loc[rows["event"] == 1, "time"].min()
    fits = [h for h in fitted.file.horizons if h >= first and int((rows["time"] >= h).sum()) >= MIN_AT_RISK]
    return max(fits, default=None)


def _flow(patients: NewPatients, known: pd.Series, rows: pd.DataFrame) -> dict[str, Any]:
    gaps = Counter(_reason(patients.gaps[c]) for c in rows.index if c in patients.gaps)
    undefined = int(rows["phenotype"].isna().sum()) - sum(gaps.values())
    return {
        "listed": len(known),
        "no_outcome": int((~known).sum()),
        "with_outcome": len(rows),
        "no_phenotype": {**gaps, **({"a feature of the model is undefined": undefined} if undefined else {})},
        "with_phenotype": int(rows["phenotype"].notna().sum()),
    }


def _reason(gap: str) -> str:
    """Return the reason without what is particular to one exam."""
    return gap.partition(":")[0]


def _phenotypes(fitted: Fitted, rows: pd.DataFrame, predictions: Predictions) -> list[dict[str, Any]]:
    beyond = {p.case for p in predictions.patients if p.out_of_range}
    found = []
    for i, name in enumerate(fitted.file.phenotype_names, start=1):
        own = rows[rows["phenotype"] == str(i)]
        found.append(
            {
                "label": f"{i} {name}",
                "n": len(own),
                "events": int(own["event"].sum()),
                "out_of_range": sum(c in beyond for c in own.index),
                "training": fitted.file.training.cohort.phenotypes.get(str(i)),
            }
        )
    return found


def _panel(fitted: Fitted, rows: pd.DataFrame) -> PanelRecord | None:
    if not rows["phenotype"].notna().any():
        return None
    labels = {str(i): f"{i} {n}" for i, n in enumerate(fitted.file.phenotype_names, start=1)}
    rng = stream(fitted.file.made_by.seed, "panel", "external validation")
    return survival_panel(rows, "phenotype", title="other patients", labels=labels, rng=rng)


def _usable(
    fitted: Fitted, name: str, rows: pd.DataFrame, covariates: pd.DataFrame
) -> tuple[FloatArray, BoolArray]:
    x = fitted.cox[name].design(covariates.reindex(rows.index))
    return x, np.asarray(np.isfinite(x).all(axis=1))


def _model(
    fitted: Fitted, name: str, rows: pd.DataFrame, covariates: pd.DataFrame, horizon: float | None
) -> dict[str, Any]:
    record = fitted.record(name)
    x, usable = _usable(fitted, name, rows, covariates)
    kept = rows[usable]
    base = {"model": name, "title": record.title, "n": len(kept), "events": int(kept["event"].sum())}
    base["training_c"] = record.c_cross_validated.model_dump()
    if not len(kept):
        return {**base, "reason": "a covariate is missing in all patients"}
    model = fitted.cox[name].frozen
    within = horizon is not None and horizon <= fitted.cox[name].frozen.last_time
    try:
        found = external_validation(
            model, x[usable], kept["time"], kept["event"], horizons=(horizon,) if within and horizon else ()
        )
    except KinephenError as error:
        return {**base, "reason": error.message}
    result = {
        **base,
        "reason": "",
        "harrell": found.harrell.to_dict(),
        "c": _interval(found.harrell.interval),
        "slope": _interval(found.slope),
        "in_the_large": _interval(found.in_the_large),
        "at_horizon": None,
        "brier": None,
        "calibration": None,
    }
    if within and horizon is not None:
        risk = model.risk(x[usable], horizon)
        result["at_horizon"] = _interval(found.at_horizon[horizon])
        result["brier"] = found.brier[horizon].to_dict()
        result["calibration"] = _groups(risk, kept, horizon)
    return result


def _groups(risk: FloatArray, rows: pd.DataFrame, horizon: float) -> list[dict[str, Any]]:
    try:
        table = calibration_groups(risk, rows["time"], rows["event"], horizon)
    except KinephenError:
        return []
    return [{str(k): v for k, v in r.items()} for r in table.to_dict("records")]


def _interval(interval: Any) -> dict[str, float]:
    return {"value": interval.estimate, "low": interval.lower, "high": interval.upper}


def _decision(
    fitted: Fitted, rows: pd.DataFrame, covariates: pd.DataFrame, horizon: float | None
) -> dict[str, Any] | None:
    """Return net benefit of all models that some patients are complete for, on the same patients."""
    if horizon is None:
        return None
    designs = {m.name: _usable(fitted, m.name, rows, covariates) for m in fitted.file.cox}
    designs = {n: d for n, d in designs.items() if d[1].any() and horizon <= fitted.cox[n].frozen.last_time}
    if not designs:
        return None
    common = np.logical_and.reduce([usable for _, usable in designs.values()])
    kept = rows[common]
    if len(kept) < MIN_AT_RISK:
        return None
    risks = {
        fitted.record(n).title: fitted.cox[n].frozen.risk(x[common], horizon) for n, (x, _) in designs.items()
    }
    try:
        table = decision_curve(risks, kept["time"], kept["event"], horizon, thresholds=THRESHOLDS)
    except KinephenError:
        return None
    lines = {str(m): part for m, part in table.groupby("model", sort=False)}
    return {
        "n": len(kept),
        "lines": [
            {"label": m, "x": part["threshold"].tolist(), "y": part["net_benefit"].tolist()}
            for m, part in lines.items()
        ],
    }


def _case_mix(fitted: Fitted, rows: pd.DataFrame, covariates: pd.DataFrame) -> list[dict[str, Any]]:
    found = []
    for name, known in fitted.file.training.covariates.items():
        values = covariates[name].reindex(rows.index).dropna()
        if known.kind == "class":
            for level, share in known.levels.items():
                hits = int((values == level).sum())
                found.append(_share(f"{known.meaning}: {level}", share, hits, len(values)))
        elif known.kind == "yes-no":
            found.append(_share(known.meaning, known.mean, int(values.astype(float).sum()), len(values)))
        else:
            found.append(_number(known, pd.to_numeric(values)))
    return found


def _share(label: str, training: float | None, n: int, of: int) -> dict[str, Any]:
    return {"label": label, "kind": "share", "training": training, "n": n, "of": of}


def _number(known: Covariate, values: pd.Series) -> dict[str, Any]:
    low, high = known.low, known.high
    assert low is not None
    assert high is not None
    return {
        "label": known.meaning,
        "kind": "number",
        "training": known.mean,
        "training_sd": known.sd,
        "mean": float(values.mean()) if len(values) else None,
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "known": len(values),
        "outside": int(((values < low) | (values > high)).sum()),
    }


def _flags(predictions: Predictions, cases: set[str]) -> list[dict[str, Any]]:
    """Return how many patients carry each flag, the commonest first, and then each note of their exams."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for patient in predictions.patients:
        if patient.case in cases:
            found = (*patient.flags, *patient.notes)
            counts.update({f.code for f in found})
            for flag in found:
                examples.setdefault(flag.code, flag.text)
    return [
        {"code": c, "n": n, "example": examples[c]}
        for c, n in sorted(counts.items(), key=lambda i: (i[0].startswith("exam."), -i[1], i[0]))
    ]
