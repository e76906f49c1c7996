"""The three decisions of a reader: an edited mask, a confirmation, a rejection."""

from __future__ import annotations

import datetime as dt
import getpass
import math
from dataclasses import dataclass, replace
from pathlib import Path

from kinephen import __version__
from kinephen.config.schema import Ftv
from kinephen.core.plain import hash_file, hash_json
from kinephen.core.volume import Mask
from kinephen.errors import InputError, UsageError
from kinephen.imaging.compare import overlap
from kinephen.io.hash_chain import Appender
from kinephen.io.review_decision import Decision
from kinephen.io.review_log import open_log
from kinephen.io.review_masks import (
    ExamState,
    exam_state,
    read_revision,
    require_unchanged,
    revision_path,
    revisions,
    write_revision,
)
from kinephen.io.segmentation import read_mask
from kinephen.study.review_place import ReviewPlace

AUTHORSHIP = "authorship: I edited this mask"
APPROVAL = "approval: I looked at the images and this mask is the lesion"
REFUSAL = "review: I looked at the images and this mask is not the lesion"


@dataclass(frozen=True)
class Signature:
    """Who decides, and what it means.

    Parameters
    ----------
    name : str
        As the reader types it; the operating-system user is recorded beside it.
    meaning : str
        Empty takes the usual one of the decision.
    reason : str
    """

    name: str
    meaning: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UsageError(
                "the reader's name is empty", code="review.name", hint="type it: --name 'A. Reader'"
            )
        try:
            "".join((self.name, self.meaning, self.reason)).encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                "name, meaning and reason must be Unicode text",
                code="review.name",
                hint="type them in a terminal that is set to UTF-8 (locale)",
            ) from error


def import_mask(
    place: ReviewPlace,
    path: Path,
    signature: Signature,
    *,
    settings: Ftv,
    segment: int | None = None,
    allow_empty: bool = False,
) -> Decision:
    """Take an edited mask as a new revision, to be confirmed.

    Parameters
    ----------
    place : ReviewPlace
        Of an exam that was exported.
    path : Path
        NIfTI file or DICOM segmentation; any order and direction of axes, but the exam's voxels.
    signature : Signature
    settings : Ftv
        Those of the automatic mask.
    segment : int, optional
        Label or segment that is the lesion, if there are several.
    allow_empty : bool
        Take an empty mask: no lesion is left.

    Returns
    -------
    Decision
        As it stands in the log.

    Raises
    ------
    InputError
        ``geometry.mismatch`` naming the difference, ``mask.*``, ``review.empty``, ``review.unchanged``.
    """
    automatic = read_revision(place.masks, 0)
    mask = replace(read_mask(path, automatic.geometry, segment=segment), source="reader")
    if not mask.voxels and not allow_empty:
        raise InputError(
            "the mask is empty",
            code="review.empty",
            where="mask file",
            hint="if no lesion is left, say so with --allow-empty",
        )
    with open_log(place.review) as log:
        before = exam_state(log.entries, place.source).revision
        draft = _compare(place, signature, settings, before=before, mask=mask, automatic=automatic)
        if not draft.voxels_added and not draft.voxels_removed:
            raise InputError(
                f"the mask is the same as revision {before}",
                code="review.unchanged",
                where="mask file",
                hint="nothing to import; kinephen review confirm takes it as it is",
            )
        number = revisions(place.masks)[-1] + 1
        written = write_revision(place.masks, number, mask)
        decision = replace(
            draft,
            action="edit",
            role="editor",
            meaning=signature.meaning or AUTHORSHIP,
            revision=number,
            mask_after=hash_file(written),
        )
        log.append(decision)
    return decision


def confirm(
    place: ReviewPlace, signature: Signature, *, settings: Ftv, revision: int | None = None
) -> Decision:
    """Sign that the revision which stands is the lesion.

    Parameters
    ----------
    place : ReviewPlace
    signature : Signature
    settings : Ftv
        Those of the automatic mask.
    revision : int, optional
        The revision that the reader looked at; by default the one that stood when `place` was read.

    Raises
    ------
    InputError
        ``review.missing`` if the exam was not exported, ``review.changed`` if the file is not the one
        that was imported, ``review.moved`` if another revision stands now.
    UsageError
        ``review.reason`` if it was rejected before and no reason is given.
    """
    with open_log(place.review) as log:
        state = _standing(place, log, revision)
        if state.state == "rejected" and not signature.reason.strip():
            raise UsageError(
                "the mask was rejected before",
                code="review.reason",
                hint="say with --reason why it stands now",
            )
        return _sign(place, log, state, signature, settings, action="accept")


def reject(
    place: ReviewPlace, signature: Signature, *, settings: Ftv, revision: int | None = None
) -> Decision:
    """Sign that the revision which stands is not the lesion; no features come from it any more.

    Raises
    ------
    InputError
        As `confirm`.
    UsageError
        ``review.reason`` without a reason.
    """
    if not signature.reason.strip():
        raise UsageError("a rejection needs a reason", code="review.reason", hint="give --reason")
    with open_log(place.review) as log:
        state = _standing(place, log, revision)
        return _sign(place, log, state, signature, settings, action="reject")


def _standing(place: ReviewPlace, log: Appender[Decision], seen: int | None) -> ExamState:
    """Return the state to be signed, after checking that it is what the reader looked at."""
    state = exam_state(log.entries, place.source)
    wanted = place.state.revision if seen is None else seen
    if state.revision != wanted:
        raise InputError(
            f"revision {state.revision} stands now, not revision {wanted}",
            code="review.moved",
            where=place.name,
            hint="export the exam again and look at the new mask",
        )
    require_unchanged(place.masks, state)
    return state


def _sign(
    place: ReviewPlace,
    log: Appender[Decision],
    state: ExamState,
    signature: Signature,
    settings: Ftv,
    *,
    action: str,
) -> Decision:
    mask, automatic = (read_revision(place.masks, n) for n in (state.revision, 0))
    usual = APPROVAL if action == "accept" else REFUSAL
    draft = _compare(place, signature, settings, before=state.revision, mask=mask, automatic=automatic)
    decision = replace(
        draft,
        action=action,
        role="confirmer",
        meaning=signature.meaning or usual,
        same_person=_same_person(state.editor, draft),
    )
    log.append(decision)
    return decision


def _compare(
    place: ReviewPlace, signature: Signature, settings: Ftv, *, before: int, mask: Mask, automatic: Mask
) -> Decision:
    """Return a decision with every measure of the mask; action, role and meaning are the caller's."""
    old = read_revision(place.masks, before)
    volume = mask.geometry.voxel_volume_mm3
    change = overlap(old.array, mask.array, voxel_volume_mm3=volume)
    dice = overlap(automatic.array, mask.array, voxel_volume_mm3=volume).dice
    digest = hash_file(revision_path(place.masks, before))
    return Decision(
        case=place.case,
        visit=place.visit,
        exam=place.name,
        action="",
        role="",
        user=getpass.getuser(),
        name=" ".join(signature.name.split()),
        meaning="",
        reason=signature.reason.strip(),
        time=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        revision=before,
        mask_before=digest,
        mask_after=digest,
        source=place.source,
        voxels_added=change.second_only,
        voxels_removed=change.first_only,
        cc_before=change.first_cc,
        cc_after=change.second_cc,
        dice_to_automatic=None if math.isnan(dice) else dice,
        same_person=False,
        software=__version__,
        parameters=hash_json(settings.model_dump(mode="json")),
    )


def _same_person(editor: Decision | None, now: Decision) -> bool:
    if editor is None:
        return False
    return editor.user == now.user or editor.name.casefold() == now.name.casefold()
