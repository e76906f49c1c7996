"""What ``kinephen recipes`` does with the log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kinephen import __version__
from kinephen.cli.output import emit_json, say
from kinephen.config.load import load_study
from kinephen.errors import UsageError
from kinephen.io.hash_chain import LogCheck
from kinephen.io.recipe_log import FOLDER, Recipe, add_recipes

MAX_NOTE = 500


def study_log(study: Path) -> Path:
    """Return the folder of a study's log; the study file must be one."""
    load_study(study)
    return study.parent / FOLDER


def declare_recipes(folder: Path, count: int, note: str) -> None:
    """Add recipes that were tried elsewhere; they count in every later report.

    Raises
    ------
    UsageError
        ``recipes.note`` if the note is empty, has line breaks or is too long.
    """
    text = note.strip()
    if not text or not text.isprintable() or len(text) > MAX_NOTE:
        raise UsageError(
            f"a declaration needs a note of one line and at most {MAX_NOTE} characters",
            code="recipes.note",
            where="--note",
            hint='for example --note "three linkages tried in a notebook"',
        )
    declared = Recipe(
        kind="declared",
        recipe="",
        preset="",
        changes=[],
        seed=0,
        end_point="",
        cohort="",
        women=0,
        events=0,
        phenotypes=0,
        c_base=None,
        c=None,
        logrank_p=None,
        count=count,
        note=text,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        software=f"kinephen {__version__}",
    )
    add_recipes(folder, [declared])


def show_check(check: LogCheck, *, as_json: bool) -> bool:
    """Print what checking the log found, return whether it is intact."""
    if as_json:
        emit_json({**check.__dict__, "intact": check.intact})
        return check.intact
    say(f"{check.lines} line(s); last hash {check.head}")
    for problem in check.problems:
        say(f"problem: {problem}")
    say("intact" if check.intact else "NOT as it was written")
    return check.intact
