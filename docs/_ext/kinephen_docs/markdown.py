"""Markdown out of rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Written from the registries by docs/_ext/kinephen_docs; do not edit. -->\n\n"


def page(title: str, *parts: str) -> str:
    """Return a page with one title; blank lines between its parts."""
    return f"# {title}\n\n{NOTE}" + "\n\n".join(p.strip("\n") for p in parts if p) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; cells are Markdown already."""
    head = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    body = ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join([*head, *body])


def text(value: object) -> str:
    """Return plain text as Markdown that shows it as it is; words between backticks stay code."""
    parts = re.split(r"(`+[^`]+`+)", str(value))
    shown = [p if p.startswith("`") else re.sub(r"([\\`*_{}\[\]<>#$|~])", r"\\\1", p) for p in parts]
    return "".join(shown)


def code(value: object) -> str:
    """Return a code span, or nothing for an empty value."""
    shown = str(value)
    if not shown:
        return ""
    fence = "``" if "`" in shown else "`"
    return f"{fence}{shown}{fence}"


def literal(value: object) -> str:
    """Return a setting's value as a code span in the spelling of JSON; None is a dash."""
    return "–" if value is None else code(json.dumps(value, ensure_ascii=False))


def _cell(value: object) -> str:
    shown = str(value).replace("\n", " ")
    return re.sub(r"(?<!\\)\|", r"\\|", shown)
