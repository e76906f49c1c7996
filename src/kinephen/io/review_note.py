"""What an exported object says of the review of its mask; the reader is named only where asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kinephen.io.review_decision import Decision
from kinephen.io.review_masks import ExamState

UNREVIEWED = "not reviewed: no reader has confirmed this mask"
_NO_NAME = re.compile(r"[\\^=\x00-\x1f\x7f]")
_LONGEST_NAME = 63


@dataclass(frozen=True)
class ReviewNote:
    """The decision that stands on a mask.

    Parameters
    ----------
    state : str
        ``confirmed``, ``edited`` (waits for a confirmer) or ``changed`` (the file differs from the decision).
    decision : Decision
        The last one on the exam.
    chain_sha256 : str
        Hash of the decision's line in the log, which the next line holds too.
    drawn_by_hand : bool
        Whether the mask shares no voxel with the automatic one, so that no algorithm had a part in it.
    with_name : bool
        Whether to give the name that the reader typed, instead of the role.
    """

    state: str
    decision: Decision
    chain_sha256: str
    drawn_by_hand: bool = False
    with_name: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether a reader has confirmed this very mask."""
        return self.state == "confirmed"

    @property
    def moment(self) -> datetime:
        """Time of the decision, UTC."""
        return datetime.fromisoformat(self.decision.time)

    def to_dict(self) -> dict[str, str | int | bool]:
        """Return the note as plain fields, without anything that the reader typed."""
        return {
            "state": self.state,
            "revision": self.decision.revision,
            "role": self.decision.role,
            "time": self.decision.time,
            "same_person": self.decision.same_person,
            "mask_sha256": self.decision.mask_after,
            "decision_sha256": self.chain_sha256,
        }

    def person(self) -> str:
        """Return the reader as a DICOM person name: ``Reader^Confirmer``, or the typed name if asked for."""
        typed = " ".join(_NO_NAME.sub(" ", self.decision.name).split())[:_LONGEST_NAME]
        return f"{typed}^" if self.with_name and typed else f"Reader^{self.decision.role.capitalize()}"

    def text(self) -> str:
        """Return one sentence with state, revision, time and hashes, which leads to the line of the log."""
        states = {
            "confirmed": "confirmed by a reader",
            "edited": "edited by a reader, not confirmed",
            "changed": "not reviewed: the file was changed after the decision",
        }
        d = self.decision
        same = ", who also edited it" if d.same_person and self.confirmed else ""
        return (
            f"{states[self.state]}{same}; revision {d.revision}, {d.role}, {d.time}; "
            f"mask SHA-256 {d.mask_after}; decision SHA-256 {self.chain_sha256}"
        )


def review_note(
    state: ExamState, found: str, hashed: tuple[tuple[Decision, str], ...], *, with_name: bool
) -> ReviewNote | None:
    """Return the note on an exam's mask; None if nobody decided.

    Parameters
    ----------
    state : ExamState
    found : str
        State of the mask after its file was compared with the log.
    hashed : tuple of (Decision, str)
        The log, with the hash of each line.
    with_name : bool
    """
    if state.decision is None:
        return None
    chain = next(digest for decision, digest in reversed(hashed) if decision == state.decision)
    by_hand = state.editor is not None and state.editor.dice_to_automatic == 0.0
    return ReviewNote(found, state.decision, chain, by_hand, with_name)
