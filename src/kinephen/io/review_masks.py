"""Mask files of the readers: one a revision, never overwritten; and the state that the log gives an exam."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinephen.core.files import atomic_path
from kinephen.core.plain import hash_file
from kinephen.core.volume import Mask
from kinephen.errors import InputError
from kinephen.io.file_lock import LOCK, locked
from kinephen.io.nifti import read_nifti_mask, read_volume, write_mask
from kinephen.io.review_decision import Decision

State = Literal["open", "edited", "confirmed", "rejected"]
_NAME = re.compile(r"^rev-(\d{3,})\.nii\.gz$")


@dataclass(frozen=True)
class ExamState:
    """Where an exam stands.

    Parameters
    ----------
    state : str
        ``open`` (nobody decided), ``edited`` (waits for a confirmer), ``confirmed`` or ``rejected``.
    revision : int
        The revision that stands.
    mask_hash : str
        SHA-256 that its file must have; empty while nobody decided.
    decision : Decision, optional
        The last one.
    editor : Decision, optional
        The one that made the revision; None for the automatic mask.
    """

    state: State
    revision: int = 0
    mask_hash: str = ""
    decision: Decision | None = None
    editor: Decision | None = None


def exam_state(decisions: Sequence[Decision], source: str) -> ExamState:
    """Return the state of the exam whose images have the hash `source`."""
    own = [d for d in decisions if d.source == source]
    if not own:
        return ExamState("open")
    last = own[-1]
    states: dict[str, State] = {"accept": "confirmed", "edit": "edited", "reject": "rejected"}
    editors = [d for d in own if d.action == "edit" and d.revision == last.revision]
    return ExamState(
        states[last.action], last.revision, last.mask_after, last, editors[-1] if editors else None
    )


def exam_folder(case: str, visit: str, source: str) -> str:
    """Return the name of an exam's folder: label for people, hash so that it never means another exam."""
    return f"{case}-{visit}-{source[:8]}"


def revision_path(masks: Path, revision: int) -> Path:
    """Return ``rev-000.nii.gz`` (the automatic mask), ``rev-001.nii.gz``, ..."""
    return masks / f"rev-{revision:03d}.nii.gz"


def revisions(masks: Path) -> list[int]:
    """Return the revisions that exist, ascending."""
    if not masks.is_dir():
        return []
    return sorted(int(m[1]) for p in masks.iterdir() if (m := _NAME.match(p.name)))


def write_revision(masks: Path, revision: int, mask: Mask) -> Path:
    """Write a new revision.

    Raises
    ------
    InputError
        ``review.exists`` if there is one of that number: nothing is ever overwritten.
    """
    final = revision_path(masks, revision)
    masks.mkdir(parents=True, exist_ok=True)
    draft = masks / f".new-{os.getpid()}-{final.name}"
    try:
        write_mask(draft, mask)
        _claim(draft, final)
    except FileExistsError as error:
        raise InputError(
            f"revision {revision} exists already", code="review.exists", where="review folder"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(draft.name.replace(".nii.gz", ".json")).unlink(missing_ok=True)
    final.chmod(0o444)
    return final


def read_revision(masks: Path, revision: int) -> Mask:
    """Read a revision on its own grid."""
    path = _existing(masks, revision)
    return read_nifti_mask(path, read_volume(path).geometry)


def require_unchanged(masks: Path, state: ExamState) -> Path:
    """Return the file of the revision that stands.

    Raises
    ------
    InputError
        ``review.missing``, or ``review.changed`` if the file is not the one that the log names.
    """
    path = _existing(masks, state.revision)
    if state.mask_hash and hash_file(path) != state.mask_hash:
        raise InputError(
            f"the mask file of revision {state.revision} was changed after the decision on it",
            code="review.changed",
            where=masks.name,
            hint="restore it from a copy, or import a mask as a new revision",
        )
    return path


def check_masks(masks: Path, decisions: Sequence[Decision]) -> list[str]:
    """Return what is wrong with the mask files that a log names, in words.

    Parameters
    ----------
    masks : Path
        Folder of all exams' masks.
    decisions : sequence of Decision
        The log.
    """
    expected = {(d.exam, d.revision): d.mask_after for d in decisions}
    problems = []
    for (exam, revision), digest in sorted(expected.items()):
        path = revision_path(masks / exam, revision)
        if not path.is_file():
            problems.append(f"{exam}: mask file of revision {revision} is missing")
        elif hash_file(path) != digest:
            problems.append(f"{exam}: mask file of revision {revision} was changed")
    return problems


def copy_mask(source: Path, target: Path) -> None:
    """Copy a mask to a file that a reader may edit."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(source.read_bytes())


def _claim(draft: Path, final: Path) -> None:
    """Give a file its final name; unlike a rename this fails where the name is taken."""
    try:
        os.link(draft, final)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: a kill at any moment leaves no half mask
        with locked(final.with_name(LOCK)):
            if final.exists():
                raise FileExistsError(final.name) from None
            draft.replace(final)


def _existing(masks: Path, revision: int) -> Path:
    path = revision_path(masks, revision)
    if not path.is_file():
        raise InputError(
            f"mask file of revision {revision} is missing",
            code="review.missing",
            where=masks.name,
            hint="restore it from a copy" if revision else "run kinephen review export first",
        )
    return path
