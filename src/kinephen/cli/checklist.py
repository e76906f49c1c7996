"""``kinephen checklist``: published checklists, filled from the report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from kinephen.report.schema import Checklist, Report

Name = Literal["all", "clear", "metrics", "ibsi", "tripod_ai", "remark"]
Format = Literal["md", "csv", "json"]
Status = Literal["all", "automatic", "drafted", "author", "not_applicable"]


def checklist(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or its report.json.")],
    name: Annotated[Name, typer.Option("--name", "-n", help="Which checklist.")] = "all",
    form: Annotated[
        Format, typer.Option("--format", "-f", help="Markdown, CSV (one row an item) or JSON.")
    ] = "md",
    status: Annotated[
        Status, typer.Option("--status", help="Only these items; 'author' lists what is left to you.")
    ] = "all",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write instead of printing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Fill CLEAR, METRICS, IBSI reporting, TRIPOD+AI and REMARK from report.json alone.

    An item is answered from the run, drafted for the author to check, left to the author, or does not apply.
    Labels are in kinephen's own words: read an item's full wording in its publication.
    """
    from kinephen.cli.output import say
    from kinephen.report.checklists import with_texts
    from kinephen.report.render import load_report

    report = load_report(run / "report.json" if run.is_dir() else run)
    if not report.checklists:
        report = with_texts(report)
    chosen = [_only(c, status) for c in report.checklists if name in ("all", c.key)]
    found = [c for c in chosen if c is not None]
    if not found:
        say(f"no item is of status {status}")
    _deliver(_text(found, report, "json" if as_json else form), out)


def _only(filled: Checklist, status: Status) -> Checklist | None:
    """Return the checklist with the items of one status alone; None when it has none."""
    if status == "all":
        return filled
    items = tuple(item for item in filled.items if item.status == status)
    return filled.model_copy(update={"items": items}) if items else None


def _text(chosen: list[Checklist], report: Report, form: Format) -> str:
    from kinephen.core.plain import json_text, plain
    from kinephen.report.checklists import checklist_csv, checklist_markdown, checklist_rows

    if form == "json":
        lists = [
            {
                "key": c.key,
                "title": c.title,
                "counts": c.counts,
                "score": None if c.score is None else c.score.model_dump(),
                "items": checklist_rows(c, report),
            }
            for c in chosen
        ]
        return json_text(plain(lists)) + "\n"
    if form == "csv":
        return checklist_csv(chosen, report).decode("utf-8")
    return "\n".join(checklist_markdown(c, report) for c in chosen)


def _deliver(text: str, out: Path | None) -> None:
    from kinephen.core.files import write_whole

    if out is None:
        typer.echo(text, nl=False)
        return
    write_whole(out, text.encode("utf-8"))
    typer.echo(str(out))
