"""Pages of the file formats, from their JSON Schemas."""

from __future__ import annotations

from typing import Any

from kinephen.cli import schemas
from kinephen_docs.markdown import code, literal, page, table, text
from kinephen_docs.settings import allowed

TITLES = {
    "report": (
        "report.json",
        "Every number of a report, once. The page, tables and figures are made from it.",
    ),
    "model": ("model.json", "What was learned on the discovery cohort, checked when it is read."),
    "truth": ("truth.json", "The planted truth of a simulated trial."),
}


def formats() -> dict[str, str]:
    """Return one page a JSON format that a schema describes; study.toml has a page of its own."""
    names = [name for name in schemas._SCHEMAS if name != "study"]
    return {f"formats-{name}.md": _page(name) for name in names}


def _page(name: str) -> str:
    title, purpose = TITLES.get(name, (f"{name}.json", ""))
    schema = schemas.json_schema(name)
    intro = f"{purpose} `kinephen config schema {name}` prints the JSON Schema. Unknown keys are refused."
    parts = [intro, "## Top level", _fields(schema)]
    for key, definition in sorted(schema.get("$defs", {}).items()):
        summary = text((definition.get("description") or "").split("\n\n")[0])
        parts += [f"## {key}", summary, _fields(definition)]
    return page(title, *parts)


def _fields(schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        return f"Values: {allowed(schema)}"
    required = schema.get("required", [])
    rows = [
        [code(key), allowed(field), text(field.get("description", "")), _default(key, field, required)]
        for key, field in schema["properties"].items()
    ]
    return table(["key", "type", "meaning", "default"], rows)


def _default(key: str, field: dict[str, Any], required: list[str]) -> str:
    if key in required:
        return "required"
    value = field.get("default")
    return literal(value) if not isinstance(value, dict | list) else ("see type" if value else "empty")
