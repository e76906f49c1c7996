"""One decision of a reader: its fields."""

from __future__ import annotations

from dataclasses import dataclass

ACTIONS = ("accept", "edit", "reject")
ROLES = ("editor", "confirmer")


@dataclass(frozen=True)
class Decision:
    """What one reader decided on one mask.

    Parameters
    ----------
    case, visit : str
        Running number and visit as they were called at the time.
    exam : str
        Folder of the exam's masks below the review folder.
    action : str
        ``accept``, ``edit`` or ``reject``.
    role : str
        ``editor`` or ``confirmer``.
    user, name : str
        Operating-system user, and the name that the reader typed.
    meaning, reason : str
        What the signature stands for, and why the decision was taken.
    time : str
        UTC, ISO 8601.
    revision : int
        The revision that the decision is about; 0 is the automatic mask.
    mask_before, mask_after : str
        SHA-256 of the mask files.
    source : str
        SHA-256 of the exam's files, by which an exam finds its decisions.
    voxels_added, voxels_removed : int
        Against the mask before.
    cc_before, cc_after : float
        Volumes, cm3.
    dice_to_automatic : float or None
        None if both masks are empty.
    same_person : bool
        Whether the confirmer also made the revision.
    software, parameters : str
        Version, and SHA-256 of the settings of the automatic mask.
    """

    case: str
    visit: str
    exam: str
    action: str
    role: str
    user: str
    name: str
    meaning: str
    reason: str
    time: str
    revision: int
    mask_before: str
    mask_after: str
    source: str
    voxels_added: int
    voxels_removed: int
    cc_before: float
    cc_after: float
    dice_to_automatic: float | None
    same_person: bool
    software: str
    parameters: str


def check_decision(decision: Decision) -> None:
    """Raise ``ValueError`` for an action or role that no decision has."""
    if decision.action not in ACTIONS or decision.role not in ROLES:
        raise ValueError("unknown action or role")
