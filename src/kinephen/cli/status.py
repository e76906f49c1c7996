"""``kinephen status``: what is done, what failed, what is open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def status(
    study: Annotated[Path, typer.Argument(help="Study file (study.toml).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.")] = Path("out"),
    preset: Annotated[str | None, typer.Option("--preset", "-p", help="As given to run.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="As given to run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Show a table of cases and steps; nothing is computed."""
    from kinephen.cli.output import emit_json, emit_table
    from kinephen.config.load import load_study
    from kinephen.study.cases import make_jobs, status_rows
    from kinephen.study.place import require_run
    from kinephen.study.plan import make_plan
    from kinephen.study.private import require_key

    require_run(out)
    require_key(out)
    plan = make_plan(load_study(study, preset=preset, changes=changes or ()), study.parent)
    rows = status_rows(make_jobs(plan, out))
    if as_json:
        emit_json({"cases": rows})
        return
    columns = list(rows[0]) if rows else ["case", "visit"]
    emit_table("", columns, [[r.get(c, "") for c in columns] for r in rows])
