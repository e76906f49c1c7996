"""``kinephen features``: the 104 features of maps inside masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.options import Mesh, RadiomicsMode
from kinephen.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from kinephen.records.base import IssueRecord
    from kinephen.study.tables.features import CaptkPreset, Case, CaseResult, Settings

BINS = 32
PRESET = "1.7.1 as executed"
MODE = "ibsi"
MESH: Mesh = "separated"


def features(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="IMAGE MASK [MASK ...] (NIfTI, NRRD, MetaImage; masks also SEG), or a CSV (Image, Mask)."
        ),
    ],
    mode: Annotated[str, typer.Option(help="Definitions: ibsi (clean) or captk (CaPTk 1.7.1).")] = MODE,
    label: Annotated[str, typer.Option(help="Value inside the mask: N, or all (one row each).")] = "",
    bins: Annotated[int, typer.Option(help="Grey levels between minimum and maximum.")] = BINS,
    bin_width: Annotated[
        float | None, typer.Option(help="Width of a grey level in the unit of the map, instead of --bins.")
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--maps", help="A further map on the same grid: NAME=FILE. Repeatable."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of IMAGE in the output.")] = "map",
    merge: Annotated[
        bool, typer.Option(help="One matrix of all directions (GLCM, GLRLM) instead of averaged features.")
    ] = False,
    lbp: Annotated[
        bool, typer.Option(help="Compute the clean substitute for the local binary pattern.")
    ] = False,
    preset: Annotated[str, typer.Option(help="Version whose bins the captk mode uses.")] = PRESET,
    parameters: Annotated[
        Path | None,
        typer.Option(help="CaPTk parameter CSV for the captk mode; what it cannot have is listed."),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(help="All features of IBSI-1 by this file (TOML) instead of the 104."),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="Features of the response too: log:sigma=3mm. Repeatable."),
    ] = None,
    mesh: Annotated[
        Mesh,
        typer.Option(help="Voxels that touch at an edge: separated, or joined as Lewiner's marching cubes."),
    ] = MESH,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Table file; diagnostics, notes and settings go beside it."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV (default).")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet; needs --out.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document with reasons and settings.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes, for a table of cases.", min=1)] = 1,
) -> None:
    """Compute the 104 features of maps inside masks, or with --protocol all of IBSI-1.

    With --out, a table of cases goes on where it stopped: finished cases are kept beside the table.
    """
    from kinephen.cli.features_output import output_kind
    from kinephen.cli.output import progress
    from kinephen.study.tables.feature_responses import read_filters
    from kinephen.study.tables.features import Settings
    from kinephen.study.tables.features_run import run_cases
    from kinephen.study.tables.protocol_file import read_protocol

    if sum((csv, parquet, as_json)) > 1:
        raise UsageError(
            "--csv, --json and --parquet exclude each other", code="features.out", hint="give one of them"
        )
    levels = {"--bins": bins != BINS, "--bin-width": bin_width is not None, "--merge": merge, "--lbp": lbp}
    surface, toolkit = (
        {"--mesh": mesh != MESH, "--filter": bool(filters)},
        {"--preset": preset != PRESET, "--parameters": bool(parameters)},
    )
    if protocol is not None:
        _require_read("--protocol", {"--mode": mode != MODE, **levels, **surface, **toolkit})
    elif mode == "captk":
        _require_read("--mode captk", {**levels, **surface})
    else:
        _require_read(f"--mode {mode}", toolkit)
    kind = output_kind(out, as_json=as_json, parquet=parquet)
    chosen, notes = _preset(preset, parameters) if mode == "captk" else (None, ())
    settings = Settings(
        mode=_mode(mode),
        bins=bins,
        bin_width=bin_width,
        aggregation="merge" if merge else "average",
        lbp=lbp,
        preset=chosen,
        mesh=mesh,
        filters=read_filters(filters or ()),
        protocol=read_protocol(protocol) if protocol else None,
    )
    cases = _cases(paths, label=label, name=name, further=maps or [])
    _compile()
    store = out.with_name(f"{out.stem}.cases") if out and len(cases) > 1 else None
    with progress(quiet=len(cases) < 2) as bar:
        task = bar.add_task("features", total=len(cases))
        results = run_cases(
            cases,
            settings,
            workers=workers,
            store=store,
            progress=lambda done: bar.update(task, completed=done),
        )
    if len(cases) == 1 and results[0].error:
        raise InputError(**results[0].error.model_dump())
    _give(results, settings, notes, out=out, kind=kind)
    _finish(results)


def _mode(text: str) -> RadiomicsMode:
    modes: dict[str, RadiomicsMode] = {"ibsi": "ibsi", "captk": "captk"}
    if text not in modes:
        raise UsageError(f"unknown mode {text!r}", code="radiomics.mode", hint="use 'ibsi' or 'captk'")
    return modes[text]


def _require_read(what: str, unread: dict[str, bool]) -> None:
    """Refuse options that are not read; `unread` tells which of them were given."""
    given = [option for option, there in unread.items() if there]
    if given:
        raise UsageError(
            f"{what} does not read {', '.join(given)}",
            code="features.option",
            hint=f"leave {'it' if len(given) == 1 else 'them'} out, or ask for the other kind of features",
        )


def _cases(paths: list[Path], *, label: str, name: str, further: list[str]) -> list[Case]:
    from kinephen.study.tables.features import Case, read_cases

    if len(paths) == 1:
        if paths[0].suffix.lower() != ".csv":
            raise UsageError("an image needs a mask", code="features.mask", hint="give IMAGE MASK, or a CSV")
        if further:
            raise UsageError(
                "--maps goes with one image, not with a table",
                code="features.maps",
                hint="name further images in its column Map, one row each",
            )
        return read_cases(paths[0], label=label, name=name)
    maps = {name: paths[0], **dict(_named(text) for text in further)}
    return [Case(maps, mask, label, {"mask": str(n)}) for n, mask in enumerate(paths[1:], start=1)]


def _named(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not (name and sign and path):
        raise UsageError(
            f"expected NAME=FILE, found {text!r}",
            code="features.maps",
            hint="for example --maps SER=ser.nii.gz",
        )
    return name, Path(path)


def _preset(name: str, parameters: Path | None) -> tuple[CaptkPreset, tuple[IssueRecord, ...]]:
    from kinephen.cli.output import say
    from kinephen.study.tables.features import captk_preset

    preset, unsupported = captk_preset(name, parameters)
    for issue in unsupported:
        say(f"not supported: {issue.where} {issue.message}")
    return preset, unsupported


def _compile() -> None:
    from kinephen.cli.output import say
    from kinephen.study.kernels import compile_kernels, kernels_are_cached, prepare_numba_cache

    prepare_numba_cache()
    if not kernels_are_cached():
        say("compiling the texture kernels, once on this machine (some 10 seconds) ...")
    if compile_kernels():
        say("the compiled kernels could not be kept: set NUMBA_CACHE_DIR to a folder that can be written")


def _give(
    results: list[CaseResult],
    settings: Settings,
    notes: tuple[IssueRecord, ...],
    *,
    out: Path | None,
    kind: str,
) -> None:
    from kinephen.cli.features_output import document, print_csv, write_tables
    from kinephen.cli.output import emit_json, say
    from kinephen.core.plain import write_json

    if kind == "json":
        everything = document(results, settings, notes)
        if out:
            write_json(out, everything)
        else:
            emit_json(everything)
    elif out:
        say("wrote " + ", ".join(write_tables(results, settings, notes, out, kind=kind)))
    else:
        print_csv(results)


def _finish(results: list[CaseResult]) -> None:
    from kinephen.cli.output import say

    if len(results) == 1:
        said = ((row.columns["map"], issue.message) for row in results[0].rows for issue in row.issues)
        for name, message in dict.fromkeys(said):
            say(f"{name}: {message}")
    failed = [(r.columns, r.error) for r in results if r.error is not None]
    for columns, error in failed:
        where = columns.get("line", columns.get("mask", ""))
        hint = f" ({error.hint})" if error.hint else ""
        say(f"case {where} failed [{error.code}]: {error.message}{hint}")
    if failed:
        raise typer.Exit(int(ExitCode.CASES_FAILED))
