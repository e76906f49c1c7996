"""``kinephen render``: page, figures and tables again from a ``report.json``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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

    folder = report.parent if out is None else out
    with _held(report, folder):
        document = load_report(report)
        page = render_report(document, folder, images=report.parent, formats=figure_formats(formats))
    figures = len(document.figures) + bool(document.flow)
    if as_json:
        emit_json({"page": str(page), "figures": figures, "tables": len(document.tables)})
        return
    say(f"{counted(figures, 'figure')} and {counted(len(document.tables), 'table')} written")
    typer.echo(str(page))


@contextmanager
def _held(report: Path, folder: Path) -> Iterator[None]:
    """Keep runs out of the folder that is read and of the one that is written."""
    from kinephen.study.lock import read_lock, run_lock

    with ExitStack() as held:
        if folder.resolve() != report.parent.resolve():
            held.enter_context(read_lock(report.parent))
        if report.is_file():  # no folder is made for a report that is not there
            held.enter_context(run_lock(folder))
        yield
