"""Segmentation objects: one segment, one dimension index; fractional as the archives' own, or binary."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset

from kinephen.io.dicom_writer import clock, decimal, uid_from_names
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import MR_IMAGE, ExamIdentity, exam_header
from kinephen.simulate.layouts import instance_uid
from kinephen.types import BoolArray

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
FULL = 255


def segmentation(
    exam: SimulatedExam,
    identity: ExamIdentity,
    mask: BoolArray,
    *,
    description: str,
    number: int,
    label: str,
    binary: bool = False,
) -> Dataset:
    """Return a segmentation object.

    Parameters
    ----------
    exam, identity
    mask : ndarray of bool, shape (nz, ny, nx)
        Empty slices are not stored; an empty mask becomes one frame of zeros, as in the archive.
    description : str
        SeriesDescription, for example ``"VOI Breast Tissue Segmentation"``.
    number : int
        SeriesNumber.
    label : str
        ContentLabel.
    binary : bool
        One bit a voxel instead of fractional values 0 and 255.
    """
    kept = np.flatnonzero(mask.any(axis=(1, 2)))
    kept = kept if kept.size else np.array([mask.shape[0] // 2])
    data = exam_header(identity, exam)
    data.SOPClassUID, data.SOPInstanceUID = SEGMENTATION_STORAGE, identity.uid("seg", label)
    # Of a segmentation the anatomic region of each segment tells the side.
    del data.Laterality
    data.DeviceSerialNumber, data.SoftwareVersions = "0", "simulated"
    data.Modality, data.ImageType = "SEG", ["DERIVED", "PRIMARY"]
    data.SeriesDescription, data.SeriesNumber = description, number
    data.SeriesInstanceUID, data.InstanceNumber = identity.uid("series", "seg", label), 1
    data.ContentTime = clock(identity.injection_s + 3660)
    data.ContentLabel, data.ContentDescription, data.ContentCreatorName = label, description, ""
    data.DerivationDescription = description
    _add_pixels(data, mask[kept], binary=binary)
    _add_segment(data, description)
    _add_dimensions(data, exam, kept)
    data.SourceImageSequence = [
        _source(instance_uid(identity, phase, int(k))) for k in kept for phase in (0, exam.protocol.early)
    ]
    return data


def _add_pixels(data: Dataset, frames: BoolArray, *, binary: bool) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.NumberOfFrames, data.Rows, data.Columns = frames.shape
    bits = 1 if binary else 8
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    data.LossyImageCompression, data.BurnedInAnnotation = "00", "NO"
    if binary:
        data.SegmentationType = "BINARY"
        pixels = np.packbits(frames.ravel(), bitorder="little").tobytes()
    else:
        data.SegmentationType, data.SegmentationFractionalType = "FRACTIONAL", "OCCUPANCY"
        data.MaximumFractionalValue = FULL
        pixels = (frames.astype(np.uint8) * FULL).tobytes()
    data.add_new(0x7FE00010, "OB", pixels + b"\x00" * (len(pixels) % 2))


def _add_segment(data: Dataset, description: str) -> None:
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentDescription = 1, "Breast", description
    segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = (
        "SEMIAUTOMATIC",
        "Background threshold, VOI limits",
    )
    segment.AnatomicRegionSequence = [_code("76752008", "SCT", "Breast")]
    segment.SegmentedPropertyCategoryCodeSequence = [_code("85756007", "SCT", "Tissue")]
    segment.SegmentedPropertyTypeCodeSequence = [_code("B-1000", "MRSC", "Breast")]
    data.SegmentSequence = [segment]


def _add_dimensions(data: Dataset, exam: SimulatedExam, kept: np.ndarray) -> None:
    organisation = Dataset()
    organisation.DimensionOrganizationUID = uid_from_names(data.SOPInstanceUID, "dimension")
    data.DimensionOrganizationSequence, data.DimensionOrganizationType = [organisation], "3D"
    index = Dataset()
    index.DimensionOrganizationUID = organisation.DimensionOrganizationUID
    index.DimensionIndexPointer, index.FunctionalGroupPointer = 0x00200032, 0x00209113
    index.DimensionDescriptionLabel = "Plane position"
    data.DimensionIndexSequence = [index]
    data.SharedFunctionalGroupsSequence = [_shared_groups(exam)]
    data.PerFrameFunctionalGroupsSequence = [
        _frame_groups(exam, int(k), position) for position, k in enumerate(kept, start=1)
    ]


def _shared_groups(exam: SimulatedExam) -> Dataset:
    geometry, orientation, measures, shared = exam.geometry, Dataset(), Dataset(), Dataset()
    directions = (*geometry.directions[:, 2], *geometry.directions[:, 1])
    orientation.ImageOrientationPatient = [decimal(v) for v in directions]
    measures.SliceThickness = decimal(geometry.spacing[0])
    measures.PixelSpacing = [decimal(geometry.spacing[1]), decimal(geometry.spacing[2])]
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    return shared


def _frame_groups(exam: SimulatedExam, k: int, position: int) -> Dataset:
    content, plane, segment, groups = Dataset(), Dataset(), Dataset(), Dataset()
    content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", position, position
    corner = (exam.geometry.affine @ [k, 0.0, 0.0, 1.0])[:3]
    plane.ImagePositionPatient = [decimal(v) for v in corner]
    segment.ReferencedSegmentNumber = 1
    groups.FrameContentSequence, groups.PlanePositionSequence = [content], [plane]
    groups.SegmentIdentificationSequence = [segment]
    return groups


def _source(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = MR_IMAGE, uid
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
