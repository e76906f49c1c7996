"""Files whose content lies elsewhere and was not fetched: git-annex, Git LFS, and links that lead nowhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

from kinephen.errors import InputError

POINTER_BYTES = 4096
"""Pointers are far smaller."""
_ANNEX = re.compile(rb"^(?:(?:\.\./)*\.git/|/)annex/objects/", re.ASCII)
_LFS = b"version https://git-lfs.github.com/spec/v"
_ANNEX_LINK = re.compile(r"(^|[\\/])\.git[\\/]annex[\\/]objects[\\/]|(^|[\\/])annex[\\/]objects[\\/]")


def is_annex_object(target: Path) -> bool:
    """Tell whether a file, behind all links, lies in the object store of git-annex."""
    return bool(_ANNEX_LINK.search(str(target)))


def absent_content(path: Path) -> str:
    """Return why a file's content is not there: ``"git-annex"``, ``"Git LFS"``, ``"link"``; empty if it is.

    Parameters
    ----------
    path : Path
        A file, a link, or nothing. A link in a circle counts as one that leads nowhere.
    """
    try:
        if path.is_symlink() and not path.exists():
            return "git-annex" if _ANNEX_LINK.search(os.readlink(path)) else "link"
        if not path.is_file() or path.stat().st_size > POINTER_BYTES:
            return ""
        with path.open("rb") as stream:
            start = stream.read(256)
    except (OSError, RuntimeError):  # whoever reads the file says why it cannot be
        return "link" if path.is_symlink() else ""
    if start.startswith(_LFS):
        return "Git LFS"
    return "git-annex" if _ANNEX.match(start) else ""


def require_fetched(path: Path) -> None:
    """Raise ``InputError`` (``path.not_fetched``, ``path.broken_link``) if a file's content is not there."""
    kind = absent_content(path)
    if kind:
        raise not_fetched(kind)


def not_fetched(kind: str, count: int = 1) -> InputError:
    """Return the error for `count` files whose content is absent for the reason `kind`."""
    files = "a file is" if count == 1 else f"{count} files are"
    if kind == "link":
        return InputError(
            f"{files} a link that leads nowhere",
            code="path.broken_link",
            where="input",
            hint="bring the files to where the links lead (a disk that is not mounted?), or copy them",
        )
    command = "git annex get" if kind == "git-annex" else "git lfs pull"
    return InputError(
        f"{files} only a pointer of {kind}: the content was not fetched",
        code="path.not_fetched",
        where="input",
        hint=f"run {command} there first",
    )
