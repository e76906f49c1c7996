"""What a reader opened and listed, so that later it can be told whether any of it has changed.

The doors of this room (`kinephen.io.files.walk_files`, the readers of manifests, sidecars and NIfTI files)
note each path before they look at it; whoever reads an exam collects the notes with `recording`. Nobody lists
a folder a second time to guess what a reader may have used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

State = tuple[str, int, int, int, int]
"""Where a path leads behind all links, size (0 of a folder), time of change of content and of entry (ns),
and number of the file; an absent file has only the first."""
TICK_NS = 2_000_000_000
"""Coarsest clock of a file system (FAT). What was changed so shortly before it was read could be changed once
more and bear the same time."""


@dataclass(frozen=True)
class ExamSources:
    """The files of an exam.

    Parameters
    ----------
    roles : dict of str to str
        Path to what it was read as: ``"phase 0"``, ``"sidecar"``, ``"manifest"``, ``"folder"`` (its names
        decide), ``"file"`` (looked at).
    states : dict of str to State
        State of each path before it was read.
    taken_ns : int
        When reading began.
    """

    roles: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    taken_ns: int = 0

    @property
    def settled(self) -> bool:
        """Whether a later change of any file would show in its state."""
        return all(state[3] < self.taken_ns - TICK_NS for state in self.states.values())

    def of(self, role: str) -> tuple[Path, ...]:
        """Return the paths that were read as `role`."""
        return tuple(Path(path) for path, found in self.roles.items() if found == role)


_NOTES: ContextVar[ExamSources | None] = ContextVar("sources", default=None)


@contextmanager
def recording() -> Iterator[ExamSources]:
    """Collect what is opened and listed while the block runs."""
    found = ExamSources(taken_ns=time.time_ns())
    token = _NOTES.set(found)
    try:
        yield found
    finally:
        _NOTES.reset(token)


def opened(path: Path, role: str = "file") -> None:
    """Note a file that is going to be read, or asked for; a role stands over ``"file"``."""
    notes = _NOTES.get()
    if notes is None:
        return
    name = os.path.abspath(path)
    if name not in notes.states:
        notes.states[name] = state_of(name)
    if role != "file" or name not in notes.roles:
        notes.roles[name] = role


def listed(folder: Path) -> None:
    """Note a folder whose names are going to be listed."""
    opened(folder, "folder")


def state_of(path: str) -> State:
    """Return the state of a path, behind links."""
    target = os.path.realpath(path)
    try:
        found = os.stat(target)
    except OSError:
        return (target, -1, 0, 0, 0)
    size = found.st_size if os.path.isfile(target) else 0
    return (target, size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
