"""Writing DICOM image series and segmentation objects, the same bytes for the same content.

Headers are pydicom data sets. A series shares nearly all of its elements: they are encoded once, and only
what differs between slices is encoded for each file, so that thousands of slices take seconds.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from kinephen.core.volume import Geometry
from kinephen.errors import InputError

PIXEL_DATA = Tag(0x7FE0, 0x0010)


def uid_from_names(*names: str | int) -> str:
    """Return a UID under the root 2.25 that belongs to `names`: a UUID (version 8) of their SHA-256."""
    digest = bytearray(hashlib.sha256("\x1f".join(str(n) for n in names).encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return f"2.25.{uuid.UUID(bytes=bytes(digest)).int}"


IMPLEMENTATION_UID = uid_from_names("kinephen", "dicom_writer")


@dataclass(frozen=True)
class Slice:
    """One image of a series.

    Parameters
    ----------
    pixels : ndarray of integers, shape (ny, nx)
        Stored values.
    uid : str
        SOPInstanceUID.
    attributes : mapping of str to value
        Elements of this image by keyword, for example ``InstanceNumber`` and ``ImagePositionPatient``; they
        stand over those of the series.
    extra : Dataset, optional
        Sequences of this image alone.
    """

    pixels: NDArray[np.integer[Any]]
    uid: str
    attributes: Mapping[str, object]
    extra: Dataset | None = None


@dataclass(frozen=True)
class SeriesContent:
    """A series to be written.

    Parameters
    ----------
    header : Dataset
        Elements that all images share, among them SOPClassUID and the series' and study's UIDs.
    slices : sequence of Slice
        In the order of the file names.
    transfer_syntax : str
        Explicit or implicit VR little endian, or explicit VR big endian.
    signed : bool
        PixelRepresentation 1.
    folder, prefix : str
        Sub-folder of the exam and beginning of the file names.
    """

    header: Dataset
    slices: Sequence[Slice]
    transfer_syntax: str = str(ExplicitVRLittleEndian)
    signed: bool = False
    folder: str = ""
    prefix: str = "1-"


@dataclass
class _Encoder:
    """Encodes elements of one transfer syntax."""

    syntax: UID
    charset: list[str] = field(default_factory=lambda: ["iso8859"])

    def element(self, element: DataElement) -> bytes:
        buffer = DicomBytesIO()
        buffer.is_little_endian = self.syntax.is_little_endian
        buffer.is_implicit_VR = self.syntax.is_implicit_VR
        write_data_element(buffer, element, self.charset)
        return bytes(buffer.getvalue())

    def dataset(self, data: Dataset) -> dict[BaseTag, bytes]:
        return {element.tag: self.element(element) for element in data}

    def attribute(self, keyword: str, value: Any) -> tuple[BaseTag, bytes]:
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise InputError(f"no DICOM element is called {keyword!r}", code="dicom.keyword", where=keyword)
        return Tag(tag), self.element(DataElement(tag, dictionary_VR(tag), value))

    def pixels(self, stored: NDArray[np.integer[Any]], *, signed: bool) -> bytes:
        order = "<" if self.syntax.is_little_endian else ">"
        values = stored.astype(f"{order}{'i' if signed else 'u'}2")
        return self.element(DataElement(PIXEL_DATA, "OW", values.tobytes()))


def write_series(root: Path, series: SeriesContent) -> tuple[Path, ...]:
    """Write one file for each slice.

    Parameters
    ----------
    root : Path
        The exam's folder; created if absent.
    series : SeriesContent

    Returns
    -------
    tuple of Path
        In the order of the slices.

    Raises
    ------
    InputError
        ``dicom.pixels`` if a value does not fit into 16 bits of the series' representation,
        ``dicom.keyword`` for an attribute that the DICOM dictionary does not know.
    """
    folder = root / series.folder
    folder.mkdir(parents=True, exist_ok=True)
    encoder = _Encoder(UID(series.transfer_syntax))
    common = encoder.dataset(series.header)
    width = max(2, len(str(len(series.slices))))
    paths = []
    for number, one in enumerate(series.slices, start=1):
        path = folder / f"{series.prefix}{number:0{width}d}.dcm"
        path.write_bytes(_file_bytes(encoder, common, one, series))
        paths.append(path)
    return tuple(paths)


def write_object(path: Path, data: Dataset) -> Path:
    """Write one object (for example a segmentation) in explicit VR little endian."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = _Encoder(UID(ExplicitVRLittleEndian))
    body = b"".join(encoder.dataset(data).values())
    path.write_bytes(_preamble(str(data.SOPClassUID), str(data.SOPInstanceUID), encoder.syntax) + body)
    return path


def plane_attributes(geometry: Geometry, index: int) -> dict[str, object]:
    """Return ImagePositionPatient and SliceLocation of slice `index` of a grid."""
    position = (geometry.affine @ [index, 0.0, 0.0, 1.0])[:3]
    normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])
    return {
        "ImagePositionPatient": [decimal(v) for v in position],
        "SliceLocation": decimal(float(position @ normal)),
    }


def grid_header(geometry: Geometry) -> Dataset:
    """Return the elements that state a grid's size, spacing and orientation."""
    header = Dataset()
    header.Rows, header.Columns = geometry.shape[1], geometry.shape[2]
    header.PixelSpacing = [decimal(geometry.spacing[1]), decimal(geometry.spacing[2])]
    header.SliceThickness = decimal(geometry.spacing[0])
    header.SpacingBetweenSlices = decimal(geometry.spacing[0])
    row, column = geometry.directions[:, 2], geometry.directions[:, 1]
    header.ImageOrientationPatient = [decimal(v) for v in (*row, *column)]
    return header


def pixel_header(*, signed: bool = False) -> Dataset:
    """Return the elements that state 16-bit grey values."""
    header = Dataset()
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 16, 15
    header.PixelRepresentation = int(signed)
    return header


def decimal(value: float) -> str:
    """Return a decimal string of at most 16 characters, as short as the value allows."""
    text = f"{float(value):.9f}".rstrip("0").rstrip(".")
    text = "0" if text in ("-0", "") else text
    return text if len(text) <= 16 else f"{float(value):.9g}"


def clock(seconds: float) -> str:
    """Return a DICOM time of day for `seconds` after midnight."""
    whole = round(seconds * 100) / 100 % 86400.0
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{int(hours):02d}{int(minutes):02d}{left:05.2f}".removesuffix(".00")


def _file_bytes(encoder: _Encoder, common: dict[BaseTag, bytes], one: Slice, series: SeriesContent) -> bytes:
    low, high = (-32768, 32767) if series.signed else (0, 65535)
    if one.pixels.size and (one.pixels.min() < low or one.pixels.max() > high):
        raise InputError(
            f"stored values from {one.pixels.min()} to {one.pixels.max()}, expected {low} to {high}",
            code="dicom.pixels",
            hint="give a rescale slope, or write signed values",
        )
    elements = dict(common)
    elements.update(encoder.attribute(k, v) for k, v in one.attributes.items())
    elements.update([encoder.attribute("SOPInstanceUID", one.uid)])
    if one.extra is not None:
        elements.update(encoder.dataset(one.extra))
    elements[PIXEL_DATA] = encoder.pixels(one.pixels, signed=series.signed)
    body = b"".join(elements[tag] for tag in sorted(elements))
    return _preamble(str(series.header.SOPClassUID), one.uid, encoder.syntax) + body


def _preamble(sop_class: str, uid: str, syntax: UID) -> bytes:
    """Return preamble, prefix and file meta information (always explicit VR little endian)."""
    before, after = _meta_parts(sop_class, str(syntax))
    body = before + _META.attribute("MediaStorageSOPInstanceUID", uid)[1] + after
    return b"\x00" * 128 + b"DICM" + _META.attribute("FileMetaInformationGroupLength", len(body))[1] + body


@lru_cache
def _meta_parts(sop_class: str, syntax: str) -> tuple[bytes, bytes]:
    """Encode what all files of a series share, before and after the UID of the object."""
    before = {"FileMetaInformationVersion": b"\x00\x01", "MediaStorageSOPClassUID": sop_class}
    after = {
        "TransferSyntaxUID": syntax,
        "ImplementationClassUID": IMPLEMENTATION_UID,
        "ImplementationVersionName": "KINEPHEN",
    }
    first, second = (b"".join(_META.attribute(k, v)[1] for k, v in part.items()) for part in (before, after))
    return first, second


_META = _Encoder(UID(ExplicitVRLittleEndian))
