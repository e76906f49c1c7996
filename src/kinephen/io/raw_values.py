"""Values behind a text header (NRRD, MetaImage), read within the bounds of header and file."""

from __future__ import annotations

import bz2
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kinephen.core.machine import raise_machine_fault, unreadable
from kinephen.errors import InputError
from kinephen.io.annexed import require_fetched
from kinephen.io.dicom_pixels import require_readable_size
from kinephen.io.nifti_file import LARGE, LIKELY_SHRINK, MAX_SHRINK
from kinephen.io.sources import opened
from kinephen.types import AnyArray

WHERE = "image or mask"
CHUNK = 1 << 20
_BZ2_SHRINK = 50_000
"""bzip2 packs a run of one value far tighter than deflate."""


@dataclass(frozen=True)
class RawValues:
    """Where values stand and how.

    Parameters
    ----------
    path : Path
    offset : int
        Of the first byte; negative: the values are the last bytes of the file.
    packing : str
        ``""``, ``"zlib"`` (or gzip), ``"bz2"``, ``"text"`` or ``"hex"``.
    dtype : dtype
        With its byte order.
    shape : tuple of int
        ``(nx, ny, nz)``, the first axis fastest.
    """

    path: Path
    offset: int
    packing: str
    dtype: np.dtype[Any]
    shape: tuple[int, int, int]

    def read(self) -> AnyArray:
        """Return the values in the machine's byte order, shape (nz, ny, nx).

        Raises
        ------
        InputError
            ``volume.truncated`` if the file does not hold them, ``dicom.too_large``, ``path.*``.
        """
        voxels = math.prod(self.shape)
        require_readable_size(voxels)
        needed = voxels * self.dtype.itemsize
        self._require_room(needed, voxels)
        try:
            with self.path.open("rb") as stream:
                if self.offset < 0:
                    stream.seek(self.path.stat().st_size - needed)
                else:
                    stream.seek(self.offset)
                content = self._content(stream, needed, voxels)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise_machine_fault(error)
            raise unreadable(error) or _truncated("its values are damaged") from error
        if len(content) < needed:
            raise _truncated(f"its values end early: {len(content):,} of {needed:,} bytes are there")
        values = np.frombuffer(content, dtype=self.dtype, count=voxels).reshape(self.shape[::-1])
        return values.astype(self.dtype.newbyteorder("="), copy=False)

    def _require_room(self, needed: int, voxels: int) -> None:
        size = self.path.stat().st_size - max(self.offset, 0)
        likely = needed <= LARGE or needed <= size * LIKELY_SHRINK
        room = {
            "": size,
            "zlib": size * MAX_SHRINK if likely else 0,
            "bz2": size * _BZ2_SHRINK if likely else 0,
            "text": size * self.dtype.itemsize,
            "hex": size,
        }[self.packing]
        if needed > room or voxels < 1:
            raise _truncated(f"the header announces {needed:,} bytes; a file of this size does not hold them")

    def _content(self, stream: BinaryIO, needed: int, voxels: int) -> bytes:
        if self.packing == "":
            return stream.read(needed)
        if self.packing == "hex":
            return bytes.fromhex(stream.read().decode("ascii", "strict"))
        if self.packing == "text":
            words = stream.read().split(maxsplit=voxels)[:voxels]
            kind = np.float64 if self.dtype.kind == "f" else object
            numbers = np.array([float(w) if kind is np.float64 else int(w) for w in words], dtype=kind)
            return numbers.astype(self.dtype).tobytes()
        return _unpacked(stream, needed, self.packing)


def _unpacked(stream: BinaryIO, needed: int, packing: str) -> bytes:
    """Return at most `needed` bytes, whatever else the stream would unpack to."""
    found = bytearray()
    if packing == "bz2":
        unpack_bz2 = bz2.BZ2Decompressor()
        while len(found) < needed and not unpack_bz2.eof:
            chunk = stream.read(CHUNK) if unpack_bz2.needs_input else b""
            if unpack_bz2.needs_input and not chunk:
                break
            found += unpack_bz2.decompress(chunk, needed - len(found))
        return bytes(found)
    unpack = zlib.decompressobj(wbits=47)  # zlib or gzip, whatever the header of the stream says
    while len(found) < needed and not unpack.eof:
        chunk = unpack.unconsumed_tail or stream.read(CHUNK)
        if not chunk:
            break
        found += unpack.decompress(chunk, needed - len(found))
    return bytes(found)


def beside(header: Path, name: str) -> Path:
    """Return the file of values that a header names.

    Raises
    ------
    InputError
        ``volume.path`` if it would lie outside of the header's folder, ``path.*`` if it is not there.
    """
    folder = header.parent.resolve()
    path = header.parent / name
    if "\0" in name or not path.resolve().is_relative_to(folder):
        raise InputError(
            "its header names a file of values outside of its folder: it is not read",
            code="volume.path",
            where=WHERE,
            hint="put the header and its values into one folder, and name the file alone",
        )
    opened(path)
    require_fetched(path)
    if not path.is_file():
        raise InputError("the file with its values is missing", code="path.missing", where=WHERE)
    return path


def header_error(text: str, hint: str = "") -> InputError:
    """Return the error for a header that cannot be read."""
    return InputError(text, code="volume.header", where=WHERE, hint=hint)


def _truncated(text: str) -> InputError:
    return InputError(
        text,
        code="volume.truncated",
        where=WHERE,
        hint="a broken or hostile header, or a copy that was cut off: get the file again",
    )
