"""MetaImage files (``.mha``; ``.mhd`` with its values beside), as ITK reads them.

References
----------
MetaIO: itk.org/Wiki/ITK/MetaIO/Documentation. Rows of ``TransformMatrix`` are the directions of the axes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.raw_values import WHERE, RawValues, beside, header_error
from kinephen.io.text_header import grid, numbers, read_head, volume_shape, whole
from kinephen.types import AnyArray

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip


def read_metaimage(path: Path) -> tuple[AnyArray, Geometry, tuple[Issue, ...]]:
    """Read a MetaImage; returns and raises as `kinephen.io.nrrd.read_nrrd`."""
    fields, end = _header(read_head(path))
    dimensions = whole(_first(fields, "NDims"), "NDims")[0]
    if not 1 <= dimensions <= 16:
        raise header_error(f"its header: NDims of {dimensions}")
    shape = volume_shape(whole(_first(fields, "DimSize"), "DimSize", dimensions))
    channels = whole(_first(fields, "ElementNumberOfChannels") or "1", "ElementNumberOfChannels")[0]
    kind = _TYPES.get(_first(fields, "ElementType").upper())
    if channels != 1 or kind is None:
        several = f"{channels} values (colours or vectors)" if channels != 1 else "a type that is not read"
        raise InputError(
            f"each voxel holds {several}",
            code="volume.values",
            where=WHERE,
            hint="save one real number a voxel: one component, or the magnitude",
        )
    geometry, issues = _geometry(fields, dimensions, shape)
    return _values(path, fields, end, kind, shape).read(), geometry, issues


def _header(content: bytes) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    at = 0
    while at < len(content):
        line_end = content.find(b"\n", at)
        line_end = len(content) if line_end < 0 else line_end
        name, equals, value = content[at:line_end].decode("utf-8", "replace").partition("=")
        at = line_end + 1
        if not equals:
            if name.strip():
                break
            continue
        fields[name.strip().lower()] = value.strip()
        if name.strip().lower() == "elementdatafile":
            return fields, at
    raise header_error("its header does not end with ElementDataFile")


def _first(fields: dict[str, str], *names: str) -> str:
    return next((fields[n.lower()] for n in names if n.lower() in fields), "")


def _geometry(
    fields: dict[str, str], dimensions: int, shape: tuple[int, int, int]
) -> tuple[Geometry, tuple[Issue, ...]]:
    n = dimensions
    spacing, origin, axes = np.ones(max(n, 3)), np.zeros(max(n, 3)), np.eye(max(n, 3))
    if stated := _first(fields, "ElementSpacing", "ElementSize"):
        spacing[:n] = numbers(stated, n, "ElementSpacing")
    if stated := _first(fields, "Offset", "Position", "Origin"):
        origin[:n] = numbers(stated, n, "Offset")
    issues: tuple[Issue, ...] = ()
    if stated := _first(fields, "TransformMatrix", "Orientation", "Rotation"):
        axes[:n, :n] = np.reshape(numbers(stated, n * n, "TransformMatrix"), (n, n)).T
    else:
        text = "the header does not say how its axes lie in the patient; they are taken as they stand"
        issues = (Issue("volume.place", text, "geometry", level="warning"),)
    return grid(shape, axes[:3, :3] * spacing[:3], list(origin[:3])), issues


def _values(
    path: Path, fields: dict[str, str], end: int, kind: str, shape: tuple[int, int, int]
) -> RawValues:
    big = _true(_first(fields, "ElementByteOrderMSB", "BinaryDataByteOrderMSB"))
    dtype: np.dtype[Any] = np.dtype(kind).newbyteorder(">" if big else "<")
    name = fields["elementdatafile"]
    if name.split()[:1] == ["LIST"] or "%" in name or not name:
        raise header_error("its values lie in several files", "save it as one file")
    data, offset = (path, end) if name.upper() == "LOCAL" else (beside(path, name), 0)
    skip = whole(_first(fields, "HeaderSize") or "0", "HeaderSize")[0]
    packing = "zlib" if _true(_first(fields, "CompressedData")) else ""
    if not packing and _first(fields, "BinaryData") and not _true(_first(fields, "BinaryData")):
        packing, dtype = "text", dtype.newbyteorder("=")
    return RawValues(data, -1 if skip == -1 else offset + skip, packing, dtype, shape)


def _true(text: str) -> bool:
    return text.strip().lower() in ("true", "1", "yes")
