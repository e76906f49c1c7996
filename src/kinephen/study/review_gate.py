"""Which mask of an exam is used, and whether a reader has confirmed it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.errors import InputError, UsageError
from kinephen.io.review_log import read_log
from kinephen.io.review_masks import ExamState, exam_state, require_unchanged, revision_path
from kinephen.records.lesion import Review, ReviewState

MASKS = "masks"
READER = "reader's mask"
"""Source of a mask that is given for one exam."""


@dataclass(frozen=True, kw_only=True)
class MaskChoice:
    """The mask that stands for the lesion.

    Parameters
    ----------
    path : Path, optional
        None for the largest component of the functional tumour volume.
    source : str
        Where a given mask comes from, for the tables.
    review : Review
        What the readers decided.
    issues : tuple of Issue
        What the output has to say of it.
    label : int, optional
        Of a given mask: the label or segment that is the lesion; needed only if there are several.
    """

    path: Path | None = None
    source: str = "file"
    review: Review = field(default_factory=Review)
    issues: tuple[Issue, ...] = ()
    label: int | None = None

    @property
    def confirmed(self) -> bool:
        """Whether a reader has confirmed this very mask."""
        return self.review.state == "confirmed"


def given_mask(path: Path | None, label: int | None) -> MaskChoice:
    """Return the mask that a reader gave for one exam; without a path the automatic one.

    Raises
    ------
    UsageError
        ``mask.label`` for a label without a mask.
    """
    if path is None and label is not None:
        raise UsageError(
            f"--mask-label {label} names a label of no mask",
            code="mask.label",
            hint="give the mask with --mask, or leave out --mask-label",
        )
    return MaskChoice() if path is None else MaskChoice(path=path, source=READER, label=label)


def choose_mask(review: Path | None, exam: str, given: Path | None, *, allow_unreviewed: bool) -> MaskChoice:
    """Return the mask of an exam after the readers' decisions.

    Parameters
    ----------
    review : Path or None
        The review folder, if there is one.
    exam : str
        SHA-256 of the exam's images, by which its decisions are found.
    given : Path or None
        Mask of the exam list, used where nobody decided.
    allow_unreviewed : bool
        Also return a mask that no reader has confirmed, or that was changed after that; it carries an issue.

    Raises
    ------
    InputError
        ``review.unreviewed`` and ``review.changed`` unless allowed; always ``review.rejected``,
        ``review.missing``, and ``review.log`` if the log was tampered with.
    """
    state = ExamState("open") if review is None else exam_state(read_log(review), exam)
    if review is None or state.decision is None:
        return _unreviewed(MaskChoice(path=given), "no reader has confirmed the mask", allow_unreviewed)
    if state.state == "rejected":
        raise InputError(
            "a reader rejected the mask",
            code="review.rejected",
            hint="the reason stands in the review log (`kinephen review status`); import an edited mask and "
            "have it confirmed, or take the exam out of the exam list",
        )
    return _decided(review / MASKS / state.decision.exam, state, allow_unreviewed)


def _decided(masks: Path, state: ExamState, allow: bool) -> MaskChoice:
    path = revision_path(masks, state.revision)
    found: ReviewState = "confirmed" if state.state == "confirmed" else "edited"
    issues = _notes(state)
    try:
        require_unchanged(masks, state)
    except InputError as error:
        if error.code != "review.changed" or not allow:
            raise
        found, issues = "changed", (Issue("mask.changed", error.message, "mask", level="warning"),)
    source = f"review, revision {state.revision}"
    choice = MaskChoice(path=path, source=source, review=_record(found, state), issues=issues)
    if state.state == "edited":
        return _unreviewed(choice, "a reader edited the mask, nobody has confirmed it", allow)
    return choice


def _unreviewed(choice: MaskChoice, text: str, allow: bool) -> MaskChoice:
    if not allow:
        raise InputError(
            f"{text}, and features.allow_unreviewed is false",
            code="review.unreviewed",
            hint="kinephen review export, import and confirm; or allow unreviewed masks",
        )
    issues = (*choice.issues, Issue("mask.unreviewed", text, "mask", level="warning"))
    return replace(choice, issues=issues)


def _notes(state: ExamState) -> tuple[Issue, ...]:
    if state.decision is None or not state.decision.same_person:
        return ()
    return (Issue("mask.same_person", "the mask was confirmed by the person who edited it", "mask"),)


def _record(found: ReviewState, state: ExamState) -> Review:
    decision = state.decision
    assert decision is not None
    return Review(
        state=found,
        revision=state.revision,
        mask_sha256=state.mask_hash,
        name=decision.name,
        role=decision.role,
        meaning=decision.meaning,
        time=decision.time,
        edited_by=state.editor.name if state.editor else None,
    )
