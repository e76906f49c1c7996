"""Checklists and methods text of a report, made from the report alone."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from kinephen.report.checklists.definition import CHECKLIST_NAMES, Definition, ItemDefinition, definition
from kinephen.report.checklists.judge import JUDGES, score
from kinephen.report.schema import Checklist, ChecklistItem, Report, Status
from kinephen.report.writing.evidence import Evidence, Fact
from kinephen.report.writing.facts import FACTS
from kinephen.report.writing.methods import methods_parts
from kinephen.report.writing.references import cite_keys, cited_references


def with_texts(report: Report) -> Report:
    """Return the report with methods text, filled checklists and the works that these cite."""
    parts, checklists = methods_parts(report), fill_checklists(report)
    sentences = [s for part in parts for s in part.sentences]
    sentences += [s for c in checklists for item in c.items for s in item.sentences]
    keys = [key for s in sentences for key in cite_keys(s.text)]
    keys += [key for c in checklists for key in c.reference]
    provenance = report.provenance.model_copy(update={"methods": cited_references(keys)})
    parts_of_it = {name: getattr(report, name) for name in Report.model_fields}
    return Report(**{**parts_of_it, "provenance": provenance, "methods": parts, "checklists": checklists})


def fill_checklists(report: Report) -> tuple[Checklist, ...]:
    """Return every checklist, filled."""
    return tuple(fill_checklist(report, name) for name in CHECKLIST_NAMES)


def fill_checklist(report: Report, name: str) -> Checklist:
    """Return one checklist, filled from the report alone.

    Parameters
    ----------
    report : Report
    name : str
        One of `CHECKLIST_NAMES`.

    Raises
    ------
    KeyError
        If there is no such checklist.
    """
    listed: Definition = definition(name)
    evidence = Evidence(report)
    items = tuple(_item(entry, evidence) for entry in listed.items)
    counted = Counter(item.status for item in items)
    return Checklist(
        key=name,
        title=listed.title,
        purpose=listed.purpose,
        reference=listed.reference,
        source=listed.source,
        items=items,
        counts={status: counted[status] for status in get_args(Status)},
        score=score(items),
    )


def _item(entry: ItemDefinition, evidence: Evidence) -> ChecklistItem:
    if entry.only:
        return _filled(entry, "not_applicable", {}, f"The item is for {entry.only}.")
    facts = {name: made for name in entry.facts if (made := FACTS[name](evidence)) is not None}
    answered = all(name in facts for name in entry.needs) if entry.needs else bool(facts)
    whole = all(made.whole for name, made in facts.items() if name in (entry.needs or facts))
    status: Status = "author" if not answered else "automatic" if entry.auto and whole else "drafted"
    verdict = JUDGES[entry.judge](evidence, answered) if entry.judge else None
    hint = entry.absent if status == "author" and entry.absent else entry.hint
    note = "" if status == "automatic" else hint
    return _filled(entry, status, facts, note).model_copy(update={"verdict": verdict})


def _filled(entry: ItemDefinition, status: Status, facts: dict[str, Fact], note: str) -> ChecklistItem:
    places = [place for made in facts.values() for place in made.pointers()]
    return ChecklistItem(
        id=entry.id,
        section=entry.section,
        label=entry.label,
        status=status,
        sentences=tuple({made.sentence.text: made.sentence for made in facts.values()}.values()),
        evidence=tuple(dict.fromkeys(places)),
        note=note,
        weight=entry.weight,
        verified=entry.verified,
    )
