"""``kinephen config show | diff | schema``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kinephen.config.schema import Settings, StudyFile

config_app = typer.Typer(help="Show, compare and describe settings and presets.", no_args_is_help=True)

StudyOption = Annotated[
    Path | None, typer.Argument(help="Study file; without it a preset's settings are shown.")
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", "-p", help="chitalia2023, recommended or quick.")
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="section.key=value; may be repeated.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@config_app.command()
def show(
    study: StudyOption = None,
    preset: PresetOption = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting with its value and meaning."""
    from kinephen.cli.output import emit_json, emit_table
    from kinephen.config.describe import setting_records

    resolved = _resolve(study, preset, changes)
    records = setting_records(resolved.settings)
    if as_json:
        emit_json({"preset": resolved.preset, "seed": resolved.seed, "settings": records})
        return
    emit_table(
        f"preset {resolved.preset}, seed {resolved.seed}",
        ("setting", "value", "meaning"),
        [(r["key"], r["value"], r["meaning"]) for r in records],
    )


@config_app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A preset.")] = "chitalia2023",
    second: Annotated[str, typer.Argument(help="A preset or a study file.")] = "recommended",
    as_json: JsonOption = False,
) -> None:
    """Show where two presets, or a preset and a study file, differ."""
    from kinephen.cli.output import emit_json, emit_table
    from kinephen.config.describe import difference_records

    rows = difference_records(_either(first), _either(second))
    if as_json:
        emit_json({"first": first, "second": second, "differences": rows})
        return
    emit_table("", ("setting", first, second, "meaning"), [tuple(r.values()) for r in rows])


@config_app.command()
def schema(
    what: Annotated[str, typer.Argument(help="study, report, model, fitted or truth.")] = "study",
) -> None:
    """Print the JSON Schema of study.toml, report.json, a run's model.json, a fitted model or truth.json."""
    from kinephen.cli.output import emit_json
    from kinephen.cli.schemas import json_schema

    emit_json(json_schema(what))


def _resolve(study: Path | None, preset: str | None, changes: list[str] | None) -> StudyFile:
    from kinephen.config.load import load_changes, load_study

    if study is not None:
        return load_study(study, preset=preset, changes=changes or ())
    return load_changes(preset or "recommended", changes or ())


def _either(name: str) -> Settings:
    from kinephen.config.load import load_changes, load_study

    return (load_study(Path(name)) if name.endswith(".toml") else load_changes(name, ())).settings
