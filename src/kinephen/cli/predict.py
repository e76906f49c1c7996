"""``kinephen predict``: a fitted model applied to one patient or many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinephen.core.counted import counted
from kinephen.errors import ExitCode

ModelOption = Annotated[Path, typer.Option("--model", "-m", help="Model file of `kinephen fit`.")]
NewArgument = Annotated[
    Path,
    typer.Argument(
        help="study.toml; an exam list (CSV with patient_id, visit, path, optionally mask, manifest); the "
        "folder of one patient's exams; a table of features of two visits or of delta features; or the data "
        "folder of a run."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder to write; run again to go on.")]
VisitsOption = Annotated[
    str | None,
    typer.Option(
        "--visits",
        help="The two visits in order: T1,T2, or with folders or feature tables below NEW: T1=a,T2=b.",
    ),
]
ClinicalOption = Annotated[
    Path | None,
    typer.Option("--clinical", help="Covariates (CSV or XLSX); a study file names its own."),
]
ExpressionOption = Annotated[
    list[Path] | None,
    typer.Option("--expression", help="Expression matrix of the patients; may be repeated."),
]
PlatformOption = Annotated[
    list[Path] | None, typer.Option("--platform", help="Platform table, one for each expression matrix.")
]
LinkOption = Annotated[
    Path | None, typer.Option("--link", help="CSV with patient_id and sample_id of the expression.")
]
CohortOption = Annotated[
    str | None,
    typer.Option("--cohort", help="Only patients of this cohort (column cohort of the clinical table)."),
]
WorkersOption = Annotated[int | None, typer.Option(help="Processes; by default one a core.", min=1)]


def predict(
    new: NewArgument,
    model: ModelOption,
    out: OutOption,
    visits: VisitsOption = None,
    clinical: ClinicalOption = None,
    given: Annotated[
        str | None, typer.Option("--with", help="Covariates of the one patient: age=48,hr=1,her2=0.")
    ] = None,
    expression: ExpressionOption = None,
    platform: PlatformOption = None,
    link: LinkOption = None,
    cohort: CohortOption = None,
    horizon: Annotated[
        list[float] | None, typer.Option("--horizon", help="Years; may be repeated; by default the model's.")
    ] = None,
    cox_model: Annotated[
        str | None,
        typer.Option(
            "--cox-model", help="For example m4; by default that with most of the known covariates."
        ),
    ] = None,
    show_ids: Annotated[
        bool, typer.Option("--show-ids", help="Name patients as the input does, not by running numbers.")
    ] = False,
    workers: WorkersOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Give patients the phenotype and the risk that a fitted model predicts, with flags.

    Exams are processed with the model's settings. Each patient gets the nearest phenotype with distances and
    margin, the risk by each horizon with its 95 % interval (log(-log)) from the richest Cox model whose
    covariates are known, and a flag wherever the patient, their scanner or their protocol is outside of what
    the model has seen. Written: predictions.csv, predictions.json, predictions.html, delta_features.csv, and
    which number is whom in private/cases.json. For research only.
    """
    from kinephen.cli.fitted_run import predict_patients, source_of
    from kinephen.cli.output import emit_json, emit_table, say

    source = source_of(
        new,
        visits=visits,
        clinical=clinical,
        given=given,
        expression=expression or (),
        platforms=platform or (),
        link=link,
        cohort=cohort,
    )
    found = predict_patients(
        source,
        model,
        out,
        horizons=tuple(horizon or ()),
        cox_model=cox_model,
        show_ids=show_ids,
        workers=workers,
        quiet=quiet or as_json,
    )
    if as_json:
        emit_json(found.to_dict())
    else:
        columns = ("phenotype (nearest centroid)", "patients")
        emit_table(counted(found.patients, "patient"), columns, found.phenotypes.items())
        if found.flags:
            emit_table("Reasons for caution", ("flag", "patients"), found.flags.items())
        for issue in found.issues:
            say(f"note [{issue.code}]: {issue.message}")
        print(f"page: {found.page}")
    if found.failures:
        say(f"{counted(found.failures, 'patient')} with a failed exam; see the notes in predictions.csv")
        raise typer.Exit(int(ExitCode.CASES_FAILED))
