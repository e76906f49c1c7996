"""Frames of a DICOM segmentation: which segment each shows, and which voxels of an exam's grid it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels import iter_pixels

from kinephen.core.machine import raise_machine_fault
from kinephen.core.volume import GRID_TOLERANCE, HALF_VOXEL, Geometry, offset_text
from kinephen.errors import InputError
from kinephen.io import dicom_values as values
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.dicom_open import read_dataset
from kinephen.io.dicom_pixel_headers import MAX_SIDE
from kinephen.io.label_values import NAME_ONE
from kinephen.types import BoolVolume, FloatArray

SEGMENTATION_STORAGE = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""
WHERE = "mask file"
_FRAME_OF_REFERENCE = 0x00200052
_HINT = "give the segmentation of this exam, or resample it onto the exam's grid with nearest neighbour"


@dataclass(frozen=True)
class Placed:
    """A segment on a grid.

    Parameters
    ----------
    array : ndarray of bool, shape (nz, ny, nx)
    frame_of_reference : str
        UID that the object states, or empty.
    half_voxel : str
        How far the frames lie off the voxels that they were matched with by index; empty if they do not.
    """

    array: BoolVolume
    frame_of_reference: str = ""
    half_voxel: str = ""


@dataclass(frozen=True)
class _Plane:
    number: int
    position: FloatArray
    along_row: FloatArray
    along_column: FloatArray
    segment: int | None


def read_segment(path: Path, geometry: Geometry, segment: int | None, *, by_index: bool) -> Placed:
    """Read one segment of a DICOM segmentation and place it on a grid.

    Parameters
    ----------
    path : Path
    geometry : Geometry
    segment : int, optional
        SegmentNumber; needed only if there are several.
    by_index : bool
        Match frames by index that lie exactly half a voxel off and cover the grid along that axis: the other
        convention of where a voxel's position is.

    Raises
    ------
    InputError
        ``mask.format``, ``mask.segments``, ``geometry.mismatch``.
    """
    with quiet_pydicom():
        try:
            data = read_dataset(path, before_pixels=False)
        except Exception as error:  # any damage to the file, whatever pydicom makes of it
            raise_machine_fault(error)
            raise InputError("neither NIfTI nor DICOM", code="mask.format", where=WHERE) from error
        if str(data.get("SOPClassUID", "")) not in SEGMENTATION_STORAGE:
            raise InputError("the DICOM object is not a segmentation", code="mask.format", where=WHERE)
        try:
            return _placed(data, geometry, segment, by_index)
        except InputError:
            raise
        except Exception as error:
            raise_machine_fault(error)
            raise InputError(
                "the DICOM segmentation is damaged or incomplete", code="mask.format", where=WHERE
            ) from error


def stated_frame(path: Path) -> str:
    """Return the UID of the frame of reference that a DICOM object states; empty for any other file."""
    with quiet_pydicom():
        try:
            return values.text(read_dataset(path, tags=[_FRAME_OF_REFERENCE]), _FRAME_OF_REFERENCE)
        except Exception as error:  # no DICOM object, or a damaged one
            raise_machine_fault(error)
            return ""


def _placed(data: pydicom.Dataset, geometry: Geometry, segment: int | None, by_index: bool) -> Placed:
    number = _segment_number(data, segment)
    planes = _planes(data)
    shape = _frame_shape(data, len(planes))
    own = [p for p in planes if p.segment in (number, None)]
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    # The archive stores an empty region as one blank frame; where it lies does not matter.
    shown = [(p, f) for p, f in zip(own, _frames(data, own, number, shape), strict=True) if f.any()]
    half = ""
    if shown:
        starts, half = _starts([p for p, _ in shown], len(own), geometry, shape, by_index)
        for (k, row, column), (_, frame) in zip(starts, shown, strict=True):
            mask[k, row : row + shape[0], column : column + shape[1]] |= frame
    return Placed(mask, str(data.get("FrameOfReferenceUID") or ""), half)


def _segment_number(data: pydicom.Dataset, wanted: int | None) -> int:
    numbers = sorted(int(s.SegmentNumber) for s in data.get("SegmentSequence") or ())
    if wanted is None and len(numbers) == 1:
        return numbers[0]
    if wanted in numbers:
        return int(wanted or 0)
    found = ", ".join(str(n) for n in numbers) or "none"
    raise InputError(
        f"segments found: {found}; wanted: {'one' if wanted is None else wanted}",
        code="mask.segments",
        where=WHERE,
        hint=NAME_ONE,
    )


def _frame_shape(data: pydicom.Dataset, places: int) -> tuple[int, int]:
    frames, rows, columns = (int(data.get(n, 1) or 1) for n in ("NumberOfFrames", "Rows", "Columns"))
    if frames != places:
        raise InputError(f"{frames} frames but positions for {places}", code="mask.format", where=WHERE)
    if max(rows, columns) > MAX_SIDE or min(rows, columns) < 1:
        raise InputError(f"frames of {rows} x {columns}", code="mask.format", where=WHERE)
    return rows, columns


def _frames(
    data: pydicom.Dataset, planes: list[_Plane], number: int, shape: tuple[int, int]
) -> Iterator[BoolVolume]:
    """Decode the frames of one segment one by one: a header may promise more than memory holds."""
    kind = str(data.get("SegmentationType", "BINARY")).upper()
    maximum = int(data.get("MaximumFractionalValue", 255) or 255)
    numbers = [p.number for p in planes]
    packed = data.file_meta.TransferSyntaxUID.is_encapsulated
    decoded = iter_pixels(data, indices=numbers, raw=True) if packed and numbers else None
    for stored in decoded or (_native(data, n, shape) for n in numbers):
        frame = np.asarray(stored).reshape(shape)
        if kind == "LABELMAP":
            yield frame == number
        elif kind == "FRACTIONAL":
            yield frame.astype(np.int32) * 2 >= maximum
        else:
            yield frame > 0


def _native(data: pydicom.Dataset, number: int, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return the stored values of one frame; frames of single bits follow each other without padding."""
    size, bits = shape[0] * shape[1], int(data.BitsAllocated)
    if bits not in (1, 8, 16):
        raise InputError(f"{bits} bits a voxel", code="mask.format", where=WHERE)
    first = number * size * bits
    content = np.frombuffer(data.PixelData[first // 8 : -(-(first + size * bits) // 8)], dtype=np.uint8)
    if bits == 1:
        return np.unpackbits(content, bitorder="little")[first % 8 :][:size]
    return content.view("<u2") if bits == 16 and data.original_encoding[1] else content.view(f">u{bits // 8}")


def _planes(data: pydicom.Dataset) -> list[_Plane]:
    shared = (data.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
    planes = []
    for number, own in enumerate(data.PerFrameFunctionalGroupsSequence):

        def group(name: str, own: pydicom.Dataset = own) -> pydicom.Dataset:
            return (own.get(name) or shared.get(name))[0]

        direction = np.array(group("PlaneOrientationSequence").ImageOrientationPatient, dtype=np.float64)
        spacing = np.array(group("PixelMeasuresSequence").PixelSpacing, dtype=np.float64)
        identified = own.get("SegmentIdentificationSequence") or shared.get("SegmentIdentificationSequence")
        planes.append(
            _Plane(
                number,
                np.array(group("PlanePositionSequence").ImagePositionPatient, dtype=np.float64),
                direction[:3] * spacing[1],
                direction[3:] * spacing[0],
                int(identified[0].ReferencedSegmentNumber) if identified else None,
            )
        )
    labelled = str(data.get("SegmentationType", "")).upper() == "LABELMAP"
    if not labelled and any(p.segment is None for p in planes):
        raise InputError("frames that name no segment", code="mask.format", where=WHERE)
    return planes


def _starts(
    planes: list[_Plane], frames: int, geometry: Geometry, shape: tuple[int, int], by_index: bool
) -> tuple[list[tuple[int, int, int]], str]:
    """Return slice, first row and first column of each frame on the grid, and how far off they were."""
    for plane in planes:
        _require_same_plane(plane, geometry, shape)
    index = np.array([geometry.index_of(p.position) for p in planes])
    if not np.isfinite(index).all() or np.abs(index).max() > 1e6:
        raise _mismatch("a frame's position is not a number within reach")
    off = index - np.rint(index)
    half: FloatArray = np.zeros(3)
    if np.abs(off).max() > GRID_TOLERANCE:
        found = _half_voxel(index, frames, geometry, shape) if by_index else None
        if found is None:
            worst = off[np.abs(off).max(axis=1).argmax()]
            raise _mismatch(f"a frame lies {offset_text(worst, geometry.spacing)} off the nearest voxel")
        half = found
    starts = [(int(k), int(row), int(column)) for k, row, column in np.rint(index - half)]
    for k, row, column in starts:
        if not (0 <= k < geometry.shape[0] and 0 <= row <= geometry.shape[1] - shape[0]) or not (
            0 <= column <= geometry.shape[2] - shape[1]
        ):
            raise _mismatch(
                f"a frame of {shape[0]} x {shape[1]} begins at slice {k}, row {row}, column {column}, "
                f"outside the grid of {geometry.shape[0]} x {geometry.shape[1]} x {geometry.shape[2]}"
            )
    return starts, offset_text(half, geometry.spacing) if half.any() else ""


def _half_voxel(
    index: FloatArray, frames: int, geometry: Geometry, shape: tuple[int, int]
) -> FloatArray | None:
    """Return by how much all frames lie off along each axis, 0 or half a voxel; None if it is anything else.

    Which of its two neighbours a voxel means is known only where the object fills the axis.
    """
    half = np.zeros(3)
    covered = (frames, *shape)
    for axis in range(3):
        own = index[:, axis]
        if np.abs(own - np.rint(own)).max() <= GRID_TOLERANCE:
            continue
        shifted = np.rint(own - HALF_VOXEL)
        if np.abs(own - HALF_VOXEL - shifted).max() > GRID_TOLERANCE or covered[axis] != geometry.shape[axis]:
            return None
        half[axis] = HALF_VOXEL if shifted.min() >= 0 else -HALF_VOXEL
    return half


def _require_same_plane(plane: _Plane, geometry: Geometry, shape: tuple[int, int]) -> None:
    axes = np.stack([plane.along_column, plane.along_row], axis=1)
    own = geometry.affine[:3, 1:3]
    reach = np.maximum(np.asarray(shape) - 1, 1)
    ratio = np.linalg.norm(axes, axis=0) / np.linalg.norm(own, axis=0)
    if not (np.abs(ratio - 1.0) * reach <= GRID_TOLERANCE).all():
        raise _mismatch("pixel spacing")
    turned = np.abs(np.linalg.solve(geometry.affine[:3, :3], axes - own)) * reach
    if not turned.max() <= GRID_TOLERANCE:
        raise _mismatch("direction of rows and columns")


def _mismatch(difference: str) -> InputError:
    return InputError(
        f"mask and exam lie on different grids: {difference}",
        code="geometry.mismatch",
        where=WHERE,
        hint=_HINT,
    )
