"""``kinephen run``: from the images to one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinephen.core.counted import counted
from kinephen.errors import ExitCode


def run(
    study: Annotated[Path, typer.Argument(help="Study file (study.toml).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; run again to go on.")] = Path(
        "out"
    ),
    preset: Annotated[
        str | None, typer.Option("--preset", "-p", help="chitalia2023, recommended or quick.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; may be repeated.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; by default one a core.", min=1)] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler, for example tcp://host:8786.")
    ] = None,
    formats: Annotated[
        str, typer.Option(help="Of the figures: svg (always written), pdf, png (300 dots an inch).")
    ] = "svg,pdf,png",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Analyse a study from its images to one report.

    Every result is kept under a name made from its content, so a run that was stopped goes on where it was,
    and a changed setting repeats only what depends on it. A case that fails is recorded and passed over
    (exit code 5).
    """
    from kinephen.cli.analysis import analyse, print_summary
    from kinephen.cli.output import emit_json, say
    from kinephen.config.load import load_study

    result = analyse(
        load_study(study, preset=preset, changes=changes or ()),
        study.parent,
        out,
        workers=workers,
        scheduler=scheduler,
        formats=formats,
        quiet=quiet,
    )
    if as_json:
        emit_json(result.to_dict())
    else:
        print_summary(result)
    if result.failures:
        say(f"{counted(len(result.failures), 'exam')} failed; see `kinephen status {study} --out {out}`")
        raise typer.Exit(int(ExitCode.CASES_FAILED))
