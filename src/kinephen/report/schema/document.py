"""The whole document."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from kinephen.report.pointer import make_pointer, resolve
from kinephen.report.schema.base import Column, Format, Key, Model, Sha256, Table, Text
from kinephen.report.schema.figures import ConfusionData, FigureEntry, ForestData
from kinephen.report.schema.flow import FlowStep
from kinephen.report.schema.women import Woman

SCHEMA_VERSION = 1


class CohortEntry(Model):
    """One cohort of the study."""

    name: Text
    n: int = Field(ge=0)
    events: int | None = Field(default=None, ge=0)


class Study(Model):
    """What was studied.

    Parameters
    ----------
    name : str
    cohorts : tuple of CohortEntry
    visits : tuple of str
        The two visits that are compared, in order.
    end_point : str
        In words, with what counts as an event.
    time_unit : str
    seed : int
    simulated : bool
        True for a trial that was made by the program; the page says so at its top.
    """

    name: Text
    cohorts: tuple[CohortEntry, ...] = ()
    visits: tuple[Text, ...] = ()
    end_point: Text
    time_unit: Text
    seed: int = Field(ge=0)
    simulated: bool = False


class Setting(Model):
    """One resolved setting, and what each preset has for it."""

    key: Text
    value: JsonValue
    presets: dict[str, JsonValue] = Field(default_factory=dict)
    note: Text = ""

    def departs_from(self, preset: str) -> bool:
        """Return True when `preset` has another value."""
        return preset in self.presets and self.presets[preset] != self.value


class Number(Model):
    """A number that stands in no table or figure."""

    value: bool | int | float | None
    label: Text
    unit: Text = ""
    format: Format = "sig3"
    reason: Text = ""


class StatementRef(Model):
    """Which number a placeholder stands for, and how it is shown."""

    pointer: str
    format: Format = "sig3"


class Statement(Model):
    """A sentence in plain words with placeholders for numbers.

    Parameters
    ----------
    text : str
        For example ``"The C-statistic rose from {before} to {after}."``; a literal brace is doubled.
    refs : dict of str to StatementRef
        One for each placeholder.
    kind : {"finding", "caution", "limit"}
        Findings and cautions stand on the summary page; limits in the section on what cannot be concluded.
    """

    text: Text
    refs: dict[str, StatementRef] = Field(default_factory=dict)
    kind: Literal["finding", "caution", "limit"] = "finding"

    @model_validator(mode="after")
    def _placeholders(self) -> Statement:
        names = {name for _, name in self.pieces() if name is not None}
        if names != set(self.refs):
            odd = sorted(names ^ set(self.refs))[0]
            raise ValueError(f"placeholder and reference do not match: {odd!r}")
        return self

    def pieces(self) -> list[tuple[str, str | None]]:
        """Return the text in pieces, each with the placeholder that follows it, or None."""
        return [(literal, name) for literal, name, _, _ in string.Formatter().parse(self.text)]


class Headline(Model):
    """A number that the top of the page shows large."""

    label: Text
    pointer: str
    format: Format = "sig3"
    unit: Text = ""
    note: Text = ""


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
    """Where a method comes from."""

    text: Text
    doi: Text = ""


class Provenance(Model):
    """What made the numbers: no times and no hosts, so that the same inputs give the same bytes."""

    versions: dict[str, Text] = Field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    methods: tuple[Reference, ...] = ()


class Report(Model):
    """Everything that the page, the figures and the tables show.

    Parameters
    ----------
    study : Study
    preset : str
    headlines : tuple of Headline
    summary : tuple of Statement
    numbers : dict of str to Number
        Numbers that statements need and that stand in no table or figure.
    flow : tuple of FlowStep
    tables : dict of str to Table
    figures : dict of str to FigureEntry
    women : tuple of Woman
    women_columns : tuple of Column
        Describes the further cells of each woman.
    settings : tuple of Setting
    issues : tuple of IssueEntry
    provenance : Provenance

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown, a pointer names nothing, or a figure's table is absent.
    """

    schema_version: Literal[1] = 1
    study: Study
    preset: Text
    headlines: tuple[Headline, ...] = ()
    summary: tuple[Statement, ...] = ()
    numbers: dict[Key, Number] = Field(default_factory=dict)
    flow: tuple[FlowStep, ...] = ()
    tables: dict[Key, Table] = Field(default_factory=dict)
    figures: dict[Key, FigureEntry] = Field(default_factory=dict)
    women: tuple[Woman, ...] = ()
    women_columns: tuple[Column, ...] = ()
    settings: tuple[Setting, ...] = ()
    issues: tuple[IssueEntry, ...] = ()
    provenance: Provenance = Provenance()

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: Any) -> Any:
        # Parts make their own values plain.
        return data

    @model_validator(mode="after")
    def _whole(self) -> Report:
        if "women" in self.tables or "cohort_flow" in self.figures:
            raise ValueError("the names 'women' (table) and 'cohort_flow' (figure) are the report's own")
        self._check_women()
        self._check_flow()
        self._check_tables_of_figures()
        document = self.model_dump(mode="json")
        for pointer in self._pointers():
            try:
                resolve(document, pointer)
            except KeyError:
                raise ValueError(f"no number at {pointer}") from None
        return self

    def _pointers(self) -> Iterable[str]:
        yield from (h.pointer for h in self.headlines)
        yield from (r.pointer for s in self.summary for r in s.refs.values())

    def _check_women(self) -> None:
        ids = [w.id for w in self.women]
        if len(set(ids)) != len(ids):
            raise ValueError(f"{len(ids) - len(set(ids))} woman (women) stand twice in the report")
        known = {c.key for c in self.women_columns}
        if any(set(w.extra) - known for w in self.women):
            raise ValueError("women have cells that women_columns does not describe")

    def _check_flow(self) -> None:
        seen: set[str] = set()
        for step in self.flow:
            if step.key in seen or (step.parent is not None and step.parent not in seen):
                raise ValueError(f"flow step {step.key!r} must come once, after its parent")
            seen.add(step.key)

    def _check_tables_of_figures(self) -> None:
        for name, figure in self.figures.items():
            data = figure.data
            if not isinstance(data, (ForestData, ConfusionData)):
                continue
            if data.table not in self.tables:
                raise ValueError(f"figure {name!r} shows table {data.table!r}, which is not in the report")
            known = {c.key for c in self.tables[data.table].columns}
            absent = [c for c in _needed_columns(data) if c not in known]
            if absent:
                raise ValueError(f"figure {name!r} needs column {absent[0]!r} of table {data.table!r}")

    def cell_pointer(self, table: str, row: int, column: str, *part: str) -> str:
        """Return the pointer to a cell, or with `part` ("value", "low", "high", "n") to a part of it."""
        return make_pointer("tables", table, "rows", row, column, *part)


def _needed_columns(data: ForestData | ConfusionData) -> tuple[str, ...]:
    if isinstance(data, ForestData):
        return (data.label_column, *(i.column for i in data.intervals))
    return (data.label_column, "tp", "fp", "fn", "tn", *data.measures)


def report_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``report.json``."""
    return Report.model_json_schema()
