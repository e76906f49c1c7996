"""Small DICOM exams with known truth, in the layouts that real archives show; for the tests of reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from kinephen.core.volume import Geometry
from kinephen.io.dicom_writer import (
    SeriesContent,
    Slice,
    clock,
    decimal,
    grid_header,
    pixel_header,
    plane_attributes,
    uid_from_names,
    write_object,
    write_series,
)

SHAPE = (7, 8, 9)
MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
SEG_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
CREATOR = "UCSF BIRP PRIVATE CREATOR 011710xx"
INJECTION = 10 * 3600.0 + 32 * 60 + 38
"""Start of the first phase after contrast, seconds after midnight."""
STARTS = (-407.0, 0.0, 354.0)
TIMES = (-230.0, 177.0, 531.0)


def sagittal(shape: tuple[int, int, int] = SHAPE, *, x0: float = 57.8, step: float = -2.0) -> Geometry:
    """A sagittal grid numbered from the largest x down, as UCSF's exams are."""
    affine = np.eye(4)
    affine[:3, 0] = (step, 0, 0)
    affine[:3, 1] = (0, 0, -0.9)
    affine[:3, 2] = (0, 0.7, 0)
    affine[:3, 3] = (x0, -106.7, 78.0)
    return Geometry(shape, affine)


def values(n_phases: int = 3, shape: tuple[int, int, int] = SHAPE, *, seed: int = 1) -> np.ndarray:
    """Distinct stored values for every voxel of every phase."""
    n = n_phases * int(np.prod(shape))
    return np.random.default_rng(seed).permutation(n).reshape(n_phases, *shape).astype(np.int32) + 20


def share_plane(data):
    """Say of all frames of an object where their plane lies, as its own header does of one image."""
    shared = Dataset()
    shared.PlaneOrientationSequence = Items([Dataset()])
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = data.ImageOrientationPatient
    shared.PixelMeasuresSequence = Items([Dataset()])
    shared.PixelMeasuresSequence[0].PixelSpacing = data.PixelSpacing
    data.SharedFunctionalGroupsSequence = Items([shared])


class ExamMaker:
    """Writes the objects of one study."""

    def __init__(
        self, root: Path, geometry: Geometry | None = None, *, maker: str = "GE MEDICAL SYSTEMS"
    ) -> None:
        self.root = root
        self.geometry = sagittal() if geometry is None else geometry
        self.maker = maker
        self.study = uid_from_names("study", str(root))
        self.common: dict[str, Any] = {}

    def header(self, number: int, description: str, *, modality: str = "MR") -> Dataset:
        data = grid_header(self.geometry)
        for element in pixel_header():
            data.add(element)
        data.SOPClassUID = MR_STORAGE if modality == "MR" else SEG_STORAGE
        data.Modality = modality
        data.Manufacturer = self.maker
        data.StudyInstanceUID = self.study
        data.SeriesInstanceUID = uid_from_names(self.study, number, description)
        data.FrameOfReferenceUID = uid_from_names(self.study, "frame")
        data.SeriesNumber = number
        data.SeriesDescription = description
        data.StudyDate = "20010203"
        data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        data.RepetitionTime, data.EchoTime, data.FlipAngle = "8.2", "4.2", "20"
        data.ScanOptions = ["NPW", "FS"]
        data.SequenceName = "3dfgre"
        for name, value in self.common.items():
            setattr(data, name, value)
        return data

    def series(
        self,
        frames: np.ndarray,
        number: int,
        description: str = "Dynamic-3dfgre",
        *,
        starts: Sequence[float] = STARTS,
        attributes: Callable[[int, int], Mapping[str, Any]] | None = None,
        key: str = "ContentTime",
        overrides: Mapping[str, Any] | None = None,
        syntax: str = "1.2.840.10008.1.2.1",
        signed: bool = False,
        keep: Callable[[int, int], bool] = lambda p, k: True,
        reverse: Sequence[int] = (),
        first: int = 0,
    ) -> list[list[str]]:
        """Write phases as one series; return the UIDs by phase and slice.

        `attributes` adds elements by (phase, slice); `key` names the element that holds each phase's start;
        phases in `reverse` are numbered from the other end; `keep` drops instances; `first` numbers the first
        of these phases in its series.
        """
        header = self.header(number, description)
        for name, value in (overrides or {}).items():
            setattr(header, name, value)
        header.PixelRepresentation = int(signed)
        uids: list[list[str]] = []
        slices = []
        instance = 0
        for p, frame in enumerate(frames):
            uids.append([uid_from_names(header.SeriesInstanceUID, p + first, k) for k in range(len(frame))])
            order = range(len(frame) - 1, -1, -1) if p in reverse else range(len(frame))
            for k in order:
                instance += 1
                own = {"InstanceNumber": instance, **plane_attributes(self.geometry, k)}
                if key in ("ContentTime", "AcquisitionTime"):
                    own[key] = clock(INJECTION + starts[p])
                    own[key.replace("Time", "Date")] = "20010203"
                elif key == "TriggerTime":
                    own |= {"TemporalPositionIdentifier": p + 1, "TriggerTime": decimal(starts[p] * 1000)}
                own |= attributes(p, k) if attributes else {}
                if keep(p, k):
                    slices.append(Slice(frame[k], uids[p][k], own))
        folder = f"s{number}-{str(header.SeriesInstanceUID)[-4:]}-{first}"
        write_series(self.root, SeriesContent(header, slices, syntax, signed, folder))
        return uids

    def ser_map(
        self,
        sources: Sequence[Sequence[str]] | None,
        number: int,
        description: str,
        *,
        private: Dataset | None = None,
        kind: str = "SER",
    ) -> None:
        """Write a derived map; `sources` are the UIDs by role and slice."""
        header = self.header(number, f"{description}: {kind}")
        header.ImageType = ["DERIVED", "PRIMARY", "DCE", kind]
        header.RescaleSlope, header.RescaleIntercept = "0.001", "0"
        for element in private or ():
            header.add(element)
        slices = []
        for k in range(self.geometry.shape[0]):
            extra = Dataset()
            if sources is not None:
                extra.SourceImageSequence = Items([_reference(role[k]) for role in sources])
            own = {"InstanceNumber": k + 1, **plane_attributes(self.geometry, k)}
            stored = np.full(self.geometry.shape[1:], 900 + k, dtype=np.int32)
            slices.append(Slice(stored, uid_from_names(header.SeriesInstanceUID, k), own, extra))
        write_series(self.root, SeriesContent(header, slices, folder=f"map{number}"))

    def segmentation(
        self,
        mask: np.ndarray,
        number: int,
        description: str = "VOI Breast Tissue Segmentation",
        *,
        sources: Sequence[str] = (),
        binary: bool = False,
        geometry: Geometry | None = None,
        reverse: bool = False,
        edit: Callable[[Dataset], None] | None = None,
    ) -> Path:
        """Write a segmentation: a frame for each slice that is not empty (one blank frame if all are)."""
        grid = self.geometry if geometry is None else geometry
        data = self.header(number, description, modality="SEG")
        data.SOPInstanceUID = uid_from_names(data.SeriesInstanceUID, "seg")
        kept = [k for k in range(mask.shape[0]) if mask[k].any()] or [0]
        if reverse:
            kept.reverse()
        data.NumberOfFrames = len(kept)
        data.BitsAllocated = data.BitsStored = 1 if binary else 8
        data.HighBit = 0 if binary else 7
        data.SegmentationType = "BINARY" if binary else "FRACTIONAL"
        if not binary:
            data.MaximumFractionalValue = 255
            data.SegmentationFractionalType = "OCCUPANCY"
        segment = Dataset()
        segment.SegmentNumber, segment.SegmentLabel = 1, "Breast"
        data.SegmentSequence = Items([segment])
        if sources:
            data.SourceImageSequence = Items([_reference(u) for u in sources])
        share_plane(data)
        data.PerFrameFunctionalGroupsSequence = Items([_frame(grid, k) for k in kept])
        bits = mask[kept].astype(np.uint8)
        stored = np.packbits(bits.ravel(), bitorder="little") if binary else (bits * 255).ravel()
        content = stored.tobytes()
        data.add_new(0x7FE00010, "OB", content + b"\0" * (len(content) % 2))
        if edit:
            edit(data)
        return write_object(self.root / "seg" / f"{number}.dcm", data)


def private_header(
    *,
    threshold: int | None = 70,
    times: Sequence[float] | None = TIMES,
    boxes: Sequence[tuple[str, Sequence[float], Sequence[Sequence[float]]]] = (),
    block: int = 0x10,
    voxel_box: tuple[Sequence[int], Sequence[int]] | None = None,
    injection: str = "",
    duration: float | None = None,
    n_phases: int | None = None,
) -> Dataset:
    """UCSF's private elements, in any block of group 0117."""
    data = _private(block)

    def tag(offset: int) -> int:
        return 0x01170000 | (block << 8) | offset

    if threshold is not None:
        items = []
        for name, value in (("PE_threshold", threshold), ("minimum_neighbor_count", 4)):
            item = _private(block)
            item.add_new(tag(0x12), "CS", "INTEGER")
            item.add_new(tag(0x14), "LO", name)
            item.add_new(tag(0x19), "IS", value)
            items.append(item)
        data.add_new(tag(0x10), "SQ", Items(items))
    if boxes:
        items = []
        for kind, centre, half in boxes:
            item = _private(block)
            item.add_new(tag(0x42), "DS", [decimal(v) for v in (*centre, 1)])
            for offset, vector in zip((0x43, 0x44, 0x45), half, strict=True):
                item.add_new(tag(offset), "DS", [decimal(v) for v in (*vector, 1)])
            item.add_new(tag(0x46), "CS", kind)
            items.append(item)
        data.add_new(tag(0x20), "SQ", Items(items))
    if n_phases is not None:
        data.add_new(tag(0x30), "IS", n_phases)
    if duration is not None:
        data.add_new(tag(0x31), "DS", decimal(duration))
    if injection:
        data.add_new(tag(0x33), "TM", injection)
    if times is not None:
        data.add_new(tag(0x34), "DS", [decimal(t) for t in times])
    if voxel_box is not None:
        data.add_new(tag(0xA1), "US", list(voxel_box[0]))
        data.add_new(tag(0xA2), "US", list(voxel_box[1]))
    return data


def voxel_box(
    geometry: Geometry, first: Sequence[int], last: Sequence[int]
) -> tuple[list[float], list[list[float]]]:
    """Centre and half vectors of the voxels first to last (slice, row, column), inclusive."""
    a, b = np.asarray(first, float), np.asarray(last, float)
    centre = (geometry.affine @ [*((a + b) / 2), 1.0])[:3]
    half = [geometry.affine[:3, axis] * (b[axis] - a[axis] + 1) / 2 for axis in (2, 1, 0)]
    return centre.tolist(), [h.tolist() for h in half]


def ge_exam(root: Path, **changes: Any) -> tuple[ExamMaker, np.ndarray, list[list[str]]]:
    """One GE series of three phases told apart by ContentTime, SER map with private header."""
    maker = ExamMaker(root)
    frames = values()
    uids = maker.series(frames, 2, **changes)
    centre, half = voxel_box(maker.geometry, (1, 2, 3), (5, 6, 7))
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(boxes=[("VOI", centre, half)]))
    return maker, frames, uids


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = UID(MR_STORAGE), UID(uid)
    return item


def _frame(geometry: Geometry, k: int) -> Dataset:
    data = Dataset()
    data.PlanePositionSequence = Items([Dataset()])
    position = plane_attributes(geometry, k)["ImagePositionPatient"]
    data.PlanePositionSequence[0].ImagePositionPatient = position
    data.SegmentIdentificationSequence = Items([Dataset()])
    data.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 1
    return data


def _private(block: int) -> Dataset:
    data = Dataset()
    data.add_new(0x01170000 | block, "LO", CREATOR)
    return data
