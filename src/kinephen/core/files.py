"""Writing of files so that a reader never sees half of one."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial-"
"""How the names of files begin that are being written."""
LONGEST_NAME = 60
_TEMPORARY = re.compile(re.escape(PARTIAL) + r"[0-9a-f]{32}-.+", re.DOTALL)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` that becomes `path` when the block ends without an error.

    The temporary name ends like `path`, since some writers choose the format by the ending, and is new each
    time, since several processes may write the same file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PARTIAL}{uuid.uuid4().hex}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # a full disk is told without the file's name
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def file_name(text: str) -> str:
    """Return a name for a file or folder that every system takes: letters, digits, ``.``, ``_`` and ``-``.

    A text that is such a name stays as it is; any other gets the beginning of its hash, so that different
    texts have different names.
    """
    clean = re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._-")[:LONGEST_NAME]
    if clean and clean == text:
        return clean
    return f"{clean or 'name'}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"


def write_whole(path: Path, data: bytes) -> None:
    """Write `data`, whole or not at all, even where the machine stops."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def remove_partials(out: Path, folders: Iterable[str]) -> None:
    """Remove what a killed process left half written in `out` and below its `folders`.

    Call it only where nobody writes. Only names as `atomic_path` makes them are looked at.
    """
    found = [out.glob(f"{PARTIAL}*"), *((out / f).rglob(f"{PARTIAL}*") for f in folders)]
    for path in (p for paths in found for p in list(paths)):
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)
