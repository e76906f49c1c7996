"""``kinephen package``: a finished run in a form that an archive or another tool takes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.report.exports.source import RunSource
    from kinephen.study.case import CaseJob


class PackageFormat(StrEnum):
    """What can be made of a run."""

    ROCRATE = "ro-crate"
    BIDS = "bids"
    ANNDATA = "anndata"
    REDCAP = "redcap"


def package(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder to write.")],
    form: Annotated[
        PackageFormat, typer.Option("--format", "-f", help="What to make of it.", show_choices=True)
    ],
    study: Annotated[
        Path | None, typer.Option(help="bids: study file of the run; masks and maps are written too.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", "-p", help="bids: preset of the run.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="bids: section.key=value of the run; may be repeated.")
    ] = None,
    authors: Annotated[
        list[str] | None, typer.Option("--author", help="ro-crate: name or ORCID address; may be repeated.")
    ] = None,
    licence: Annotated[str, typer.Option("--license", help="ro-crate: address of a licence.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Make a package of a finished run: to publish (ro-crate), or for other tools.

    ro-crate: the run's files with a description; authors and licence are yours to give.

    bids: participants and features, and with --study lesion masks and maps as NIfTI.

    anndata: patients by features as .h5ad (needs the extra anndata).

    redcap: records and the data dictionary to import.

    PRIVACY: patients are named by case number; which is which stays in the run's folder private/.
    """
    from kinephen.cli.output import emit_json, say
    from kinephen.report.exports.source import new_folder, read_run
    from kinephen.study.lock import read_lock

    with read_lock(run):
        source = read_run(run)
        jobs = _jobs(run, study, preset, changes or []) if form is PackageFormat.BIDS and study else []
        with new_folder(out) as folder:
            if form is PackageFormat.BIDS:
                files = _bids(source, folder, jobs, quiet)
            elif form is PackageFormat.ANNDATA:
                files = _anndata(source, folder)
            elif form is PackageFormat.REDCAP:
                from kinephen.report.exports.redcap import write_redcap

                files = write_redcap(source, folder)
            else:
                from kinephen.report.exports.rocrate import Publication, write_rocrate

                files = write_rocrate(source, folder, Publication(tuple(authors or ()), licence))
    if form is PackageFormat.BIDS and not jobs:
        say("tables only: give --study for masks and maps")
    if as_json:
        emit_json(
            {
                "format": form.value,
                "out": str(out),
                "files": len(files),
                "patients": len(source.report.patients),
            }
        )
        return
    say(f"{counted(len(files), 'file')} of {counted(len(source.report.patients), 'patient')} written")
    typer.echo(str(out))


def _jobs(run: Path, study: Path, preset: str | None, changes: list[str]) -> list[CaseJob]:
    from kinephen.config.load import load_study
    from kinephen.study.exam_arrays import jobs_of

    return jobs_of(load_study(study, preset=preset, changes=changes), study.parent, run)


def _bids(source: RunSource, folder: Path, jobs: list[CaseJob], quiet: bool) -> list[str]:
    from kinephen.cli.output import progress
    from kinephen.report.exports.bids import write_bids

    with progress(quiet=quiet or not jobs) as bars:
        task = bars.add_task("exams", total=len(jobs))
        return write_bids(source, folder, jobs, lambda done: bars.update(task, completed=done))


def _anndata(source: RunSource, folder: Path) -> list[str]:
    from kinephen.errors import UsageError

    try:
        from kinephen.report.exports.anndata import write_anndata
    except ImportError as error:
        raise UsageError(
            "AnnData files need h5py",
            code="package.h5py",
            where="--format anndata",
            hint='pip install "kinephen[anndata]"',
        ) from error
    return write_anndata(source, folder)
