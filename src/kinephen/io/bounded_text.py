"""Text files, plain or gzip, read within limits."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from kinephen.errors import InputError

MAX_BYTES = 1_000_000_000
MAX_RATIO = 200
"""A text table shrinks 3 to 20 times; what grows more than this when unpacked was made to hurt."""
SMALL = 20_000_000
"""Up to this size the ratio does not matter."""
_CHUNK = 1 << 22
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or export it as tab-separated text",
    b"\x1f\x9d": "an old compress file: unpack it",
    b"BZh": "a bzip2 file: unpack it",
    b"\xfd7zXZ": "an xz file: unpack it",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: export it as tab-separated text",
}


def read_bounded(path: Path, *, max_bytes: int = MAX_BYTES) -> str:
    r"""Read a text file with ``\n`` line ends.

    Parameters
    ----------
    path : Path
        Plain or gzip, told by its first bytes. UTF-8, or Windows-1252 where it is not.
    max_bytes : int
        Largest unpacked size.

    Raises
    ------
    InputError
        ``text.missing``, ``text.too_large``, ``text.bomb``, ``text.truncated``, ``text.foreign`` or
        ``text.binary``.
    """
    if not path.is_file():
        raise _error("text.missing", "no such file", "check the path", path)
    with path.open("rb") as handle:
        magic = handle.read(8)
    for start, what in _FOREIGN.items():
        if magic.startswith(start):
            raise _error("text.foreign", f"this is {what.split(':')[0]}", what.split(": ")[1], path)
    data = _unpack(path, max_bytes) if magic.startswith(b"\x1f\x8b") else _plain(path, max_bytes)
    if b"\x00" in data[:_CHUNK]:
        raise _error("text.binary", "holds zero bytes, expected text", "export it as UTF-8 text", path)
    text = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _plain(path: Path, max_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > max_bytes:
        raise _too_large(size, max_bytes, path)
    return path.read_bytes()


def _unpack(path: Path, max_bytes: int) -> bytes:
    packed = path.stat().st_size
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(size, max_bytes, path)
                if size > max(SMALL, MAX_RATIO * packed):
                    raise _error(
                        "text.bomb",
                        f"{packed} bytes unpack to more than {size}",
                        f"tables shrink less than {MAX_RATIO} times; get the file again from its source",
                        path,
                    )
                parts.append(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _error("text.truncated", "a gzip file cut off or damaged", "download it again", path) from None
    return b"".join(parts)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _too_large(size: int, limit: int, path: Path) -> InputError:
    return _error("text.too_large", f"{size} bytes or more, at most {limit} are read", "split the file", path)


def _error(code: str, found: str, hint: str, path: Path) -> InputError:
    return InputError(found, code=code, hint=hint, where=path.name)
