"""Where a run writes, and that nothing it reads lies there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from kinephen.config.schema import StudyFile
from kinephen.core.cohort import Issue
from kinephen.core.written import FILE, read_written
from kinephen.errors import InputError, KinephenError, UsageError
from kinephen.study.plan import read_exam_list

FOLDERS = ("store", "private", "cases", "data", "assets", "figures", "tables", "patients", "checklists")
"""Folders that a run fills."""
FILES = (
    ".lock",
    FILE,
    "report.html",
    "report.json",
    "model.json",
    "run.json",
    "methods.md",
    "references.bib",
    "predictions.html",
    "predictions.json",
    "predictions.csv",
    "delta_features.csv",
)


UNRECORDED = (".lock", FILE, "run.json")
"""Of them, those that no record needs to name."""
REPORT_FOLDERS = ("data", "figures", "tables", "patients", "checklists")
"""Folders of a report, each file of which a record names."""


def study_inputs(study: StudyFile, root: Path) -> Iterator[Path]:
    """Return the folder of a study file and every path that the study names; an unreadable list has none."""
    yield root
    own = study.study
    named = (own.exams, own.clinical, own.truth, own.expression.link)
    yield from (root / n for n in (*named, *own.expression.files, *own.expression.platforms) if n)
    with suppress(KinephenError, OSError):
        exams = read_exam_list(root / own.exams)
        for column in ("path", "mask", "manifest"):
            if column in exams:
                yield from (root / str(n) for n in exams[column] if n and n == n)


def refuse_inputs(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse a folder of results in which inputs lie where a run writes.

    Raises
    ------
    UsageError
        ``run.inputs``; nothing has been written.
    """
    ours = [Path(os.path.abspath(out)), out.resolve()]
    for path in inputs:
        for place in (Path(os.path.abspath(path)), path.resolve()):
            for folder in ours:
                if _is_written(place, folder):
                    raise UsageError(
                        "an input of the study lies where the run would write",
                        code="run.inputs",
                        where=str(Path(out.name, place.relative_to(folder).parts[0])),
                        hint="give another --out, best a new folder",
                    )


def _is_written(path: Path, out: Path) -> bool:
    if not path.is_relative_to(out) or path == out:
        return False
    first, *deeper = path.relative_to(out).parts
    return first in FOLDERS or (first in FILES and not deeper)


def unrecorded_files(out: Path) -> tuple[Issue, ...]:
    """Return the note on files of a report that lie in a folder of results and that no record names.

    They come from a version that kept no record (``written.json``), or are somebody's own: nothing removes
    them, and those that are not written anew show the numbers of another run.
    """
    known = read_written(out).names
    files = [out / name for name in FILES if name not in UNRECORDED]
    files += [p for folder in REPORT_FOLDERS for p in (out / folder).glob("**/*")]
    count = sum(p.is_file() and p.relative_to(out).as_posix() not in known for p in files)
    text = (
        "files of a report lie in the folder that no record of a run names (an earlier version kept none): "
        "those "
        "that are not written anew stay, and show the numbers of another run"
    )
    return (Issue("run.unrecorded", text, where="--out", count=count),) if count else ()


def require_run(out: Path) -> None:
    """Raise ``InputError`` (``run.absent``) where no run has begun."""
    if not (out / "store").is_dir():
        raise InputError(
            f"no run in {out}", code="run.absent", where="--out", hint="give the folder of a run as --out"
        )
