"""What the figures of components and clusters are drawn from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kinephen.report.schema.base import Format, Model, Numbers, Text


class Annotation(Model):
    """A bar of colours along the columns of a heatmap: one category a column, None for unknown."""

    name: Text
    values: tuple[Text | None, ...]


class Dendrogram(Model):
    """Merges as in SciPy's linkage matrix: two node numbers and the height, leaves first."""

    merges: tuple[tuple[int, int, float], ...]


class HeatmapData(Model):
    """Components (rows) by patients (columns), in the order in which they are drawn.

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
    columns_are : str
        What the columns are, for the axis.
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
    columns_are: Text = "patients"

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
