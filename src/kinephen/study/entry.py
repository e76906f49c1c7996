"""One entry of the store: its files with their checksums, and by what it was made."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kinephen.core.plain import hash_file, hash_json, read_json, write_json
from kinephen.study.provenance import versions

MANIFEST = "step.json"
FORMAT = 2
"""Of the store. 1 (up to November 2026) had the version of kinephen in its keys and no checksums."""
_NO_LONGER_THERE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
"""What the system says where a file is gone, is a folder or lies in none; anything else is the machine."""
_MAKERS = ("kinephen", "numpy", "scipy", "numba", "SimpleITK")


@dataclass(frozen=True)
class Entry:
    """A whole entry.

    Parameters
    ----------
    files : dict of str to str
        SHA-256 of each file's content, by its name in the folder.
    made_by : dict of str to str
        Versions of what computed it.
    """

    files: dict[str, str]
    made_by: dict[str, str]


class DamagedEntryError(Exception):
    """An entry is not as it was written; the text says in what."""


def seal(folder: Path, key: Mapping[str, object]) -> None:
    """Write ``step.json`` of an entry whose files are there.

    Parameters
    ----------
    folder : Path
    key : mapping
        Plain fields of the key, for people who look into the store.
    """
    files = {str(p.relative_to(folder)): hash_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    content = {**key, "format": FORMAT, "made_by": _makers(), "files": files}
    write_json(folder / MANIFEST, {**content, "checksum": hash_json(content)})


def open_entry(folder: Path) -> Entry:
    """Return an entry after checking every file of it.

    Raises
    ------
    DamagedEntryError
        It is not as it was written.
    """
    entry = _manifest(folder)
    for name, digest in entry.files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedEntryError(f"{name} is missing")
        if hash_file(path) != digest:
            raise DamagedEntryError(f"{name} is not as it was written")
    return entry


def made_by(folder: Path) -> dict[str, str]:
    """Return the versions of what computed an entry that was opened before."""
    return dict(read_json(folder / MANIFEST)["made_by"])


def _manifest(folder: Path) -> Entry:
    try:
        content = read_json(folder / MANIFEST)
    except OSError as error:
        if error.errno not in _NO_LONGER_THERE:
            raise
        raise DamagedEntryError(_what_is_gone(folder)) from None
    except (ValueError, RecursionError):
        raise DamagedEntryError(f"{MANIFEST} cannot be read") from None
    if not _as_written(content):
        raise DamagedEntryError(f"{MANIFEST} is not as it was written")
    return Entry(dict(content["files"]), dict(content["made_by"]))


def _what_is_gone(folder: Path) -> str:
    if folder.is_dir():
        return f"{MANIFEST} is no file" if (folder / MANIFEST).is_dir() else f"{MANIFEST} is missing"
    return "its folder is no folder" if folder.exists() else "its folder is missing"


def _as_written(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    checksum = content.pop("checksum", None)
    with suppress(ValueError):  # JSON as Python reads it may hold NaN
        return checksum == hash_json(content) and all(
            isinstance(content.get(name), dict) for name in ("files", "made_by")
        )
    return False


@lru_cache
def _makers() -> dict[str, str]:
    found = versions()
    return {name: found[name] for name in _MAKERS if name in found}
