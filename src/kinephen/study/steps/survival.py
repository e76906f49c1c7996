"""The survival step: curves by phenotype, volume, risk and signature; the ladder of models; risk groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.plain import hash_json, write_json
from kinephen.core.streams import stream
from kinephen.errors import CohortError, KinephenError
from kinephen.study.steps import additions
from kinephen.study.steps.curves import median_groups, survival_panel
from kinephen.study.steps.ladder import Ladder, Learn, ladder_record, run_ladder
from kinephen.study.store import StepKey
from kinephen.survival.cox import cox_fit
from kinephen.survival.proportional_hazards import proportional_hazards_test

VERSION = 3
SECTIONS = ("cox", "cross_validation", "signatures", "inference", *additions.SECTIONS)
MEDIAN_LABELS = {"low": "at or below the median", "high": "above the median"}
SUBTYPES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.Series]]] = {
    "hr_positive_her2_negative": ("HR+/HER2-", lambda f: (f["hr"] == 1) & (f["her2"] == 0)),
    "her2_positive": ("HER2+", lambda f: f["her2"] == 1),
    "triple_negative": ("triple negative", lambda f: (f["hr"] == 0) & (f["her2"] == 0)),
}
SIGNATURE_CLASSES = {
    "gene70_class": "70-gene signature",
    "ror_s_group": "ROR-S",
    "p53_class": "p53 signature",
}


def survival_key(
    frame: pd.DataFrame,
    settings: Settings,
    seed: int,
    name: str,
    features: str,
    *,
    labels: dict[str, str],
    end_point: str,
) -> StepKey:
    """Return the step's name in the store; `features` is the hash of what nested refits learn from."""
    parameters = {s: getattr(settings, s).model_dump(mode="json") for s in SECTIONS}
    rows = frame.astype(object).where(frame.notna(), None)
    inputs = {"frame": hash_json([list(rows.index), list(rows.columns), rows.to_numpy().tolist()])}
    return StepKey(
        "survival",
        VERSION,
        {**parameters, "seed": seed, "name": name, "labels": labels, "end_point": end_point},
        {**inputs, "features": features},
    )


def compute_survival(
    folder: Path,
    frame: pd.DataFrame,
    settings: Settings,
    *,
    learn: Learn | None,
    labels: dict[str, str],
    end_point: str,
    seed: int,
    name: str,
) -> None:
    """Write ``survival.json`` for the discovery cohort.

    Parameters
    ----------
    folder : Path
    frame : DataFrame
        Patients with complete exams and known outcome.
    settings : Settings
    learn : callable, optional
        Nested refit of the phenotype.
    labels : dict of str to str
        Words for the phenotypes.
    end_point : str
        Of the study file.
    seed, name : int, str
        Of the random stream.
    """
    if not frame["event"].any():
        raise CohortError(
            f"none of {len(frame)} patients has the event: no survival model can be fitted",
            code="survival.no_events",
            hint="check the event column and its coding (1 event, 0 censored)",
        )
    rng = stream(seed, "survival", name)
    ladder = run_ladder(frame, settings, learn=learn, rng=rng)
    risk = _risk(frame, ladder)
    panels = _panels(frame.assign(risk_group=risk["group"]), labels, seed, name)
    record = {
        "panels": panels,
        "ladder": ladder_record(ladder),
        "risk": {
            "model": risk["model"],
            "median": risk["median"],
            "scores": risk["scores"],
            "groups": {k: v for k, v in risk["group"].items() if isinstance(v, str)},
        },
        "ftv2_median": _median(frame["ftv2"]),
        "proportional_hazards": _proportional(frame, ladder),
        "additions": additions.additions_record(
            frame, ladder, settings, labels=labels, end_point=end_point, seed=seed, name=name
        ),
        "issues": [i.to_dict() for i in ladder.issues],
    }
    write_json(folder / "survival.json", record)


def _panels(frame: pd.DataFrame, labels: dict[str, str], seed: int, name: str) -> dict[str, Any]:
    panels: dict[str, Any] = {}

    def add(key: str, rows: pd.DataFrame, column: str, title: str, words: dict[str, str] | None) -> None:
        if column in rows.columns and rows[column].notna().any():
            rng = stream(seed, "panel", name, key)
            panels[key] = survival_panel(rows, column, title=title, labels=words, rng=rng)

    add("phenotype", frame, "phenotype", "all patients", labels)
    for key, (title, rule) in SUBTYPES.items():
        if {"hr", "her2"} <= set(frame.columns):
            add(f"phenotype_{key}", frame[rule(frame)], "phenotype", title, labels)
    ftv, median = median_groups(frame["ftv2"])
    with_ftv = frame.assign(ftv2_group=ftv)
    add("ftv2", with_ftv, "ftv2_group", "FTV2", MEDIAN_LABELS)
    for group, words in MEDIAN_LABELS.items():
        add(
            f"phenotype_ftv2_{group}",
            frame[ftv == group],
            "phenotype",
            f"FTV2 {words} ({median:.2f} cm³)",
            labels,
        )
    add("risk", frame, "risk_group", "risk score (model 2)", MEDIAN_LABELS)
    for group, words in MEDIAN_LABELS.items():
        rows = frame[frame["risk_group"] == group]
        add(f"phenotype_risk_{group}", rows, "phenotype", f"risk {words}", labels)
    for column, title in SIGNATURE_CLASSES.items():
        add(column, frame, column, title, None)
    return panels


def _risk(frame: pd.DataFrame, ladder: Ladder) -> dict[str, Any]:
    """Return the risk score of baseline and FTV2 (or baseline alone), split at its median."""
    model = next((m for m in ("m2", "m1") if m in ladder.columns), None)
    if model is None:
        return {
            "model": None,
            "median": None,
            "scores": {},
            "group": pd.Series(None, frame.index, dtype=object),
        }
    rows = frame[ladder.result.rows]
    fit = ladder.result.model(model).fit
    score = pd.Series(fit.linear_predictor(), index=rows.index).reindex(frame.index)
    group, median = median_groups(score)
    return {"model": model, "median": median, "scores": score.dropna().to_dict(), "group": group}


def _proportional(frame: pd.DataFrame, ladder: Ladder) -> dict[str, Any]:
    """Test proportional hazards of the largest model (as R >= 3.0, transform "km")."""
    name = next(n for n in ("m5", "m4", "m3", "m2", "m1", *ladder.columns) if n in ladder.columns)
    rows = frame[ladder.result.rows]
    try:
        fit = cox_fit(rows[list(ladder.columns[name])], rows["time"], rows["event"], firth=False)
        test = proportional_hazards_test(fit)
    except KinephenError as error:
        return {"model": name, "reason": error.message, "tests": []}
    return {"model": name, "reason": "", **test.to_dict()}


def _median(values: pd.Series) -> float | None:
    return float(values.median()) if values.notna().any() else None
