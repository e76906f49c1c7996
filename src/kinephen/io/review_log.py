"""The decision log of readers, a hash chain below the review folder.

The design supports an audit trail in the manner of 21 CFR 11.10(e) and 11.50; passwords are out of its scope.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from kinephen.io.hash_chain import Appender, Chain, LogCheck
from kinephen.io.review_decision import Decision, check_decision

LOG = "decisions.jsonl"
_CHAIN = Chain(
    LOG,
    Decision,
    check_decision,
    "review.log",
    "decision log",
    "kinephen review verify-log lists every problem; restore the log from a copy",
)


def open_log(folder: Path) -> AbstractContextManager[Appender[Decision]]:
    """Lock the log of a review folder while the block runs, and check it before anything is added.

    Raises
    ------
    InputError
        ``review.log`` if the log is not as it was written.
    """
    return _CHAIN.open(folder)


def read_log(folder: Path) -> tuple[Decision, ...]:
    """Return all decisions, none if there is no log.

    Raises
    ------
    InputError
        ``review.log`` if the log is not as it was written.
    """
    return _CHAIN.read(folder)


def read_hashed_log(folder: Path) -> tuple[tuple[Decision, str], ...]:
    """Return all decisions, each with the hash of its line; raises as `read_log`."""
    return _CHAIN.read_hashed(folder)


def check_log(folder: Path, *, head: str = "") -> LogCheck:
    """Check every line of a log; `head` is the hash of a line that was noted elsewhere."""
    return _CHAIN.check(folder, head=head)
