"""Walking folders that others made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.sources import listed, opened

MAX_FILES = 200_000
"""A study of one patient has a few thousand files; a folder beyond this is a mistake, not an exam."""


@dataclass(frozen=True)
class Walk:
    """Regular files below a folder, sorted by path, and what was left out."""

    files: tuple[Path, ...]
    issues: tuple[Issue, ...]


def walk_files(root: Path) -> Walk:
    """List the regular files below `root`, never leaving it.

    Links to folders are not followed. A link to a file is followed only if its target lies below `root`, and
    each target counts once. Hidden files and folders are passed over.

    Parameters
    ----------
    root : Path
        An existing folder, or one file.

    Returns
    -------
    Walk

    Raises
    ------
    InputError
        ``path.missing`` if `root` does not exist; ``path.too_many`` beyond `MAX_FILES`.
    """
    opened(root)
    if not root.exists():
        raise InputError("no such file or folder", code="path.missing", where="given path")
    base = root.resolve()
    if base.is_file():
        opened(base)
        return Walk((base,), ())
    found: dict[Path, None] = {}
    leaving = 0
    for folder, folders, names in _folders(base):
        folders[:] = sorted(d for d in folders if not d.startswith("."))
        leaving += sum(_leaves(Path(folder, d), base) for d in folders)
        for name in sorted(n for n in names if not n.startswith(".")):
            path = Path(folder, name)
            opened(path)
            if path.is_symlink():
                if _leaves(path, base):
                    leaving += 1
                    continue
                path = path.resolve()
            if path.is_file():
                opened(path)
                found.setdefault(path)
        if len(found) > MAX_FILES:
            raise InputError(
                f"more than {MAX_FILES} files",
                code="path.too_many",
                where="given path",
                hint="give the folder of one study or exam",
            )
    issues = [Issue("path.link", "symbolic links that leave the folder were not followed", "", leaving)]
    return Walk(tuple(found), tuple(issues) if leaving else ())


def _folders(base: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk as `os.walk` does, and note each folder before it is listed."""
    listed(base)
    for folder, folders, names in os.walk(base):
        yield folder, folders, names
        for name in folders:  # those that the caller left in, which come next
            listed(Path(folder, name))


def _leaves(path: Path, base: Path) -> bool:
    return path.is_symlink() and not path.resolve().is_relative_to(base)
