"""A fitted model held against the outcome of other patients: nothing is fitted again."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from kinephen.errors import CohortError, KinephenError
from kinephen.model.apply import Predictions
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.records.covariate import Covariate
from kinephen.records.curves import PanelRecord
from kinephen.records.landmark import SECOND_VISIT
from kinephen.records.validation import (
    CaseMix,
    Decision,
    ExternalRecord,
    FlagCount,
    PhenotypeCounts,
)
from kinephen.study.flow import flow_of, person
from kinephen.study.steps.curves import survival_panel
from kinephen.study.steps.frozen_performance import frozen_performance, usable_design
from kinephen.study.steps.risk import MIN_AT_RISK, risk_horizons
from kinephen.study.steps.risk_records import DECISION_THRESHOLDS, decision_records
from kinephen.survival.decision import decision_curve


def validate_model(
    fitted: Fitted, patients: NewPatients, predictions: Predictions, *, horizon: float | None = None
) -> ExternalRecord:
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

    Raises
    ------
    CohortError
        ``validate.clock`` when the model counts time from the second visit and these times do not;
        ``validate.outcome`` when no patient has a known outcome, ``validate.no_features`` when none of these
        has a phenotype, ``validate.no_events`` without any event among those who have both.
    """
    _require_clock(fitted.file.study.time_origin, patients.time_origin)
    frame = patients.frame.reindex(list(patients.ids))
    labels = {p.case: str(p.phenotype) for p in predictions.patients if p.phenotype is not None}
    given = frame.reindex(columns=sorted({*frame.columns, "time", "event"})).assign(
        phenotype=pd.Series(labels, dtype=object).reindex(frame.index)
    )
    people = [person(str(c), "", event) for c, event in given["event"].items()]
    flow = flow_of(people, given, patients.gaps)
    rows = given.loc[[p.case for p in flow.after("features")]].infer_objects()
    _require_patients(given, rows)
    used = predictions.covariates.reindex(rows.index)
    followed = risk_horizons(rows, fitted.file.horizons)
    at = horizon if horizon is not None else max(followed, default=None)
    return ExternalRecord(
        flow=flow,
        horizon=at,
        phenotypes=_phenotypes(fitted, rows, predictions),
        panel=_panel(fitted, rows),
        models=tuple(frozen_performance(m, rows, used, at) for m in fitted.cox.values()),
        training_c={m.name: m.c_cross_validated.record() for m in fitted.file.cox},
        decision=_decision(fitted, rows, used, at),
        case_mix=_case_mix(fitted, used),
        flags=_flags(predictions, set(rows.index)),
    )


def _require_clock(training: str, here: str) -> None:
    """Refuse times from elsewhere for a model whose time counts from the second visit."""
    if training == SECOND_VISIT and here and here.casefold() != SECOND_VISIT:
        raise CohortError(
            f"the model counts time from {SECOND_VISIT}; times of these patients count from {here}",
            code="validate.clock",
            where="outcome.time_origin",
            hint=f'give times from {SECOND_VISIT}, with time_origin = "{SECOND_VISIT}"',
        )


def _require_patients(given: pd.DataFrame, rows: pd.DataFrame) -> None:
    if not given[["time", "event"]].notna().all(axis=1).any():
        raise CohortError(
            f"none of {len(given)} patients has a known outcome",
            code="validate.outcome",
            hint="give time and event in the clinical table",
        )
    if rows.empty:
        raise CohortError(
            f"none of {len(given)} patients has features of both visits and a known outcome",
            code="validate.no_features",
            hint="predictions.csv says of each patient what is missing",
        )
    if not rows["event"].any():
        raise CohortError(
            f"none of {len(rows)} patients has the event",
            code="validate.no_events",
            hint="check the event's coding",
        )


def _phenotypes(fitted: Fitted, rows: pd.DataFrame, predictions: Predictions) -> tuple[PhenotypeCounts, ...]:
    beyond = {p.case for p in predictions.patients if p.out_of_range}
    found = []
    for i, name in enumerate(fitted.file.phenotype_names, start=1):
        own = rows[rows["phenotype"] == str(i)]
        found.append(
            PhenotypeCounts(
                label=f"{i} {name}",
                n=len(own),
                events=int((own["event"] == 1).sum()),
                out_of_range=sum(c in beyond for c in own.index),
                training=fitted.file.training.cohort.phenotypes.get(str(i)),
            )
        )
    return tuple(found)


def _panel(fitted: Fitted, rows: pd.DataFrame) -> PanelRecord:
    labels = {str(i): f"{i} {n}" for i, n in enumerate(fitted.file.phenotype_names, start=1)}
    seed = fitted.file.made_by.seed
    return survival_panel(rows, "phenotype", title="other patients", labels=labels, seed=seed)


def _decision(
    fitted: Fitted, rows: pd.DataFrame, used: pd.DataFrame, horizon: float | None
) -> Decision | None:
    """Return net benefit of all models that some patients are complete for, on the same patients."""
    if horizon is None:
        return None
    designs = {n: usable_design(m, used) for n, m in fitted.cox.items() if horizon <= m.frozen.last_time}
    designs = {n: d for n, d in designs.items() if d[1].any()}
    if not designs:
        return None
    common = np.logical_and.reduce([usable for _, usable in designs.values()])
    kept = rows[common]
    if len(kept) < MIN_AT_RISK:
        return None
    risks = {
        fitted.cox[n].title: fitted.cox[n].frozen.risk(x[common], horizon) for n, (x, _) in designs.items()
    }
    try:
        table = decision_curve(risks, kept["time"], kept["event"], horizon, thresholds=DECISION_THRESHOLDS)
    except KinephenError:
        return None
    return Decision(n=len(kept), events=int((kept["event"] == 1).sum()), lines=decision_records(table))


def _case_mix(fitted: Fitted, used: pd.DataFrame) -> tuple[CaseMix, ...]:
    found: list[CaseMix] = []
    for name, known in fitted.file.training.covariates.items():
        values = used[name].dropna()
        if known.kind == "class":
            found += [
                _share(f"{known.meaning}: {level}", share, values == level)
                for level, share in known.levels.items()
            ]
        elif known.kind == "yes-no":
            found.append(_share(known.meaning, known.mean, values.astype(float) == 1.0))
        else:
            found.append(_number(known, pd.to_numeric(values)))
    return tuple(found)


def _share(label: str, training: float | None, hits: pd.Series) -> CaseMix:
    return CaseMix(label=label, kind="share", training=training, n=int(hits.sum()), of=len(hits))


def _number(known: Covariate, values: pd.Series) -> CaseMix:
    low, high = known.low, known.high
    assert low is not None
    assert high is not None
    return CaseMix(
        label=known.meaning,
        kind="number",
        training=known.mean,
        training_sd=known.sd,
        mean=float(values.mean()) if len(values) else None,
        sd=float(values.std(ddof=1)) if len(values) > 1 else None,
        of=len(values),
        outside=int(((values < low) | (values > high)).sum()),
    )


def _flags(predictions: Predictions, cases: set[str]) -> tuple[FlagCount, ...]:
    """Return how many patients carry each flag, the commonest first, and then each note of their exams."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for patient in predictions.patients:
        if patient.case in cases:
            found = (*patient.flags, *patient.notes)
            counts.update({f.code for f in found})
            for flag in found:
                examples.setdefault(flag.code, flag.text)
    return tuple(
        FlagCount(code=c, n=n, example=examples[c])
        for c, n in sorted(counts.items(), key=lambda i: (i[0].startswith("exam."), -i[1], i[0]))
    )
