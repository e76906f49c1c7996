"""The ledger as files: JSON, CSV, Markdown and one HTML page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kinephen.core.counted import counted
from kinephen.core.files import write_whole
from kinephen.core.plain import json_text
from kinephen.reproduce.ledger import Ledger, Row
from kinephen.reproduce.ledger_page import ledger_page

COLUMNS = ("id", "place", "claim", "published", "ours", "verdict", "reason", "basis", "tolerance")


def write_ledger(ledger: Ledger, out: Path) -> dict[str, Path]:
    """Write ``ledger.json``, ``.csv``, ``.md`` and ``.html`` into `out`, each whole."""
    content = {
        "json": json_text(ledger.to_dict()) + "\n",
        "csv": ledger_csv(ledger),
        "md": ledger_markdown(ledger),
        "html": ledger_page(ledger),
    }
    written = {}
    for ending, text in content.items():
        written[ending] = out / f"ledger.{ending}"
        write_whole(written[ending], text.encode("utf-8"))
    return written


def ledger_csv(ledger: Ledger) -> str:
    """Return the rows as CSV; text that a spreadsheet would take for a formula is kept as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in ledger.rows:
        fields = row.to_dict()
        writer.writerow([_as_text(fields[c]) for c in COLUMNS])
    return stream.getvalue()


def ledger_markdown(ledger: Ledger) -> str:
    """Return the ledger as a Markdown page."""
    article = ledger.article
    counts = ", ".join(f"{n} {verdict}" for verdict, n in ledger.counts.items())
    lines = [
        "# Published claims against what can be computed",
        "",
        f"{article.citation}, doi {article.doi}. By `kinephen reproduce`; what it finds is computed.",
        "",
        f"{counted(len(ledger.rows), 'claim')}: {counts}.",
        "",
        "## Given and missing",
        "",
        *(f"- given: {g}" for g in ledger.given),
        *(f"- missing: {m}" for m in ledger.missing),
        "",
    ]
    if ledger.flow:
        lines += ["## Cohort flow", "", "| patients | step | left out |", "|---:|---|---|"]
        lines += [
            f"| {b.n} | {_cell(b.label)} | {_cell('; '.join(f'{reason}: {n}' for reason, n in b.left))} |"
            for b in ledger.flow
        ]
        lines.append("")
    lines += ["## Tables and figures", "", "| of the article | ours |", "|---|---|"]
    lines += [f"| {_cell(m.item)} | {_cell(' '.join(filter(None, (m.path, m.note))))} |" for m in ledger.made]
    lines.append("")
    for place in dict.fromkeys(row.place for row in ledger.rows):
        lines += [
            f"## {place}",
            "",
            "| claim | published | found | verdict | reason |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(row) for row in ledger.rows if row.place == place]
        lines.append("")
    return "\n".join(lines)


def _line(row: Row) -> str:
    cells = (row.claim, row.published, row.ours, row.verdict, row.reason)
    return "| " + " | ".join(_cell(c) for c in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _as_text(value: str) -> str:
    return f"'{value}" if value[:1] in "=+-@" and value[:2] not in ("-0", "-1") else value
