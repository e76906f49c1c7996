"""Boxes exchanged with UCSF's tools: Aegis XML, which its 3D Slicer extension reads and writes.

Each region is an ``Item-CubicRoiInfo3D`` inside ``AegisXmlObject/RoiSavedState/RoiInfo`` with ``Center``,
``WidthHalfLength``, ``HeightHalfLength`` and ``DepthHalfLength`` (attributes X, Y, Z; DICOM patient
coordinates, mm) and ``OmitRegion`` (True or False). Files come from outside: document types and entities are
refused.
"""

from __future__ import annotations

import math
from pathlib import Path
from xml.parsers import expat

import numpy as np

from kinephen.core.dynamic import Box
from kinephen.core.files import atomic_path
from kinephen.errors import InputError

MAX_BYTES = 10_000_000
_REGION = "Item-CubicRoiInfo3D"
_VECTORS = ("Center", "WidthHalfLength", "HeightHalfLength", "DepthHalfLength")

Vector = tuple[float, float, float]


class _Regions:
    """Collects regions while expat reads."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.vectors: dict[str, Vector] = {}
        self.omit = ""
        self.path: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if name == _REGION:
            self.vectors, self.omit = {}, attributes.get("OmitRegion", "")
        elif _REGION in self.path and name in _VECTORS:
            self.vectors[name] = _vector(attributes, name)

    def text(self, data: str) -> None:
        if self.path and self.path[-1] == "OmitRegion":
            self.omit += data

    def end(self, name: str) -> None:
        self.path.pop()
        if name == _REGION:
            self.boxes.append(_box(self.vectors, self.omit.strip().lower() == "true"))


def read_aegis_boxes(path: Path) -> tuple[Box, ...]:
    """Read the regions of an Aegis XML file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Box
        Regions of interest and regions to leave out, in the file's order.

    Raises
    ------
    InputError
        ``path.missing``, ``aegis.unreadable`` (damaged, large, or with a document type), ``aegis.region``.
    """
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="Aegis XML")
    if path.stat().st_size > MAX_BYTES:
        raise _unreadable(f"larger than {MAX_BYTES // 1_000_000} MB")
    regions = _Regions()
    parser = expat.ParserCreate()
    parser.StartElementHandler = regions.start
    parser.EndElementHandler = regions.end
    parser.CharacterDataHandler = regions.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _unreadable("not well-formed XML") from error
    if not regions.boxes:
        raise InputError("no region in it", code="aegis.region", where="Aegis XML")
    return tuple(regions.boxes)


def write_aegis_boxes(path: Path, boxes: tuple[Box, ...]) -> None:
    """Write regions as Aegis XML, whole or not at all."""
    items = "\n".join(_item(box) for box in boxes)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<AegisXmlObject>\n <RoiSavedState>\n  <RoiInfo>\n'
        f"{items}\n  </RoiInfo>\n </RoiSavedState>\n</AegisXmlObject>\n"
    )
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _item(box: Box) -> str:
    vectors = zip(_VECTORS, (box.centre_mm, *box.half_vectors_mm), strict=True)
    lines = [f'    <{name} X="{v[0]!r}" Y="{v[1]!r}" Z="{v[2]!r}"/>' for name, v in vectors]
    lines.append(f"    <OmitRegion>{box.omit}</OmitRegion>")
    return "\n".join([f"   <{_REGION}>", *lines, f"   </{_REGION}>"])


def _vector(attributes: dict[str, str], name: str) -> Vector:
    try:
        found = tuple(float(attributes[axis]) for axis in "XYZ")
    except (KeyError, ValueError):
        found = (math.nan,)
    if len(found) != 3 or not all(math.isfinite(v) for v in found):
        raise InputError(f"{name} needs numbers X, Y and Z", code="aegis.region", where="Aegis XML")
    return found[0], found[1], found[2]


def _box(vectors: dict[str, Vector], omit: bool) -> Box:
    missing = [name for name in _VECTORS if name not in vectors]
    if missing:
        raise InputError(f"a region lacks {', '.join(missing)}", code="aegis.region", where="Aegis XML")
    half = (vectors[_VECTORS[1]], vectors[_VECTORS[2]], vectors[_VECTORS[3]])
    if abs(np.linalg.det(np.array(half))) < 1e-6:
        raise InputError("a region has no volume", code="aegis.region", where="Aegis XML")
    return Box(vectors["Center"], half, omit, "Aegis XML")


def _refuse(*_: object) -> None:
    raise _unreadable("it declares a document type or entities")


def _unreadable(reason: str) -> InputError:
    return InputError(f"not a plain Aegis file: {reason}", code="aegis.unreadable", where="Aegis XML")
