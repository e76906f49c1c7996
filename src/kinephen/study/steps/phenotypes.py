"""The phenotype step: delta features, the model fitted on discovery, every patient's assignment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.plain import read_json, write_json
from kinephen.core.streams import stream
from kinephen.errors import CohortError
from kinephen.phenotype.model import MIN_PATIENTS, PhenotypeModel
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.radiomics.catalogue import TWO_DIMENSIONAL, directions
from kinephen.records.delta import Delta, DeltaForm
from kinephen.records.stability import Stability
from kinephen.study.steps.delta import raise_stopped
from kinephen.study.store import StepKey

VERSION = 4
SECTIONS = ("filters", "groups", "components", "tumours", "sigclust")


@dataclass(frozen=True)
class PhenotypeInputs:
    """Change of every feature, and how stable each is where exams were repeated."""

    delta: Delta
    stability: Stability

    def digests(self) -> dict[str, str]:
        """Return the content hash of each record."""
        return {"delta": self.delta.digest(), "stability": self.stability.digest()}


def phenotype_key(inputs: PhenotypeInputs, settings: Settings, seed: int, name: str) -> StepKey:
    """Return the step's name in the store."""
    parameters = {s: getattr(settings, s).model_dump(mode="json") for s in SECTIONS}
    parameters |= {"reading": settings.features.two_d_reading}
    return StepKey("phenotypes", VERSION, {**parameters, "seed": seed, "name": name}, inputs.digests())


def compute_phenotypes(
    folder: Path, inputs: PhenotypeInputs, settings: Settings, seed: int, name: str
) -> None:
    """Write model, evidence, assignment and issues into `folder`, as JSON."""
    delta = inputs.delta
    raise_stopped(delta.stopped)
    patients = len(delta.members("discovery"))
    if patients < MIN_PATIENTS:
        raise CohortError(
            f"{patients} patients of the discovery cohort have both visits; "
            f"at least {MIN_PATIENTS} are needed",
            code="phenotype.too_few",
            hint="add patients (what was measured is kept in data/); `kinephen status` lists failed exams",
        )
    values, others = delta.of("discovery"), delta.of("validation")
    model = PhenotypeModel.fit(
        values,
        phenotype_settings(settings),
        rng=stream(seed, "phenotypes", name),
        icc=inputs.stability.limits(),
        two_d=_two_d(settings),
        direction=direction(delta.form, values.columns),
    )
    assignment = {"discovery": _assigned(model, values, model.labels)}
    model = replace(model, origin=_origin(delta))
    if len(others):
        assignment["validation"] = _assigned(model, others, None)
    write_json(folder / "model.json", model.to_dict())
    write_json(folder / "evidence.json", model.evidence)
    write_json(folder / "assignment.json", assignment)
    write_json(folder / "issues.json", [i.to_dict() for i in model.issues])


def load_phenotypes(folder: Path) -> dict[str, Any]:
    """Read everything that `compute_phenotypes` wrote, by name."""
    names = ("model", "evidence", "assignment", "issues")
    return {n: read_json(folder / f"{n}.json") for n in names}


def phenotype_settings(settings: Settings) -> PhenotypeSettings:
    """Return the phenotype room's settings from those of the study."""
    names = ("filters", "groups", "components", "tumours", "sigclust")
    return PhenotypeSettings.from_plain({n: getattr(settings, n).model_dump() for n in names})


def _origin(delta: Delta) -> dict[str, Any]:
    """Return what the model's features are, so that other patients' are made in the same way."""
    origin = {"content": "delta", "form": delta.form, "scale": delta.scale}
    return {**origin, "harmonised": delta.harmonised} if delta.harmonised else origin


def direction(form: DeltaForm, columns: Iterable[str]) -> dict[str, int]:
    """Return, for each delta feature, which way its values point to heterogeneity.

    All forms but the literal one have the catalogue's sign in the delta already, so that larger means more.
    """
    return directions((str(c) for c in columns), signed=form != "literal")


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
