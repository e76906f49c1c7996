"""The whole document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from kinephen.core.counted import counted
from kinephen.report.pointer import resolve
from kinephen.report.schema.base import Column, Key, Model, Table, Text
from kinephen.report.schema.change import ChangeSigns
from kinephen.report.schema.checklists import Checklist, MethodsPart
from kinephen.report.schema.explorer import Explorer
from kinephen.report.schema.figures import ConfusionData, FigureEntry, ForestData
from kinephen.report.schema.flow import FlowStep
from kinephen.report.schema.origin import IssueEntry, Provenance, Setting
from kinephen.report.schema.patients import Patient, patients_columns
from kinephen.report.schema.summary import Headline, Number, Sentence, Statement


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
    time_origin : str
        When the clock starts, in words; empty where the study does not state it.
    time_unit : str
    seed : int
    simulated : bool
        True for a trial that was made by the program; the page says so at its top.
    """

    name: Text
    cohorts: tuple[CohortEntry, ...] = ()
    visits: tuple[Text, ...] = ()
    end_point: Text
    time_origin: Text = ""
    time_unit: Text
    seed: int = Field(ge=0)
    simulated: bool = False


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
    patients : tuple of Patient
    patients_columns : tuple of Column
        Describes the further cells of each patient.
    risk_model : str
        Title of the Cox model whose linear predictor is the patients' risk score; empty without one.
    change : ChangeSigns, optional
        Which way the change of features is shown; None in reports of before.
    explorer : Explorer, optional
        Features by phenotype, to choose from.
    settings : tuple of Setting
    issues : tuple of IssueEntry
    provenance : Provenance
    methods : tuple of MethodsPart
        The text for the methods section of a paper on this run.
    checklists : tuple of Checklist

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
    patients: tuple[Patient, ...] = ()
    patients_columns: tuple[Column, ...] = ()
    risk_model: Text = ""
    change: ChangeSigns | None = None
    explorer: Explorer | None = None
    settings: tuple[Setting, ...] = ()
    issues: tuple[IssueEntry, ...] = ()
    provenance: Provenance = Provenance()
    methods: tuple[MethodsPart, ...] = ()
    checklists: tuple[Checklist, ...] = ()

    def all_patients_columns(self) -> tuple[Column, ...]:
        """Return the columns of the table of patients: those that every report has, and its further ones."""
        return (*patients_columns(self.study.time_unit, self.risk_model), *self.patients_columns)

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: object) -> object:
        # Parts make their own values plain.
        return data

    @model_validator(mode="after")
    def _whole(self) -> Report:
        if "patients" in self.tables or "cohort_flow" in self.figures:
            raise ValueError("the names 'patients' (table) and 'cohort_flow' (figure) are the report's own")
        self._check_patients()
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
        sentences: list[Sentence] = [*self.summary, *(s for part in self.methods for s in part.sentences)]
        for item in (i for c in self.checklists for i in c.items):
            sentences += item.sentences
            yield from item.evidence
        yield from (r.pointer for s in sentences for r in s.refs.values())

    def _check_patients(self) -> None:
        ids = [w.id for w in self.patients]
        if len(set(ids)) != len(ids):
            raise ValueError(f"{counted(len(ids) - len(set(ids)), 'patient')} twice in the report")
        known = {c.key for c in self.patients_columns}
        if any(set(w.extra) - known for w in self.patients):
            raise ValueError("patients have cells that patients_columns does not describe")

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


def _needed_columns(data: ForestData | ConfusionData) -> tuple[str, ...]:
    if isinstance(data, ForestData):
        return (data.label_column, *(i.column for i in data.intervals))
    return (data.label_column, "tp", "fp", "fn", "tn", *data.measures)


def report_json_schema() -> dict[str, object]:
    """Return the JSON Schema of ``report.json``."""
    return Report.model_json_schema()
