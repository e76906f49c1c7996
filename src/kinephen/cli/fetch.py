"""``kinephen fetch``: the two public collections, as a study needs them. The only command that downloads."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted
from kinephen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from kinephen.io.idc_choice import Choice
    from kinephen.io.idc_files import FetchRecord


def fetch(
    collection: Annotated[str, typer.Argument(help="ispy1 or breast-mri-nact-pilot.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the study.")] = None,
    visits: Annotated[
        str, typer.Option(help="Visits in the article's names: T1 is a patient's first study.")
    ] = "T1,T2",
    limit: Annotated[int | None, typer.Option(help="Only the first so many patients.", min=1)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be downloaded; needs no network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Download the dynamic series, maps and segmentations of a public collection.

    Only patients with SER and PE maps at all wanted visits are taken. Every exam is checked against the index
    of the Imaging Data Commons; run the same command again to go on. Folders carry no patient identifier; the
    table that links them stays in private/.
    """
    from kinephen.cli.output import emit_json
    from kinephen.io.idc_files import FetchRecord, summary

    if out is None and not dry_run:
        raise UsageError("--out is missing", code="fetch.out", hint="give a folder, or --dry-run")
    choice, version = _choose(collection, visits, limit)
    chosen = summary(choice, version)
    record = FetchRecord(**chosen.__dict__, dry_run=dry_run, next=choice.collection.clinical_hint)
    if not as_json:
        _show(record)
    if out is not None:
        record = _space(choice, out, record)
    if not dry_run and out is not None:
        record = _download(choice, out, record, quiet)
    if as_json:
        emit_json(record)
    else:
        _show_result(record, out)
    if record.failures:
        raise typer.Exit(int(ExitCode.CASES_FAILED))


def _choose(name: str, visits: str, limit: int | None) -> tuple[Choice, str]:
    from kinephen.io.idc_choice import choose, first_patients, parse_visits
    from kinephen.io.idc_index import collection_of, index_file, read_series

    collection = collection_of(name)
    wanted = parse_visits(visits, collection)
    path, version = index_file()
    choice = choose(read_series(path, collection), collection, wanted)
    return (choice if limit is None else first_patients(choice, limit)), version


def _space(choice: Choice, out: Path, record: FetchRecord) -> FetchRecord:
    from kinephen.io.idc_download import free_space, missing

    open_bytes = sum(e.size for e in missing(choice.exams, out / "images"))
    return replace(record, bytes_missing=open_bytes, bytes_free=free_space(out))


def _download(choice: Choice, out: Path, record: FetchRecord, quiet: bool) -> FetchRecord:
    from kinephen.cli.output import progress
    from kinephen.io.idc_download import fetch_exams, network_downloader, require_space
    from kinephen.io.idc_files import write_fetch_files

    require_space(record.bytes_missing or 0, record.bytes_free or 0)
    download = network_downloader()
    with progress(quiet=quiet) as bar:
        task = bar.add_task("exams", total=len(choice.exams))
        fetched = fetch_exams(
            choice.exams,
            out,
            download,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    record = replace(
        record, complete=len(fetched.complete), already=fetched.already, failures=dict(fetched.failures)
    )
    write_fetch_files(choice, fetched.complete, out, record)
    return record


def _show(record: FetchRecord) -> None:
    from kinephen.cli.output import emit_table, say

    rows = [
        ("collection", record.collection),
        ("patients", f"{record.patients} of {counted(record.patients_in_collection, 'patient')}"),
        *((f"left out: {reason}", n) for reason, n in record.left_out.items()),
        ("exams", record.exams),
        ("of these whole studies, their phases stand in several series", record.whole_studies),
        ("series, files", f"{record.series}, {record.files}"),
        ("size", f"{record.bytes / 1e9:.1f} GB"),
        ("licence", f"{', '.join(record.licences)}; cite https://doi.org/{record.doi}"),
        ("index", f"idc-index-data {record.index_version}"),
    ]
    emit_table("", ("", "chosen"), rows)
    emit_table(
        "Visits: T1 is a patient's first study, T2 their second; the archive may count from T0",
        ("visit", "study", "archive's code", "exams", "days from the first: median", "from", "to"),
        [astuple(v) for v in record.visits],
    )
    for issue in record.issues:
        say(f"note [{issue.code}]: {issue.message} ({issue.count}); see column note of exams.csv")


def _show_result(record: FetchRecord, out: Path | None) -> None:
    from kinephen.cli.output import say

    if record.bytes_missing is not None and record.bytes_free is not None:
        say(f"{record.bytes_missing / 1e9:.1f} GB to download, {record.bytes_free / 1e9:.1f} GB free")
    if record.dry_run:
        say("dry run: nothing was downloaded")
        return
    say(f"{counted(record.complete or 0, 'exam')} complete ({record.already} were there before), in {out}")
    for folder, reason in (record.failures or {}).items():
        say(f"failed: {folder}: {reason}")
    say(f"clinical table: {record.next}")
    say(f"then: kinephen run {out}/study.toml --out {out}/results")
