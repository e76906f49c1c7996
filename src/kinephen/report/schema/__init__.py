"""The contract of ``report.json``: every number of a report, once."""

from kinephen.report.schema.base import Cell, Column, Estimate, Format, Missing, Share, Table
from kinephen.report.schema.document import CohortEntry, Report, Study, report_json_schema
from kinephen.report.schema.figures import FigureEntry
from kinephen.report.schema.flow import Exclusion, FlowStep
from kinephen.report.schema.origin import InputFile, IssueEntry, Provenance, Reference, Setting
from kinephen.report.schema.summary import Headline, Number, Statement, StatementRef
from kinephen.report.schema.women import Thumbnail, Woman

__all__ = [
    "Cell",
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
    "Missing",
    "Number",
    "Provenance",
    "Reference",
    "Report",
    "Setting",
    "Share",
    "Statement",
    "StatementRef",
    "Study",
    "Table",
    "Thumbnail",
    "Woman",
    "report_json_schema",
]
