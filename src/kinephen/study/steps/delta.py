"""The delta step: how every feature of every patient changed, as the phenotype model sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict

from kinephen.config.schema import Delta as DeltaSection
from kinephen.config.schema import Harmonise, Settings
from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.core.options import Cohort, Sign
from kinephen.core.plain import hash_json, write_json
from kinephen.errors import CohortError, InputError, KinephenError
from kinephen.phenotype.delta import DeltaResult, delta_features
from kinephen.radiomics.catalogue import sign
from kinephen.records.base import IssueRecord, issue_records
from kinephen.records.delta import Delta, StopRecord
from kinephen.records.flow import LeftOut
from kinephen.records.table import NumberTable
from kinephen.study.cases import CaseResults
from kinephen.study.frame import base_frame
from kinephen.study.plan import Plan
from kinephen.study.steps.sites import SiteModel, batches, fit_sites
from kinephen.study.store import StepKey, Store

VERSION = 3
FEWEST_FOR_SCALE = 2
"""Patients of the discovery cohort; of fewer there is no spread."""


class DeltaSettings(BaseModel):
    """What the step reads of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta: DeltaSection
    harmonise: Harmonise

    @classmethod
    def of(cls, settings: Settings) -> DeltaSettings:
        """Return the step's part of all settings."""
        return cls(delta=settings.delta, harmonise=settings.harmonise)


@dataclass(frozen=True, kw_only=True)
class DeltaInputs:
    """Features of both visits, and who the patients are.

    Parameters
    ----------
    visits : tuple of str
        Names of the first and the second visit.
    first, second : DataFrame
        Cases x features of all exams that were analysed; a row without any value is a vanished lesion.
    cohorts : dict of str to str
        ``"discovery"`` or ``"validation"`` of each case that belongs to one.
    batch : dict of str to str, optional
        Site or scanner of each case in which it is known; None without such a column.
    """

    visits: tuple[str, str]
    first: pd.DataFrame
    second: pd.DataFrame
    cohorts: Mapping[str, Cohort]
    batch: Mapping[str, str] | None = None

    def digest(self) -> str:
        """Return a hash of all values."""
        tables = [NumberTable.of(frame).digest() for frame in (self.first, self.second)]
        batch = None if self.batch is None else dict(self.batch)
        return hash_json([list(self.visits), *tables, dict(self.cohorts), batch])


def run_delta(plan: Plan, cases: CaseResults, name: str, settings: Settings, store: Store) -> Delta:
    """Return the delta features under some settings, stored or made.

    Parameters
    ----------
    plan : Plan
    cases : CaseResults
    name : str
        Of the settings whose feature tables are compared.
    settings : Settings
    store : Store
    """
    chosen, inputs = DeltaSettings.of(settings), delta_inputs(plan, cases, name, settings)
    key = StepKey("delta", VERSION, chosen.model_dump(mode="json"), {"features": inputs.digest()})

    def fill(folder: Path) -> None:
        write_json(folder / "delta.json", compute_delta(chosen, inputs).model_dump(mode="json"))

    return Delta.model_validate_json((store.run(key, fill) / "delta.json").read_bytes())


def delta_inputs(plan: Plan, cases: CaseResults, name: str, settings: Settings) -> DeltaInputs:
    """Return the feature tables of all exams, with cohort and site of their patients."""
    first, second = plan.study.study.visits
    base = base_frame(plan, cases.lesions)
    cohorts: dict[str, Cohort] = {
        str(c): v for c, v in base["cohort"].items() if v in ("discovery", "validation")
    }
    return DeltaInputs(
        visits=(first, second),
        first=cases.table(name, first),
        second=cases.table(name, second),
        cohorts=cohorts,
        batch=batches(plan.clinical, settings.harmonise.batch),
    )


def compute_delta(settings: DeltaSettings, inputs: DeltaInputs) -> Delta:
    """Return the change of every feature of every patient with both exams.

    What is learned (the scale of differences, ComBat) is learned on the discovery cohort and applied to
    everybody. Where it cannot be learned the values are given without it, and the record says why.
    """
    both = sorted(set(inputs.first.index) & set(inputs.second.index))
    first, second = inputs.first.loc[both], inputs.second.loc[both]
    gone = _vanished(first, second, inputs.visits)
    seen = [c for c in both if c not in gone]
    train = [c for c in seen if inputs.cohorts.get(c) == "discovery"]
    result, scale_reason = _change(first.loc[seen], second.loc[seen], train, settings)
    change = pd.DataFrame(columns=first.columns, dtype=float) if result is None else result.delta
    sites, stopped = _sites(change.loc[train], inputs.batch, settings.harmonise)
    unknown = sites.unknown(seen, inputs.batch)
    known = [c for c in seen if c not in unknown]
    values = sites.apply(change.loc[known], inputs.batch).reindex(both)
    issues = [*(result.issues if result else ()), *sites.issues]
    if gone:
        text = "patients whose lesion has vanished have no change of features"
        issues.append(Issue("delta.no_lesion", text, where="delta features", count=len(gone)))
    if unknown:
        text = f"patients whose {sites.column} ComBat does not know have no harmonised features"
        issues.append(Issue("delta.not_harmonised", text, where="delta features", count=len(unknown)))
    return Delta(
        form=settings.delta.form,
        scale=None if result is None or scale_reason or result.scale is None else dict(result.scale),
        scale_reason=scale_reason,
        harmonised="" if sites.combat is None else f"{settings.harmonise.method} by {sites.column}",
        stopped=stopped,
        cohorts={c: inputs.cohorts[c] for c in both if c in inputs.cohorts},
        table=NumberTable.of(values),
        signs=_signs(values.columns),
        left_out=_left_out(inputs, {**gone, **unknown}),
        sites=sites.record(change.loc[train], values.loc[train], inputs.batch),
        issues=issue_records(issues),
    )


def _vanished(first: pd.DataFrame, second: pd.DataFrame, visits: tuple[str, str]) -> dict[str, str]:
    """Return why patients without any feature at a visit have no change."""
    return {
        str(c): f"no lesion at {visit}"
        for visit, frame in (reversed(list(zip(visits, (first, second), strict=True))))
        for c in frame.index[frame.isna().all(axis=1)]
    }


def _change(
    first: pd.DataFrame, second: pd.DataFrame, train: list[str], settings: DeltaSettings
) -> tuple[DeltaResult | None, str]:
    """Return the change as the settings measure it, with the catalogue's signs, and why it has no scale."""
    if first.empty:
        return None, ""
    scale, reason = None, ""
    if settings.delta.form == "difference":
        scale = first.loc[train].std(axis=0, ddof=1)
        if len(train) < FEWEST_FOR_SCALE:
            scale = pd.Series(1.0, index=first.columns)
            known = counted(len(train), "patient")
            reason = f"{known} of the discovery cohort with both exams; a spread needs two"
    signs = _signs(first.columns)
    return delta_features(first, second, form=settings.delta.form, signs=signs, retest_sd=scale), reason


def _signs(columns: Iterable[object]) -> dict[str, Sign]:
    return {str(c): sign(str(c)) for c in columns}


def _sites(
    train: pd.DataFrame, batch: Mapping[str, str] | None, settings: Harmonise
) -> tuple[SiteModel, StopRecord | None]:
    """Return what was learned of the sites; without ComBat and with the reason where that is impossible."""
    try:
        return fit_sites(train, batch, settings), None
    except KinephenError as error:
        stopped = StopRecord(
            kind="cohort" if isinstance(error, CohortError) else "input",
            code=error.code,
            message=error.message,
            where=error.where,
            hint=error.hint,
        )
        return SiteModel(settings.batch, None, ()), stopped


def _left_out(inputs: DeltaInputs, reasons: Mapping[str, str]) -> tuple[LeftOut, ...]:
    one = {str(c): f"no exam at {inputs.visits[1]}" for c in inputs.first.index}
    other = {str(c): f"no exam at {inputs.visits[0]}" for c in inputs.second.index}
    absent = {c: r for c, r in {**one, **other}.items() if (c in one) != (c in other)}
    found = [LeftOut(case=c, step="exams", reason=r) for c, r in absent.items() if c not in reasons]
    found += [LeftOut(case=c, step="features", reason=r) for c, r in reasons.items()]
    return tuple(sorted(found, key=lambda entry: entry.case))


def raise_stopped(stopped: StopRecord | None) -> None:
    """Raise the error that a record keeps, if it keeps one."""
    if stopped is None:
        return
    kind = CohortError if stopped.kind == "cohort" else InputError
    raise kind(stopped.message, code=stopped.code, where=stopped.where, hint=stopped.hint)


def listed_issues(delta: Delta, label: Mapping[str, str]) -> pd.DataFrame:
    """Return everything to know about the table: one row an issue or a patient left out.

    Parameters
    ----------
    delta : Delta
    label : mapping of str to str
        How the report names each case.
    """
    rows = [*delta.issues]
    rows += [
        IssueRecord(code="delta.left_out", message=entry.reason, where=label[entry.case])
        for entry in delta.left_out
    ]
    if delta.scale_reason:
        rows.append(
            IssueRecord(code="delta.unscaled", message=f"not divided by a scale: {delta.scale_reason}")
        )
    if delta.stopped is not None:
        stopped = delta.stopped
        rows.append(IssueRecord(code=stopped.code, message=f"not harmonised: {stopped.message}"))
    return pd.DataFrame([r.model_dump() for r in rows], columns=list(IssueRecord.model_fields))
