"""``kinephen info maps | features | signatures | presets``, and the R function of fitted models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from kinephen.errors import UsageError

R_FUNCTION = "r-function"


def info(
    what: Annotated[str, typer.Argument(help="maps, features, signatures, presets, or r-function.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Machine-readable output, with every field.")
    ] = False,
) -> None:
    """Print a registry: what each map, feature, signature or preset is, and where it comes from."""
    from kinephen.cli.output import emit_json, emit_table

    if what == R_FUNCTION:
        print(r_source(), end="")
        return
    if what not in _SOURCES:
        raise UsageError(
            f"unknown registry {what!r}",
            code="info.unknown",
            hint=f"one of {', '.join(_SOURCES)}, {R_FUNCTION}",
        )
    records, columns = _SOURCES[what]()
    if as_json:
        emit_json({what: records})
        return
    emit_table("", columns, [[_text(r[c]) for c in columns] for r in records])


def r_source() -> str:
    """Return the R file that reads a fitted model and predicts from tables (base R and jsonlite)."""
    from importlib import resources

    return (resources.files("kinephen.model") / "kinephen_model.R").read_text(encoding="utf-8")


def _maps() -> tuple[list[dict[str, Any]], list[str]]:
    from kinephen.imaging.maps import MAPS

    return [m.to_dict() for m in MAPS.values()], ["name", "title", "formulas", "unit", "undefined"]


def _features() -> tuple[list[dict[str, Any]], list[str]]:
    from kinephen.radiomics.catalogue import as_records

    return as_records(), ["name", "family", "ibsi_code", "unit", "depends_on", "sign", "formula"]


def _signatures() -> tuple[list[dict[str, Any]], list[str]]:
    from dataclasses import asdict

    from kinephen.io.signatures import list_signatures

    return [asdict(e) for e in list_signatures()], ["name", "kind", "genes", "origin", "title"]


def _presets() -> tuple[list[dict[str, Any]], list[str]]:
    from kinephen.config.describe import preset_records

    return preset_records(), ["name", "description"]


_SOURCES: dict[str, Callable[[], tuple[list[dict[str, Any]], list[str]]]] = {
    "maps": _maps,
    "features": _features,
    "signatures": _signatures,
    "presets": _presets,
}


def _text(value: object) -> object:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {v}" for k, v in value.items())
    return value
