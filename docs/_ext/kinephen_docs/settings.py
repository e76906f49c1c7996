"""Pages of what can be set: settings with their value in every preset, study file keys, steps."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, get_args

from pydantic import BaseModel

from kinephen.config.describe import meaning
from kinephen.config.presets import DESCRIPTIONS, PRESET_NAMES, flatten, preset_settings
from kinephen.config.schema import Settings, StudyFile
from kinephen_docs.markdown import code, literal, page, table, text

# step -> (module, sections of the settings that it reads)
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lesion": ("kinephen.study.steps.lesion", ("ftv", "motion")),
    "features": ("kinephen.study.steps.features", ("motion", "bias", "maps", "resample", "features")),
    "molecular": ("kinephen.study.steps.signatures", ("signatures",)),
    "delta": ("kinephen.study.steps.delta", ("delta", "harmonise")),
    "phenotypes": (
        "kinephen.study.steps.phenotypes",
        ("filters", "groups", "components", "tumours", "sigclust"),
    ),
    "survival": (
        "kinephen.study.steps.survival",
        ("cox", "cross_validation", "signatures", "performance", "end_points", "landmark"),
    ),
    "recipes": ("kinephen.study.steps.recipes", ("cross_validation", "cox", "signatures")),
}


def settings() -> str:
    """Return the page of all settings."""
    values = {name: flatten(preset_settings(name)) for name in PRESET_NAMES}
    schema = Settings.model_json_schema()
    intro = (
        f"{len(values['recommended'])} settings. Write them under `[settings.SECTION]` of the study "
        f"file or as "
        "`--set section.key=value`; `kinephen config show` prints those in force. Bold values depart from "
        "`recommended`. Why the presets differ: [the presets](../../explanation/presets.md)."
    )
    parts = [intro, "\n".join(f"- {code(n)}: {text(DESCRIPTIONS[n])}" for n in PRESET_NAMES)]
    for section, info in Settings.model_fields.items():
        model = info.annotation
        properties = _definition(schema, model.__name__)["properties"]
        rows = []
        for key in model.model_fields:
            name = f"{section}.{key}"
            base = values["recommended"][name]
            rows.append(
                [
                    code(name), text(meaning(name)), allowed(properties[key]),
                    *(_value(values[n][name], base) for n in PRESET_NAMES),
                ]
            )  # fmt: skip
        columns = ["key", "meaning", "allowed", *(code(n) for n in PRESET_NAMES)]
        parts += [f"## {section}", text(inspect.getdoc(model) or ""), table(columns, rows)]
    return page("Settings", *parts)


def _value(value: object, base: object) -> str:
    return literal(value) if value == base else f"**{literal(value)}**"


def _definition(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return schema["$defs"][name]


def allowed(field: dict[str, Any]) -> str:
    """Return the values that a JSON Schema allows, in words."""
    if "enum" in field:
        return ", ".join(literal(v) for v in field["enum"])
    if "const" in field:
        return literal(field["const"])
    if "anyOf" in field:
        return " or ".join("none" if o.get("type") == "null" else allowed(o) for o in field["anyOf"])
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    kind = {"integer": "whole number", "boolean": "`true`, `false`", "string": "text", "array": "list"}
    words = kind.get(field.get("type", ""), field.get("type", "any"))
    if field.get("type") == "array" and isinstance(field.get("items"), dict):
        words = f"list of {allowed(field['items'])}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        words = f"table of {allowed(field['additionalProperties'])}"
    limits = [
        f"{sign} {field[key]:g}"
        for key, sign in (
            ("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"),
        )
        if key in field
    ]  # fmt: skip
    return " ".join([words, ", ".join(limits)]).strip()


def study_file() -> str:
    """Return the page of the study file's own keys."""
    intro = (
        "`study.toml` names the data and the preset. Paths are relative to the file; an unknown key is an "
        "error that suggests the nearest one. `kinephen config schema study` prints the JSON Schema."
    )
    parts = [intro]
    for heading, model in _sections("", StudyFile):
        rows = [
            [code(key), text(info.description or ""), _default(info)]
            for key, info in model.model_fields.items()
            if not _model(info.annotation)
        ]
        if rows:
            title = f"[{heading}]" if heading else "Top of the file"
            parts += [f"## {text(title)}", table(["key", "meaning", "default"], rows)]
    parts += ["## \\[settings\\]", "All of [these](settings.md), one table a section."]
    example = 'preset = "recommended"\n\n[study]\nname = "My trial"\n\n[settings.ftv]\npe_threshold = 70'
    parts.append(f"```toml\n{example}\n```")
    return page("study.toml", *parts)


def _sections(prefix: str, model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    found = [(prefix, model)]
    for key, info in model.model_fields.items():
        inner = _model(info.annotation)
        if inner and inner is not Settings:
            found += _sections(f"{prefix}.{key}".lstrip("."), inner)
    return found


def _model(annotation: Any) -> type[BaseModel] | None:
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _default(info: Any) -> str:
    return "required" if info.is_required() else literal(info.get_default(call_default_factory=True))


def steps() -> str:
    """Return the page of the steps of a run."""
    rows = []
    for name, (module, sections) in STEPS.items():
        found = importlib.import_module(module)
        purpose = (inspect.getdoc(found) or "").splitlines()[0]
        each = "each exam" if name in ("lesion", "features") else "each preset, all patients"
        links = ", ".join(f"[{s}](settings.md#{s})" for s in sections)
        rows.append([code(name), text(purpose), each, links, found.VERSION, code(module)])
    intro = (
        "A run is these steps. A result is kept in `store/` under a name made of the step, its version, the "
        "settings that it reads and the hashes of its inputs, so a changed setting repeats the steps whose "
        "column names its section, and those whose input it changes: a step that gives the same record as "
        "before ends there. Of a section a step may read a part: `features.two_d_reading` belongs to the "
        "phenotypes, `features.allow_unreviewed` to the gate before a mask is used, `signatures.covariates` "
        "to the survival step. `cross_validation.estimator`, `cross_validation.interval` and "
        "[inference](settings.md#inference) say how results are shown: they repeat no step. "
        "[exam](settings.md#exam) says which findings stop an exam: it repeats none either."
    )
    columns = ["step", "what it does", "runs for", "settings it reads", "version", "module"]
    return page("Steps of a run", intro, table(columns, rows))
