"""What the review commands share: the study's exams, their places, and the rows that are shown."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from kinephen.config.load import load_study
from kinephen.config.schema import Settings
from kinephen.core.counted import counted
from kinephen.errors import InputError, UsageError
from kinephen.io.hash_chain import LogCheck
from kinephen.io.review_decision import Decision
from kinephen.io.review_log import check_log, read_log
from kinephen.io.review_masks import check_masks, require_unchanged
from kinephen.study.plan import REVIEW, ExamRow, Plan, make_plan
from kinephen.study.review_gate import MASKS
from kinephen.study.review_place import ReviewPlace, place_of, strangers


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """What is shown of a decision."""

    case: str
    visit: str
    action: str
    role: str
    revision: int
    name: str
    meaning: str
    time: str
    voxels_added: int | None
    voxels_removed: int | None
    cc_before: float | None
    cc_after: float | None
    dice_to_automatic: float | None
    same_person: bool


@dataclass(frozen=True)
class ExamLine:
    """An exam under review."""

    case: str
    visit: str


@dataclass(frozen=True)
class ExportRow(ExamLine):
    """What is shown of an exam that was exported."""

    folder: str
    revision: int
    notes: str


@dataclass(frozen=True, kw_only=True)
class StatusRow(ExamLine):
    """Where an exam stands."""

    state: str
    revision: int | None
    cc: float | None
    dice_to_automatic: float | None
    name: str
    time: str
    note: str


@dataclass(frozen=True)
class Session:
    """A study under review."""

    plan: Plan
    root: Path

    @property
    def settings(self) -> Settings:
        """Those of the study's own preset."""
        return self.plan.study.settings

    @property
    def folder(self) -> Path:
        """The review folder."""
        return self.root / REVIEW

    def exams(self, case: str | None, visit: str | None) -> list[ExamRow]:
        """Return the exams of a case, of a visit, or all.

        Raises
        ------
        UsageError
            ``review.exam`` if there is none.
        """
        found = [e for e in self.plan.exams if (case is None or e.case == case) and visit in (None, e.visit)]
        if not found:
            raise UsageError(
                " ".join(("the study has no exam", *filter(None, (case, visit)))),
                code="review.exam",
                hint=f"{counted(len(self.plan.exams), 'exam')}; kinephen review status lists them",
            )
        return found

    def exam(self, case: str, visit: str) -> ExamRow:
        """Return one exam."""
        return self.exams(case, visit)[0]

    def place(self, exam: ExamRow) -> ReviewPlace:
        """Return where an exam's review lies."""
        return place_of(exam, self.folder)

    def row(self, decision: Decision) -> DecisionRow:
        """Return what is shown of a decision."""
        return DecisionRow(**{f.name: getattr(decision, f.name) for f in fields(DecisionRow)})

    def status(self) -> tuple[list[StatusRow], list[str]]:
        """Return a row for each exam, and reviewed exams that the study does not hold."""
        rows, known = [], set()
        for exam in self.plan.exams:
            try:
                place = self.place(exam)
            except InputError as error:
                if error.code == "review.log":
                    raise
                rows.append(_unreadable(exam, error))
                continue
            known.add(place.source)
            rows.append(_status(place))
        return rows, strangers(read_log(self.folder), known)


def _unreadable(exam: ExamRow, error: InputError) -> StatusRow:
    return StatusRow(
        case=exam.case,
        visit=exam.visit,
        state="unreadable",
        revision=None,
        cc=None,
        dice_to_automatic=None,
        name="",
        time="",
        note=error.message,
    )


def open_session(study: Path, preset: str | None, changes: list[str] | None) -> Session:
    """Read a study file and its tables."""
    plan = make_plan(load_study(study, preset=preset, changes=changes or ()), study.parent)
    return Session(plan, study.parent)


def verify(study: Path, head: str) -> LogCheck:
    """Check the log beside a study file, and the mask files that it names."""
    folder = study.parent / REVIEW
    check = check_log(folder, head=head)
    if not check.intact:
        return check
    return replace(check, problems=tuple(check_masks(folder / MASKS, read_log(folder))))


def _status(place: ReviewPlace) -> StatusRow:
    state, last = place.state, place.state.decision
    return StatusRow(
        case=place.case,
        visit=place.visit,
        state=state.state,
        revision=state.revision if last else None,
        cc=last.cc_after if last else None,
        dice_to_automatic=last.dice_to_automatic if last else None,
        name=last.name if last else "",
        time=last.time if last else "",
        note=_note(place),
    )


def _note(place: ReviewPlace) -> str:
    last = place.state.decision
    if last is None:
        return "exported" if place.exam.is_dir() else ""
    notes = [last.reason] if last.reason else []
    notes += ["same person edited and confirmed"] if last.same_person else []
    try:
        require_unchanged(place.masks, place.state)
    except InputError as error:
        notes.append(error.message)
    return "; ".join(notes)
