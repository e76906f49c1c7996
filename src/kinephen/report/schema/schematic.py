"""What the schematic of a run is drawn from: its steps as they were, each with what went in and came out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kinephen.report.schema.base import Model, Text


class SchematicStep(Model):
    """One box: a heading and lines of what was done, with the run's own settings and counts."""

    title: Text
    lines: tuple[Text, ...] = ()


class SchematicData(Model):
    """Columns of steps; arrows go down a column and from the foot of one to the head of the next."""

    kind: Literal["schematic"] = "schematic"
    columns: tuple[tuple[SchematicStep, ...], ...] = Field(min_length=1)
    headings: tuple[Text, ...] = ()
