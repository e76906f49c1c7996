"""A filled checklist as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from kinephen.report.formats import format_value
from kinephen.report.schema import Checklist, ChecklistItem, Report
from kinephen.report.writing.methods import plain_document, sentence_text

STATUS_WORDS = {
    "automatic": "answered from the run",
    "drafted": "drafted, to be checked",
    "author": "for the author",
    "not_applicable": "does not apply",
}
UNVERIFIED = "number and meaning not compared with the publication"
COLUMNS = ("checklist", "item", "section", "label", "status", "text", "left_to_do", "evidence", "verified")
SCORED = ("weight", "verdict")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def checklist_rows(checklist: Checklist, report: Report) -> list[dict[str, str]]:
    """Return one row of text an item, by `COLUMNS`, with `SCORED` where there is a score."""
    document = plain_document(report)
    columns = (*COLUMNS, *(SCORED if checklist.score is not None else ()))
    rows = [{"checklist": checklist.key, **_row(item, document)} for item in checklist.items]
    return [{column: row[column] for column in columns} for row in rows]


def checklist_csv(checklists: Sequence[Checklist], report: Report) -> bytes:
    """Return checklists as CSV (UTF-8): one row an item, evidence as JSON pointers into report.json."""
    buffer = io.StringIO()
    scored = any(checklist.score is not None for checklist in checklists)
    writer = csv.DictWriter(buffer, (*COLUMNS, *(SCORED if scored else ())), lineterminator="\n")
    writer.writeheader()
    for checklist in checklists:
        for row in checklist_rows(checklist, report):
            writer.writerow({name: _safe(text) for name, text in row.items()})
    return buffer.getvalue().encode("utf-8")


def checklist_markdown(checklist: Checklist, report: Report) -> str:
    """Return a checklist as Markdown: a table with one row an item."""
    document = plain_document(report)
    lines = [f"# {checklist.title}", "", f"{checklist.purpose} {_cited(checklist)}.", ""]
    lines += [f"Source: {checklist.source}.", "", *_counts(checklist), *_score_lines(checklist)]
    head = ("No.", "Item", "Status", "From the run", "Left to do")
    lines += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for item in checklist.items:
        row = _row(item, document)
        label = f"{item.section}: {item.label}" + ("" if item.verified else f" ({UNVERIFIED})")
        status = STATUS_WORDS[item.status] + (f"; judged {item.verdict}" if item.verdict else "")
        cells = (item.id, label, status, row["text"], item.note)
        lines.append(f"| {' | '.join(_cell(c) for c in cells)} |")
    return "\n".join(lines) + "\n"


def _row(item: ChecklistItem, document: Mapping[str, object]) -> dict[str, str]:
    return {
        "item": item.id,
        "section": item.section,
        "label": item.label,
        "status": item.status,
        "text": " ".join(sentence_text(s, document) for s in item.sentences),
        "left_to_do": item.note,
        "evidence": " ".join(item.evidence),
        "verified": "yes" if item.verified else "no",
        "weight": "" if item.weight is None else f"{item.weight:g}",
        "verdict": item.verdict or "",
    }


def _safe(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _cited(checklist: Checklist) -> str:
    return f"[{'; '.join(f'@{key}' for key in checklist.reference)}]"


def _counts(checklist: Checklist) -> list[str]:
    shown = [f"{STATUS_WORDS[status]}: {n}" for status, n in checklist.counts.items()]
    return [f"Items {', '.join(shown)}.", ""]


def _score_lines(checklist: Checklist) -> list[str]:
    found = checklist.score
    if found is None:
        return []
    low, high = (format_value(v, "percent") for v in (found.low, found.high))
    return [
        f"Judged from the run: {found.items_judged} of {found.items_applicable} items that apply. The score "
        f"lies between {low} and {high}; the author judges the rest.",
        "",
    ]
