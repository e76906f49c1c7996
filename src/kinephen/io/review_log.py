"""The decision log of readers: JSON lines, appended only, each bound to the one before by its hash.

Every line holds the SHA-256 of its own content and that of the line before, so a line that is changed,
removed or put elsewhere is found; ``head.json`` holds the number of lines and the last hash, so lines that
are cut off at the end are found as well. Who can write to the folder can also write a whole new chain: keep
the last hash elsewhere (`verify` takes it) where that matters. The design supports an audit trail in the
manner of 21 CFR 11.10(e) and 11.50; passwords are out of its scope.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.files import write_json
from kinephen.io.review_decision import Decision, decision_of, digest, parse_line, to_line

LOG = "decisions.jsonl"
HEAD = "head.json"
LOCK = ".lock"
FIRST = "0" * 64
"""Stands for the hash of the line before the first."""


@dataclass(frozen=True)
class LogCheck:
    """What checking a log found: number of lines, hash of the last one, and every problem in words."""

    lines: int
    head: str
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


class Appender:
    """Adds decisions while the log is locked; `decisions` are all that are in it."""

    def __init__(self, folder: Path, decisions: tuple[Decision, ...], head: str) -> None:
        self.decisions = decisions
        self._folder = folder
        self._head = head

    def append(self, decision: Decision) -> None:
        """Write one line to disk, then the new head."""
        line, self._head = to_line(decision, number=len(self.decisions) + 1, previous=self._head)
        with (self._folder / LOG).open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(line + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        self.decisions = (*self.decisions, decision)
        write_json(self._folder / HEAD, {"lines": len(self.decisions), "hash": self._head})


@contextmanager
def open_log(folder: Path) -> Iterator[Appender]:
    """Lock the log of a review folder while the block runs, and check it before anything is added.

    Raises
    ------
    InputError
        ``review.log`` if the log is not as it was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / LOCK):
        found = _read(folder)
        _require_intact(found.check)
        yield Appender(folder, found.decisions, found.check.head)


def read_log(folder: Path) -> tuple[Decision, ...]:
    """Return all decisions, none if there is no log.

    Raises
    ------
    InputError
        ``review.log`` if the log is not as it was written.
    """
    found = _read(folder)
    _require_intact(found.check)
    return found.decisions


def read_hashed_log(folder: Path) -> tuple[tuple[Decision, str], ...]:
    """Return all decisions, each with the hash of its line; raises as `read_log`."""
    found = _read(folder)
    _require_intact(found.check)
    return tuple(zip(found.decisions, found.hashes, strict=True))


def check_log(folder: Path, *, head: str = "") -> LogCheck:
    """Check every line of a log.

    Parameters
    ----------
    folder : Path
        The review folder.
    head : str, optional
        Hash of a line that was noted elsewhere; the log must hold it.

    Returns
    -------
    LogCheck
    """
    found = _read(folder)
    if head and head != FIRST and head not in found.hashes:
        problem = "no line has the given hash: lines were cut off or the log was written anew"
        return LogCheck(found.check.lines, found.check.head, (*found.check.problems, problem))
    return found.check


@dataclass(frozen=True)
class _Content:
    decisions: tuple[Decision, ...]
    hashes: tuple[str, ...]
    check: LogCheck


def _read(folder: Path) -> _Content:
    # The head is read first: a line that another process adds in between then stands beyond it.
    head, problems = _head(folder)
    decisions: list[Decision] = []
    hashes: list[str] = []
    lines = _lines(folder)
    for number, text in enumerate(lines, start=1):
        try:
            record = parse_line(text)
            decisions.append(decision_of(record))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            hashes.append("")
            continue
        previous = hashes[-1] if hashes else FIRST
        if digest({k: v for k, v in record.items() if k != "hash"}) != record["hash"]:
            problems.append(f"line {number}: its content is not what its hash says")
        if record["line"] != number or (previous and record["previous"] != previous):
            problems.append(f"line {number}: does not follow the line before it")
        hashes.append(str(record["hash"]))
    problems += _against_head(head, hashes)
    last = hashes[-1] if hashes else FIRST
    return _Content(tuple(decisions), tuple(hashes), LogCheck(len(lines), last, tuple(problems)))


def _head(folder: Path) -> tuple[tuple[int, str] | None, list[str]]:
    path = folder / HEAD
    if not path.is_file():
        return None, []
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        return (int(head["lines"]), str(head["hash"])), []
    except (ValueError, KeyError, TypeError):
        return (0, FIRST), [f"{HEAD} is damaged"]


def _against_head(head: tuple[int, str] | None, hashes: list[str]) -> list[str]:
    if head is None:
        # It is written after the first line, so a crash may leave one line without it.
        return [f"{HEAD} is missing"] if len(hashes) > 1 else []
    count, last = head
    if count > len(hashes):
        return [f"{count - len(hashes)} line(s) at the end are missing"]
    if count < 0 or (hashes[count - 1] if count else FIRST) != last:
        return [f"{HEAD} does not belong to this log"]
    return []


def _lines(folder: Path) -> list[str]:
    path = folder / LOG
    if not path.is_file():
        return []
    text = path.read_bytes().decode("utf-8", errors="replace")
    return text.removesuffix("\n").split("\n") if text else []


def _require_intact(check: LogCheck) -> None:
    if not check.intact:
        raise InputError(
            f"the decision log is not as it was written: {check.problems[0]}",
            code="review.log",
            where=LOG,
            hint="kinephen review verify-log lists every problem; restore the log from a copy",
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    """Wait until no other process holds the file; the lock goes when the file is closed."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
