"""Every leaf of the settings, found in the schema, with another value that is valid."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import ValidationError

from kinephen.config.schema import Settings

LEAVES = tuple(
    (section, key)
    for section, field in Settings.model_fields.items()
    for key, leaf in field.annotation.model_fields.items()
    if len(get_args(leaf.annotation)) != 1  # a Literal of one word has no other value
)


def candidates(annotation: Any, value: Any):
    """Yield values that a leaf may have, near to the one that it has."""
    yield from (a for a in _literals(annotation) if a != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + 1, value - 1, value / 2, value + 0.01)
    elif isinstance(value, str):
        yield f"{value}_other"
    elif isinstance(value, tuple):
        yield from ((*value, "other.code"), (*value, "mean:support=3"))
    yield from (2, 0.5, 20.0, "other")


def _literals(annotation: Any):
    for argument in get_args(annotation):
        if isinstance(argument, (str, int)):
            yield argument
        else:
            yield from _literals(argument)


def changed(settings: Settings, section: str, key: str) -> Settings:
    """Return settings with another value of one leaf (and what that value needs)."""
    plain = settings.model_dump()
    field = type(getattr(settings, section)).model_fields[key]
    value = plain[section][key]
    needed = {"features": {"perturbations": 2}} if (section, key) == ("filters", "icc_limit") else {}
    for candidate in candidates(field.annotation, value):
        trial = {**plain, section: {**plain[section], key: candidate}}
        trial |= {s: {**trial[s], **v} for s, v in needed.items()}
        try:
            found = Settings.model_validate(trial)
        except ValidationError:
            continue
        if getattr(getattr(found, section), key) != value:
            return found
    raise AssertionError(f"no other value of {section}.{key}: extend candidates()")
