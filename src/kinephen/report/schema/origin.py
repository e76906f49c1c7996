"""Settings, issues and provenance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from kinephen.report.schema.base import Key, Model, Sha256, Text


class Setting(Model):
    """One resolved setting, and what each preset has for it."""

    key: Text
    value: JsonValue
    presets: dict[str, JsonValue] = Field(default_factory=dict)
    note: Text = ""

    def departs_from(self, preset: str) -> bool:
        """Return True when `preset` has another value."""
        return preset in self.presets and self.presets[preset] != self.value


class IssueEntry(Model):
    """One thing that was noticed; an error is a case or step that failed."""

    code: Text
    message: Text
    where: Text = ""
    count: int = Field(default=1, ge=0)
    severity: Literal["error", "warning", "note"] = "warning"


class InputFile(Model):
    """An input by its content; `name` is relative to the study and holds no identifier."""

    name: Text
    sha256: Sha256


class Reference(Model):
    """Where a method comes from.

    Parameters
    ----------
    text : str
        As it is shown.
    doi : str
    key : str
        Name in ``[@key]`` of the methods text and in ``references.bib``; empty for a work that stands in
        neither.
    fields : dict of str to str
        BibTeX fields except the DOI, in TeX's own spelling.
    """

    text: Text
    doi: Text = ""
    key: Annotated[str, Field(pattern=r"^([a-z][a-z0-9]*)?$", max_length=40)] = ""
    fields: dict[Key, Text] = Field(default_factory=dict)


class Provenance(Model):
    """What made the numbers: no times and no hosts, so that the same inputs give the same bytes."""

    versions: dict[str, Text] = Field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    methods: tuple[Reference, ...] = ()
