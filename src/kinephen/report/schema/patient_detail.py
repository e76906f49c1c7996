"""What a patient's page shows beyond the row in report.json; a file of its own, to keep that small."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from kinephen.report.schema.base import Estimate, Model, Numbers, Text

Base64: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=1_500_000)]
ColourMap: TypeAlias = Literal["gray", "magma", "viridis", "coolwarm", "cividis"]


class Picture(Model):
    """One map or frame in the shown slice: where the lesion is largest, or the middle one without a lesion.

    Parameters
    ----------
    name : str
    png : str
        In base 64, one pixel a voxel.
    colours : str
        Name of the colour map.
    low, high : float
        Ends of its scale, the same at both visits.
    unit : str
    """

    name: Text
    png: Base64
    colours: ColourMap
    low: float
    high: float
    unit: Text = ""


class Curve(Model):
    """Enhancement of the lesion at each phase, percent: quartiles over its voxels."""

    minutes: Numbers
    low: Numbers
    median: Numbers
    high: Numbers

    @model_validator(mode="after")
    def _lengths(self) -> Curve:
        if not len(self.minutes) == len(self.low) == len(self.median) == len(self.high):
            raise ValueError("each phase needs its three quartiles")
        return self


class MapSummary(Model):
    """One map in the lesion, on the grid of the features."""

    name: Text
    unit: Text = ""
    n: int = Field(ge=0)
    mean: float | None
    median: float | None
    p05: float | None
    p95: float | None


class Visit(Model):
    """One exam.

    Parameters
    ----------
    name : str
    ftv_pe_cc, ftv_ser_cc, lesion_cc : float
    lesion_source : str
    slice : int
        Shown slice, from 1.
    rows, columns : int
        Of the pictures, in voxels.
    aspect : float
        Width over height of a picture in mm.
    outline : str
        Border of the lesion as SVG path data, in voxels.
    pictures : tuple of Picture
    curve : Curve
    maps : tuple of MapSummary
    """

    name: Text
    ftv_pe_cc: float
    ftv_ser_cc: float | None
    lesion_cc: float
    lesion_source: Text
    slice: int = Field(ge=1)
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    aspect: float = Field(gt=0)
    outline: str = Field(pattern=r"^[MHV0-9 ]*$")
    pictures: tuple[Picture, ...]
    curve: Curve
    maps: tuple[MapSummary, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, data: object) -> object:
        """Documents of earlier versions repeat the warnings of the patient's row."""
        return {k: v for k, v in data.items() if k != "issues"} if isinstance(data, dict) else data


class Component(Model):
    """Their score of one component, and the mean of each phenotype in the discovery cohort."""

    name: Text
    score: float
    means: Numbers


class Risk(Model):
    """Predicted probability of an event by a horizon."""

    horizon: float = Field(gt=0)
    risk: Estimate


class Features(Model):
    """All features of one patient, column by column."""

    names: tuple[Text, ...]
    first: Numbers
    second: Numbers
    change: Numbers

    @model_validator(mode="after")
    def _lengths(self) -> Features:
        if not len(self.names) == len(self.first) == len(self.second) == len(self.change):
            raise ValueError("each feature needs a value at both visits and a change")
        return self


class PatientDetail(Model):
    """The document of one patient.

    Parameters
    ----------
    visits : tuple of Visit
        Those whose exam was analysed.
    phenotypes : tuple of str
        Headings of the means of `components`.
    nearest : str
        Heading of the phenotype of the nearest centroid, which is what a model file says of this patient;
        one of the discovery cohort has the label of the tree, which may be another.
    distances : tuple of float
        To the centroid of each phenotype.
    margin : float, optional
        Second nearest minus nearest.
    components : tuple of Component
    risk_model : str
        The model behind `risks`, in words; empty with no risks.
    risk_limits : str
        The kind of their 95 % limits.
    risk_reason : str
        Why there are none, or none by a larger model.
    risks : tuple of Risk
    fitted : bool, optional
        Whether the Cox models were fitted to this patient too; None in documents of earlier versions.
    features : Features
    """

    schema_version: Literal[1] = 1
    visits: tuple[Visit, ...] = ()
    phenotypes: tuple[Text, ...] = ()
    nearest: Text = ""
    distances: Numbers = ()
    margin: float | None = None
    components: tuple[Component, ...] = ()
    risk_model: Text = ""
    risk_limits: Text = ""
    risk_reason: Text = ""
    risks: tuple[Risk, ...] = ()
    fitted: bool | None = None
    features: Features = Features(names=(), first=(), second=(), change=())
