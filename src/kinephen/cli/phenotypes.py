"""``kinephen phenotypes``: learn phenotypes of change from a table of features, and apply them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted, noun

if TYPE_CHECKING:
    from kinephen.core.cohort import Issue
    from kinephen.study.tables.phenotypes import Assignment, FitResult

phenotypes_app = typer.Typer(
    help="Phenotypes of change: learn them from a table of features, apply them to other patients.",
    no_args_is_help=True,
)

TableArgument = Annotated[
    Path,
    typer.Argument(
        help="CSV (also gzip), Parquet or XLSX: delta features, or features of two visits or of one."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@phenotypes_app.command("fit")
def fit(
    table: TableArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write (JSON).")],
    preset: Annotated[
        str, typer.Option("--preset", "-p", help="chitalia2023, recommended or quick.")
    ] = "recommended",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value, for example tumours.fixed_k=2.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="CSV of every patient's phenotype to write.")
    ] = None,
    content: Annotated[
        str | None, typer.Option("--content", help="What the table holds, if not told by it: delta or visit.")
    ] = None,
    identifiers: Annotated[
        bool, typer.Option("--identifiers", help="Write the patients' identifiers into the model file.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="All random numbers follow from it.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Learn filters, feature groups, components and phenotypes, and test them.

    The number of phenotypes follows the preset's rule; `recommended` may conclude that there is no evidence
    for more than one group. The forced two are written to the model as well.
    """
    from kinephen.cli.output import emit_json, progress
    from kinephen.study.tables.phenotypes import FitRequest, fit_table

    request = FitRequest(
        preset=preset, changes=tuple(changes or ()), content=content, identifiers=identifiers, seed=seed
    )
    with progress(quiet=as_json) as bar:
        task = bar.add_task("reading", total=1.0)
        summary = fit_table(
            table,
            out,
            request,
            labels=labels,
            progress=lambda step, share: bar.update(task, description=step, completed=share),
        )
    if as_json:
        emit_json(summary)
    else:
        _show_fit(summary)


@phenotypes_app.command("apply")
def apply(
    model: Annotated[Path, typer.Argument(help="Model file of `phenotypes fit`.")],
    table: TableArgument,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV to write.")] = None,
    k: Annotated[
        int | None, typer.Option("--k", help="The chosen number of phenotypes, or the forced 2.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give every patient the nearest phenotype, their distances, the margin and a flag for out of range."""
    from kinephen.cli.output import emit_json, emit_table, say
    from kinephen.study.tables.phenotypes import apply_table

    found = apply_table(model, table, out, k=k)
    patients = len(found.table)
    if as_json:
        emit_json(_applied(found, out))
        return
    emit_table(counted(patients, "patient"), ("phenotype", "patients"), found.sizes.items())
    if found.out_of_range:
        n = found.out_of_range
        say(f"{counted(n, 'patient')} {noun(n, 'lies', 'lie')} outside the range of the discovery cohort")
    if found.undefined:
        n = found.undefined
        say(f"{counted(n, 'patient')} without a phenotype: features of the model are undefined")
    _say_notes(found.notices, found.issues)


def _applied(found: Assignment, out: Path | None) -> dict[str, object]:
    """Return the document of `apply`: the rows stand in it unless they were written to a file."""
    return {
        "patients": len(found.table),
        "k": found.k,
        "sizes": found.sizes,
        "out_of_range": found.out_of_range,
        "undefined": found.undefined,
        "features_are": found.features_are,
        "file": None if out is None else str(out),
        "rows": found.table.reset_index() if out is None else None,
        "issues": found.issues,
        "notices": found.notices,
    }


def _show_fit(found: FitResult) -> None:
    from kinephen.cli.output import emit_table, say

    emit_table("", ("", ""), [("conclusion", found.conclusion), *_facts(found)])
    rows = [(name, r.k, r.meaning) for name, r in found.rules.items()]
    emit_table("Number of phenotypes by rule", ("rule", "k", "meaning"), rows)
    split = found.sigclust
    tests = [
        (name, t.two_means, t.given, "headline" if name == split.headline else "")
        for name, t in split.p.items()
    ]
    emit_table("SigClust, split into two (p)", ("null covariance", "two-means", "tree labels", ""), tests)
    if found.dropped:
        emit_table("Features dropped", ("reason", "features"), found.dropped.items())
    _say_notes(found.notices, found.issues)
    say(f"model in {found.model}")


def _facts(found: FitResult) -> list[tuple[str, str]]:
    facts = [
        ("features are", found.features_are),
        ("patients", str(found.patients)),
        ("features kept", f"{found.features_kept} of {found.features_seen}"),
        ("feature groups, components", f"{found.groups}, {found.components}"),
    ]
    for name, sizes in found.sizes.items():
        forced = "" if int(name) == found.k else " (forced)"
        facts.append(
            (f"patients in {counted(int(name), 'phenotype')}{forced}", ", ".join(str(s) for s in sizes))
        )
    return facts


def _say_notes(notices: list[str], issues: tuple[Issue, ...]) -> None:
    from kinephen.cli.output import say, say_issues

    for notice in notices:
        say(notice)
    say_issues(issues)
