"""The phenotype step: delta features, the model fitted on discovery, every patient's assignment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.cohort import Issue
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.core.streams import stream
from kinephen.errors import CohortError
from kinephen.phenotype.delta import DeltaResult
from kinephen.phenotype.model import MIN_PATIENTS, PhenotypeModel
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.radiomics.catalogue import TWO_DIMENSIONAL, directions
from kinephen.study.case_tables import change
from kinephen.study.steps.sites import fit_sites
from kinephen.study.store import StepKey

VERSION = 3
SECTIONS = ("delta", "filters", "groups", "components", "tumours", "sigclust", "harmonise")


@dataclass(frozen=True)
class PhenotypeInputs:
    """Feature tables of both visits, and which patients are which.

    Parameters
    ----------
    t1, t2 : DataFrame
        Cases x features.
    discovery, validation : tuple of str
        Cases with both visits.
    icc : dict of str to float, optional
        Intraclass correlation of each feature over perturbed repeats, where these were run.
    batch : dict of str to str, optional
        Site or scanner of each patient in whom it is known.
    """

    t1: pd.DataFrame
    t2: pd.DataFrame
    discovery: tuple[str, ...]
    validation: tuple[str, ...]
    icc: dict[str, float] | None = None
    batch: dict[str, str] | None = None

    def digest(self) -> str:
        """Return a hash of all values."""
        parts = [hash_json(_records(frame)) for frame in (self.t1, self.t2)]
        return hash_json([*parts, list(self.discovery), list(self.validation), self.icc, self.batch])


def phenotype_key(inputs: PhenotypeInputs, settings: Settings, seed: int, name: str) -> StepKey:
    """Return the step's name in the store."""
    parameters = {s: getattr(settings, s).model_dump(mode="json") for s in SECTIONS}
    parameters |= {"mode": settings.features.mode, "reading": settings.features.two_d_reading}
    return StepKey(
        "phenotypes", VERSION, {**parameters, "seed": seed, "name": name}, {"features": inputs.digest()}
    )


def compute_phenotypes(
    folder: Path, inputs: PhenotypeInputs, settings: Settings, seed: int, name: str
) -> None:
    """Write model, evidence, assignment, delta features, sites and issues into `folder`, as JSON."""
    if len(inputs.discovery) < MIN_PATIENTS:
        raise CohortError(
            f"{len(inputs.discovery)} patients of the discovery cohort have both visits; "
            f"at least {MIN_PATIENTS} are needed",
            code="phenotype.too_few",
            hint="add patients (what was measured is kept in data/); `kinephen status` lists failed exams",
        )
    delta = _delta(inputs, inputs.discovery, settings, None)
    sites = fit_sites(delta.delta, inputs.batch, settings.harmonise)
    values = sites.apply(delta.delta, inputs.batch)
    model = PhenotypeModel.fit(
        values,
        phenotype_settings(settings),
        rng=stream(seed, "phenotypes", name),
        icc=inputs.icc,
        two_d=_two_d(settings),
        direction=direction(settings, values.columns),
    )
    assignment = {"discovery": _assigned(model, values, model.labels)}
    frames = {"discovery": values}
    model = replace(model, origin=_origin(settings, delta))
    issues: list[Issue] = [*delta.issues, *model.issues, *sites.issues]
    if inputs.validation:
        other = _delta(inputs, inputs.validation, settings, delta.scale)
        frames["validation"] = sites.apply(other.delta, inputs.batch)
        assignment["validation"] = _assigned(model, frames["validation"], None)
        issues += other.issues
    write_json(folder / "model.json", model.to_dict())
    write_json(folder / "evidence.json", model.evidence)
    write_json(folder / "assignment.json", assignment)
    write_json(folder / "delta.json", {cohort: _records(frame) for cohort, frame in frames.items()})
    write_json(folder / "sites.json", sites.record(delta.delta, values, inputs.batch))
    write_json(folder / "issues.json", [i.to_dict() for i in issues])


def load_phenotypes(folder: Path) -> dict[str, Any]:
    """Read everything that `compute_phenotypes` wrote, by name."""
    names = ("model", "evidence", "assignment", "delta", "sites", "issues")
    return {n: read_json(folder / f"{n}.json") for n in names}


def phenotype_settings(settings: Settings) -> PhenotypeSettings:
    """Return the phenotype room's settings from those of the study."""
    names = ("filters", "groups", "components", "tumours", "sigclust")
    return PhenotypeSettings.from_plain({n: getattr(settings, n).model_dump() for n in names})


def _delta(
    inputs: PhenotypeInputs, cases: tuple[str, ...], settings: Settings, scale: pd.Series | None
) -> DeltaResult:
    rows = list(cases)
    return change(inputs.t1.loc[rows], inputs.t2.loc[rows], settings, scale)


def _origin(settings: Settings, delta: DeltaResult) -> dict[str, Any]:
    """Return what the model's features are, so that other patients' are made in the same way."""
    scale = None if delta.scale is None else {str(k): float(v) for k, v in delta.scale.items()}
    origin = {"content": "delta", "form": settings.delta.form, "scale": scale}
    if settings.harmonise.method == "none":
        return origin
    return {**origin, "harmonised": f"{settings.harmonise.method} by {settings.harmonise.batch}"}


def direction(settings: Settings, columns: Iterable[str]) -> dict[str, int]:
    """Return, for each delta feature, which way its values point to heterogeneity.

    All forms but the literal one have the catalogue's sign in the delta already, so that larger means more.
    """
    return directions((str(c) for c in columns), signed=settings.delta.form != "literal")


def _two_d(settings: Settings) -> tuple[str, ...]:
    return TWO_DIMENSIONAL if settings.features.two_d_reading == "B" else ()


def _assigned(
    model: PhenotypeModel, delta: pd.DataFrame, labels: pd.Series | None
) -> dict[str, dict[str, Any]]:
    """Return each patient's phenotype: the tree's label on discovery, the nearest centroid for others."""
    table = model.predict(delta)
    table["nearest"] = table["phenotype"]
    if labels is not None:
        table["phenotype"] = labels.reindex(table.index)
    scores = model.transform(delta)
    rows = table.astype(object).where(table.notna(), None).to_dict("index")
    return {str(case): {**row, "scores": scores.loc[case].to_dict()} for case, row in rows.items()}


def _records(frame: pd.DataFrame) -> dict[str, Any]:
    values = frame.astype(object).where(frame.notna(), None)
    return {
        "cases": list(values.index),
        "features": list(values.columns),
        "values": values.to_numpy().tolist(),
    }


def delta_frame(record: dict[str, Any]) -> pd.DataFrame:
    """Return delta features (cases x features) from their record in ``delta.json``."""
    return pd.DataFrame(record["values"], index=record["cases"], columns=record["features"], dtype=float)
