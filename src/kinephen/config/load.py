"""From a study file and ``--set`` changes to checked settings; an unknown key suggests the nearest one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError

from kinephen.config.presets import PRESET_NAMES, layered
from kinephen.config.schema import Settings, StudyFile
from kinephen.core.toml_text import parse_toml
from kinephen.errors import ConfigError

MAX_BYTES = 1_000_000
SHARED = ("ftv", "resample")
"""Sections that describe the images and not the method: one for all recipes of a study."""


def load_study(path: Path, *, preset: str | None = None, changes: Iterable[str] = ()) -> StudyFile:
    """Read a study file, apply preset and ``key=value`` changes, and check everything.

    Parameters
    ----------
    path : Path
        The study file (TOML).
    preset : str, optional
        Overrules the preset that the file names.
    changes : iterable of str
        ``section.key=value`` for settings; also ``seed=...`` and ``study.key=value``.

    Returns
    -------
    StudyFile
        `settings` holds the preset with the file's settings and then `changes` on top.

    Raises
    ------
    ConfigError
        The file is missing or not TOML, a key is unknown or a value is out of range.
    """
    raw = _read_toml(path)
    for change in changes:
        _apply(raw, change)
    if preset is not None:
        raw["preset"] = preset
    return resolve(raw, where=path.name)


def load_changes(preset: str, changes: Iterable[str]) -> StudyFile:
    """Return a preset's settings with ``key=value`` changes, without a study file; raises ``ConfigError``."""
    raw: dict[str, object] = {}
    for change in changes:
        _apply(raw, change)
    return resolve({**raw, "preset": preset}, where="command line")


def resolve(raw: Mapping[str, object], *, where: str = "settings") -> StudyFile:
    """Return the checked study file of a plain mapping; raises ``ConfigError``."""
    data = dict(raw)
    name = data.get("preset", "recommended")
    if name not in PRESET_NAMES:
        raise ConfigError(
            f"unknown preset {name!r}",
            code="config.preset",
            where=where,
            hint=f"one of {', '.join(PRESET_NAMES)}{_nearest(str(name), PRESET_NAMES)}",
        )
    given = data.get("settings", {})
    if not isinstance(given, Mapping) or not all(isinstance(v, Mapping) for v in given.values()):
        raise ConfigError("[settings] must hold sections", code="config.value", where=where)
    data["settings"] = layered(name, given)
    try:
        study = StudyFile.model_validate(data)
    except ValidationError as error:
        raise _translate(error, where) from None
    for changes in study.recipes.also:
        recipe_settings(study, changes)
    return study


def recipe_settings(study: StudyFile, changes: Iterable[str]) -> Settings:
    """Return the study's settings with ``section.key=value`` changes on top.

    Raises
    ------
    ConfigError
        A key is unknown or a value out of range; ``config.recipe`` for a key that describes the images or is
        no setting of the analysis.
    """
    raw: dict[str, object] = {"settings": study.settings.model_dump(mode="json")}
    for change in changes:
        section = change.partition(".")[0].strip()
        if section in SHARED or section not in Settings.model_fields:
            raise ConfigError(
                f"a recipe cannot change {change.partition('=')[0].strip()!r}",
                code="config.recipe",
                where="recipes.also",
                hint=f"sections {', '.join(n for n in Settings.model_fields if n not in SHARED)}",
            )
        _apply(raw, change)
    try:
        return Settings.model_validate(raw["settings"])
    except ValidationError as error:
        raise _translate(error, "recipes.also", Settings) from None


def _read_toml(path: Path) -> dict[str, object]:
    if path.is_dir():
        raise ConfigError(
            "is a folder, expected a study file",
            code="config.missing",
            where=path.name,
            hint=f"give {path / 'study.toml'}",
        )
    if not path.is_file():
        raise ConfigError(
            "no such study file", code="config.missing", where=path.name, hint="give study.toml"
        )
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(f"study file over {MAX_BYTES} bytes", code="config.size", where=path.name)
    try:
        return parse_toml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"not a TOML file: {error}", code="config.syntax", where=path.name) from None


def _apply(raw: dict[str, object], change: str) -> None:
    key, separator, text = change.partition("=")
    parts = key.strip().split(".")
    if not separator or not all(parts):
        raise ConfigError(
            f"cannot read {change!r}",
            code="config.set",
            hint="write --set section.key=value, for example ftv.pe_threshold=90",
        )
    if parts[0] in Settings.model_fields:
        parts = ["settings", *parts]
    node = raw
    for part in parts[:-1]:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{key} is not a section", code="config.set", hint="write section.key=value")
        node = inner
    node[parts[-1]] = _value(text.strip(), parts)


def _value(text: str, path: list[str]) -> object:
    # "none" is a word where the setting offers it as a choice (bias.method), and no value elsewhere.
    if text.lower() in {"none", "null"}:
        return "none" if "none" in _choices(path) else None
    try:
        return parse_toml(f"v = {text}")["v"]
    except ValueError:
        return text


def _translate(error: ValidationError, where: str, root: type[BaseModel] = StudyFile) -> ConfigError:
    first = error.errors()[0]
    path = [str(p) for p in first["loc"]]
    shown = ".".join(p for p in path if p != "settings")
    if first["type"] == "extra_forbidden":
        names = list(_model_at(path[:-1], root).model_fields)
        return ConfigError(
            f"unknown key {shown!r}",
            code="config.unknown_key",
            where=where,
            hint=f"known here: {', '.join(names)}{_nearest(path[-1], names)}",
        )
    return ConfigError(
        f"{shown}: {first['msg']} (found {first.get('input')!r})", code="config.value", where=where
    )


def _model_at(path: list[str], root: type[BaseModel] = StudyFile) -> type[BaseModel]:
    model = root
    for part in path:
        annotation = model.model_fields[part].annotation
        candidates = [a for a in (annotation, *get_args(annotation)) if isinstance(a, type)]
        model = next(c for c in candidates if issubclass(c, BaseModel))
    return model


def _choices(path: list[str]) -> tuple[object, ...]:
    try:
        return get_args(_model_at(path[:-1]).model_fields[path[-1]].annotation)
    except (KeyError, StopIteration):
        return ()


def _nearest(word: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(names), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
