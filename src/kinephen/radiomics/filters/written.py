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
        ``radiomics.filter`` as `parse_filter`, for the same filter twice, and for more than `MOST_FILTERS`.
    """
    found: dict[str, Filter] = {}
    for text in texts:
        settings = parse_filter(text)
        if settings.name in found:
            raise ConfigError(f"the filter {settings.name} is asked for twice", code="radiomics.filter")
        found[settings.name] = settings
    if len(found) > MOST_FILTERS:
        raise ConfigError(f"{len(found)} filters; at most {MOST_FILTERS}", code="radiomics.filter")
    return found


def parse_filter(text: str) -> Filter:
    """Return the settings that a text such as ``gabor:sigma=5mm,lambda=2mm`` describes.

    Lengths bear the unit mm and angles deg, so that neither is taken for a number of voxels; what may be left
    out has the default of the catalogue.

    Raises
    ------
    ConfigError
        ``radiomics.filter`` for an unknown filter or parameter, one that lacks, or a value of another kind.
    """
    word, _, rest = text.strip().partition(":")
    if word not in BY_KIND:
        raise ConfigError(
            f"unknown filter {word!r}",
            code="radiomics.filter",
            hint=f"one of {', '.join(BY_KIND)}, such as log:sigma=3mm",
        )
    kind = BY_KIND[word]
    values = _values(kind, [part.strip() for part in rest.split(",") if part.strip()])
    missing = [written(f) for f in kind.parameters if f not in values and f not in kind.defaults()]
    if missing:
        raise ConfigError(
            f"{word} needs {', '.join(missing)}", code="radiomics.filter", hint=f"for example {kind.example}"
        )
    return kind.settings(**values)  # type: ignore[arg-type]


def _values(kind: FilterKind, parts: Iterable[str]) -> dict[str, object]:
    """Return the fields that parts ``NAME=VALUE`` give."""
    field_of = {written(field): field for field in (*kind.parameters, "boundary")}
    values: dict[str, object] = {}
    for part in parts:
        key, _, value = (p.strip() for p in part.partition("="))
        if key not in field_of or not value:
            raise ConfigError(
                f"{kind.kind}: cannot read {part!r}",
                code="radiomics.filter",
                hint=f"NAME=VALUE with {', '.join(field_of)}",
            )
        if field_of[key] in values:
            raise ConfigError(f"{kind.kind}: {key} is given twice", code="radiomics.filter")
        values[field_of[key]] = _value(kind, field_of[key], value)
    return values


def _value(kind: FilterKind, field: str, text: str) -> object:
    """Return a value in the type of its field."""
    wanted = get_type_hints(kind.settings)[field]
    name, unit = written(field), field.rpartition("_")[2]
    if unit in UNITS:
        if not text.endswith(unit):
            raise ConfigError(
                f"{kind.kind}: {name} is {text!r}, without its unit",
                code="radiomics.filter",
                hint=f"such as {name}=3{unit}",
            )
        text = text.removesuffix(unit).strip()
    try:
        if wanted is bool:
            return TRUTH[text.lower()]
        return wanted(text) if wanted in (int, float) else text
    except (KeyError, ValueError):
        expected = {bool: "yes or no", int: "a whole number", float: "a number"}[wanted]
        raise ConfigError(
            f"{kind.kind}: {name} is {text!r}, expected {expected}", code="radiomics.filter"
        ) from None
