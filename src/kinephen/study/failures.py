"""Why an exam failed: one note for each in ``cases/``, which goes when the exam is analysed or is another."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kinephen.core.counted import counted
from kinephen.core.files import file_name
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.errors import CohortError
from kinephen.records.failure import Failure

if TYPE_CHECKING:
    from kinephen.study.case import CaseJob

FAILURE = "failure.json"
FOLDER = "cases"


def note_failure(job: CaseJob, failure: Failure, trace: str) -> None:
    """Write why a job failed; `trace` as `kinephen.core.error_trace.shown_trace` makes it."""
    write_json(_note(job), {**failure.model_dump(), "traceback": trace, "exam": _exam(job)})


def forget_failure(job: CaseJob) -> None:
    """Remove the note of a job that succeeded."""
    _note(job).unlink(missing_ok=True)


def failure_code(job: CaseJob) -> str:
    """Return the code of a job's failure; empty without one, or if it is of another patient's exam.

    Cases are numbered anew when patients are added or ids corrected.
    """
    try:
        note = read_json(_note(job))
    except (OSError, ValueError):
        return ""
    return str(note.get("code", "")) if note.get("exam") == _exam(job) else ""


def forget_others(out: Path, jobs: Iterable[CaseJob]) -> None:
    """Remove the notes of exams that a run does not have."""
    own = {_note(job): _exam(job) for job in jobs}
    for path in (out / FOLDER).glob(f"*/*/{FAILURE}"):
        try:
            same = read_json(path).get("exam") == own.get(path, "")
        except (OSError, ValueError):
            same = False
        if not same:
            path.unlink(missing_ok=True)


@contextmanager
def telling_of_failures(count: int, out: Path) -> Iterator[None]:
    """Let an impossible step over patients say how many exams had failed before it.

    Raises
    ------
    CohortError
        That of the step, its hint with the count.
    """
    try:
        yield
    except CohortError as error:
        if not count:
            raise
        failed = f"{counted(count, 'exam')} had failed before"
        where = f"`kinephen status` lists failed exams, {out / FOLDER} holds the reason of each"
        hint = "; ".join(filter(None, (error.hint, f"{failed}: {where}")))
        raise type(error)(error.message, code=error.code, where=error.where, hint=hint) from error


def _note(job: CaseJob) -> Path:
    return job.out / FOLDER / file_name(job.case) / file_name(job.visit) / FAILURE


def _exam(job: CaseJob) -> str:
    """Return a hash that stands for the exam's files; paths may hold names."""
    paths = [os.path.abspath(p) if p else "" for p in (job.exam, job.mask, job.manifest)]
    return hash_json(paths)
