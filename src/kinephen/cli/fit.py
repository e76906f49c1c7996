"""``kinephen fit``: from a study to one model file that travels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinephen.core.counted import counted
from kinephen.errors import ExitCode


def fit(
    study: Annotated[Path, typer.Argument(help="Study file (study.toml).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write (JSON).")],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", help="Folder of a run of this study to go on from; by default beside the model."
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", "-p", help="chitalia2023, recommended or quick.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; may be repeated.")
    ] = None,
    individuals: Annotated[
        bool,
        typer.Option("--individuals", help="Also keep each discovery patient's scores and label, numbered."),
    ] = False,
    r_function: Annotated[
        Path | None, typer.Option("--r-function", help="Also write the R file that reads the model.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; by default one a core.", min=1)] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler, for example tcp://host:8786.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Learn on a study's discovery cohort and write one file that can be applied anywhere.

    The file holds settings, phenotypes, gene centres, Cox models with their baseline hazards, what the model
    has seen (ranges, scanners), and a model card, which is also written beside it as Markdown and HTML.
    No patient has a row in it unless --individuals asks for that. What a run in the same folder has computed
    already is not computed again. Apply it with `kinephen predict`, validate it with `kinephen validate`.
    """
    from kinephen.cli.fitted_run import fit_study
    from kinephen.cli.output import emit_json, emit_table, say
    from kinephen.config.load import load_study

    found = fit_study(
        load_study(study, preset=preset, changes=changes or ()),
        study.parent,
        out,
        run=run,
        individuals=individuals,
        r_function=r_function,
        workers=workers,
        scheduler=scheduler,
        quiet=quiet or as_json,
    )
    if as_json:
        emit_json(vars(found))
    else:
        counts = (
            ("patients, for the phenotypes", found.learned),
            ("patients, for the Cox models", found.analysed),
            ("events of these", found.events),
            ("phenotypes", found.phenotypes),
        )
        emit_table("", ("", ""), [*counts, ("conclusion", found.conclusion)])
        emit_table("Cox models", ("model", "C, cross-validated (95 % interval)"), found.cox.items())
        print(f"model: {found.model}\ncard: {found.card}")
    if found.failures:
        say(f"{counted(found.failures, 'exam')} failed; see `kinephen status {study} --out {found.run}`")
        raise typer.Exit(int(ExitCode.CASES_FAILED))
