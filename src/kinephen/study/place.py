"""Where a run writes, and that nothing it reads lies there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from kinephen.config.schema import StudyFile
from kinephen.core.written import FILE
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


def require_run(out: Path) -> None:
    """Raise ``InputError`` (``run.absent``) where no run has begun."""
    if not (out / "store").is_dir():
        raise InputError(
            f"no run in {out}", code="run.absent", where="--out", hint="give the folder of a run as --out"
        )
