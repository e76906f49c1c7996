"""Opening DICOM files from outside: no header makes us take more memory than its file holds."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import BinaryIO

import pydicom

from kinephen.io.dicom_pixel_headers import DEFLATED, NotDicomError

MAX_INFLATED = 200_000_000
"""Largest object in the deflated transfer syntax, unpacked; a slice has about half a megabyte."""
_HEAD = 2048
"""Bytes at the begin of a file that hold its file meta information."""
_CHUNK = 1 << 20


class HeldFile(io.BufferedReader):
    """A file of which no more is asked than it holds, whatever length an element states."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb", buffering=0))
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or all that are left."""
        if size is not None and 0 <= size <= _CHUNK:
            return super().read(size)
        left = max(self._size - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left))


def read_dataset(path: Path, *, before_pixels: bool = True, tags: list[int] | None = None) -> pydicom.Dataset:
    """Read one object.

    Parameters
    ----------
    path : Path
    before_pixels : bool
        Stop before the pixel data.
    tags : list of int, optional
        The only elements that are kept.

    Raises
    ------
    NotDicomError
        It unpacks to more than `MAX_INFLATED`.
    """
    with HeldFile(path) as stream:
        refuse_bomb(stream)
        return pydicom.dcmread(
            stream, stop_before_pixels=before_pixels, specific_tags=None if tags is None else [*tags]
        )


def refuse_bomb(stream: BinaryIO) -> None:
    """Refuse a deflated object that unpacks to more than `MAX_INFLATED`, since pydicom unpacks it whole.

    Raises ``NotDicomError``; otherwise the stream stands at its begin.
    """
    if DEFLATED.encode() in stream.read(_HEAD):
        stream.seek(0)
        pydicom.filereader.read_preamble(stream, force=True)
        meta = pydicom.filereader._read_file_meta_info(stream)
        if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
            _refuse_deflated(stream)
    stream.seek(0)


def _refuse_deflated(stream: BinaryIO) -> None:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    left = MAX_INFLATED
    while packed := unpacker.unconsumed_tail or stream.read(_CHUNK):
        left -= len(unpacker.decompress(packed, _CHUNK))
        if left < 0:
            raise NotDicomError(f"absurd length, it unpacks to more than {MAX_INFLATED:,} bytes")
        if unpacker.eof:
            return
