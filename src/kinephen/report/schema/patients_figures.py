"""What the figures of patients and of planted truth are drawn from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kinephen.report.schema.base import Model, Numbers, Sha256, Text


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
    """One representative patient."""

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
