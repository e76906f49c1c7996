"""Published reporting checklists, filled from a run."""

from kinephen.report.checklists.definition import CHECKLIST_NAMES, Definition, ItemDefinition, definition
from kinephen.report.checklists.fill import fill_checklist, fill_checklists, with_texts
from kinephen.report.checklists.texts import checklist_csv, checklist_markdown, checklist_rows

__all__ = [
    "CHECKLIST_NAMES",
    "Definition",
    "ItemDefinition",
    "checklist_csv",
    "checklist_markdown",
    "checklist_rows",
    "definition",
    "fill_checklist",
    "fill_checklists",
    "with_texts",
]
