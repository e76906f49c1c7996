"""The presets as departures from the defaults of the schema, which are the preset ``recommended``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from pydantic import JsonValue

from kinephen.config.schema import Settings
from kinephen.core.options import PresetName

PRESET_NAMES: tuple[PresetName, ...] = get_args(PresetName)

DESCRIPTIONS: dict[PresetName, str] = {
    "chitalia2023": "The article to the letter; where it is silent, the most likely reading.",
    "recommended": "What a careful statistician would do today.",
    "quick": "`recommended` with small counts, for trials of the machinery.",
}

_LAST_GAIN: dict[str, JsonValue] = {"k_rule": "last_gain"}

DEPARTURES: dict[PresetName, dict[str, dict[str, JsonValue]]] = {
    "chitalia2023": {
        "bias": {
            "scope": "per_frame",
            "mask": "otsu",
            "fallback": "none",
            "harmful": "keep",
            "stiff_start": 0.0,
        },
        "maps": {"zero_otherwise": True, "normalise_wos": False, "wos_from_peak": False},
        "features": {"mode": "captk"},
        "delta": {"form": "literal"},
        "filters": {
            "skewness_absolute": False,
            "iqr_limit": 1.0,
            "drop_duplicates": False,
            "mask_only_copies": "keep",
            "gaps": "features",
        },
        "groups": _LAST_GAIN,
        "tumours": {**_LAST_GAIN, "order": "component_mean"},
        "sigclust": {"covariance": "soft", "shc": False},
        "signatures": {"centring": "platform-median"},
        "cox": {"firth": "never"},
        "cross_validation": {
            "stratified": False,
            "estimator": "fold_mean",
            "interval": "split_noise",
            "nested_replicates": 0,
        },
        "inference": {"multiplicity": "bonferroni_table"},
        "end_points": {"competing": "off"},
    },
    "recommended": {},
    "quick": {
        "groups": {"resamples": 200, "null_sets": 20, "null_resamples": 50},
        "tumours": {"resamples": 200, "null_sets": 20, "null_resamples": 50},
        "sigclust": {"simulations": 200},
        "cross_validation": {"nested_replicates": 2},
        "performance": {"replicates": 10, "bootstraps": 100},
    },
}


def preset_settings(name: PresetName) -> Settings:
    """Return all settings of a preset."""
    return Settings.model_validate(DEPARTURES[name])


def layered(name: PresetName, changes: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the departures of a preset with `changes` (section to key to value) on top, not yet checked."""
    base: dict[str, dict[str, object]] = {s: dict(v) for s, v in DEPARTURES[name].items()}
    for section, values in changes.items():
        base.setdefault(section, {}).update(values)
    return base


def flatten(settings: Settings) -> dict[str, JsonValue]:
    """Return ``{"section.key": value}`` in the order of the schema."""
    return {
        f"{section}.{key}": value
        for section, values in settings.model_dump(mode="json").items()
        for key, value in values.items()
    }


def departures(first: Settings, second: Settings) -> list[tuple[str, JsonValue, JsonValue]]:
    """Return the settings that differ, as (key, value in first, value in second)."""
    a, b = flatten(first), flatten(second)
    return [(key, a[key], b[key]) for key in a if a[key] != b[key]]
