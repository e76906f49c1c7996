"""``kinephen survival``: curves, tests and a Cox model from a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def survival(
    table: Annotated[Path, typer.Argument(help="CSV or XLSX, one row a patient.")],
    time: Annotated[str | None, typer.Option(help="Column with follow-up; known layouts need none.")] = None,
    event: Annotated[
        str | None, typer.Option(help="Column with 1 (event) and 0 (censored), or COLUMN=VALUE of an event.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column to compare curves by.")] = None,
    covariates: Annotated[
        str | None, typer.Option(help="Columns of the Cox model, with commas; text columns are factors.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="NAME=COLUMN,COLUMN: a rung of a ladder of Cox models; repeat it."),
    ] = None,
    strata: Annotated[str | None, typer.Option(help="Column that stratifies tests and model.")] = None,
    weights: Annotated[str | None, typer.Option(help="Column with case weights of the Cox model.")] = None,
    rho: Annotated[
        float, typer.Option(min=0, help="Weight S(t)^rho of the log-rank test; 1 weighs early events more.")
    ] = 0.0,
    causes: Annotated[
        str | None,
        typer.Option(
            "--competing",
            "--causes",
            help="Column with 0 censored, 1 event of interest, 2 competing event.",
        ),
    ] = None,
    join: Annotated[Path | None, typer.Option(help="Second table, joined by --id.")] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column with the key of both tables.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    time_unit: Annotated[str | None, typer.Option(help="days, months or years.")] = None,
    end_point: Annotated[str, typer.Option(help="Known layouts: rfs, rfs_death_censored or os.")] = "rfs",
    horizon: Annotated[
        float | None,
        typer.Option(help="Time for restricted means, AUC, Brier score, calibration and incidences."),
    ] = None,
    landmark: Annotated[
        float | None, typer.Option(help="Start the clock here: when the covariates were known.")
    ] = None,
    replicates: Annotated[
        int, typer.Option(min=0, help="Replicates of 5-fold cross-validation; 0 for none.")
    ] = 100,
    study: Annotated[
        Path | None, typer.Option(help="Count the ladder in the log of recipes of this study file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of folds and permutations.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for tables and the result.")] = None,
) -> None:
    """Kaplan-Meier curves, log-rank test, Cox model, concordance and checks of a table."""
    from kinephen.cli.output import emit_json
    from kinephen.cli.survival_ladder import parse_models
    from kinephen.cli.survival_page import show
    from kinephen.study.tables.outcome_table import Source, load
    from kinephen.study.tables.survival import Request, analyse
    from kinephen.study.tables.survival_result import write_analysis

    source = Source(
        table=table,
        time=time,
        event=event,
        join=join,
        id_column=id_column,
        sheet=sheet,
        time_unit=time_unit,
        end_point=end_point,
    )
    request = Request(
        group=group,
        covariates=tuple(c.strip() for c in covariates.split(",") if c.strip()) if covariates else (),
        strata=strata,
        weights=weights,
        rho=rho,
        causes=causes,
        horizon=horizon,
        landmark=landmark,
        replicates=replicates,
        seed=seed,
        models=parse_models(models or ()),
    )
    result = analyse(load(source), request)
    if study is not None and result.ladder is not None:
        from kinephen.study.recipe_entries import count_ladder

        count_ladder(study, table, result.end_point, result.ladder)
    if out is not None:
        write_analysis(result, out)
    if as_json:
        emit_json(result)
    else:
        show(result)
