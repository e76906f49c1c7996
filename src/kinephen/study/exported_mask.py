"""The reviewed mask of an exam that is exported, and what its objects say of the review."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kinephen.errors import InputError, UsageError
from kinephen.io.review_log import read_hashed_log
from kinephen.io.review_masks import exam_state
from kinephen.io.review_note import ReviewNote, review_note
from kinephen.records.one_exam import Decided
from kinephen.study.fingerprint import Fingerprints
from kinephen.study.one_exam import Measured
from kinephen.study.review_gate import MaskChoice, choose_mask
from kinephen.study.review_place import CACHE


@dataclass(frozen=True)
class ReviewedMask:
    """The mask that stands after the readers' decisions; without a path the automatic one."""

    choice: MaskChoice
    note: ReviewNote | None = None

    def recorded(self, result: Measured) -> Measured:
        """Return the result with the decision in its record, without anything that a reader typed."""
        if self.note is None:
            return result
        typed = {"name": None, "meaning": None, "edited_by": None}
        review = result.record.review.model_copy(update=typed)
        decision = Decided.model_validate(self.note.to_dict())
        return replace(
            result, record=result.record.model_copy(update={"review": review, "decision": decision})
        )


def mask_to_export(
    exam: Path, given: MaskChoice, review: Path | None, *, manifest: Path | None, with_name: bool
) -> ReviewedMask:
    """Return the given mask, or the one that stands in the review folder.

    Parameters
    ----------
    exam : Path
    given : MaskChoice
        Without a path none is given.
    review, manifest, with_name
        As `reviewed_mask`.

    Raises
    ------
    UsageError
        ``export.mask`` if both are given, ``export.reader_name`` without a review.
    InputError
        As `reviewed_mask`.
    """
    if given.path is not None and review is not None:
        raise UsageError(
            "both --mask and --review name a mask",
            code="export.mask",
            hint="import the mask with kinephen review import, then export with --review",
        )
    if with_name and review is None:
        raise UsageError(
            "--reader-name needs --review",
            code="export.reader_name",
            hint="give the review folder, or leave out --reader-name",
        )
    if review is None:
        return ReviewedMask(given)
    return reviewed_mask(review, exam, manifest=manifest, with_name=with_name)


def reviewed_mask(review: Path, exam: Path, *, manifest: Path | None, with_name: bool) -> ReviewedMask:
    """Return the mask that stands in a review folder for an exam, recognised by its images.

    Parameters
    ----------
    review : Path
        Folder of the decisions, beside the study file.
    exam : Path
    manifest : Path, optional
        The user's word on its phases.
    with_name : bool
        Give the typed name of the reader.

    Raises
    ------
    InputError
        ``path.missing``; ``review.rejected``, ``review.missing``, ``review.log``.
    """
    if not review.is_dir():
        raise InputError(
            "no such folder",
            code="path.missing",
            where="review folder",
            hint="it is named review and stands beside the study file",
        )
    source = Fingerprints(review / CACHE).of(exam, manifest).images
    choice = choose_mask(review, source, None, allow_unreviewed=True)
    hashed = read_hashed_log(review)
    state = exam_state([decision for decision, _ in hashed], source)
    return ReviewedMask(choice, review_note(state, choice.review.state, hashed, with_name=with_name))
