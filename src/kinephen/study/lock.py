"""One run at a time in a folder; the lock goes with the process, however it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kinephen.core.files import remove_partials
from kinephen.errors import UsageError
from kinephen.study.place import FOLDERS
from kinephen.study.store import Store

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def run_lock(out: Path) -> Iterator[None]:
    """Hold the run's folder while the block runs; what is half written is removed before and after.

    Raises
    ------
    UsageError
        ``run.locked`` if another run holds it.
    """
    out.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            raise _locked(out, "wait for it, or give another --out")
        _clear(out)
        try:
            yield
        except BaseException:
            _clear(out)
            raise
    finally:
        os.close(descriptor)


@contextmanager
def read_lock(out: Path) -> Iterator[None]:
    """Keep runs out of a run's folder while the block reads it; nothing is written, several may read.

    Raises
    ------
    UsageError
        ``run.locked`` if a run is at work there.
    """
    try:
        descriptor = os.open(out / ".lock", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # no run yet, or one of another user
        yield
        return
    try:
        if not _try_lock(descriptor, shared=True):
            raise _locked(out, "wait until it has ended")
        yield
    finally:
        os.close(descriptor)


def _locked(out: Path, hint: str) -> UsageError:
    return UsageError("another run is at work in this folder", code="run.locked", where=out.name, hint=hint)


def _clear(out: Path) -> None:
    remove_partials(out, FOLDERS)
    if (out / "store").is_dir():
        Store(out / "store").sweep()


def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no advisory locks of this kind; the store is safe without.
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # some network file systems know no locks; the store is safe without
        if error.errno not in _NO_LOCKS:
            raise
    return True
