"""Settings as records for people and machines: key, value, meaning, range."""

from __future__ import annotations

from typing import cast

from kinephen.config.presets import DESCRIPTIONS, PRESET_NAMES, departures, preset_settings
from kinephen.config.schema import Section, Settings


def setting_records(settings: Settings) -> list[dict[str, object]]:
    """Return one record a setting, in the order of the schema."""
    return [
        {"key": f"{section}.{key}", "value": value, "meaning": meaning(f"{section}.{key}")}
        for section, values in settings.model_dump(mode="json").items()
        for key, value in values.items()
    ]


def difference_records(first: Settings, second: Settings) -> list[dict[str, object]]:
    """Return one record for each setting that differs."""
    return [
        {"key": key, "first": a, "second": b, "meaning": meaning(key)}
        for key, a, b in departures(first, second)
    ]


def preset_records() -> list[dict[str, object]]:
    """Return the presets with their description and how many settings depart from ``recommended``."""
    base = preset_settings("recommended")
    return [
        {
            "name": name,
            "description": DESCRIPTIONS[name],
            "departures": {k: b for k, _, b in departures(base, preset_settings(name))},
        }
        for name in PRESET_NAMES
    ]


def meaning(key: str) -> str:
    """Return the description of ``section.key``."""
    section, _, name = key.partition(".")
    annotation = Settings.model_fields[section].annotation
    fields = cast(type[Section], annotation).model_fields
    return fields[name].description or ""
