"""``kinephen info maps | features | filters | signatures | presets``, and the R function of fitted models."""

from __future__ import annotations

from typing import Annotated

import typer

R_FUNCTION = "r-function"


def info(
    what: Annotated[str, typer.Argument(help="maps, features, filters, signatures, presets, or r-function.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Machine-readable output, with every field.")
    ] = False,
) -> None:
    """Print a registry: what each map, feature, filter, signature or preset is, and where it comes from."""
    from kinephen.cli.output import emit_json, emit_table
    from kinephen.study.registries import registry

    if what == R_FUNCTION:
        print(r_source(), end="")
        return
    found = registry(what)
    if as_json:
        emit_json({what: found.rows})
        return
    emit_table("", found.columns, [[_text(r[c]) for c in found.columns] for r in found.rows])


def r_source() -> str:
    """Return the R file that reads a fitted model and predicts from tables (base R and jsonlite)."""
    from importlib import resources

    return (resources.files("kinephen.model") / "kinephen_model.R").read_text(encoding="utf-8")


def _text(value: object) -> object:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {v}" for k, v in value.items())
    return value
