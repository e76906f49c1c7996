"""The survival step: curves by phenotype, volume, risk and signature; the ladder of models; risk groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from kinephen.config.survival import SurvivalSettings
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.core.streams import stream
from kinephen.errors import CohortError, KinephenError
from kinephen.records.base import Interval, IssueRecord
from kinephen.records.curves import PanelRecord
from kinephen.records.names import MEDIAN_LABELS, SIGNATURE_CLASSES, SUBTYPES, short_title
from kinephen.records.statistics import ChiSquareRecord
from kinephen.records.survival import ProportionalHazardsRecord, RiskGroupsRecord, SurvivalRecord
from kinephen.study.recorded import recorded
from kinephen.study.steps import additions
from kinephen.study.steps.curves import median_groups, survival_panel
from kinephen.study.steps.ladder import (
    BASELINE,
    CLASSES,
    CONTINUOUS,
    Ladder,
    Learn,
    ladder_record,
    run_ladder,
)
from kinephen.study.store import StepKey
from kinephen.survival.cox import cox_fit
from kinephen.survival.cox_checks import without_maximum
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.proportional_hazards import proportional_hazards_test

VERSION = 8
SUBTYPE_RULES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "hr_positive_her2_negative": lambda f: (f["hr"] == 1) & (f["her2"] == 0),
    "her2_positive": lambda f: f["her2"] == 1,
    "triple_negative": lambda f: (f["hr"] == 0) & (f["her2"] == 0),
}
READ = (
    *("time", "event", "event_type", "os_time", "os_event", "pcr"),
    *(*BASELINE, "ftv2", "phenotype"),
    *(*CONTINUOUS.values(), *CLASSES.values()),
)
"""Columns of the patients' table that the step reads, as far as they are there."""
LARGEST_FIRST = ("m5", "m4", "m3", "m2", "m1")


def read_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the step reads, in a fixed order; it is given no other."""
    return frame[[c for c in READ if c in frame.columns]]


def survival_key(
    frame: pd.DataFrame,
    settings: SurvivalSettings,
    seed: int,
    name: str,
    features: str,
    *,
    labels: Mapping[str, str],
    end_point: str,
) -> StepKey:
    """Return the step's name in the store; `features` is the hash of what nested refits learn from."""
    read = read_columns(frame)
    rows = read.astype(object).where(read.notna(), None)
    inputs = {"frame": hash_json([list(rows.index), list(rows.columns), rows.to_numpy().tolist()])}
    parameters = {
        **settings.model_dump(mode="json"),
        "seed": seed,
        "name": name,
        "labels": dict(labels),
        "end_point": end_point,
    }
    return StepKey("survival", VERSION, parameters, {**inputs, "features": features})


def write_survival(folder: Path, record: SurvivalRecord) -> None:
    """Write ``survival.json``."""
    write_json(folder / "survival.json", record.model_dump(mode="json"))


def load_survival(folder: Path) -> SurvivalRecord:
    """Read what `write_survival` wrote."""
    return SurvivalRecord.model_validate(read_json(folder / "survival.json"))


def survival_record(
    frame: pd.DataFrame,
    settings: SurvivalSettings,
    *,
    learn: Learn | None,
    labels: dict[str, str],
    end_point: str,
    seed: int,
    name: str,
) -> SurvivalRecord:
    """Return curves, models, risk groups and what stands beside them, of the discovery cohort.

    Parameters
    ----------
    frame : DataFrame
        Patients with complete exams and known outcome; of its columns those of `READ` are used.
    settings : SurvivalSettings
    learn : callable, optional
        Nested refit of the phenotype.
    labels : dict of str to str
        Words for the phenotypes.
    end_point : str
        Of the study file.
    seed, name : int, str
        Of the random stream.

    Raises
    ------
    CohortError
        ``survival.no_events`` when nobody has the event.
    """
    if not frame["event"].any():
        raise CohortError(
            f"none of {len(frame)} patients has the event: no survival model can be fitted",
            code="survival.no_events",
            hint="check the event column and its coding (1 event, 0 censored)",
        )
    frame = read_columns(frame)
    rng = stream(seed, "survival", name)
    ladder = run_ladder(frame, settings.ladder, learn=learn, rng=rng)
    risk = risk_groups(frame, ladder)
    grouped = frame.assign(risk_group=pd.Series(risk.groups, dtype=object).reindex(frame.index))
    panels = _panels(grouped, labels, risk.model, seed)
    return SurvivalRecord(
        panels=panels,
        ladder=ladder_record(ladder),
        risk=risk,
        follow_up=follow_up(frame),
        proportional_hazards=_proportional(frame, ladder),
        additions=additions.additions_record(
            frame,
            ladder,
            settings,
            panel=panels.get("phenotype"),
            labels=labels,
            end_point=end_point,
            seed=seed,
            name=name,
        ),
        issues=tuple(IssueRecord.model_validate(i.to_dict()) for i in ladder.issues),
    )


def follow_up(frame: pd.DataFrame) -> Interval:
    """Return the median years of follow-up: the Kaplan-Meier median of being censored.

    References
    ----------
    Schemper and Smith 1996 (doi 10.1016/0197-2456(96)00075-X).
    """
    middle = kaplan_meier(frame["time"], 1.0 - frame["event"].astype(float)).median
    reason = "" if middle.estimate == middle.estimate else "fewer than half of the patients were censored"
    return Interval(value=middle.estimate, low=middle.lower, high=middle.upper, reason=reason)


def risk_groups(frame: pd.DataFrame, ladder: Ladder) -> RiskGroupsRecord:
    """Return the risk score of baseline and FTV2 (or baseline alone), split at its median."""
    model = next((m for m in ("m2", "m1") if m in ladder.columns), None)
    if model is None:
        return RiskGroupsRecord(model=None, median=None, scores={}, groups={})
    rows = frame[ladder.result.rows]
    fit = ladder.result.model(model).fit
    score = pd.Series(fit.linear_predictor(), index=rows.index)
    group, median = median_groups(score)
    return RiskGroupsRecord(model=model, median=median, scores=score.to_dict(), groups=group.to_dict())


def _panels(
    frame: pd.DataFrame, labels: dict[str, str], risk: str | None, seed: int
) -> dict[str, PanelRecord]:
    panels: dict[str, PanelRecord] = {}

    def add(key: str, rows: pd.DataFrame, column: str, title: str, words: dict[str, str] | None) -> None:
        if column in rows.columns and rows[column].notna().any():
            panels[key] = survival_panel(rows, column, title=title, labels=words, seed=seed)

    add("phenotype", frame, "phenotype", "all patients", labels)
    for key, rule in SUBTYPE_RULES.items():
        if {"hr", "her2"} <= set(frame.columns):
            add(f"phenotype_{key}", frame[rule(frame)], "phenotype", SUBTYPES[key], labels)
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
    if risk is not None:
        add("risk", frame, "risk_group", f"risk score ({short_title(risk).lower()})", MEDIAN_LABELS)
    for group, words in MEDIAN_LABELS.items():
        rows = frame[frame["risk_group"] == group]
        add(f"phenotype_risk_{group}", rows, "phenotype", f"risk {words}", labels)
    for column, title in SIGNATURE_CLASSES.items():
        add(column, frame, column, title, None)
    return panels


def _proportional(frame: pd.DataFrame, ladder: Ladder) -> ProportionalHazardsRecord:
    """Test proportional hazards of the largest model (as R >= 3.0, transform "km")."""
    name = next(n for n in (*LARGEST_FIRST, *ladder.columns) if n in ladder.columns)
    rows = frame[ladder.result.rows]
    try:
        fit = cox_fit(rows[list(ladder.columns[name])], rows["time"], rows["event"], firth=False)
        if reason := without_maximum(fit.issues):
            return ProportionalHazardsRecord(model=name, reason=reason, tests={})
        test = proportional_hazards_test(fit)
    except KinephenError as error:
        return ProportionalHazardsRecord(model=name, reason=error.message, tests={})
    return ProportionalHazardsRecord(
        model=name,
        transform=test.transform,
        tests={n: recorded(ChiSquareRecord, t) for n, t in zip(test.names, test.tests, strict=True)},
        overall=recorded(ChiSquareRecord, test.overall),
    )
