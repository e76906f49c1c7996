"""The contract of ``report.json``: every number of a report, once."""

from kinephen.report.schema.base import Cell, Column, Estimate, Format, Missing, Share, Table
from kinephen.report.schema.checklists import Checklist, ChecklistItem, MethodsPart, Score, Status
from kinephen.report.schema.document import CohortEntry, Report, Study, report_json_schema
from kinephen.report.schema.figures import FigureEntry
from kinephen.report.schema.flow import Exclusion, FlowStep
from kinephen.report.schema.origin import InputFile, IssueEntry, Provenance, Reference, Setting
from kinephen.report.schema.patients import Patient
from kinephen.report.schema.summary import Headline, Number, Sentence, Statement, StatementRef

__all__ = [
    "Cell",
    "Checklist",
    "ChecklistItem",
    "CohortEntry",
    "Column",
    "Estimate",
    "Exclusion",
    "FigureEntry",
    "FlowStep",
    "Format",
    "Headline",
    "InputFile",
    "IssueEntry",
    "MethodsPart",
    "Missing",
    "Number",
    "Patient",
    "Provenance",
    "Reference",
    "Report",
    "Score",
    "Sentence",
    "Setting",
    "Share",
    "Statement",
    "StatementRef",
    "Status",
    "Study",
    "Table",
    "report_json_schema",
]
