"""How the pixel data of a DICOM object are stored, and where they begin in the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

import pydicom
from pydicom.tag import Tag

from kinephen.io import dicom_values as values

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
UNDEFINED_LENGTH = 0xFFFFFFFF
MAX_SIDE = 4096
"""Rows or columns beyond this are a broken or hostile header, not a breast MRI."""
MAX_FRAMES = 50_000
_KINDS = {0x0008: "float", 0x0009: "double", 0x0010: "integer"}
"""By the element of group 7FE0 that holds the values: Float, Double Float and plain Pixel Data."""
_BITS = {"float": 32, "double": 64}
_GREY = ("", "MONOCHROME1", "MONOCHROME2")

NAMES = (
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "BitsAllocated"),
    *("BitsStored", "PixelRepresentation", "RescaleIntercept", "RescaleSlope", "PixelPaddingValue"),
    *("PixelPaddingRangeLimit", "LossyImageCompression", "RealWorldValueMappingSequence"),
)
PHILIPS_CREATOR = 0x20050010
PHILIPS_SCALE_SLOPE = 0x2005100E


class NotDicomError(Exception):
    """The file is no DICOM object; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """How the pixel data of one image are stored, and where in the file.

    `start` is where the values begin, or the items of compressed frames (`length` is then 0); -1 in a
    deflated object, whose places are not those of the file. `kind` is ``"integer"``, ``"float"`` or
    ``"double"``; `frame` the image's place in an object of `frames_in_object` frames. `padding` is the range
    of stored values that stand for no image; `scale_slope` a private element of Philips, never applied.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    slope: float
    intercept: float
    start: int
    length: int
    syntax: str = EXPLICIT
    kind: str = "integer"
    photometric: str = "MONOCHROME2"
    frame: int = 0
    frames_in_object: int = 1
    lossy: bool = False
    padding: tuple[int, int] | None = None
    slope_is_zero: bool = False
    scale_slope: float | None = None
    real_world: bool = False

    @property
    def compressed(self) -> bool:
        """Whether frames stand in items, each as its own code stream."""
        return self.syntax not in (IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED)

    @property
    def grey(self) -> bool:
        """Whether a voxel is one grey value."""
        return self.samples == 1 and self.photometric in _GREY

    @property
    def frame_bytes(self) -> int:
        """Size of one frame, unpacked."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8


def read_pixels(data: pydicom.Dataset, stream: BinaryIO, syntax: str, size: int) -> Pixels | None:
    """Return how the pixel data are stored; None for an object without rows and columns.

    Parameters
    ----------
    data : Dataset
        What was read up to the pixel data.
    stream : BinaryIO
        Standing at the pixel data.
    syntax : str
        Transfer syntax UID.
    size : int
        Of the file, bytes.

    Raises
    ------
    NotDicomError
        For absurd dimensions, or pixel data that are missing or end early.
    """

    def integer(name: str, default: int | None = None) -> int | None:
        found = values.integer(data, int(Tag(name)))
        return default if found is None else found

    def number(name: str) -> float | None:
        return values.number(data, int(Tag(name)))

    rows, columns = integer("Rows"), integer("Columns")
    if rows is None or columns is None:
        return None
    frames, samples = integer("NumberOfFrames", 1) or 1, integer("SamplesPerPixel", 1) or 1
    _require_sane(rows, columns, frames, samples)
    kind, start, length = _locate(stream, syntax)
    allocated = _BITS.get(kind) or integer("BitsAllocated", 16) or 16
    slope = number("RescaleSlope")
    signed = integer("PixelRepresentation", 0) == 1
    pixels = Pixels(
        rows=rows,
        columns=columns,
        frames=frames,
        frames_in_object=frames,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=integer("BitsStored", allocated) or allocated,
        signed=signed,
        slope=1.0 if slope is None or slope == 0.0 else slope,
        intercept=number("RescaleIntercept") or 0.0,
        start=start,
        length=0,
        syntax=syntax,
        kind=kind,
        photometric=values.text(data, int(Tag("PhotometricInterpretation"))).upper(),
        lossy=values.text(data, int(Tag("LossyImageCompression"))) == "01",
        padding=_padding(data, signed),
        slope_is_zero=slope == 0.0,
        scale_slope=scale_slope(data),
        real_world=int(Tag("RealWorldValueMappingSequence")) in data,
    )
    if pixels.compressed or start < 0:
        return pixels
    expected = rows * columns * frames * samples * allocated // 8
    if length < expected or start + expected > size:
        raise NotDicomError("truncated, its pixel data end early")
    return replace(pixels, length=expected)


def scale_slope(data: pydicom.Dataset) -> float | None:
    """Return the private scale slope of Philips, or None."""
    try:
        if not values.text(data, PHILIPS_CREATOR).upper().startswith("PHILIPS"):
            return None
        raw = data.get_item(PHILIPS_SCALE_SLOPE)
        value = None if raw is None else raw.value
        if isinstance(value, bytes) and len(value) == 4:
            order = "<" if getattr(raw, "is_little_endian", True) else ">"
            value = struct.unpack(order + "f", value)[0]
        return None if value is None else values.number_of(str(value))
    except (ValueError, struct.error):
        return None


def _require_sane(rows: int, columns: int, frames: int, samples: int) -> None:
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
        raise NotDicomError(
            f"absurd dimensions, {rows} rows and {columns} columns (at most {MAX_SIDE} are read)"
        )
    if not (0 < frames <= MAX_FRAMES and 0 < samples <= 4):
        raise NotDicomError(
            f"absurd dimensions, {frames} frames of {samples} samples (at most {MAX_FRAMES} of 4 are read)"
        )


def _padding(data: pydicom.Dataset, signed: bool) -> tuple[int, int] | None:
    ends = [values.integer(data, int(Tag(n))) for n in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if ends[0] is None:
        return None
    low, high = ends[0], ends[0] if ends[1] is None else ends[1]
    if signed:
        # Raw values are read as unsigned; a signed element holds the same 16 bits.
        low, high = (v - 65536 if 32768 <= v < 65536 else v for v in (low, high))
    return min(low, high), max(low, high)


def _locate(stream: BinaryIO, syntax: str) -> tuple[str, int, int]:
    """Return the kind of values, where they or their items begin, and their length (0 for items)."""
    if syntax == DEFLATED:
        return "integer", -1, 0
    order = ">" if syntax == BIG_ENDIAN else "<"
    head = stream.read(8)
    group, element = struct.unpack(order + "HH", head[:4]) if len(head) == 8 else (0, 0)
    if group != 0x7FE0 or element not in _KINDS:
        raise NotDicomError("truncated, its pixel data are missing")
    length = struct.unpack(order + "I", head[4:] if syntax == IMPLICIT else stream.read(4))[0]
    return _KINDS[element], stream.tell(), 0 if length == UNDEFINED_LENGTH else length
