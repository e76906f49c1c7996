"""``kinephen signatures``: score expression data by gene signatures, add one, list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.study.tables.signatures import Scored

signatures_app = typer.Typer(
    help="Gene signatures: research re-creations of the 70-gene, PAM50/ROR and p53 signatures, and your own.",
    no_args_is_help=True,
)


@signatures_app.command("score")
def score(
    expression: Annotated[
        list[Path], typer.Argument(help="GEO series matrices or plain matrices, one a platform.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tables and the page.")],
    platform: Annotated[
        list[Path] | None,
        typer.Option(
            help="Platform table of each matrix: by its name in the file name, else in the same order."
        ),
    ] = None,
    signature: Annotated[
        list[str] | None, typer.Option(help="gene70, pam50, p53, an added name or a .toml file.")
    ] = None,
    centre: Annotated[
        str,
        typer.Option(
            help="none, cohort-median, platform-median, platform-mean, balanced, auto; a centring.json of an "
            "earlier run; or reference:ARRAY for published medians (PAM50 only)."
        ),
    ] = "platform-median",
    ror: Annotated[str, typer.Option(help="Equation of ROR-S: parker-code or published.")] = "parker-code",
    collapse: Annotated[str, typer.Option(help="Probes to genes: mean, iqr, variance or genefu.")] = "mean",
    cut: Annotated[float, typer.Option(help="70-gene: low risk above this cosine (0.4 or 0.55).")] = 0.4,
    min_coverage: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Share of genes below which scoring is refused.")
    ] = None,
    combat: Annotated[
        bool, typer.Option("--combat", help="Take the differences of the platforms off by ComBat first.")
    ] = False,
    er_share: Annotated[
        float, typer.Option(help="Receptor-positive share that balanced centring stands for.")
    ] = 0.5,
    clinical: Annotated[
        Path | None, typer.Option(help="CSV with sample_id and er, tumour_gt_2cm (1, 0, blank).")
    ] = None,
    link: Annotated[
        Path | None, typer.Option(help="CSV of patients with images: patient_id, and sample_id where known.")
    ] = None,
    genefu: Annotated[
        str | None, typer.Option(help="Also the variant of genefu: none, scale or robust.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Score every sample and write tables, the learned centring and a page of figures."""
    from kinephen.cli.output import emit_json
    from kinephen.io.molecular_files import write_molecular
    from kinephen.report.signatures_page import write_signatures_page
    from kinephen.study.tables.signatures import BUILT_IN, Request, score_files

    scored = score_files(
        Request(
            expression=tuple(expression),
            platforms=tuple(platform or ()),
            signatures=tuple(signature or BUILT_IN),
            centre=centre,
            ror_variant=ror,
            collapse=collapse,
            gene70_cut=cut,
            er_share=er_share,
            min_coverage=min_coverage,
            clinical=clinical,
            link=link,
            genefu=genefu,
            combat=combat,
        )
    )
    files = write_molecular(
        scored.result,
        out,
        distribution=scored.distribution,
        coverage=scored.coverage,
        link=scored.link,
        genefu=scored.genefu,
    )
    files["page"] = write_signatures_page(scored, out / "index.html")
    if as_json:
        emit_json(_document(scored, out, files))
    else:
        _show(scored, out)


@signatures_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="Signature file (.toml).")],
    replace: Annotated[bool, typer.Option("--replace", help="Write over an added one of that name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Check a signature file and keep it in your configuration folder."""
    from kinephen.cli.output import emit_json
    from kinephen.io.signatures import add_signature, user_folder

    added = add_signature(file, replace=replace)
    if as_json:
        emit_json({"name": added.name, "kind": added.kind, "genes": len(added.genes), "title": added.title})
    else:
        typer.echo(
            f"added {added.name} ({added.kind}, {counted(len(added.genes), 'gene')}) to {user_folder()}"
        )


@signatures_app.command("template")
def template() -> None:
    """Print a commented signature file to start your own from."""
    import sys

    from kinephen.io.signatures import signature_template

    sys.stdout.write(signature_template())


@signatures_app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False) -> None:
    """List the signatures that can be named."""
    from kinephen.cli.output import emit_json, emit_table
    from kinephen.io.signatures import list_signatures

    entries = list_signatures()
    if as_json:
        emit_json(entries)
    else:
        rows = [(e.name, e.kind, e.genes, e.origin, e.title) for e in entries]
        emit_table("", ("name", "kind", "genes", "origin", "title"), rows)


def _document(scored: Scored, out: Path, files: dict[str, Path]) -> dict[str, object]:
    result, link = scored.result, scored.link
    return {
        "folder": str(out),
        "files": {name: str(path) for name, path in files.items()},
        "samples": len(result.table),
        "settings": result.settings,
        "distribution": scored.distribution,
        "coverage": scored.coverage,
        "undefined": len(result.reasons),
        "link": None
        if link is None
        else {
            "linked": len(link.pairs),
            "unmatched_samples": link.unmatched_samples,
            "patients_without_sample": len(link.unmatched_patients),
        },
        "issues": result.issues,
        "notices": scored.notices,
    }


def _show(scored: Scored, out: Path) -> None:
    from kinephen.cli.output import emit_table, say, say_issues

    columns = ("signature", "class", "n", "share")
    classes = scored.distribution[list(columns)].itertuples(index=False)
    emit_table("Classes (research re-creations)", columns, classes)
    cover = [
        (c["signature"], c["platform"], f"{c['found']}/{c['genes']}", c["found_by"])
        for c in scored.coverage.to_dict("records")
    ]
    emit_table("Coverage", ("signature", "platform", "genes", "found by"), cover)
    say_issues(scored.result.issues)
    for notice in scored.notices:
        say(notice)
    say(f"tables and page in {out}")
