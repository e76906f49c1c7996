"""Compressed frames of DICOM objects: one code stream in, one grey image out.

A code stream states its own size. It is held against the header before anything is decoded, so that a hostile
one takes no memory. The codecs are libjpeg-turbo (JPEG, of all kinds, lossless with all predictors), CharLS
(JPEG-LS) and OpenJPEG (JPEG 2000), through the package imagecodecs; runs of bytes are unpacked here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError
from kinephen.io.dicom_pixel_headers import Pixels

RLE = "1.2.840.10008.1.2.5"
_JPEG = "1.2.840.10008.1.2.4."


@dataclass(frozen=True)
class Codec:
    """How a transfer syntax is decoded, and whether values come back as they were."""

    name: str
    function: str
    lossy: bool = False


CODECS = {
    _JPEG + "50": Codec("JPEG Baseline", "jpeg8_decode", lossy=True),
    _JPEG + "51": Codec("JPEG Extended", "jpeg8_decode", lossy=True),
    _JPEG + "57": Codec("JPEG Lossless", "jpeg8_decode"),
    _JPEG + "70": Codec("JPEG Lossless, first-order prediction", "jpeg8_decode"),
    _JPEG + "80": Codec("JPEG-LS Lossless", "jpegls_decode"),
    _JPEG + "81": Codec("JPEG-LS Near-Lossless", "jpegls_decode", lossy=True),
    _JPEG + "90": Codec("JPEG 2000 Lossless", "jpeg2k_decode"),
    _JPEG + "91": Codec("JPEG 2000", "jpeg2k_decode", lossy=True),
    RLE: Codec("RLE Lossless", ""),
}
"""Compressed transfer syntaxes of single images that are read."""

_SOF = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_J2K = b"\xff\x4f\xff\x51"
_BOX = 4096
_MAX_TILES = 4096


class CodecError(Exception):
    """A frame cannot be decoded; the text says why and names nothing of the file."""


def decode_frame(stream: bytes, pixels: Pixels) -> np.ndarray[Any, Any]:
    """Decode one frame.

    Parameters
    ----------
    stream : bytes
        Its code stream, fragments joined.
    pixels : Pixels

    Returns
    -------
    ndarray of integers, shape (rows, columns)
        As the codec gives them: unsigned bits where the header calls them signed.

    Raises
    ------
    CodecError
        The stream is damaged, or of another size than the header.
    InputError
        ``dicom.transfer_syntax`` for a compression that is not read; ``dicom.decoder`` without imagecodecs.
    """
    codec = CODECS.get(pixels.syntax)
    if codec is None:
        raise InputError(
            "the images are compressed in a way that is not read",
            code="dicom.transfer_syntax",
            hint="export the series again, uncompressed",
        )
    if not codec.function:
        return _run_lengths(stream, pixels)
    found = stream_size(stream)
    if found != (pixels.rows, pixels.columns, 1):
        raise CodecError("its code stream has another size than its header")
    decode = _function(codec)
    try:
        array = np.asarray(decode(stream))
    except Exception as error:  # codecs raise many kinds; the remedy is the same
        raise_machine_fault(error)
        raise CodecError(f"it cannot be decoded ({codec.name})") from error
    if array.shape != (pixels.rows, pixels.columns) or array.dtype.kind not in "ui":
        raise CodecError("its code stream has another size than its header")
    return array


def stream_size(stream: bytes) -> tuple[int, int, int]:
    """Return rows, columns and components that a JPEG, JPEG-LS or JPEG 2000 code stream states.

    Raises
    ------
    CodecError
        It states none.
    """
    try:
        place = stream.find(_J2K, 0, _BOX)
        return _size_of_jpeg2000(stream, place) if place >= 0 else _size_of_jpeg(stream)
    except (struct.error, IndexError) as error:
        raise CodecError("its code stream is damaged") from error


def _size_of_jpeg2000(stream: bytes, place: int) -> tuple[int, int, int]:
    fields = struct.unpack_from(">8I", stream, place + 8)
    components = struct.unpack_from(">H", stream, place + 40)[0]
    width, height, left, top, tile_width, tile_height = fields[:6]
    rows, columns = height - top, width - left
    tiles = -(-rows // max(tile_height, 1)) * -(-columns // max(tile_width, 1))
    if min(rows, columns, tile_width, tile_height) < 1 or tiles > _MAX_TILES:
        raise CodecError("its code stream is damaged")
    if any(stream[place + 43 + 3 * i : place + 45 + 3 * i] != b"\x01\x01" for i in range(components)):
        raise CodecError("its code stream is damaged")
    return rows, columns, components


def _size_of_jpeg(stream: bytes) -> tuple[int, int, int]:
    if stream[:2] != b"\xff\xd8":
        raise CodecError("it holds no code stream")
    place = 2
    while True:
        if stream[place] != 0xFF:
            raise CodecError("its code stream is damaged")
        marker = stream[place + 1]
        if marker in _SOF:
            rows, columns, components = struct.unpack_from(">HHB", stream, place + 5)
            return rows, columns, components
        if marker == 0xFF:
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        else:
            place += 2 + struct.unpack_from(">H", stream, place + 2)[0]


def _function(codec: Codec) -> Callable[[bytes], object]:
    try:
        function: Callable[[bytes], object] = getattr(import_module("imagecodecs"), codec.function)
    except ImportError as error:
        raise InputError(
            f"the images are compressed ({codec.name}), and the package imagecodecs is not installed",
            code="dicom.decoder",
            hint="install imagecodecs, or export the series again, uncompressed",
        ) from error
    return function


def _run_lengths(stream: bytes, pixels: Pixels) -> np.ndarray[Any, Any]:
    """Unpack RLE (PS3.5, annex G): a segment for each byte of a value, the highest first."""
    width, size = pixels.bits_allocated // 8, pixels.rows * pixels.columns
    try:
        count, *places = struct.unpack_from("<16I", stream)
    except struct.error as error:
        raise CodecError("its code stream is damaged") from error
    if width not in (1, 2, 4) or count != width:
        raise CodecError("its code stream is damaged")
    ends = [*places[1:count], len(stream)]
    segments = [
        np.frombuffer(_unpacked(stream[first:end], size), dtype=np.uint8)
        for first, end in zip(places[:count], ends, strict=True)
    ]
    values: np.ndarray[Any, Any] = np.ascontiguousarray(np.stack(segments, axis=-1)).view(f">u{width}")
    return values.astype(f"u{width}").reshape(pixels.rows, pixels.columns)


def _unpacked(segment: bytes, size: int) -> bytes:
    out = bytearray()
    place = 0
    while len(out) < size and place < len(segment) - 1:
        head = segment[place]
        if head < 128:
            out += segment[place + 1 : place + 2 + head]
            place += 2 + head
        elif head > 128:
            out += segment[place + 1 : place + 2] * (257 - head)
            place += 2
        else:
            place += 1
    if len(out) < size:
        raise CodecError("its code stream ends early")
    return bytes(out[:size])
