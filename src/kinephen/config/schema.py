"""Every setting, with its default (preset ``recommended``), its range and what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kinephen.config.filter_texts import known_filters
from kinephen.core.cohort import CODE
from kinephen.core.options import (
    BiasMask,
    BiasMethod,
    BiasScope,
    Connectivity,
    CovarianceChoice,
    DeltaForm,
    FirthChoice,
    Gaps,
    KRule,
    LesionRule,
    Linkage,
    MapVariant,
    MaskOnlyCopies,
    MotionCorrection,
    OrderRule,
    PeUnit,
    PresetName,
    RadiomicsMode,
    RorVariant,
    SignatureCentring,
    SignatureForm,
    SignRule,
    SkewnessType,
    SplitLabels,
    TwoDimensionalReading,
)

Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Ftv(Section):
    """Functional tumour volume; None takes the exam's own value, then the site's, then the default."""

    pe_threshold: Positive | None = None
    """Early enhancement that a voxel must reach, percent."""
    background_percent: Positive | None = None
    """Tissue threshold, percent of the 95th percentile of the pre-contrast frame in the box (default 60)."""
    min_neighbours: Annotated[int, Field(ge=0, le=26)] | None = None
    """Neighbours (of 26) that must pass too (default 4)."""
    ser_min: float = 0.9
    """Lower limit of the FTV by SER."""
    connectivity: Connectivity = 26
    """Neighbourhood that joins voxels to one lesion."""
    lesion: LesionRule = "largest"
    """The lesion where nobody gave a mask: the largest piece of the FTV, or all pieces of a least size."""
    piece_cc: Annotated[float, Field(ge=0)] = 0.1
    """Least volume of a piece with ``lesion = "pieces"``, cm3."""


class Exam(Section):
    """What is believed of an exam."""

    accept: tuple[Annotated[str, Field(pattern=CODE.pattern)], ...] = ()
    """Codes of findings that would stop an exam and that you accept, for all exams; a manifest's `accept` is
    for one."""


class Motion(Section):
    """Motion between the phases of an exam. It is always measured and said."""

    correct: MotionCorrection = "none"
    """Move frames back before anything is measured: by a shift where it helps, or registered rigidly."""


class Bias(Section):
    """Bias field correction."""

    method: BiasMethod = "n3"
    """Algorithm."""
    scope: BiasScope = "shared"
    """One field from the pre-contrast frame for all frames, or one for each."""
    mask: BiasMask = "breast"
    """Where the field is estimated: in the breast, or above Otsu's threshold of each frame."""
    stiff_start: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Begin N3 with a stiff field, which keeps it from settling on a wrong one; 0 is the classical method."""
    fallback: Literal["none", "n4", "fail"] = "n4"
    """What to do, visibly, when N3 says that it did not converge; N4 must pass the checks too."""
    harmful: Literal["refuse", "keep"] = "refuse"
    """A field that the checks find harmful is not used (of single frames: one for all instead), or it is kept
    with a warning."""
    lesion_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.03
    """Fields of single frames may change the lesion's enhancement by this share."""


class Maps(Section):
    """Kinetic maps."""

    variant: MapVariant = "paper"
    """Equations 1-4 of the article, or the group's later code."""
    zero_otherwise: bool = False
    """Keep the article's "0 otherwise" branches instead of NaN."""
    normalise_wos: bool = True
    """Divide the wash-out slope by the pre-contrast signal."""
    pe_unit: PeUnit = "fraction"
    """Unit of peak enhancement."""
    wos_from_peak: bool = True
    """With more than two posts: last frame minus the frame at the peak, instead of the literal I2 - I1."""
    noise_floor: Annotated[float, Field(ge=0)] = 0.0
    """abs(I2 - I0) at or below this (scanner units) leaves SER undefined."""


class Resample(Section):
    """Resampling of maps and masks."""

    matrix: Annotated[int, Field(ge=0, le=2048)] = 256
    """Rows and columns in plane; 0 leaves the grid as acquired."""
    isotropic_mm: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Isotropic voxel size as a sensitivity setting; 0 is off."""


class Features(Section):
    """Radiomic features of each map."""

    mode: RadiomicsMode = "ibsi"
    """Clean definitions, or the toolkit's with its quirks."""
    bins: Annotated[int, Field(ge=2, le=1024)] = 32
    """Fixed number of grey levels (`ibsi` mode)."""
    captk_preset: Literal["1.7.1 as executed", "1.7.1 as documented", "1.7.3 and later", "I-SPY 1 table"] = (
        "1.7.1 as executed"
    )
    """Bin counts and radii of `captk` mode."""
    lbp: bool = False
    """Compute the clean substitute of LBP."""
    two_d_reading: TwoDimensionalReading = "A"
    """A: the 104 are three-dimensional already; B: drop those that the toolkit documents as 2-D."""
    perturbations: Annotated[int, Field(ge=0, le=100)] = 0
    """Repeats of each exam with perturbed image and mask, for the ICC of every feature; 0 is off."""
    filters: tuple[str, ...] = ()
    """Responses of each map of which features are taken too, written as `kinephen info filters` shows;
    a map ends at the lesion, and beyond it a filter sees the nearest value."""
    allow_unreviewed: bool = True
    """Extract features from masks that no reader has confirmed; the output says so."""

    @field_validator("filters")
    @classmethod
    def _known_filters(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return known_filters(texts)


class Delta(Section):
    """Change between the two visits."""

    form: DeltaForm = "symmetric"
    """How the change of a feature is measured."""


class Filters(Section):
    """Which delta features are kept."""

    skewness_type: SkewnessType = 1
    """Estimator of skewness."""
    skewness_limit: Positive = 5.0
    """Larger skewness is dropped."""
    skewness_absolute: bool = True
    """Two-sided limit."""
    iqr_limit: Positive | None = None
    """Smaller interquartile range after z-scoring is dropped; None is off."""
    drop_duplicates: bool = True
    """Keep one of features that repeat each other."""
    mask_only_copies: MaskOnlyCopies = "one"
    """Features of the mask alone stand once for each map: keep all copies, or one."""
    gaps: Gaps = "least"
    """What gives way where a change is undefined: patient or feature, by the smaller loss, or the feature."""
    icc_limit: Fraction | None = None
    """Smaller intraclass correlation under perturbation is dropped; None is off."""


class Clustering(Section):
    """Consensus clustering."""

    linkage: Linkage
    """Linkage of the tree."""
    k_rule: KRule = "null_pac"
    """How the number of clusters is chosen; the other readings are printed beside it."""
    k_max: Annotated[int, Field(ge=2, le=20)] = 10
    """Largest number of clusters tried."""
    resamples: Annotated[int, Field(ge=10)] = 1000
    """Subsamples."""
    fraction: Fraction = 0.8
    """Share of items in a subsample."""
    null_sets: Annotated[int, Field(ge=5)] = 50
    """Gaussian reference sets of the null-referenced rule."""
    null_resamples: Annotated[int, Field(ge=10)] = 100
    """Subsamples in each reference set."""
    fixed_k: Annotated[int, Field(ge=1, le=20)] | None = None
    """Set the number of clusters by hand."""


class Groups(Clustering):
    """Groups of correlated delta features; distance 1 - r."""

    linkage: Linkage = "average"
    """Linkage of the tree."""


class Components(Section):
    """Principal components of each feature group."""

    variance: Fraction = 0.85
    """Components are kept until they explain more than this share."""
    sign_rule: SignRule = "sum_of_loadings"
    """Which orientation of a component is written."""


class Tumours(Clustering):
    """Phenotypes: clusters of tumours; Euclidean distance."""

    linkage: Linkage = "ward"
    """Linkage of the tree."""
    order: OrderRule = "signed_features"
    """What calls a phenotype increasing: features with a heterogeneity sign, or the mean component score."""


class SigClust(Section):
    """Significance of a split."""

    covariance: CovarianceChoice = "auto"
    """Null eigenvalues; auto is `sample` for components fewer than a fifth of the patients, else `soft`."""
    labels: SplitLabels = "two_means"
    """Test the best two-means split, or the tree's labels."""
    simulations: Annotated[int, Field(ge=20)] = 1000
    """Null data sets."""
    shc: bool = True
    """Also test the nodes of the Ward tree with the same linkage under the null."""
    alpha: Fraction = 0.05
    """Level."""


class Signatures(Section):
    """Gene signatures (research re-creations)."""

    centring: SignatureCentring = "auto"
    """How genes are centred; auto is balanced where the receptor mix is skewed."""
    gene70_cut: float = 0.4
    """Cosine to the good-prognosis template above which the 70-gene signature says low risk."""
    ror_variant: RorVariant = "parker-code"
    """Weights of ROR-S."""
    covariates: SignatureForm = "continuous"
    """How signatures enter the Cox models."""
    min_coverage: Annotated[float, Field(ge=0, le=1)] | None = None
    """Smallest share of genes that a signature needs; None takes each signature's own."""


class Cox(Section):
    """Proportional hazards models."""

    ties: Literal["efron"] = "efron"
    """Handling of tied times; the folds of the cross-validation know no other."""
    firth: FirthChoice = "auto"
    """Firth penalty: where the likelihood is monotone (separation), or never."""


class CrossValidation(Section):
    """Repeated K-fold cross-validation of the concordance statistic."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Folds."""
    replicates: Annotated[int, Field(ge=1)] = 100
    """Repeats."""
    stratified: bool = True
    """Folds balanced by event."""
    estimator: Literal["fold_mean", "pooled_pairs"] = "pooled_pairs"
    """Which C is the headline."""
    interval: Literal["split_noise", "split_jackknife", "jackknife", "nadeau_bengio"] = "split_jackknife"
    """Which interval is the headline; jackknife alone leaves the variance between splits out."""
    nested_replicates: Annotated[int, Field(ge=0)] = 10
    """Repeats of the cross-validation that refits the phenotype in every training fold; 0 is off."""


class Inference(Section):
    """Correction for many tests."""

    multiplicity: Literal["bonferroni_table", "holm_family"] = "holm_family"
    """Correction over the comparisons of one table, or over one family table."""


class Performance(Section):
    """How good predicted risks are at a horizon, on patients left out of the fit."""

    horizon: Positive = 3.0
    """Years; where too few are followed so far, the latest half year beyond which a tenth is followed."""
    replicates: Annotated[int, Field(ge=1)] = 20
    """Replicates of the cross-validation that are scored, of those that give the C-statistic."""
    bootstraps: Annotated[int, Field(ge=0)] = 200
    """Bootstrap samples for the optimism of C and calibration slope; 0 is off."""


class EndPoints(Section):
    """End points beside that of the study file, where the clinical table has them."""

    pcr: bool = True
    """The same ladder with logistic models of the pathologic complete response."""
    overall_survival: bool = True
    """The same ladder with death as the event."""
    competing: Literal["off", "beside"] = "beside"
    """Cumulative incidence of recurrence with death without recurrence as a competing event."""


class Landmark(Section):
    """When the clock starts."""

    use: bool = False
    """Count time from the second visit, without the patients who had the event or left before it."""
    column: str = "t2_days"
    """Clinical column with the days from the start of follow-up to the second visit."""
    days: Positive | None = None
    """Days to the second visit of patients in whom the column does not tell them."""


class Harmonise(Section):
    """Scanner and site effects."""

    method: Literal["none", "combat"] = "none"
    """ComBat of the delta features, fitted on discovery only."""
    batch: str = "site"
    """Clinical column that names the batch."""
    mean_only: bool = False
    """Remove shifts alone, not differences of spread: the only mode for a batch of one patient."""


class Settings(Section):
    """All settings of the analysis."""

    exam: Exam = Exam()
    ftv: Ftv = Ftv()
    motion: Motion = Motion()
    bias: Bias = Bias()
    maps: Maps = Maps()
    resample: Resample = Resample()
    features: Features = Features()
    delta: Delta = Delta()
    filters: Filters = Filters()
    groups: Groups = Groups()
    components: Components = Components()
    tumours: Tumours = Tumours()
    sigclust: SigClust = SigClust()
    signatures: Signatures = Signatures()
    cox: Cox = Cox()
    cross_validation: CrossValidation = CrossValidation()
    inference: Inference = Inference()
    performance: Performance = Performance()
    end_points: EndPoints = EndPoints()
    landmark: Landmark = Landmark()
    harmonise: Harmonise = Harmonise()

    @model_validator(mode="after")
    def _icc_needs_repeats(self) -> Settings:
        if self.filters.icc_limit is not None and self.features.perturbations < 2:
            raise ValueError("filters.icc_limit needs features.perturbations of at least 2")
        return self


class Outcome(Section):
    """The end point, named in every output."""

    end_point: Literal["rfs", "rfs_death_censored", "os"] = "rfs"
    """RFS as the table defines it, the same with deaths censored, or overall survival."""
    definition: str = ""
    """What counts as the event ("local or distant recurrence, or death"); empty takes what the publisher of a
    known table says, otherwise "not stated"."""
    time_origin: str = ""
    """When the clock starts, in words, for example "start of treatment"; empty: not stated."""
    time_unit: Literal["days", "months", "years"] | None = None
    """Unit of the table's times; None takes what the column's name or the known layout says."""


class Expression(Section):
    """Gene expression files."""

    files: tuple[str, ...] = ()
    """Series matrices or plain matrices, relative to the study file."""
    platforms: tuple[str, ...] = ()
    """Platform tables, one for each file."""
    link: str = ""
    """CSV with patient_id and sample_id."""


class Study(Section):
    """What is analysed and where it lies, relative to the study file."""

    name: str = "study"
    """Title of the report."""
    exams: str = "exams.csv"
    """CSV with patient_id, visit, path and optionally mask, manifest."""
    clinical: str = "clinical.csv"
    """Clinical table, CSV or XLSX."""
    layout: str = ""
    """Known layout of the clinical table (kinephen, ispy1, mamamia); empty recognises it by its columns."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Canonical name to column name of the clinical table, for a table of no known layout."""
    visits: tuple[str, str] = ("T1", "T2")
    """The two visits that are compared."""
    discovery: str = "discovery"
    """Value of column `cohort` on which everything is fitted."""
    validation: str = "validation"
    """Value of column `cohort` to which the model is applied; may be absent."""
    truth: str = ""
    """truth.json of a simulated trial."""
    show_ids: bool = False
    """Show the patient_id of the tables in the report instead of running case numbers."""
    outcome: Outcome = Outcome()
    expression: Expression = Expression()


class Recipes(Section):
    """Other ways of making the phenotype that were tried, and what the choice among them costs."""

    also: tuple[tuple[str, ...], ...] = ()
    """Recipes to run beside on the same exams, each a list of changes such as "tumours.linkage=average"."""
    permutations: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Permutations of the patients that tell how good the best recipe looks by chance."""
    replicates: Annotated[int, Field(ge=1, le=100)] = 3
    """Repeats of the cross-validation by which recipes are compared."""
    rerun_logged: bool = True
    """Also price recipes that only the log of earlier runs has, where the same feature values serve them."""


class StudyFile(Section):
    """A study file (study.toml)."""

    preset: PresetName = "recommended"
    """Named defaults of all settings."""
    beside: tuple[PresetName, ...] = ("chitalia2023",)
    """Presets whose conclusions are shown beside, from the same feature values where the maps agree."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """All random numbers follow from it."""
    study: Study = Study()
    settings: Settings = Settings()
    recipes: Recipes = Recipes()
