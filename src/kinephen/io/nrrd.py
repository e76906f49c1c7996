"""NRRD images and label maps (``.nrrd``, ``.nhdr``, ``.seg.nrrd``), values in the file or beside it.

References
----------
Definition of NRRD File Format, Teem, teem.sourceforge.net/nrrd/format.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.raw_values import WHERE, RawValues, beside, header_error
from kinephen.io.text_header import grid, numbers, read_head, volume_shape, whole
from kinephen.types import AnyArray, FloatArray

_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_PACKING = {"raw": "", "gz": "zlib", "gzip": "zlib", "bz2": "bz2", "bzip2": "bz2"}
_PACKING |= dict.fromkeys(("txt", "text", "ascii"), "text") | {"hex": "hex"}
_TO_LPS = {
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
}
_NO_SCALAR = {"vector", "list", "rgb-color", "rgba-color", "hsv-color", "xyz-color", "complex", "quaternion"}
_NO_SCALAR |= {"2-vector", "3-vector", "4-vector", "3-color", "4-color", "3d-matrix", "3d-symmetric-matrix"}


@dataclass(frozen=True)
class NrrdHeader:
    """Fields in lower case with blanks removed from their names, and where the header ends."""

    fields: dict[str, str]
    end: int


def read_nrrd(path: Path) -> tuple[AnyArray, Geometry, tuple[Issue, ...]]:
    """Read a NRRD file.

    Returns
    -------
    array : ndarray, shape (nz, ny, nx)
        Of the stored type.
    geometry : Geometry
    issues : tuple of Issue

    Raises
    ------
    InputError
        ``volume.header``, ``volume.values``, ``volume.path``, ``volume.truncated``, ``dicom.too_large``.
    """
    header = _header(read_head(path))
    fields = header.fields
    sizes = whole(fields.get("sizes", ""), "sizes", _dimension(fields))
    kept = _axes(fields, sizes)
    shape = volume_shape([sizes[i] for i in kept])
    geometry, issues = _geometry(fields, kept, shape)
    return _values(path, header, shape).read(), geometry, issues


def _header(content: bytes) -> NrrdHeader:
    if not re.match(rb"NRRD000[1-5]\r?\n", content):
        raise header_error("it does not begin as a NRRD file does")
    end = re.search(rb"\r?\n\r?\n", content)
    text = content[: end.start() if end else len(content)].decode("utf-8", "replace")
    fields = {}
    for line in text.splitlines()[1:]:
        if line.startswith("#") or ":=" in line or ": " not in line:
            continue
        name, _, value = line.partition(": ")
        fields[name.strip().lower().replace(" ", "")] = value.strip()
    return NrrdHeader(fields, end.end() if end else len(content))


def _dimension(fields: dict[str, str]) -> int:
    dimension = whole(fields.get("dimension", ""), "dimension")[0]
    if not 1 <= dimension <= 16:
        raise header_error(f"its header: a dimension of {dimension}")
    return dimension


def _axes(fields: dict[str, str], sizes: list[int]) -> list[int]:
    """Return which axes lie in space; an axis of values or layers must have one entry only."""
    kinds = fields.get("kinds", "").lower().split()
    kinds += ["???"] * (len(sizes) - len(kinds))
    dropped = [i for i, kind in enumerate(kinds[: len(sizes)]) if kind in _NO_SCALAR]
    for i in dropped:
        if sizes[i] != 1:
            several = f"{sizes[i]} layers: segments overlap" if kinds[i] == "list" else f"{sizes[i]} values"
            raise InputError(
                f"each voxel holds {several} (kind {kinds[i]})",
                code="volume.values",
                where=WHERE,
                hint="save one component or segment as a file of its own",
            )
    return [i for i in range(len(sizes)) if i not in dropped]


def _geometry(
    fields: dict[str, str], kept: list[int], shape: tuple[int, int, int]
) -> tuple[Geometry, tuple[Issue, ...]]:
    space = fields.get("space", "").lower().removesuffix("-time")
    issues: tuple[Issue, ...] = ()
    if space not in _TO_LPS:
        text = "the header does not say in which space it lies; left, posterior, superior is taken"
        issues = (Issue("volume.place", text, "geometry", level="warning"),)
    flip = np.array(_TO_LPS.get(space, (1, 1, 1)), dtype=np.float64)
    axes = _directions(fields, kept)
    origin = np.zeros(3)
    if "spaceorigin" in fields:
        origin = np.array(numbers(fields["spaceorigin"].strip("() "), 3, "space origin"))
    return grid(shape, flip[:, None] * axes, list(flip * origin)), issues


def _directions(fields: dict[str, str], kept: list[int]) -> FloatArray:
    """Return steps along the axes as columns; from spacings alone they follow the axes of space."""
    axes = np.eye(3)
    if "spacedirections" in fields:
        words = re.findall(r"none|\([^()]*\)", fields["spacedirections"].lower())
        vectors = [w.strip("()") for i, w in enumerate(words) if i in kept]
        for i, vector in enumerate(vectors[:3]):
            axes[:, i] = numbers(vector, 3, "space directions")
        if len(vectors) != len(kept):
            raise header_error("its header: space directions must hold one vector for each axis")
    elif "spacings" in fields:
        words = fields["spacings"].split()
        for i, axis in enumerate(kept[:3]):
            axes[i, i] = numbers(words[axis], 1, "spacings")[0] if axis < len(words) else 1.0
    return axes


def _values(path: Path, header: NrrdHeader, shape: tuple[int, int, int]) -> RawValues:
    fields = header.fields
    kind = next((k for k, names in _TYPES.items() if fields.get("type", "").lower() in names), None)
    if kind is None:
        raise InputError("its type of voxel is not read", code="volume.values", where=WHERE)
    packing = _PACKING.get(fields.get("encoding", "").lower())
    if packing is None:
        raise header_error("its encoding is not read: expected raw, gzip, bzip2, text or hex")
    endian = fields.get("endian", "little").lower()
    if endian not in ("little", "big"):
        raise header_error("its header: endian must be little or big")
    dtype: np.dtype[Any] = np.dtype(kind).newbyteorder("<" if endian == "little" else ">")
    data, offset = path, header.end
    name = fields.get("datafile", "")
    if name:
        if name.split()[0].upper() == "LIST" or "%" in name:
            raise header_error("its values lie in several files", "save it as one file")
        data, offset = beside(path, name), 0
    offset = _skipped(data, offset, fields, packing)
    return RawValues(data, offset, packing, dtype.newbyteorder("=") if packing == "text" else dtype, shape)


def _skipped(data: Path, offset: int, fields: dict[str, str], packing: str) -> int:
    """Return the offset after the lines and bytes that the header says to skip."""
    lines = whole(fields.get("lineskip", "0"), "line skip")[0]
    skip = whole(fields.get("byteskip", "0"), "byte skip")[0]
    if skip == -1:
        if packing:
            raise header_error("its header: byte skip -1 is of raw values alone")
        return -1
    if lines > 0:
        with data.open("rb") as stream:
            stream.seek(offset)
            for _ in range(min(lines, 100_000)):
                stream.readline(1_000_000)
            offset = stream.tell()
    if skip and packing in ("zlib", "bz2"):
        raise header_error("its header: bytes to skip inside packed values are not read")
    return offset + skip
