"""Faults of the machine told from faults of the data: full disk, no memory, too many files, no permission."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from kinephen.core.error_trace import error_chain
from kinephen.errors import InputError, MachineError

_AGAIN = "then run the same command again: it goes on from here"
_FULL = ("full", "no space is left to write", f"make room, or give another --out; {_AGAIN}")
_TOO_LARGE = ("full", "a file would grow beyond what may be written", f"raise the limit; {_AGAIN}")
_MEMORY = ("memory", "the memory does not suffice", f"close other programs or give fewer --workers; {_AGAIN}")
_FILES = ("files", "too many files are open", f"raise the limit (ulimit -n); {_AGAIN}")
_DEVICE = ("device", "the disk or the network failed while reading or writing", f"check it; {_AGAIN}")
_PROCESSES = ("processes", "no further process can be started", f"give fewer --workers; {_AGAIN}")
_READ_ONLY = ("permission", "may not be written", f"give another --out, or allow writing; {_AGAIN}")


def _numbers(*names: str) -> list[int]:
    return [getattr(errno, name) for name in names if hasattr(errno, name)]


_KINDS: dict[int, tuple[str, str, str]] = {
    **dict.fromkeys(_numbers("ENOSPC", "EDQUOT"), _FULL),
    **dict.fromkeys(_numbers("EFBIG"), _TOO_LARGE),
    **dict.fromkeys(_numbers("ENOMEM"), _MEMORY),
    **dict.fromkeys(_numbers("EMFILE", "ENFILE"), _FILES),
    **dict.fromkeys(_numbers("EIO", "ESTALE", "EREMOTEIO", "ENOTCONN"), _DEVICE),
    **dict.fromkeys(_numbers("EAGAIN"), _PROCESSES),
    **dict.fromkeys(_numbers("EROFS"), _READ_ONLY),
}
_NO_PERMISSION = _numbers("EACCES", "EPERM")
_NATIVE = ("bad_alloc", "Failed to allocate memory", "Unable to allocate", "can't start new thread")
"""How libraries in C++ and Python say in words that memory or threads ran out."""


def machine_fault(error: BaseException, *, own: Path | None = None) -> MachineError | None:
    """Return the fault of the machine that an error tells of, or None if it tells of something else.

    Parameters
    ----------
    error : BaseException
        Its causes are looked at too.
    own : Path, optional
        A folder of ours: permission denied below it is a fault of the machine, and elsewhere one of the file.
        Without it permission counts as denied for writing unless the file cannot be read.
    """
    for link in error_chain(error):
        if isinstance(link, MachineError):
            return link
        if isinstance(link, MemoryError):
            return _fault(_MEMORY, "")
        if isinstance(link, RuntimeError) and any(text in str(link) for text in _NATIVE):
            return _fault(_MEMORY, "")
        if isinstance(link, OSError) and link.errno in _KINDS:
            kind = _KINDS[link.errno]
            return _fault(kind, _place(link, writing=kind in (_FULL, _TOO_LARGE, _READ_ONLY)))
    if isinstance(error, OSError) and error.errno in _NO_PERMISSION and not _of_input(error, own):
        return _fault(_READ_ONLY, _place(error, writing=True))
    return None


def raise_machine_fault(error: BaseException, *, but: str = "") -> None:
    """Raise the fault of the machine that `error` tells of; call it first where any error is caught.

    What is not permitted is left to the caller: it may be a file from outside. `but` names one more kind
    (``"permission"``: a read-only file system) that the caller can live with.
    """
    fault = machine_fault(error) if not _denied(error) else None
    if fault is not None and fault.code != f"machine.{but}":
        raise fault from error


def unreadable(error: BaseException) -> InputError | None:
    """Return the fault of a file from outside that may not be read, or None for other errors."""
    if not _denied(error):
        return None
    return InputError(
        "no permission to read a file",
        code="path.permission",
        where="input",
        hint="allow reading it (chmod), and run again",
    )


def _denied(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _NO_PERMISSION


def _fault(kind: tuple[str, str, str], where: str) -> MachineError:
    code, message, hint = kind
    return MachineError(message, code=f"machine.{code}", where=where, hint=hint)


def _of_input(error: OSError, own: Path | None) -> bool:
    if not isinstance(error.filename, str):
        return False
    path = Path(error.filename)
    if own is not None:
        return not path.absolute().is_relative_to(own.absolute())
    return os.path.exists(path) and not os.access(path, os.R_OK)


def _place(error: OSError, *, writing: bool) -> str:
    """Return the folder that an error is about; names of files may be temporary, or hold a patient's name.

    Where one file is copied to another, the second is the one that is written.
    """
    name = error.filename2 if writing and isinstance(error.filename2, str) else error.filename
    if not isinstance(name, str):
        return ""
    path = Path(name).absolute()
    folders = (f for f in (path, *path.parents) if os.path.isdir(f) and not _is_temporary(f))
    return str(next(folders, ""))


def _is_temporary(folder: Path) -> bool:
    return any(p == "partial" or p.endswith(".partial") for p in folder.parts)
