"""``kinephen phenotypes``: learn phenotypes of change from a table of features, and apply them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
    from kinephen.cli.phenotypes_run import fit_table

    with progress(quiet=as_json) as bar:
        task = bar.add_task("reading", total=1.0)
        summary = fit_table(
            table,
            out,
            preset=preset,
            changes=tuple(changes or ()),
            labels=labels,
            content=content,
            identifiers=identifiers,
            seed=seed,
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
    from kinephen.cli.phenotypes_run import apply_table

    summary = apply_table(model, table, out, k=k)
    if as_json:
        emit_json(summary)
        return
    emit_table(
        f"{summary['patients']} patients",
        ("phenotype", "patients"),
        [(n, c) for n, c in summary["sizes"].items()],
    )
    if summary["out_of_range"]:
        say(f"{summary['out_of_range']} patients lie outside the range of the discovery cohort")
    if summary["undefined"]:
        say(f"{summary['undefined']} patients have no phenotype: features of the model are undefined")
    _say_notes(summary)


def _show_fit(summary: dict[str, Any]) -> None:
    from kinephen.cli.output import emit_table, say

    emit_table("", ("", ""), [("conclusion", summary["conclusion"]), *_facts(summary)])
    rows = [(name, r["k"], r["meaning"]) for name, r in summary["rules"].items()]
    emit_table("Number of phenotypes by rule", ("rule", "k", "meaning"), rows)
    tests = [
        (name, t["two_means"], t["given"], "headline" if name == summary["sigclust"]["headline"] else "")
        for name, t in summary["sigclust"]["p"].items()
    ]
    emit_table("SigClust, split into two (p)", ("null covariance", "two-means", "tree labels", ""), tests)
    if summary["dropped"]:
        emit_table("Features dropped", ("reason", "features"), list(summary["dropped"].items()))
    _say_notes(summary)
    say(f"model in {summary['model']}")


def _facts(summary: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("features are", summary["features_are"]),
        ("patients", str(summary["patients"])),
        ("features kept", f"{summary['features_kept']} of {summary['features_seen']}"),
        ("feature groups, components", f"{summary['groups']}, {summary['components']}"),
    ]
    for name, sizes in summary["sizes"].items():
        forced = "" if int(name) == summary["k"] else " (forced)"
        facts.append((f"patients in {name} phenotype(s){forced}", ", ".join(str(s) for s in sizes)))
    return facts


def _say_notes(summary: dict[str, Any]) -> None:
    from kinephen.cli.output import say

    for notice in summary["notices"]:
        say(notice)
    for issue in summary["issues"]:
        say(f"note [{issue['code']}]: {issue['where'] + ': ' if issue['where'] else ''}{issue['message']}")
