"""Label maps of any format that is read, on the grid of their image, with labels kept exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.tag import Tag

from kinephen.core.machine import raise_machine_fault
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.array_volume import ArrayVolume, read_array_volume
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.dicom_open import read_dataset
from kinephen.io.nifti import align
from kinephen.io.seg_frames import read_segment
from kinephen.io.sources import opened

WHERE = "mask file"


def read_label_volume(path: Path, geometry: Geometry, *, only: int | None = None) -> ArrayVolume:
    """Read a label map and bring it onto a grid.

    Parameters
    ----------
    path : Path
        As `kinephen.io.array_volume.read_array_volume`, or a DICOM segmentation: its labels are its segment
        numbers, and its frames may be fewer than the grid's slices.
    geometry : Geometry
        The image's grid; the file's voxels must be its voxels, permuted or mirrored.
    only : int, optional
        The one segment that is wanted of a DICOM segmentation, whose segments may overlap. All labels of
        other files are returned.

    Returns
    -------
    ArrayVolume
        Values as stored, on `geometry`.

    Raises
    ------
    InputError
        ``geometry.mismatch``; ``mask.segments`` if segments overlap and none was named; as
        `read_array_volume` and `kinephen.io.seg_frames.read_segment`.
    """
    if is_dicom(path):
        return _segments(path, geometry, only)
    volume = read_array_volume(path)
    return ArrayVolume(align(volume.array, volume.geometry, geometry), geometry, volume.issues)


def is_dicom(path: Path) -> bool:
    """Tell whether a file begins as DICOM files do."""
    opened(path)
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _segments(path: Path, geometry: Geometry, only: int | None) -> ArrayVolume:
    numbers = _segment_numbers(path)
    if only is not None:
        if only not in numbers:
            listed = ", ".join(map(str, numbers[:8]))
            raise InputError(f"no segment {only}; it holds {listed}", code="mask.segments", where=WHERE)
        numbers = [only]
    found = np.zeros(geometry.shape, dtype=np.uint16)
    for number in numbers:
        inside = read_segment(path, geometry, number, by_index=False).array
        if found[inside].any():
            raise InputError(
                f"segment {number} overlaps another one",
                code="mask.segments",
                where=WHERE,
                hint="name one with --label N",
            )
        found[inside] = number
    return ArrayVolume(found, geometry)


def _segment_numbers(path: Path) -> list[int]:
    with quiet_pydicom():
        try:
            data = read_dataset(path, tags=[int(Tag("SegmentSequence"))])
            numbers = sorted({int(s.SegmentNumber) for s in data.get("SegmentSequence") or ()})
        except Exception as error:  # any damage to the file, whatever pydicom makes of it
            raise_machine_fault(error)
            raise InputError("a damaged DICOM file", code="mask.format", where=WHERE) from error
    if not numbers:
        raise InputError("the DICOM object is not a segmentation", code="mask.format", where=WHERE)
    if numbers[0] < 1 or numbers[-1] > 65_535:
        raise InputError("its segment numbers are none", code="mask.segments", where=WHERE)
    return numbers
