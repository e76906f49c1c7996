"""The layout of a fitted model file (``kinephen fit``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from kinephen.config.schema import Settings
from kinephen.core.options import DeltaForm, Ties
from kinephen.records.base import Interval
from kinephen.records.covariate import Covariate
from kinephen.records.phenotype_file import PhenotypeFile

KIND = "kinephen.model"
SCHEMA = 1
MAX_BYTES = 50_000_000

Name = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=5000)]
Range = tuple[float, float]
"""Smallest and largest value."""
Positive = Annotated[float, Field(gt=0)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """Base: unknown keys, undefined numbers and values of another type are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class MadeBy(Part):
    """What made the model."""

    kinephen: Name
    """Version."""
    catalogue: Hash
    """SHA-256 of the feature catalogue: names, formulas, units and signs."""
    steps: dict[Name, int]
    """Version of each step whose results the model rests on."""
    preset: Name
    seed: Annotated[int, Field(ge=0)]


class About(Part):
    """The study that the model was learned on."""

    name: Words
    visits: tuple[Name, Name]
    end_point: Words
    time_origin: Annotated[str, Field(max_length=1000)] = ""
    """From when time counts; empty where that is not stated."""
    time_unit: Literal["years"]


class FeatureRules(Part):
    """How delta features are made from features."""

    form: DeltaForm
    signs: dict[Name, Annotated[int, Field(ge=-1, le=1)]]
    """Heterogeneity sign of each feature of the model."""
    scale: dict[Name, Positive] | None
    """Divisor of each feature in form `difference`."""
    units: dict[Name, Name]
    """Unit of each map."""


class SignatureRules(Part):
    """How signature scores of other patients are made."""

    names: tuple[Name, ...]
    # Checked by kinephen.molecular.centring, which writes and reads it.
    centring: dict[str, object]
    """Gene centres by signature and platform, and the probes that each gene was made from."""
    platforms: tuple[Name, ...]
    nature: Words


class Term(Part):
    """One column of a design: a covariate, or one class of it as 0/1."""

    column: Name
    level: Name | None = None


class FileInterval(Part):
    """An estimate with a 95 % interval, as the file holds it."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def record(self) -> Interval:
        """Return it as other records hold it."""
        return Interval(value=self.value, low=self.low, high=self.high)


class CoxModel(Part):
    """One Cox model; hazards are those of a patient at `means`."""

    name: Name
    title: Words
    terms: tuple[Term, ...] = Field(min_length=1, max_length=200)
    coef: tuple[float, ...]
    vcov: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]
    method: Name
    ties: Ties
    n: Annotated[int, Field(ge=2)]
    events: Annotated[int, Field(ge=1)]
    last_time: Positive
    """Longest follow-up, years; nothing is predicted beyond it."""
    time: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1)
    """Event times, years; the three columns below hold from each on."""
    cumulative: tuple[Annotated[float, Field(ge=0)], ...]
    """Cumulative hazard."""
    variance: tuple[Annotated[float, Field(ge=0)], ...]
    """Variance of the cumulative hazard with the coefficients known."""
    pull: tuple[tuple[float, ...], ...]
    """Sum of jump times mean covariates at risk, relative to `means`."""
    c_cross_validated: FileInterval
    c_refitted: FileInterval | None
    """The same with the phenotype learned again in each training fold."""
    c_apparent: float | None


class Exams(Part):
    """What the training exams were made with; empty where the exams do not tell."""

    exams: Annotated[int, Field(ge=0)]
    manufacturers: tuple[Words, ...]
    scanner_models: tuple[Words, ...]
    field_strengths_t: tuple[float, ...]
    matrices: tuple[tuple[int, int], ...]
    """Rows and columns as acquired."""
    phases: tuple[int, ...]
    """Numbers of phases."""
    voxel_mm: tuple[Range, Range, Range] | None
    """Between slices, rows and columns."""
    early_s: Range | None
    """Time of the early phase, seconds after injection."""
    late_s: Range | None
    timing_rules: tuple[Words, ...]
    lesion_sources: tuple[Words, ...]
    review_states: tuple[Words, ...]
    repetition_ms: Range | None = None
    """Of the sequence. Models of earlier versions lack this and the four below."""
    echo_ms: Range | None = None
    flip_degrees: Range | None = None
    acquisition_types: tuple[Words, ...] = ()
    """2D, 3D."""
    fat_suppression: tuple[Words, ...] = ()


class Cohort(Part):
    """Who the model was learned on."""

    # Files of versions before 0.2 call them women.
    patients: Annotated[int, Field(ge=2, validation_alias=AliasChoices("patients", "women"))]
    """With both visits: the phenotypes rest on them."""
    analysed: Annotated[int, Field(ge=2)]
    """Complete for the Cox models."""
    events: Annotated[int, Field(ge=0)]
    median_follow_up: float | None
    """Reverse Kaplan-Meier, years."""
    phenotypes: dict[Name, int | None]
    """Patients by phenotype; None for fewer than 5."""


class Outside(Part):
    """In how many values any one patient of training lay outside the range of all the others."""

    features: Annotated[int, Field(ge=0)]
    components: Annotated[int, Field(ge=0)]


class Training(Part):
    """What the model has seen."""

    cohort: Cohort
    covariates: dict[Name, Covariate]
    components: dict[Name, Range]
    visits: dict[Name, dict[Name, Range]]
    """Smallest and largest value of each feature of the model at each visit."""
    exams: Exams
    outside: Outside | None = None
    """More values than these outside the training range are a reason for caution; None: any."""


class Card(Part):
    """The model card, in plain words."""

    title: Words
    intended_use: Words
    not_for: Words
    training_data: Words
    method: Words
    performance: tuple[Words, ...]
    limits: tuple[Words, ...]
    privacy: Words


class FittedFile(Part):
    """``model.json`` of `kinephen fit`."""

    kind: Literal["kinephen.model"]
    schema_version: Annotated[int, Field(alias="schema", ge=1)]
    made_by: MadeBy
    study: About
    settings: Settings
    """All settings that the model was made with."""
    features: FeatureRules
    harmonisation: None = None
    """No harmonisation of features is part of this schema."""
    phenotypes: PhenotypeFile
    """The phenotype model, with its own checksum."""
    phenotype_names: tuple[Name, ...]
    signatures: SignatureRules | None
    horizons: tuple[Positive, ...]
    """Years at which risks are given unless others are asked for."""
    cox: tuple[CoxModel, ...]
    training: Training
    card: Card
    checksum: Hash
    """SHA-256 of the canonical JSON of all else: keys sorted, no blanks, shortest round-trip numbers."""
