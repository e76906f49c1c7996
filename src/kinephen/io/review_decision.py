"""One decision of a reader: its fields, its line of JSON and its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args, get_type_hints

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


_KINDS: dict[str, tuple[type, ...]] = {
    name: get_args(hint) or (hint,) for name, hint in get_type_hints(Decision).items()
}
_FIELDS = {*_KINDS, "line", "previous", "hash"}


def to_line(decision: Decision, *, number: int, previous: str) -> tuple[str, str]:
    """Return the line of a decision, without a line end, and its hash."""
    content = {**asdict(decision), "line": number, "previous": previous}
    own = digest(content)
    return json.dumps({**content, "hash": own}, ensure_ascii=False, allow_nan=False), own


def parse_line(text: str) -> dict[str, Any]:
    """Return the fields of a line; ``ValueError`` says what is wrong with it."""
    try:
        record = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON, perhaps cut off while it was written") from error
    if not isinstance(record, dict):
        raise ValueError("not a decision")
    if set(record) != _FIELDS:
        odd = ", ".join(sorted(map(str, set(record) ^ _FIELDS))[:3])
        raise ValueError(f"missing or unknown field(s): {odd}")
    # Hashes are of the content; this finds what parsing hides, such as a field that is given twice.
    if json.dumps(record, ensure_ascii=False) != text:
        raise ValueError("not written as kinephen writes it")
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def decision_of(record: Mapping[str, Any]) -> Decision:
    """Return the decision of a parsed line; ``ValueError`` if a field has a wrong type or word."""
    for name, kinds in _KINDS.items():
        value = record[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ValueError(f"field {name} has a value of the wrong type")
    if record["action"] not in ACTIONS or record["role"] not in ROLES:
        raise ValueError("unknown action or role")
    return Decision(**{name: record[name] for name in _KINDS})


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the fields of a line without its own hash."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
