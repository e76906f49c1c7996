"""Filters as they are written in a command or a file: ``log:sigma=3mm,dimensions=2``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_type_hints

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import Filter
from kinephen.radiomics.filters.catalogue import BY_KIND, UNITS, FilterKind, written

TRUTH = {"yes": True, "true": True, "no": False, "false": False}
MOST_FILTERS = 64


def parse_filters(texts: Iterable[str]) -> dict[str, Filter]:
    """Return filters by the name of their response, in their order.

    Raises
    ------
    ConfigError
        ``filters.settings`` as `parse_filter`, for the same filter twice, and for more than `MOST_FILTERS`.
    """
    found: dict[str, Filter] = {}
    for text in texts:
        settings = parse_filter(text)
        if settings.name in found:
            raise ConfigError(f"the filter {settings.name} is asked for twice", code="filters.settings")
        found[settings.name] = settings
    if len(found) > MOST_FILTERS:
        raise ConfigError(f"{len(found)} filters; at most {MOST_FILTERS}", code="filters.settings")
    return found


def parse_filter(text: str) -> Filter:
    """Return the settings that a text such as ``gabor:sigma=5mm,lambda=2mm`` describes.

    Lengths bear the unit mm and angles deg, so that neither is taken for a number of voxels; what may be left
    out has the default of the catalogue.

    Raises
    ------
    ConfigError
        ``filters.settings`` for an unknown filter or parameter, one that lacks, or a value of another kind.
    """
    word, _, rest = text.strip().partition(":")
    if word not in BY_KIND:
        raise _wrong(f"unknown filter {word!r}", f"one of {', '.join(BY_KIND)}, such as log:sigma=3mm")
    kind = BY_KIND[word]
    field_of = {written(field): field for field in (*kind.parameters, "boundary")}
    values: dict[str, object] = {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, sign, value = (p.strip() for p in part.partition("="))
        if key not in field_of or not sign or not value:
            raise _wrong(f"{word}: cannot read {part!r}", f"NAME=VALUE with {', '.join(field_of)}")
        if field_of[key] in values:
            raise _wrong(f"{word}: {key} is given twice", "give it once")
        values[field_of[key]] = _value(kind, field_of[key], value)
    missing = [written(f) for f in kind.parameters if f not in values and f not in kind.defaults()]
    if missing:
        raise _wrong(f"{word} needs {', '.join(missing)}", f"for example {kind.example}")
    return kind.settings(**values)  # type: ignore[arg-type]


def _value(kind: FilterKind, field: str, text: str) -> object:
    """Return a value in the type of its field."""
    wanted = get_type_hints(kind.settings)[field]
    name, unit = written(field), field.rpartition("_")[2]
    if unit in UNITS:
        if not text.endswith(unit):
            raise _wrong(f"{kind.kind}: {name} is {text!r}", f"give it with its unit, such as {name}=3{unit}")
        text = text.removesuffix(unit).strip()
    try:
        if wanted is bool:
            return TRUTH[text.lower()]
        return wanted(text) if wanted in (int, float) else text
    except (KeyError, ValueError):
        expected = {bool: "yes or no", int: "a whole number", float: "a number"}[wanted]
        raise _wrong(f"{kind.kind}: {name} is {text!r}", f"expected {expected}") from None


def _wrong(message: str, hint: str) -> ConfigError:
    return ConfigError(message, code="filters.settings", hint=hint)
