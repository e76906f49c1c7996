"""``kinephen render``: page, figures and tables again from a ``report.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinephen.core.counted import counted


def render(
    report: Annotated[Path, typer.Argument(help="report.json of a run.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write; by default that of the report.")
    ] = None,
    formats: Annotated[
        str, typer.Option(help="Of the figures: svg (always written), pdf, png (300 dots an inch).")
    ] = "svg,pdf,png",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Write report.html, figures and tables from report.json alone; nothing is computed again."""
    from kinephen.cli.output import emit_json, say
    from kinephen.report.render import figure_formats, load_report, render_report

    document = load_report(report)
    folder = report.parent if out is None else out
    page = render_report(document, folder, images=report.parent, formats=figure_formats(formats))
    figures = len(document.figures) + bool(document.flow)
    if as_json:
        emit_json({"page": str(page), "figures": figures, "tables": len(document.tables)})
        return
    say(f"{counted(figures, 'figure')} and {counted(len(document.tables), 'table')} written")
    typer.echo(str(page))
