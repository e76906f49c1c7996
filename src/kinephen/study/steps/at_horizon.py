"""Phenotypes and markers at a horizon: restricted means, tests, predictive values, competing death."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from kinephen.errors import KinephenError
from kinephen.records.curves import PanelRecord
from kinephen.records.horizon import (
    CompetingGroup,
    CompetingRatio,
    CompetingRecord,
    IncidenceAt,
    IncidenceRecord,
    MarkerRecord,
    PhenotypeTest,
    RestrictedMeanRecord,
)
from kinephen.records.names import MARKERS, PHENOTYPE_MARKER
from kinephen.records.statistics import ChiSquareRecord, IntervalRecord
from kinephen.study.recorded import recorded
from kinephen.study.steps.associations import POSITIVE
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.cox import cox_fit
from kinephen.survival.cox_checks import without_maximum
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.fine_gray import FineGrayResult, fine_gray
from kinephen.survival.gray import gray_test
from kinephen.survival.horizon import horizon_accuracy
from kinephen.survival.kaplan_meier import SurvivalCurve, kaplan_meier, kaplan_meier_by_group
from kinephen.survival.logrank import logrank
from kinephen.survival.restricted_mean import restricted_mean, restricted_mean_difference

RECURRENCE, DEATH = 1, 2
SUBTYPE = ("hr", "her2")


def restricted_means(
    frame: pd.DataFrame, labels: dict[str, str], horizon: float
) -> tuple[RestrictedMeanRecord, ...]:
    """Return mean event-free years up to `horizon` by phenotype, and their difference from the first."""
    known = frame[frame["phenotype"].notna()]
    if known.empty:
        return ()
    curves = kaplan_meier_by_group(known["time"], known["event"], known["phenotype"])
    return tuple(_mean(curve, curves[0], labels, horizon) for curve in curves)


def _mean(
    curve: SurvivalCurve, first: SurvivalCurve, labels: dict[str, str], horizon: float
) -> RestrictedMeanRecord:
    mean, difference, reason = None, None, ""
    try:
        mean = recorded(IntervalRecord, restricted_mean(curve, horizon))
        if curve is not first:
            difference = recorded(IntervalRecord, restricted_mean_difference(first, curve, horizon))
    except KinephenError as error:
        reason = error.message
    return RestrictedMeanRecord(
        label=labels.get(curve.label, curve.label),
        n=curve.n,
        events=curve.events,
        mean=mean,
        difference=difference,
        reason=reason,
    )


def further_tests(frame: pd.DataFrame, panel: PanelRecord | None) -> tuple[PhenotypeTest, ...]:
    """Return the log-rank test of the phenotypes, plain, weighted to early events, and stratified.

    Parameters
    ----------
    frame : DataFrame
    panel : PanelRecord, optional
        Curves of the phenotypes, whose test is the plain one; None where nobody has a phenotype.
    """
    known = frame[frame["phenotype"].notna()]
    found = [_plain(panel), _logrank("early events weigh more", known, rho=1.0)]
    if set(SUBTYPE) <= set(known.columns):
        inside = known[known[list(SUBTYPE)].notna().all(axis=1)]
        strata = inside["hr"].astype(int).astype(str) + inside["her2"].astype(int).astype(str)
        found.append(_logrank("stratified by hormone receptor and HER2", inside, strata=strata))
    return tuple(found)


def _plain(panel: PanelRecord | None) -> PhenotypeTest:
    if panel is None:
        return PhenotypeTest(label="all patients", n=0, events=0, reason="nobody has a phenotype")
    test = panel.test
    return PhenotypeTest(
        label="all patients",
        n=panel.n,
        events=panel.events,
        name=test.name,
        statistic=test.statistic,
        df=test.df,
        p=test.p,
        reason=test.reason,
    )


def _logrank(
    words: str, rows: pd.DataFrame, *, rho: float = 0.0, strata: pd.Series | None = None
) -> PhenotypeTest:
    n, events = len(rows), int(rows["event"].sum())
    try:
        test = logrank(rows["time"], rows["event"], rows["phenotype"], rho=rho, strata=strata)
    except KinephenError as error:
        return PhenotypeTest(label=words, n=n, events=events, reason=error.message)
    return PhenotypeTest(
        label=words, n=n, events=events, name=test.name, statistic=test.statistic, df=test.df, p=test.p
    )


def marker_accuracy(frame: pd.DataFrame, worst: str | None, horizon: float) -> tuple[MarkerRecord, ...]:
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
        wanted.append((PHENOTYPE_MARKER, "phenotype", worst))
    return tuple(
        _accuracy(words, frame[frame[c].notna()], c, positive, horizon)
        for words, c, positive in wanted
        if frame[c].notna().any()
    )


def _accuracy(words: str, known: pd.DataFrame, column: str, positive: str, horizon: float) -> MarkerRecord:
    try:
        found = horizon_accuracy(known[column] == positive, known["time"], known["event"], horizon)
    except KinephenError as error:
        return MarkerRecord(marker=words, reason=error.message)
    return recorded(MarkerRecord, found, marker=words)


def competing_record(frame: pd.DataFrame, labels: dict[str, str], horizon: float) -> CompetingRecord:
    """Return cumulative incidences of recurrence by phenotype, with death without recurrence competing.

    Parameters
    ----------
    frame : DataFrame
        ``event_type``: 0 censored, 1 recurrence, 2 death without recurrence.
    labels : dict of str to str
    horizon : float
        Years.
    """
    if "event_type" not in frame.columns:
        return CompetingRecord(reason="the clinical table does not tell recurrence from death")
    rows = frame[frame["phenotype"].notna() & frame["event_type"].notna()]
    recurrences, deaths = (int((rows["event_type"] == code).sum()) for code in (RECURRENCE, DEATH))
    if deaths == 0:
        why = "no death without recurrence is known: cumulative incidence is 1 - Kaplan-Meier"
        return CompetingRecord(reason=why, n=len(rows), recurrences=recurrences, deaths=0)
    groups = [g for g in labels if (rows["phenotype"] == g).any()]
    gray, gray_reason = _gray(rows)
    return CompetingRecord(
        n=len(rows),
        recurrences=recurrences,
        deaths=deaths,
        horizon=horizon,
        groups=tuple(_group(rows[rows["phenotype"] == g], labels[g], horizon) for g in groups),
        gray=gray,
        gray_reason=gray_reason,
        models=_ratios(rows, groups) if len(groups) == 2 else (),
    )


def _gray(rows: pd.DataFrame) -> tuple[ChiSquareRecord | None, str]:
    try:
        test = gray_test(rows["time"], rows["event_type"], rows["phenotype"])
    except KinephenError as error:
        return None, error.message
    return recorded(ChiSquareRecord, test), ""


def _group(rows: pd.DataFrame, label: str, horizon: float) -> CompetingGroup:
    recurrence = (rows["event_type"] == RECURRENCE).to_numpy(dtype=np.float64)
    naive = kaplan_meier(rows["time"], recurrence).at(horizon)
    return CompetingGroup(
        label=label,
        n=len(rows),
        recurrences=int(recurrence.sum()),
        deaths=int((rows["event_type"] == DEATH).sum()),
        kaplan_meier=1.0 - float(naive["survival"][0]),
        recurrence=_incidence(rows, RECURRENCE, horizon),
        death=_incidence(rows, DEATH, horizon),
    )


def _incidence(rows: pd.DataFrame, cause: int, horizon: float) -> IncidenceRecord:
    try:
        curve = cumulative_incidence(rows["time"], rows["event_type"], cause=cause)
    except KinephenError as error:
        return IncidenceRecord(reason=error.message)
    at = {k: float(v[0]) for k, v in curve.at(horizon).items()}
    return IncidenceRecord(
        time=curve.counts.time.tolist(), incidence=curve.incidence.tolist(), at=IncidenceAt.model_validate(at)
    )


def _ratios(rows: pd.DataFrame, groups: list[str]) -> tuple[CompetingRatio, ...]:
    """Return the second phenotype's hazard ratio against the first: of the cause, and of its incidence."""
    x = (rows["phenotype"] == groups[1]).to_numpy(dtype=np.float64)[:, None]
    recurrence = (rows["event_type"] == RECURRENCE).to_numpy(dtype=np.float64)
    names = ["phenotype"]
    return (
        _ratio(
            "cause-specific hazard of recurrence (Cox)",
            lambda: cox_fit(x, rows["time"], recurrence, names=names),
        ),
        _ratio(
            "subdistribution hazard of recurrence (Fine-Gray)",
            lambda: fine_gray(x, rows["time"], rows["event_type"], names=names),
        ),
    )


def _ratio(label: str, make: Callable[[], CoxResult | FineGrayResult]) -> CompetingRatio:
    try:
        fit = make()
    except KinephenError as error:
        return CompetingRatio(label=label, reason=error.message)
    penalised = isinstance(fit, CoxResult) and fit.method == "firth"
    if not penalised and (reason := without_maximum(fit.issues)):
        return CompetingRatio(label=label, reason=reason)
    hr, low, high, p = (float(v[0]) for v in (fit.hr, fit.hr_lower, fit.hr_upper, fit.p))
    return CompetingRatio(label=label, hr=hr, low=low, high=high, p=p)
