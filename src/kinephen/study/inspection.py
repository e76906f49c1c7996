"""What ``kinephen inspect`` shows: what lies in a folder and, of one exam, what the checks found."""

from __future__ import annotations

from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.inspection_document import ExamFacts, FolderFacts, TableFacts
from kinephen.records.plausibility import Plausibility
from kinephen.study.exam_checks import check_exam


def inspect_checked(
    path: Path, *, manifest: Path | None = None, verbatim: bool = False, pixels: bool = True
) -> tuple[FolderFacts | TableFacts, Plausibility | None]:
    """Describe what lies at `path`, and check the exam if there is one.

    Parameters
    ----------
    path, manifest, verbatim
        As `kinephen.io.exam.inspect_path`.
    pixels : bool
        Read the images and check them. Of several exams in one folder none is checked.

    Returns
    -------
    facts : dict
        An exam that turns out to be unreadable when its images are read says so.
    plausibility : Plausibility, optional
        None for a table, for several exams, for an exam that cannot be read, and without `pixels`.
    """
    facts = inspect_path(path, manifest=manifest, verbatim=verbatim)
    if not pixels or facts["kind"] == "clinical table" or len(facts["exams"]) != 1:
        return facts, None
    (exam,) = facts["exams"]
    if not exam["readable"]:
        return facts, None
    try:
        return facts, check_exam(read_exam(path, manifest=manifest)).plausibility
    except InputError as error:
        return {**facts, "exams": [_unreadable(exam, error)]}, None


def _unreadable(exam: ExamFacts, error: InputError) -> ExamFacts:
    found: ExamFacts = {"exam": exam["exam"], "readable": False, "error": error.to_dict()}
    if "series" in exam:
        found["series"] = exam["series"]
    return found
