"""Masks from DICOM segmentations and NIfTI files, placed on an exam's grid by position in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom

from kinephen.core.cohort import Issue
from kinephen.core.machine import raise_machine_fault
from kinephen.core.volume import DIRECTION_TOLERANCE, POSITION_TOLERANCE_MM, Geometry, Mask
from kinephen.errors import InputError
from kinephen.io.dicom_headers import MAX_SIDE, quiet_pydicom, refuse_bomb
from kinephen.io.dicom_pixels import require_readable_size
from kinephen.io.nifti import is_nifti, read_nifti_mask
from kinephen.types import BoolVolume, FloatArray

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
_HINT = "give the segmentation of this exam, or resample it onto the exam's grid with nearest neighbour"


@dataclass(frozen=True)
class FoundSegmentation:
    """A segmentation object of an exam.

    Parameters
    ----------
    path : Path
    kind : str
        ``"voi_pe"``, ``"voi_tissue"``, ``"pe"``, ``"tissue"`` for the objects of the public archive,
        ``"lesion"`` for a BIDS-like mask of that label, else ``"other"``.
    content_label, description : str
        As in the file; may hold anything, so they are never put into a message.
    refers_to_series : bool or None
        Whether its source images belong to the dynamic series; None if it names none.
    """

    path: Path
    kind: str
    content_label: str
    description: str
    refers_to_series: bool | None


def segmentation_kind(description: str) -> str:
    """Return what a segmentation of the public archive holds, from its series description."""
    text = " ".join(description.lower().split())
    inside = "voi_" if text.startswith("voi ") else ""
    if "breast tissue segmentation" in text:
        return inside + "tissue"
    return inside + "pe" if "pe segmentation" in text else "other"


def read_mask(path: Path, geometry: Geometry, *, segment: int | None = None) -> Mask:
    """Read a mask and place it on a grid.

    Parameters
    ----------
    path : Path
        A DICOM segmentation (BINARY or FRACTIONAL) or a NIfTI file with values 0 and one other.
    geometry : Geometry
        Grid of the exam. The file's frames may be fewer, in another order, or cut out of it, but each voxel
        must coincide with a voxel of the grid (0.01 mm).
    segment : int, optional
        SegmentNumber, or the label in a NIfTI file; needed only if there are several.

    Returns
    -------
    Mask
        Possibly empty. FRACTIONAL values count as inside from half of the maximum on (the public archive
        writes only 0 and the maximum).

    Raises
    ------
    InputError
        ``mask.format``, ``mask.segments``, ``mask.rgb``, ``geometry.mismatch`` (naming the difference), or
        ``mask.values``.
    """
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="mask file")
    if is_nifti(path):
        return read_nifti_mask(path, geometry, label=segment)
    return Mask(_read_seg(path, geometry, segment), geometry, source="DICOM segmentation")


def refers_elsewhere(segmentations: tuple[FoundSegmentation, ...]) -> tuple[Issue, ...]:
    """Return a note if segmentations name source images of another series."""
    count = sum(s.refers_to_series is False for s in segmentations)
    text = "segmentation(s) refer to images of another series than the dynamic one"
    return (Issue("seg.other_series", text, "segmentations", count),) if count else ()


def _read_seg(path: Path, geometry: Geometry, segment: int | None) -> BoolVolume:
    with quiet_pydicom():
        try:
            with path.open("rb") as stream:
                refuse_bomb(stream)
                data = pydicom.dcmread(stream)
        except Exception as error:  # any damage to the file, whatever pydicom makes of it
            raise_machine_fault(error)
            raise InputError("neither NIfTI nor DICOM", code="mask.format", where="mask file") from error
        if str(data.get("SOPClassUID", "")) != SEGMENTATION_STORAGE:
            raise InputError("the DICOM object is not a segmentation", code="mask.format", where="mask file")
        try:
            number = _segment_number(data, segment)
            planes = _planes(data)
            frames = _frames(data, len(planes))
        except InputError:
            raise
        except Exception as error:
            raise_machine_fault(error)
            raise InputError(
                "the DICOM segmentation is damaged or incomplete", code="mask.format", where="mask file"
            ) from error
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    for frame, plane in zip(frames, planes, strict=True):
        # The archive stores an empty region as one blank frame; where it lies does not matter.
        if plane.segment == number and frame.any():
            k, rows, columns = _place(plane, geometry, frame.shape)
            mask[k, rows, columns] |= frame
    return mask


@dataclass(frozen=True)
class _Plane:
    position: FloatArray
    along_row: FloatArray
    along_column: FloatArray
    segment: int


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
        where="mask file",
        hint="name one of its segment numbers",
    )


def _frames(data: pydicom.Dataset, places: int) -> BoolVolume:
    frames, rows, columns = (int(data.get(n, 1) or 1) for n in ("NumberOfFrames", "Rows", "Columns"))
    require_readable_size(frames * rows * columns)
    if frames != places:
        raise InputError(f"{frames} frames but positions for {places}", code="mask.format", where="mask file")
    if max(rows, columns) > MAX_SIDE:
        raise InputError(f"frames of {rows} x {columns}", code="mask.format", where="mask file")
    array = np.asarray(data.pixel_array).reshape(frames, rows, columns)
    if str(data.get("SegmentationType", "BINARY")).upper() != "FRACTIONAL":
        return array > 0
    maximum = int(data.get("MaximumFractionalValue", 255) or 255)
    return array.astype(np.int32) * 2 >= maximum


def _planes(data: pydicom.Dataset) -> list[_Plane]:
    shared = (data.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
    planes = []
    for own in data.PerFrameFunctionalGroupsSequence:

        def group(name: str, own: pydicom.Dataset = own) -> pydicom.Dataset:
            return (own.get(name) or shared.get(name))[0]

        direction = np.array(group("PlaneOrientationSequence").ImageOrientationPatient, dtype=np.float64)
        spacing = np.array(group("PixelMeasuresSequence").PixelSpacing, dtype=np.float64)
        identified = own.get("SegmentIdentificationSequence") or shared.get("SegmentIdentificationSequence")
        planes.append(
            _Plane(
                np.array(group("PlanePositionSequence").ImagePositionPatient, dtype=np.float64),
                direction[:3] * spacing[1],
                direction[3:] * spacing[0],
                int(identified[0].ReferencedSegmentNumber),
            )
        )
    return planes


def _place(plane: _Plane, geometry: Geometry, shape: tuple[int, ...]) -> tuple[int, slice, slice]:
    """Return the slice index and the row and column ranges of the grid that a frame covers."""
    axes = np.stack([plane.along_column, plane.along_row], axis=1)
    own = geometry.affine[:3, 1:3]
    if not np.allclose(np.linalg.norm(axes, axis=0), np.linalg.norm(own, axis=0), atol=1e-3):
        raise _mismatch("pixel spacing")
    if (
        np.abs(axes / np.linalg.norm(axes, axis=0) - own / np.linalg.norm(own, axis=0)).max()
        > 10 * DIRECTION_TOLERANCE
    ):
        raise _mismatch("direction of rows and columns")
    index = np.linalg.solve(geometry.affine[:3, :3], plane.position - geometry.affine[:3, 3])
    if not np.isfinite(index).all():
        raise _mismatch("a frame's position is not a number")
    nearest = np.rint(index)
    off = np.abs(index - nearest) * geometry.spacing
    if off.max() > 5 * POSITION_TOLERANCE_MM:
        raise _mismatch(f"a frame lies {off.max():.3f} mm off the nearest voxel")
    k, row, column = (int(v) for v in nearest)
    if not (0 <= k < geometry.shape[0] and 0 <= row <= geometry.shape[1] - shape[0]) or not (
        0 <= column <= geometry.shape[2] - shape[1]
    ):
        raise _mismatch(
            f"a frame of {shape[0]} x {shape[1]} begins at slice {k}, row {row}, column {column}, "
            f"outside the grid of {geometry.shape[0]} x {geometry.shape[1]} x {geometry.shape[2]}"
        )
    return k, slice(row, row + shape[0]), slice(column, column + shape[1])


def _mismatch(difference: str) -> InputError:
    return InputError(
        f"mask and exam lie on different grids: {difference}",
        code="geometry.mismatch",
        where="mask file",
        hint=_HINT,
    )
