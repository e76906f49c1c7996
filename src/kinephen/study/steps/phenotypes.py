"""The phenotype step: the model learned on the discovery cohort, and every patient's phenotype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict
from scipy.cluster.hierarchy import leaves_list, linkage

from kinephen.config.schema import Components, Filters, Groups, Settings, SigClust, Tumours
from kinephen.core.counted import counted
from kinephen.core.options import Cohort, TwoDimensionalReading
from kinephen.core.plain import write_json
from kinephen.core.streams import stream
from kinephen.errors import CohortError
from kinephen.phenotype.fit import MIN_PATIENTS, FeatureKnowledge, fit_phenotypes
from kinephen.phenotype.model import Origin, PhenotypeModel
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.radiomics.catalogue import TWO_DIMENSIONAL
from kinephen.records.delta import Delta
from kinephen.records.phenotypes import Assigned, PatientGaps, Phenotypes
from kinephen.records.stability import Stability
from kinephen.study.phenotype_file import write_phenotypes
from kinephen.study.steps.delta import raise_stopped
from kinephen.study.store import StepKey, Store
from kinephen.types import FloatArray

VERSION = 7
SECTIONS = ("filters", "groups", "components", "tumours", "sigclust")
FEWEST_FOR_TREE = 3
"""Patients; of fewer, correlations of components say nothing."""


class PhenotypeStepSettings(BaseModel):
    """What the step reads of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filters: Filters
    groups: Groups
    components: Components
    tumours: Tumours
    sigclust: SigClust
    two_d_reading: TwoDimensionalReading

    @classmethod
    def of(cls, settings: Settings) -> PhenotypeStepSettings:
        """Return the step's part of all settings."""
        parts = {name: getattr(settings, name) for name in SECTIONS}
        return cls(**parts, two_d_reading=settings.features.two_d_reading)


@dataclass(frozen=True)
class PhenotypeInputs:
    """Change of every feature, and how stable each is where exams were repeated."""

    delta: Delta
    stability: Stability

    def digests(self) -> dict[str, str]:
        """Return the content hash of each record."""
        return {"delta": self.delta.digest(), "stability": self.stability.digest()}


def run_phenotypes(
    inputs: PhenotypeInputs, settings: Settings, store: Store, *, seed: int, name: str
) -> Phenotypes:
    """Return the phenotypes under some settings, stored or made; `seed` and `name` are of the stream."""
    chosen = PhenotypeStepSettings.of(settings)
    parameters = {**chosen.model_dump(mode="json"), "seed": seed, "name": name}
    key = StepKey("phenotypes", VERSION, parameters, inputs.digests())

    def fill(folder: Path) -> None:
        found = compute_phenotypes(chosen, inputs, seed=seed, name=name)
        write_json(folder / "phenotypes.json", found.model_dump(mode="json", by_alias=True))

    return Phenotypes.model_validate_json((store.run(key, fill) / "phenotypes.json").read_bytes())


def compute_phenotypes(
    settings: PhenotypeStepSettings, inputs: PhenotypeInputs, *, seed: int, name: str
) -> Phenotypes:
    """Learn the model on discovery and assign every patient whose change is known.

    Raises
    ------
    CohortError
        ``phenotype.too_few``, or as `kinephen.phenotype.fit.fit_phenotypes`.
    """
    delta = inputs.delta
    raise_stopped(delta.stopped)
    patients = len(delta.members("discovery"))
    if patients < MIN_PATIENTS:
        raise CohortError(
            f"{counted(patients, 'patient')} of the discovery cohort with both visits; "
            f"at least {MIN_PATIENTS} are needed",
            code="phenotype.too_few",
            hint="add patients (what was measured is kept in data/); `kinephen status` lists failed exams",
        )
    values, others = delta.of("discovery"), delta.of("validation")
    model, evidence = fit_phenotypes(
        values,
        phenotype_settings(settings),
        rng=stream(seed, "phenotypes", name),
        origin=origin_of(delta),
        known=FeatureKnowledge(
            icc=inputs.stability.limits(),
            two_d=two_d(settings),
            direction=delta.directions(map(str, values.columns)),
        ),
    )
    scores = model.scores
    assignment: dict[Cohort, dict[str, Assigned]] = {
        "discovery": _assigned(model, values, scores, model.labels)
    }
    if len(others):
        assignment["validation"] = _assigned(model, others, scores, None)
    tree, order = component_tree(scores.to_numpy())
    return Phenotypes(
        model=write_phenotypes(model, evidence),
        assignment=assignment,
        gaps=tuple(
            PatientGaps(case=str(case), **row) for case, row in evidence.gaps.to_dict("index").items()
        ),
        component_tree=tree,
        component_order=order,
    )


def phenotype_settings(settings: PhenotypeStepSettings) -> PhenotypeSettings:
    """Return the phenotype room's settings from those of the study."""
    return PhenotypeSettings.from_plain({n: getattr(settings, n).model_dump() for n in SECTIONS})


def two_d(settings: PhenotypeStepSettings) -> tuple[str, ...]:
    """Return the features that are dropped as two-dimensional."""
    return tuple(TWO_DIMENSIONAL) if settings.two_d_reading == "B" else ()


def origin_of(delta: Delta) -> Origin:
    """Return what the model's features are, so that other patients' are made in the same way."""
    scale = delta.scale
    return Origin(
        content="delta",
        form=delta.form,
        scale=None if scale is None else {f: np.nan if v is None else v for f, v in scale.items()},
        harmonised=delta.harmonised,
    )


def component_tree(
    scores: FloatArray,
) -> tuple[tuple[tuple[int, int, float], ...] | None, tuple[int, ...]]:
    """Return average linkage of the components on 1 - Pearson's correlation, and their order.

    Parameters
    ----------
    scores : ndarray, shape (patients, components)

    Returns
    -------
    tuple or None
        Merges: two nodes (components from 0 first) and the height. None for one component, or where one is
        the same in all patients and so has no correlation.
    tuple of int
        Positions of the components from top to bottom.
    """
    n = scores.shape[1]
    if n < 2 or len(scores) < FEWEST_FOR_TREE or not (np.ptp(scores, axis=0) > 0).all():
        return None, tuple(range(n))
    tree = linkage(scores.T, method="average", metric="correlation")
    # Rounding may put the distance of equal rows a hair below 0.
    merges = tuple((int(a), int(b), max(float(h), 0.0)) for a, b, h, _ in tree)
    return merges, tuple(int(i) for i in leaves_list(tree))


def _assigned(
    model: PhenotypeModel, delta: pd.DataFrame, known: pd.DataFrame, labels: pd.Series | None
) -> dict[str, Assigned]:
    """Return each patient's phenotype: the tree's label on discovery, the nearest centroid for others."""
    table = model.predict(delta)
    scores = model.transform(delta)
    values = known.to_numpy()
    spread = values.std(axis=0, ddof=1)
    z = (scores - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    nearest = [None if pd.isna(v) else int(v) for v in table["phenotype"]]
    own: Sequence[int | None] = nearest
    if labels is not None:
        own = [None if pd.isna(v) else int(v) for v in labels.reindex(table.index)]
    distances = table[[f"distance_{i}" for i in range(1, model.k + 1)]].to_numpy()
    return {
        str(case): Assigned.model_validate(
            {
                "phenotype": own[i],
                "nearest": nearest[i],
                "distances": distances[i],
                "margin": table["margin"].iloc[i],
                "features_outside": table["features_outside"].iloc[i],
                "out_of_range": table["out_of_range"].iloc[i],
                "note": table["note"].iloc[i],
                "scores": scores.iloc[i].to_dict(),
                "z": z.iloc[i].to_dict(),
            }
        )
        for i, case in enumerate(table.index)
    }
