"""``kinephen reproduce``: an article's claims against the public data, one verdict a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinephen.errors import ExitCode


def reproduce(
    article: Annotated[str, typer.Argument(help="Short name of the article: chitalia2023.")],
    ispy1: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the tables of I-SPY 1; with the images too if kinephen fetch filled it."
        ),
    ] = None,
    nact: Annotated[Path | None, typer.Option(help="The same of Breast-MRI-NACT-Pilot.")] = None,
    geo: Annotated[
        list[Path] | None,
        typer.Option(help="Series matrix of GSE22226 or its platform table; repeat it for each file."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option(help="study.toml of another trial, for example a simulated one.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; run again to go on.")] = Path(
        "reproduction"
    ),
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="section.key=value of the run of images; may be repeated."),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(min=2, help="Replicates of cross-validation; by default the article's 100.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything that is random.")] = 1,
    workers: Annotated[int | None, typer.Option(help="Processes; by default one a core.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Check every number and claim of an article against what can be computed from what is given.

    Files in a folder are told by their columns, not by their names. What is missing is named first and the
    rest is done: with tables alone, cohorts by stated rules, baseline models and named stand-ins; with
    images, all tables and figures. The ledger (ledger.html, .md, .csv, .json) holds the published value, ours
    and the verdict, each with its reason. Exit code 4 if something given could not be used, 5 if an exam
    failed; the ledger is written in both cases.
    """
    from kinephen.cli.output import emit_json, say
    from kinephen.cli.reproduce_run import Request, run_reproduction

    result = run_reproduction(
        Request(
            article=article,
            ispy1=ispy1,
            nact=nact,
            geo=tuple(geo or ()),
            study=study,
            out=out,
            changes=tuple(changes or ()),
            replicates=replicates,
            seed=seed,
            workers=workers,
            quiet=quiet,
        ),
        tell=say,
    )
    if as_json:
        emit_json(result.to_dict())
    else:
        for line in result.lines():
            print(line)
    if result.unusable:
        raise typer.Exit(int(ExitCode.INPUT))
    if result.failures:
        raise typer.Exit(int(ExitCode.CASES_FAILED))
