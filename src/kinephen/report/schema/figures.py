"""What each kind of figure is drawn from. A figure that shows a table's numbers names the table instead."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from kinephen.report.schema.base import Estimate, Format, Key, Model, Section, Sha256, Text

Numbers: TypeAlias = tuple[float | None, ...]


class Annotation(Model):
    """A bar of colours along the columns of a heatmap: one category a column, None for unknown."""

    name: Text
    values: tuple[Text | None, ...]


class Dendrogram(Model):
    """Merges as in SciPy's linkage matrix: two node numbers and the height, leaves first."""

    merges: tuple[tuple[int, int, float], ...]


class HeatmapData(Model):
    """Components (rows) by women (columns), in the order in which they are drawn.

    Parameters
    ----------
    row_labels, column_labels : tuple of str
    values : tuple of tuples, shape (n_rows, n_columns)
    value_label : str
        With its unit, for the colour bar.
    row_tree, column_tree : Dendrogram, optional
        Leaf i is row (column) i of `values` as it stands in the tree's own numbering given by `*_leaves`.
    row_leaves, column_leaves : tuple of int
        For each drawn row (column) its leaf number in the tree; empty without a tree.
    annotations : tuple of Annotation
    """

    kind: Literal["heatmap"] = "heatmap"
    row_labels: tuple[Text, ...]
    column_labels: tuple[Text, ...]
    values: tuple[Numbers, ...]
    value_label: Text = "component score (SD)"
    row_tree: Dendrogram | None = None
    column_tree: Dendrogram | None = None
    row_leaves: tuple[int, ...] = ()
    column_leaves: tuple[int, ...] = ()
    annotations: tuple[Annotation, ...] = ()

    @model_validator(mode="after")
    def _shapes(self) -> HeatmapData:
        n_rows, n_columns = len(self.row_labels), len(self.column_labels)
        if len(self.values) != n_rows or any(len(r) != n_columns for r in self.values):
            raise ValueError(f"values must have {n_rows} rows of {n_columns} numbers")
        if any(len(a.values) != n_columns for a in self.annotations):
            raise ValueError(f"each annotation must have {n_columns} values")
        for tree, leaves, n in (
            (self.row_tree, self.row_leaves, n_rows),
            (self.column_tree, self.column_leaves, n_columns),
        ):
            if tree is not None and (len(tree.merges) != n - 1 or sorted(leaves) != list(range(n))):
                raise ValueError(f"a tree of {n} leaves needs {n - 1} merges and each leaf once")
        return self


class KMCurve(Model):
    """One Kaplan-Meier curve as a step function: `survival[i]` holds from `time[i]` on; 1 before.

    Parameters
    ----------
    label : str
    n, events : int
    time : tuple of float
        Times at which the curve changes or someone is censored, increasing.
    survival, low, high : tuple of float
        Probability and pointwise interval, within [0, 1].
    censor_time, censor_survival : tuple of float
    at_risk : tuple of int
        At each of the panel's `risk_times`.
    """

    label: Text
    n: int = Field(ge=0)
    events: int = Field(ge=0)
    time: Numbers
    survival: Numbers
    low: Numbers = ()
    high: Numbers = ()
    censor_time: Numbers = ()
    censor_survival: Numbers = ()
    at_risk: tuple[int, ...]

    @model_validator(mode="after")
    def _lengths(self) -> KMCurve:
        if len(self.time) != len(self.survival) or len(self.censor_time) != len(self.censor_survival):
            raise ValueError("each time needs one survival")
        if len(self.low) != len(self.high) or len(self.low) not in (0, len(self.time)):
            raise ValueError("the band needs a low and a high for each time")
        return self


class KMPanel(Model):
    """Curves of one set of women.

    Parameters
    ----------
    title : str
    curves : tuple of KMCurve
    risk_times : tuple of float
    test : str
        For example ``"log-rank"``.
    p : float, optional
    reason : str
        Why `p` is None.
    hazard_ratio : Estimate, optional
        Second curve against the first.
    palette : {"phenotype", "other"}
        Other groups than phenotypes have other colours.
    """

    title: Text = ""
    curves: tuple[KMCurve, ...] = Field(min_length=1)
    risk_times: tuple[float, ...] = Field(min_length=1)
    test: Text = "log-rank"
    p: float | None = Field(default=None, ge=0, le=1)
    reason: Text = ""
    hazard_ratio: Estimate | None = None
    palette: Literal["phenotype", "other"] = "phenotype"

    @model_validator(mode="after")
    def _risk(self) -> KMPanel:
        if any(len(c.at_risk) != len(self.risk_times) for c in self.curves):
            raise ValueError("each curve needs one number at risk for each of risk_times")
        return self


class KMData(Model):
    """One panel or a row of several, with one axis of time."""

    kind: Literal["km"] = "km"
    panels: tuple[KMPanel, ...] = Field(min_length=1)
    time_label: Text = "Time since start of follow-up"
    time_unit: Text = "years"
    survival_label: Text = "Recurrence-free survival"
    interval: Text = "95 % band"


class ConfusionData(Model):
    """Confusion matrices, one for each row of a table.

    The table's columns `tp`, `fp`, `fn`, `tn` hold counts; `measures` names its columns to print below.
    """

    kind: Literal["confusion"] = "confusion"
    table: Key
    label_column: Key = "marker"
    predicted: tuple[Text, Text] = ("high risk", "low risk")
    observed: tuple[Text, Text] = ("event", "no event")
    measures: tuple[Key, ...] = ("ppv", "npv", "sensitivity", "specificity")


class CDFCurve(Model):
    """Consensus CDF for one number of clusters; `cdf[i]` at the figure's `grid[i]`."""

    k: int = Field(ge=2)
    cdf: Numbers
    area: float | None
    gain: float | None = None


class Chosen(Model):
    """The number of clusters that one rule chose; None when the rule chose none."""

    rule: Text
    k: int | None = Field(ge=1)


class ConsensusCDFData(Model):
    """Consensus CDFs over k, the area under each and its relative gain, and what each rule chose."""

    kind: Literal["consensus_cdf"] = "consensus_cdf"
    grid: Numbers
    curves: tuple[CDFCurve, ...] = Field(min_length=1)
    threshold: float | None = 0.1
    chosen: tuple[Chosen, ...] = ()
    item: Text = "tumours"


class ConsensusMatrixData(Model):
    """Consensus matrix in cluster order; block means when there are more items than rows.

    Parameters
    ----------
    values : tuple of tuples, shape (m, m), within [0, 1]
    clusters : tuple of str
        Cluster of each row.
    items : int
        Number of items behind the matrix.
    """

    kind: Literal["consensus_matrix"] = "consensus_matrix"
    k: int = Field(ge=1)
    items: int = Field(ge=1)
    item: Text = "tumours"
    values: tuple[Numbers, ...]
    clusters: tuple[Text, ...]


class ForestInterval(Model):
    """One interval of each row: a table column of `Estimate` cells.

    `role` "honest" is drawn as a point with whiskers; "noise" as a pale bar that is named in the legend.
    """

    column: Key
    name: Text
    role: Literal["honest", "noise"] = "honest"


class ForestData(Model):
    """Forest of a table's rows."""

    kind: Literal["forest"] = "forest"
    table: Key
    label_column: Key
    intervals: tuple[ForestInterval, ...] = Field(min_length=1)
    axis_label: Text
    reference: float | None = None
    log_scale: bool = False


class BarGroup(Model):
    """Bars under one heading, with whiskers where `low` and `high` are given."""

    title: Text
    labels: tuple[Text, ...]
    values: Numbers
    low: Numbers = ()
    high: Numbers = ()


class BarsData(Model):
    """Horizontal bars in one or several panels: loadings, feature importance, effect sizes."""

    kind: Literal["bars"] = "bars"
    groups: tuple[BarGroup, ...] = Field(min_length=1)
    axis_label: Text
    format: Format = "f2"
    reference: float | None = 0.0


class BoxGroup(Model):
    """Five numbers of a continuous covariate in one group."""

    low: float | None
    q1: float | None
    median: float | None
    q3: float | None
    high: float | None


class AssociationPanel(Model):
    """One covariate over phenotypes: counts of each category, or a box for each group.

    Parameters
    ----------
    variable : str
        With its unit.
    groups : tuple of str
        Phenotypes.
    categories : tuple of str
        Empty for a continuous covariate.
    counts : tuple of tuples, shape (n_groups, n_categories)
    boxes : tuple of BoxGroup
    test : str
    p, p_adjusted : float, optional
    reason : str
        Why `p` is None.
    """

    variable: Text
    groups: tuple[Text, ...]
    categories: tuple[Text, ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()
    boxes: tuple[BoxGroup, ...] = ()
    test: Text = ""
    p: float | None = None
    p_adjusted: float | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _shape(self) -> AssociationPanel:
        expected = len(self.groups)
        if len(self.counts or self.boxes) != expected:
            raise ValueError(f"{expected} groups need {expected} rows of counts or {expected} boxes")
        if any(len(row) != len(self.categories) for row in self.counts):
            raise ValueError("counts must have one number for each category")
        return self


class AssociationData(Model):
    """Phenotypes against covariates, one panel each."""

    kind: Literal["association"] = "association"
    panels: tuple[AssociationPanel, ...] = Field(min_length=1)
    adjustment: Text = ""


class Tile(Model):
    """A small 2-D array in ``assets/<sha256>.npy`` and, if any, the lesion's outline (bool) in another."""

    visit: Text
    map: Text
    sha256: Sha256
    outline: Sha256 | None = None


class MapScale(Model):
    """Colour range of one map, the same for all its tiles."""

    map: Text
    unit: Text = ""
    low: float
    high: float


class TumourCase(Model):
    """One representative woman."""

    title: Text
    subtitle: Text = ""
    tiles: tuple[Tile, ...]
    values: Numbers = ()


class TumoursData(Model):
    """Representative tumours: tiles of image and maps at both visits, and bars of chosen values.

    `value_labels` (with units) name the entries of each case's `values`.
    """

    kind: Literal["tumours"] = "tumours"
    cases: tuple[TumourCase, ...] = Field(min_length=1)
    scales: tuple[MapScale, ...]
    value_labels: tuple[Text, ...] = ()
    pixel_mm: float | None = None


class CalibrationCurve(Model):
    """Observed against predicted risk in groups, with slope and calibration in the large where known."""

    label: Text
    predicted: Numbers
    observed: Numbers
    low: Numbers = ()
    high: Numbers = ()
    n: tuple[int, ...] = ()
    slope: Estimate | None = None
    intercept: Estimate | None = None


class CalibrationData(Model):
    """Calibration of one or more models at a horizon."""

    kind: Literal["calibration"] = "calibration"
    curves: tuple[CalibrationCurve, ...] = Field(min_length=1)
    horizon: float
    time_unit: Text = "years"


class Series(Model):
    """One line with an optional band."""

    label: Text
    x: Numbers
    y: Numbers
    low: Numbers = ()
    high: Numbers = ()
    role: Literal["model", "default"] = "model"


class LinesData(Model):
    """Lines over one axis: decision curves, AUC(t), Brier score."""

    kind: Literal["lines"] = "lines"
    series: tuple[Series, ...] = Field(min_length=1)
    x_label: Text
    y_label: Text
    y_reference: float | None = None


class TruthPoints(Model):
    """Found against true values of one quantity."""

    title: Text
    unit: Text = ""
    truth: Numbers
    found: Numbers
    agreement: Text = ""
    agreement_value: float | None = None


class TruthMatrix(Model):
    """Cross table of true classes (rows) and found classes (columns)."""

    title: Text
    truth_labels: tuple[Text, ...]
    found_labels: tuple[Text, ...]
    counts: tuple[tuple[int, ...], ...]
    agreement: Text = ""
    agreement_value: float | None = None


class TruthData(Model):
    """What a simulated trial planted, and what the analysis found."""

    kind: Literal["truth"] = "truth"
    points: tuple[TruthPoints, ...] = ()
    matrices: tuple[TruthMatrix, ...] = ()


FigureData: TypeAlias = Annotated[
    HeatmapData
    | KMData
    | ConfusionData
    | ConsensusCDFData
    | ConsensusMatrixData
    | ForestData
    | BarsData
    | AssociationData
    | TumoursData
    | CalibrationData
    | LinesData
    | TruthData,
    Field(discriminator="kind"),
]


class FigureEntry(Model):
    """A figure of the report.

    Parameters
    ----------
    title, caption : str
    label : str
        For example ``"Figure 1a"``.
    section : Section
    alt : str
        What the figure shows, for those who cannot see it; the title stands in when empty.
    data : FigureData
    """

    title: Text
    label: Text = ""
    caption: Text = ""
    section: Section = "supplement"
    alt: Text = ""
    data: FigureData
