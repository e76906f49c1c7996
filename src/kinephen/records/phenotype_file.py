"""The phenotype file: a frozen model as it is written, read and applied to anyone."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Strict

from kinephen.core.options import DeltaForm, FeatureOrigin
from kinephen.records.base import Number, Record
from kinephen.records.evidence import Evidence

KIND = "kinephen.phenotype_model"
SCHEMA = 2

Real: TypeAlias = Annotated[float, Strict()]
Whole: TypeAlias = Annotated[int, Strict()]
Text: TypeAlias = Annotated[str, Strict()]
Setting: TypeAlias = bool | int | float | str | None


class FeatureMoments(Record):
    """One kept delta feature over the discovery cohort."""

    name: Annotated[Text, Field(min_length=1)]
    mean: Real
    sd: Annotated[Real, Field(gt=0)]
    low: Real = Field(description="smallest z-score of discovery")
    high: Real = Field(description="largest z-score of discovery")


class GroupOfFeatures(Record):
    """A feature group and the components that are kept of it."""

    group: Annotated[Whole, Field(ge=1)]
    features: tuple[Text, ...]
    centre: tuple[Real, ...]
    loadings: tuple[tuple[Annotated[Real, Field(ge=-1 - 1e-9, le=1 + 1e-9)], ...], ...] = Field(
        description="features x components"
    )
    explained: tuple[Real, ...] = Field(description="share of variance of all components")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the components that are kept, for example ``C1PC2``."""
        return tuple(f"C{self.group}PC{j + 1}" for j in range(len(self.loadings[0]) if self.loadings else 0))


class SolutionAtK(Record):
    """Phenotypes at one number of clusters."""

    labels: tuple[Whole, ...] | None = Field(default=None, description="absent without individual patients")
    centroids: tuple[tuple[Real, ...], ...]
    radius: tuple[Annotated[Real, Field(ge=0)], ...]


class Discovery(Record):
    """The patients the model was learned on, without identifiers unless these were asked for."""

    patients: Annotated[Whole, Field(ge=2, le=100_000)]
    scores: tuple[tuple[Real, ...], ...] | None = Field(
        default=None, description="absent without individual patients"
    )
    ids: tuple[Text, ...] | None = None


class OriginRecord(Record):
    """What the model's features are, so that other patients' are made in the same way."""

    content: FeatureOrigin
    form: DeltaForm | None = None
    scale: dict[str, Number] | None = None
    """Divisor of each feature in form ``difference``."""
    harmonised: str = ""


class PhenotypeFile(Record):
    """``model.json`` of a run and of `kinephen phenotypes fit`, and the phenotypes of a fitted model."""

    kind: Literal["kinephen.phenotype_model"] = "kinephen.phenotype_model"
    schema_version: Whole = Field(default=SCHEMA, alias="schema", ge=SCHEMA, le=SCHEMA)
    settings: dict[str, dict[str, Setting]]
    features: Annotated[tuple[FeatureMoments, ...], Field(min_length=1, max_length=100_000)]
    components: tuple[GroupOfFeatures, ...]
    origin: OriginRecord
    k: Annotated[Whole, Field(ge=1, le=50)]
    rule: str
    conclusion: str
    solutions: dict[str, SolutionAtK]
    discovery: Discovery
    evidence: Evidence | None
    """Tests and figures; absent without individual patients."""
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of all components in the order of scores and centroids."""
        return tuple(name for group in self.components for name in group.names)
