"""Walking folders that others made."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.annexed import absent_content, is_annex_object, not_fetched
from kinephen.io.sources import listed, opened

MAX_FILES = 200_000
"""A study of one patient has a few thousand files; a folder beyond this is a mistake, not an exam."""
_NO_IMAGES = (
    ".json",
    ".tsv",
    ".csv",
    ".txt",
    ".md",
    ".html",
    ".xml",
    ".pdf",
    ".xlsx",
    ".bval",
    ".bvec",
    ".py",
)
"""Endings of files without which an exam is still whole."""


@dataclass(frozen=True)
class Walk:
    """What lies below a folder.

    Parameters
    ----------
    files : tuple of Path
        Regular files, sorted by path; a link stands under its own name.
    issues : tuple of Issue
        What was left out.
    absent : tuple of Path
        Links that lead nowhere. Whoever knows an image by its name must not overlook them.
    """

    files: tuple[Path, ...]
    issues: tuple[Issue, ...]
    absent: tuple[Path, ...] = ()


def walk_files(root: Path) -> Walk:
    """List the regular files below `root`, as a rule never leaving it.

    Hidden files and folders are passed over. A link to a file is followed if its target lies below `root`
    (and counts once where that is listed itself) or in the object store of git-annex. Other links, to files
    and to folders, are followed only where the folder holds nothing else, and each folder once.

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
        kind = absent_content(root)
        if kind:
            raise not_fetched(kind)
        raise InputError("no such file or folder", code="path.missing", where="given path")
    base = root.resolve()
    if base.is_file():
        opened(base)
        return Walk((base,), ())
    walked = _Walker(base)
    walked.add(base)
    left, followed = walked.leaving, False
    if not walked.found and left:
        walked.follow()
        followed = True
    return Walk(tuple(walked.found), tuple(_issues(walked, left, followed)), tuple(walked.absent))


@dataclass
class _Walker:
    base: Path
    found: dict[Path, None] = field(default_factory=dict)
    absent: list[Path] = field(default_factory=list)
    leaving: list[Path] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def add(self, start: Path) -> None:
        for folder, folders, names in _folders(start):
            real = Path(folder).resolve()
            if real in self.seen:  # a link led back here
                folders[:] = []
                continue
            self.seen.add(real)
            folders[:] = sorted(d for d in folders if not d.startswith("."))
            self.leaving += [p for d in folders if _leaves(p := Path(folder, d), self.base)]
            for name in sorted(n for n in names if not n.startswith(".")):
                self._add_file(Path(folder, name))
            if len(self.found) > MAX_FILES:
                raise InputError(
                    f"more than {MAX_FILES} files",
                    code="path.too_many",
                    where="given path",
                    hint="give the folder of one study or exam",
                )

    def follow(self) -> None:
        """Take what the links lead to that leave the folder."""
        for path in self.leaving:
            if path.is_file():
                self.found.setdefault(path)
            elif path.is_dir() and path.resolve() not in self.seen:
                self.add(path)

    def _add_file(self, path: Path) -> None:
        opened(path)
        if path.is_symlink():
            if not path.exists():
                self.absent.append(path)
                return
            target = path.resolve()
            if _leaves(path, self.base) and not is_annex_object(target):
                self.leaving.append(path)
                return
            if _listed_itself(target, self.base):
                path = target
        if path.is_file():
            opened(path)
            self.found.setdefault(path)


def _issues(walked: _Walker, left: list[Path], followed: bool) -> Iterator[Issue]:
    if left and followed:
        text = "symbolic links leave the folder, which holds no files of its own: they were followed"
        yield Issue("path.link", text, "", len(left), level="warning")
    elif left:
        yield Issue("path.link", "symbolic links that leave the folder were not followed", "", len(left))
    kinds = Counter((kind, _may_be_image(p)) for p in walked.absent if (kind := absent_content(p)))
    kinds += Counter((kind, _may_be_image(p)) for p in walked.found if (kind := absent_content(p)))
    for (kind, image), count in sorted(kinds.items()):
        error = not_fetched(kind, count)
        yield Issue(error.code, error.message, "", count, level="stop" if image else "warning")


def _may_be_image(path: Path) -> bool:
    return path.suffix.lower() not in _NO_IMAGES


def _folders(base: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk as `os.walk` does, and note each folder before it is listed."""
    listed(base)
    for folder, folders, names in os.walk(base):
        yield folder, folders, names
        for name in folders:  # those that the caller left in, which come next
            listed(Path(folder, name))


def _leaves(path: Path, base: Path) -> bool:
    return path.is_symlink() and not path.resolve().is_relative_to(base)


def _listed_itself(target: Path, base: Path) -> bool:
    """Tell whether the walk comes to a file anyhow: below the folder, and not hidden."""
    return target.is_relative_to(base) and not any(
        part.startswith(".") for part in target.relative_to(base).parts
    )
