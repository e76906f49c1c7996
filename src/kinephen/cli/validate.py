"""``kinephen validate``: a fitted model held against the outcome of other patients."""

from __future__ import annotations

from typing import Annotated

import typer

from kinephen.cli.predict import (
    ClinicalOption,
    CohortOption,
    ExpressionOption,
    LinkOption,
    ModelOption,
    NewArgument,
    OutOption,
    PlatformOption,
    VisitsOption,
    WorkersOption,
)
from kinephen.core.counted import counted
from kinephen.errors import ExitCode


def validate(
    new: NewArgument,
    model: ModelOption,
    out: OutOption,
    visits: VisitsOption = None,
    clinical: ClinicalOption = None,
    expression: ExpressionOption = None,
    platform: PlatformOption = None,
    link: LinkOption = None,
    cohort: CohortOption = None,
    horizon: Annotated[
        float | None,
        typer.Option("--horizon", min=0.0, help="Years, for calibration, Brier score and decision curve."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Title of the page.")] = "External validation",
    workers: WorkersOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Validate a fitted model in patients with known outcome, and write a report of it.

    Nothing is fitted again. The report holds discrimination, calibration (slope, in the large, groups at a
    horizon), Brier score against Kaplan-Meier, decision curves, survival by phenotype, flow, flags, and the
    case mix beside that of training. Of a study with a validation cohort this cohort is taken, unless
    --cohort says otherwise. The predictions are written too (see `kinephen predict`).
    """
    from kinephen.cli.fitted_run import source_of, validate_patients
    from kinephen.cli.output import emit_json, emit_table, say

    source = source_of(
        new,
        visits=visits,
        clinical=clinical,
        given=None,
        expression=expression or (),
        platforms=platform or (),
        link=link,
        cohort=cohort,
        prefer_validation=True,
    )
    found = validate_patients(
        source, model, out, horizon=horizon or None, name=name, workers=workers, quiet=quiet or as_json
    )
    if as_json:
        emit_json(found.to_dict())
    else:
        columns = ("model", "patients", "events", "C", "calibration slope")
        given, events = counted(found.given, "patient"), counted(found.events, "event")
        title = f"{found.analysed} of {given} analysed, {events}"
        emit_table(title, columns, found.models)
        if found.left_out:
            emit_table("Left out", ("case", "step", "reason"), found.left_out)
        print(f"report: {found.report}")
    if found.predicted.failures:
        say(f"{counted(found.predicted.failures, 'patient')} with a failed exam; see predictions.csv")
        raise typer.Exit(int(ExitCode.CASES_FAILED))
