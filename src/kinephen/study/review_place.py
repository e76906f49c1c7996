"""Where the review of one exam lies, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinephen.io.review_decision import Decision
from kinephen.io.review_log import read_log
from kinephen.io.review_masks import ExamState, exam_folder, exam_state
from kinephen.study.fingerprint import Fingerprints
from kinephen.study.plan import ExamRow
from kinephen.study.review_gate import MASKS

EXAMS = "exams"
CACHE = ".fingerprints"


@dataclass(frozen=True, kw_only=True)
class ReviewPlace:
    """The review of one exam.

    Parameters
    ----------
    review : Path
        The review folder of the study.
    case, visit : str
    source : str
        SHA-256 of the exam's images in order, and their grid.
    name : str
        Name of the exam's folders.
    state : ExamState
    """

    review: Path
    case: str
    visit: str
    source: str
    name: str
    state: ExamState

    @property
    def masks(self) -> Path:
        """Folder of the revisions."""
        return self.review / MASKS / self.name

    @property
    def exam(self) -> Path:
        """Folder of the files for the reader."""
        return self.review / EXAMS / self.name


def place_of(exam: ExamRow, review: Path) -> ReviewPlace:
    """Return where the review of an exam lies.

    An exam is recognised by its images: a study to which patients were added numbers its cases anew, but
    the decisions stay with their images, wherever their files lie. Images in another order are others.

    Raises
    ------
    InputError
        As `kinephen.io.exam.read_exam`; ``review.log``.
    """
    source = Fingerprints(review / CACHE).of(exam.path, exam.manifest).images
    decisions = read_log(review)
    return ReviewPlace(
        review=review,
        case=exam.case,
        visit=exam.visit,
        source=source,
        name=_name(exam, review, source),
        state=exam_state(decisions, source),
    )


def strangers(decisions: tuple[Decision, ...], sources: set[str]) -> list[str]:
    """Return the folders of decisions on exams that the study no longer holds as they were."""
    return sorted({d.exam for d in decisions if d.source not in sources})


def _name(exam: ExamRow, review: Path, source: str) -> str:
    for folder in (review / MASKS, review / EXAMS):
        known = sorted(folder.glob(f"*-{source[:8]}")) if folder.is_dir() else []
        if known:
            return known[0].name
    return exam_folder(exam.case, exam.visit, source)
