"""The layout of ``model.json`` as a schema; `kinephen.phenotype.serialise` checks the values."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FeatureMoments(_Part):
    """One kept delta feature over the discovery cohort."""

    name: str
    mean: float
    sd: float = Field(gt=0)
    low: float = Field(description="smallest z-score of discovery")
    high: float = Field(description="largest z-score of discovery")


class GroupOfFeatures(_Part):
    """A feature group and the components that are kept of it."""

    group: int = Field(ge=1)
    features: tuple[str, ...]
    centre: tuple[float, ...]
    loadings: tuple[tuple[float, ...], ...] = Field(description="features x components")
    explained: tuple[float, ...] = Field(description="share of variance of all components")


class SolutionAtK(_Part):
    """Phenotypes at one number of clusters."""

    labels: tuple[int, ...] | None = Field(default=None, description="absent without individual patients")
    centroids: tuple[tuple[float, ...], ...]
    radius: tuple[float, ...]


class Discovery(_Part):
    """The patients the model was learned on, without identifiers unless these were asked for."""

    # Files of versions before 0.2 call them women.
    patients: int = Field(ge=2, validation_alias=AliasChoices("patients", "women"))
    scores: tuple[tuple[float, ...], ...] | None = Field(
        default=None, description="absent without individual patients"
    )
    ids: tuple[str, ...] | None = None


class ModelFile(_Part):
    """``model.json``."""

    kind: str = Field(pattern=r"^kinephen\.phenotype_model$")
    schema_version: int = Field(alias="schema", ge=1)
    settings: dict[str, dict[str, Any]]
    features: tuple[FeatureMoments, ...]
    components: tuple[GroupOfFeatures, ...]
    origin: dict[str, Any]
    k: int = Field(ge=1)
    rule: str
    conclusion: str
    solutions: dict[str, SolutionAtK]
    discovery: Discovery
    evidence: dict[str, Any]
    checksum: str = Field(pattern=r"^[0-9a-f]{64}$")
