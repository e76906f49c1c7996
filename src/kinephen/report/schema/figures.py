"""All kinds of figures. A figure that shows a table's numbers names the table instead of holding them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from kinephen.report.schema.base import Model, Numbers, Section, Text
from kinephen.report.schema.clusters import (
    Annotation,
    BarGroup,
    BarsData,
    CDFCurve,
    Chosen,
    ConsensusCDFData,
    ConsensusMatrixData,
    Dendrogram,
    HeatmapData,
)
from kinephen.report.schema.patients_figures import (
    AssociationData,
    AssociationPanel,
    BoxGroup,
    MapScale,
    Tile,
    TruthData,
    TruthMatrix,
    TruthPoints,
    TumourCase,
    TumoursData,
)
from kinephen.report.schema.schematic import SchematicData
from kinephen.report.schema.survival import (
    CalibrationCurve,
    CalibrationData,
    ConfusionData,
    ForestData,
    ForestInterval,
    KMCurve,
    KMData,
    KMPanel,
    LinesData,
    Series,
)

__all__ = [
    "Annotation",
    "AssociationData",
    "AssociationPanel",
    "BarGroup",
    "BarsData",
    "BoxGroup",
    "CDFCurve",
    "CalibrationCurve",
    "CalibrationData",
    "Chosen",
    "ConfusionData",
    "ConsensusCDFData",
    "ConsensusMatrixData",
    "Dendrogram",
    "FigureData",
    "FigureEntry",
    "ForestData",
    "ForestInterval",
    "HeatmapData",
    "KMCurve",
    "KMData",
    "KMPanel",
    "LinesData",
    "MapScale",
    "Numbers",
    "SchematicData",
    "Series",
    "Tile",
    "TruthData",
    "TruthMatrix",
    "TruthPoints",
    "TumourCase",
    "TumoursData",
]

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
    | TruthData
    | SchematicData,
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
