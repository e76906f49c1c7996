"""``kinephen recipes``: every recipe that a study has tried."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.io.recipe_log import Recipe

COLUMNS = ("kind", "preset", "changes", "seed", "patients", "events", "k", "C without", "C", "log-rank p")


def recipes(
    study: Annotated[Path, typer.Argument(help="Study file (study.toml).")],
    declare: Annotated[
        int | None,
        typer.Option(help="Number of recipes tried elsewhere, to be added.", min=1, max=100_000),
    ] = None,
    note: Annotated[str, typer.Option(help="What the declared recipes were; no names of patients.")] = "",
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every line of the log; exit code 4 if something differs.")
    ] = False,
    head: Annotated[str, typer.Option(help="With --verify: a hash that you noted earlier.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """List the recipes for the phenotype that a study has tried.

    Every `kinephen run` adds its recipe (all settings and the seed) to recipes/recipes.jsonl beside the study
    file, once however often it is run, and so do the presets beside it; `kinephen survival --study` adds a
    ladder. The report prices the choice among them.

    Recipes that one run is to compare are listed in the study file, in its section "recipes", for example:
    also = [ ["tumours.linkage=average"], ["delta.form=signed", "filters.iqr_limit=1"] ]
    """
    from kinephen.cli.log_check import show_check
    from kinephen.io.recipe_log import check_recipes, read_recipes
    from kinephen.study.recipe_entries import declare_recipes, study_log

    folder = study_log(study)
    if verify:
        show_check(check_recipes(folder, head=head), "line", as_json=as_json)
        return
    if declare is not None:
        declare_recipes(folder, declare, note)
    _show(read_recipes(folder), as_json)


def _show(entries: tuple[Recipe, ...], as_json: bool) -> None:
    from kinephen.cli.output import emit_json, emit_table, say
    from kinephen.io.recipe_log import tally

    log = tally(entries)
    if as_json:
        lines = [e.__dict__ for e in entries]
        emit_json({"distinct": len(log.recipes), "elsewhere": log.elsewhere, "lines": lines})
        return
    if entries:
        emit_table("", COLUMNS, [_row(e) for e in entries])
    say(f"{counted(len(log.recipes), 'distinct recipe')} in the log, {log.elsewhere} tried elsewhere")


def _row(entry: Recipe) -> tuple[object, ...]:
    if entry.kind == "declared":
        return ("declared", "", entry.note, *[""] * 3, f"x {entry.count}", *[""] * 3)
    figures = [None if v is None else round(v, 4) for v in (entry.c_base, entry.c, entry.logrank_p)]
    changes = ", ".join(entry.changes)
    return (
        entry.kind, entry.preset, changes, entry.seed, entry.patients, entry.events, entry.phenotypes,
        *figures,
    )  # fmt: skip
