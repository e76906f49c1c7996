"""Entries of the log of recipes that no run makes: declared ones, and ladders of a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kinephen import __version__
from kinephen.config.load import load_study
from kinephen.core.plain import hash_file, hash_json
from kinephen.errors import UsageError
from kinephen.io.recipe_log import FOLDER, Recipe, add_recipes
from kinephen.survival.validation import LadderResult

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
    add_recipes(folder, [replace(_blank("declared"), count=count, note=text)])


def count_ladder(study: Path, table: Path, end_point: str, ladder: LadderResult) -> None:
    """Add the models of a table to the log of a study.

    Parameters
    ----------
    study, table : Path
    end_point : str
    ladder : LadderResult
        Its first and its largest model give the headline figures.
    """
    models = {m.name: list(m.columns) for m in ladder.models}
    first, last = ladder.models[0], max(ladder.models, key=lambda m: len(m.columns))
    entry = replace(
        _blank("ladder"),
        recipe=hash_json(models),
        changes=[f"{name}={','.join(columns)}" for name, columns in models.items()],
        end_point=end_point,
        cohort=hash_file(table),
        patients=ladder.n,
        events=ladder.events,
        c_base=first.cross_validated.c,
        c=last.cross_validated.c,
    )
    add_recipes(study_log(study), [entry])


def _blank(kind: str) -> Recipe:
    return Recipe(
        kind=kind,
        recipe="",
        preset="",
        changes=[],
        seed=0,
        end_point="",
        cohort="",
        patients=0,
        events=0,
        phenotypes=0,
        c_base=None,
        c=None,
        logrank_p=None,
        count=1,
        note="",
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        software=f"kinephen {__version__}",
    )
