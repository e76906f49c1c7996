"""A log of JSON lines, appended only, each bound to the one before by its hash.

Every line holds the SHA-256 of its own content and that of the line before, so a line that is changed,
removed or put elsewhere is found; ``head.json`` holds the number of lines and the last hash, so lines that
are cut off at the end are found as well. Who can write to the folder can also write a whole new chain: keep
the last hash elsewhere (`Chain.check` takes it) where that matters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from kinephen.core.plain import write_json
from kinephen.errors import InputError
from kinephen.io.file_lock import LOCK, locked
from kinephen.io.hash_line import digest, entry_of, parse_line, to_line

HEAD = "head.json"
FIRST = "0" * 64
"""Stands for the hash of the line before the first."""

T = TypeVar("T")


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


class Appender(Generic[T]):
    """Adds entries while the log is locked; `entries` are all that are in it."""

    def __init__(self, path: Path, entries: tuple[T, ...], head: str) -> None:
        self.entries = entries
        self._path = path
        self._head = head

    def append(self, entry: T) -> None:
        """Write one line to disk, then the new head."""
        line, self._head = to_line(entry, number=len(self.entries) + 1, previous=self._head)
        with self._path.open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(line + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        self.entries = (*self.entries, entry)
        write_json(self._path.with_name(HEAD), {"lines": len(self.entries), "hash": self._head})


@dataclass(frozen=True)
class Chain(Generic[T]):
    """What a log holds and how it is called.

    Parameters
    ----------
    file : str
        Name of the file in its folder.
    kind : type
        Frozen dataclass of plain fields, one instance a line.
    check : callable
        Raises ``ValueError`` for an entry whose fields have the right types and wrong contents.
    code, what, hint : str
        Of the error when the log is not as it was written.
    former : mapping of str to str
        Names of fields that earlier versions wrote, and what they are called now.
    """

    file: str
    kind: type[T]
    check_entry: Callable[[T], None]
    code: str
    what: str
    hint: str
    former: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self, folder: Path) -> Iterator[Appender[T]]:
        """Lock the log of a folder while the block runs, and check it before anything is added.

        Raises
        ------
        InputError
            If the log is not as it was written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / LOCK):
            found = self._read(folder)
            self._require_intact(found.check)
            yield Appender(folder / self.file, found.entries, found.check.head)

    def read(self, folder: Path) -> tuple[T, ...]:
        """Return all entries, none if there is no log.

        Raises
        ------
        InputError
            If the log is not as it was written.
        """
        return tuple(entry for entry, _ in self.read_hashed(folder))

    def read_hashed(self, folder: Path) -> tuple[tuple[T, str], ...]:
        """Return all entries, each with the hash of its line; raises as `read`."""
        found = self._read(folder)
        self._require_intact(found.check)
        return tuple(zip(found.entries, found.hashes, strict=True))

    def check(self, folder: Path, *, head: str = "") -> LogCheck:
        """Check every line of a log.

        Parameters
        ----------
        folder : Path
        head : str, optional
            Hash of a line that was noted elsewhere; the log must hold it.
        """
        found = self._read(folder)
        if head and head != FIRST and head not in found.hashes:
            problem = "no line has the given hash: lines were cut off or the log was written anew"
            return LogCheck(found.check.lines, found.check.head, (*found.check.problems, problem))
        return found.check

    def _read(self, folder: Path) -> _Content[T]:
        # The head is read first: a line that another process adds in between then stands beyond it.
        head, problems = _head(folder)
        entries: list[T] = []
        hashes: list[str] = []
        lines = _lines(folder / self.file)
        for number, text in enumerate(lines, start=1):
            try:
                record = parse_line(text, self.kind, self.former)
                entry = entry_of(record, self.kind, self.former)
                self.check_entry(entry)
            except ValueError as error:
                problems.append(f"line {number}: {error}")
                hashes.append("")
                continue
            entries.append(entry)
            previous = hashes[-1] if hashes else FIRST
            problems += _against_line(record, number, previous)
            hashes.append(str(record["hash"]))
        problems += _against_head(head, hashes)
        last = hashes[-1] if hashes else FIRST
        return _Content(tuple(entries), tuple(hashes), LogCheck(len(lines), last, tuple(problems)))

    def _require_intact(self, check: LogCheck) -> None:
        if not check.intact:
            raise InputError(
                f"the {self.what} is not as it was written: {check.problems[0]}",
                code=self.code,
                where=self.file,
                hint=self.hint,
            )


@dataclass(frozen=True)
class _Content(Generic[T]):
    entries: tuple[T, ...]
    hashes: tuple[str, ...]
    check: LogCheck


def _against_line(record: dict[str, object], number: int, previous: str) -> list[str]:
    problems = []
    if digest({k: v for k, v in record.items() if k != "hash"}) != record["hash"]:
        problems.append(f"line {number}: its content is not what its hash says")
    if record["line"] != number or (previous and record["previous"] != previous):
        problems.append(f"line {number}: does not follow the line before it")
    return problems


def _head(folder: Path) -> tuple[tuple[int, str] | None, list[str]]:
    path = folder / HEAD
    if not path.is_file():
        return None, []
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        return (int(head["lines"]), str(head["hash"])), []
    except (ValueError, KeyError, TypeError, RecursionError):
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


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    text = path.read_bytes().decode("utf-8", errors="replace")
    return text.removesuffix("\n").split("\n") if text else []
