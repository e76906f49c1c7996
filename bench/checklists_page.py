"""Write docs/reference/checklists.md: each item of the checklists and what it is answered from.

Run ``python bench/checklists_page.py --write``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kinephen.report.checklists.definition import CHECKLIST_NAMES, Definition, ItemDefinition, definition
from kinephen.report.writing.references import cited_references

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "checklists.md"
_INTRODUCTION = """\
# Checklists, item by item

Made by `bench/checklists_page.py` from the definitions that the program uses.
Numbers and order are those of the publications, labels are our own short words: read an item's full wording
in its publication.

- **answered**: the run answers the item when the facts it needs are there;
- **drafted**: the run proposes a text that the author must check;
- **author**: left to the author, with a hint;
- **does not apply**: the item is for another kind of study.

An item whose facts a run does not have falls back to the author. Facts are functions in
`kinephen.report.writing.facts`; facts in bold are those that an item needs, otherwise any of them is enough.
"""


def reference_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_INTRODUCTION, *(_list(definition(name)) for name in CHECKLIST_NAMES)])


def _list(listed: Definition) -> str:
    works = [f"{w.text}, doi:{w.doi}" for w in cited_references(listed.reference)]
    scored = listed.items[0].weight is not None
    head = ["No.", "Section", "Item", *(["Weight"] if scored else []), "At best", "Facts"]
    lines = [f"## {listed.title}", "", f"{listed.purpose}; {listed.count} items.", ""]
    lines += [f"- {work}" for work in works]
    lines += ["", f"Compared: {listed.source}.", "", _row(head), f"|{'---|' * len(head)}"]
    lines += [_row(_cells(item, scored)) for item in listed.items]
    return "\n".join(lines) + "\n"


def _cells(item: ItemDefinition, scored: bool) -> list[str]:
    label = item.label if item.verified else f"{item.label} (not verified)"
    weight = [f"{item.weight:.4f}"] if scored else []
    return [item.id, item.section, label, *weight, _best(item), _facts(item)]


def _best(item: ItemDefinition) -> str:
    if item.only:
        return f"does not apply (for {item.only})"
    best = "author" if not item.facts else "answered" if item.auto else "drafted"
    return f"{best}, judged" if item.judge else best


def _facts(item: ItemDefinition) -> str:
    return ", ".join(f"**{name}**" if name in item.needs else name for name in item.facts).replace("_", r"\_")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} instead of printing")
    page = reference_page()
    if parser.parse_args().write:
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
