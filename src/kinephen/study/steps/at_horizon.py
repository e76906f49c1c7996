"""Phenotypes and markers at a horizon: restricted means, tests, predictive values, competing death."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinephen.errors import KinephenError
from kinephen.study.steps.associations import MARKERS, POSITIVE
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.cox import cox_fit
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.gray import gray_test
from kinephen.survival.horizon import horizon_accuracy
from kinephen.survival.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from kinephen.survival.logrank import logrank
from kinephen.survival.restricted_mean import restricted_mean, restricted_mean_difference

RECURRENCE, DEATH = 1, 2
SUBTYPE = ("hr", "her2")


def restricted_means(frame: pd.DataFrame, labels: dict[str, str], horizon: float) -> list[dict[str, Any]]:
    """Return mean event-free years up to `horizon` by phenotype, and their difference from the first."""
    known = frame[frame["phenotype"].notna()]
    if known.empty:
        return []
    curves = kaplan_meier_by_group(known["time"], known["event"], known["phenotype"])
    rows = []
    for curve in curves:
        row: dict[str, Any] = {"label": labels.get(curve.label, curve.label), "n": curve.n, "reason": ""}
        row |= {"events": curve.events, "mean": None, "difference": None}
        try:
            row["mean"] = restricted_mean(curve, horizon).to_dict()
            if curve is not curves[0]:
                row["difference"] = restricted_mean_difference(curves[0], curve, horizon).to_dict()
        except KinephenError as error:
            row["reason"] = error.message
        rows.append(row)
    return rows


def further_tests(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the log-rank test of the phenotypes, plain, weighted to early events, and stratified."""
    known = frame[frame["phenotype"].notna()]
    found = [_logrank("all patients", known), _logrank("early events weigh more", known, rho=1.0)]
    if set(SUBTYPE) <= set(known.columns):
        inside = known[known[list(SUBTYPE)].notna().all(axis=1)]
        strata = inside["hr"].astype(int).astype(str) + inside["her2"].astype(int).astype(str)
        found.append(_logrank("stratified by hormone receptor and HER2", inside, strata=strata))
    return found


def _logrank(words: str, rows: pd.DataFrame, **options: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"label": words, "n": len(rows), "events": int(rows["event"].sum())}
    try:
        test = logrank(rows["time"], rows["event"], rows["phenotype"], **options)
    except KinephenError as error:
        return {
            **record,
            "name": "log-rank",
            "statistic": None,
            "df": None,
            "p": None,
            "reason": error.message,
        }
    return {
        **record,
        "name": test.name,
        "statistic": test.statistic,
        "df": test.df,
        "p": test.p,
        "reason": "",
    }


def marker_accuracy(frame: pd.DataFrame, worst: str | None, horizon: float) -> list[dict[str, Any]]:
    """Return predictive values of each marker for events by `horizon`, censored patients weighted.

    Parameters
    ----------
    frame : DataFrame
    worst : str, optional
        Phenotype that counts as high risk; None leaves the phenotype out.
    horizon : float
    """
    wanted = [(words, c, POSITIVE[c]) for c, words in MARKERS.items() if c in frame.columns]
    if worst is not None:
        wanted.append(("phenotype, increasing", "phenotype", worst))
    return [
        {"marker": words, **_accuracy(frame[frame[c].notna()], c, positive, horizon)}
        for words, c, positive in wanted
        if frame[c].notna().any()
    ]


def _accuracy(known: pd.DataFrame, column: str, positive: str, horizon: float) -> dict[str, Any]:
    try:
        found = horizon_accuracy(known[column] == positive, known["time"], known["event"], horizon)
    except KinephenError as error:
        return {"reason": error.message}
    return {**found.to_dict(), "reason": ""}


def competing_record(frame: pd.DataFrame, labels: dict[str, str], horizon: float) -> dict[str, Any]:
    """Return cumulative incidences of recurrence by phenotype, with death without recurrence competing.

    Parameters
    ----------
    frame : DataFrame
        ``event_type``: 0 censored, 1 recurrence, 2 death without recurrence.
    labels : dict of str to str
    horizon : float

    Returns
    -------
    dict
        ``reason`` where there is nothing to compete.
    """
    if "event_type" not in frame.columns:
        return {"reason": "the clinical table does not tell recurrence from death"}
    rows = frame[frame["phenotype"].notna() & frame["event_type"].notna()]
    deaths = int((rows["event_type"] == DEATH).sum())
    if deaths == 0:
        return {
            "reason": "no death without recurrence is known: cumulative incidence is 1 - Kaplan-Meier",
            "n": len(rows),
            "recurrences": int((rows["event_type"] == RECURRENCE).sum()),
            "deaths": 0,
        }
    groups = [g for g in labels if (rows["phenotype"] == g).any()]
    return {
        "reason": "",
        "n": len(rows),
        "recurrences": int((rows["event_type"] == RECURRENCE).sum()),
        "deaths": deaths,
        "horizon": horizon,
        "groups": [_incidence(rows[rows["phenotype"] == g], labels[g], horizon) for g in groups],
        "gray": _test(lambda: gray_test(rows["time"], rows["event_type"], rows["phenotype"]).to_dict()),
        "models": _ratios(rows, groups) if len(groups) == 2 else [],
    }


def _incidence(rows: pd.DataFrame, label: str, horizon: float) -> dict[str, Any]:
    recurrence = (rows["event_type"] == RECURRENCE).to_numpy(dtype=np.float64)
    naive = kaplan_meier(rows["time"], recurrence).at(horizon)
    record: dict[str, Any] = {
        "label": label,
        "n": len(rows),
        "recurrences": int(recurrence.sum()),
        "deaths": int((rows["event_type"] == DEATH).sum()),
        "kaplan_meier": 1.0 - float(naive["survival"][0]),
    }
    for name, cause in (("recurrence", RECURRENCE), ("death", DEATH)):
        try:
            curve = cumulative_incidence(rows["time"], rows["event_type"], cause=cause)
        except KinephenError as error:
            record[name] = {"reason": error.message}
            continue
        at = {k: float(v[0]) for k, v in curve.at(horizon).items()}
        record[name] = {
            "time": curve.counts.time.tolist(),
            "incidence": curve.incidence.tolist(),
            "at": at,
            "reason": "",
        }
    return record


def _ratios(rows: pd.DataFrame, groups: list[str]) -> list[dict[str, Any]]:
    """Return the second phenotype's hazard ratio against the first: of the cause, and of its incidence."""
    x = (rows["phenotype"] == groups[1]).to_numpy(dtype=np.float64)[:, None]
    recurrence = rows["event_type"] == RECURRENCE

    def cause_specific() -> dict[str, Any]:
        fit = cox_fit(x, rows["time"], recurrence.to_numpy(dtype=np.float64), names=["phenotype"])
        return _first(fit.hr, fit.hr_lower, fit.hr_upper, fit.p)

    def of_incidence() -> dict[str, Any]:
        fit = fine_gray(x, rows["time"], rows["event_type"], names=["phenotype"])
        return _first(fit.hr, fit.hr_lower, fit.hr_upper, fit.p)

    return [
        {"label": "cause-specific hazard of recurrence (Cox)", **_test(cause_specific)},
        {"label": "subdistribution hazard of recurrence (Fine-Gray)", **_test(of_incidence)},
    ]


def _first(hr: Any, low: Any, high: Any, p: Any) -> dict[str, Any]:
    return {"hr": float(hr[0]), "low": float(low[0]), "high": float(high[0]), "p": float(p[0])}


def _test(make: Any) -> dict[str, Any]:
    try:
        return {**make(), "reason": ""}
    except KinephenError as error:
        return {"reason": error.message}
