"""What this program has written in a folder, by name, so that it removes its own files and no others.

The record lies in the folder as ``written.json``. Names stand there in parts, one for each writer; what a
part had before and has no longer is removed, since it would show old numbers. What no record names stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from kinephen.core.plain import read_json, write_json

FILE = "written.json"


@dataclass(frozen=True)
class Written:
    """The record of a folder.

    Parameters
    ----------
    parts : dict of str to tuple of str
        Part to names of files, relative to the folder, with ``/``.
    key : str
        Salted hash of the table of case numbers that the report belongs to; empty where none is known.
    """

    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    key: str = ""

    @property
    def names(self) -> set[str]:
        """All names."""
        return {n for names in self.parts.values() for n in names}


def read_written(out: Path) -> Written:
    """Return the record of a folder; an empty one where there is none that can be read."""
    try:
        found = read_json(out / FILE)
        parts = {str(p): tuple(str(n) for n in names) for p, names in found["parts"].items()}
        return Written(parts, str(found["key"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Written()


def write_written(out: Path, written: Written) -> None:
    """Write the record of a folder."""
    parts = {part: sorted(names) for part, names in sorted(written.parts.items())}
    write_json(out / FILE, {"key": written.key, "parts": parts})


@contextmanager
def owned(out: Path, part: str, names: Iterable[str]) -> Iterator[None]:
    """Record `names` as the files of `part`, which the block writes; what it had before goes at the end.

    New names are recorded before they are written, so that nothing is forgotten where the block is stopped;
    one that is there already without being recorded may be another's until it has been replaced.
    """
    new = set(names)
    written = read_written(out)
    before = set(written.parts.get(part, ()))
    _record(out, part, before | {n for n in new if not (out / n).exists()})
    yield
    elsewhere = {n for p, others in written.parts.items() if p != part for n in others}
    _remove(out, before - new - elsewhere)
    _record(out, part, new)


def remove_written(out: Path) -> None:
    """Remove every file that the record of a folder names; the record names none after."""
    written = read_written(out)
    _remove(out, written.names)
    write_written(out, replace(written, parts={}))


def _record(out: Path, part: str, names: set[str]) -> None:
    written = read_written(out)
    write_written(out, replace(written, parts={**written.parts, part: tuple(names)}))


def _remove(out: Path, names: set[str]) -> None:
    root = out.resolve()
    for name in sorted(names):
        path = out / name
        inside = ".." not in PurePosixPath(name).parts and path.parent.resolve().is_relative_to(root)
        if inside and path.is_file():
            path.unlink(missing_ok=True)
