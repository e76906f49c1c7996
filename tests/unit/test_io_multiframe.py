"""Enhanced MR objects read like the same images in single files."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items
from pydicom.uid import RLELossless
from tests.io_exams import ExamMaker, values

from kinephen.errors import InputError
from kinephen.io.dicom_multiframe import ENHANCED_MR
from kinephen.io.dicom_writer import decimal, plane_attributes, write_object
from kinephen.io.exam import read_exam

STARTS = (0.0, 120.0, 212.0, 304.0)


def enhanced(root, frames, *, slopes=(1.0, 2.0, 0.5, 1.0), drop=0):
    """All phases and slices in one object, phases inside slices, as Philips stores them."""
    maker = ExamMaker(root, maker="Philips Medical Systems")
    data = maker.header(301, "dyn eTHRIVE")
    data.SOPClassUID, data.SOPInstanceUID = ENHANCED_MR, "1.2.3.4.5"
    order = [(p, k) for k in range(frames.shape[1]) for p in range(frames.shape[0])]
    data.NumberOfFrames = len(order)
    shared = Dataset()
    shared.PlaneOrientationSequence = Items([Dataset()])
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = data.ImageOrientationPatient
    shared.PixelMeasuresSequence = Items([Dataset()])
    shared.PixelMeasuresSequence[0].PixelSpacing = data.PixelSpacing
    data.SharedFunctionalGroupsSequence = Items([shared])
    data.PerFrameFunctionalGroupsSequence = Items([group(maker, p, k, slopes) for p, k in order[drop:]])
    stored = np.stack([frames[p, k] for p, k in order]).astype("<u2")
    data.add_new(0x7FE00010, "OW", stored.tobytes())
    return maker, write_object(root / "all.dcm", data)


def group(maker, p, k, slopes):
    own = Dataset()
    own.PlanePositionSequence = Items([Dataset()])
    position = plane_attributes(maker.geometry, k)["ImagePositionPatient"]
    own.PlanePositionSequence[0].ImagePositionPatient = position
    own.FrameContentSequence = Items([Dataset()])
    content = own.FrameContentSequence[0]
    content.TemporalPositionIndex = p + 1
    content.FrameAcquisitionDuration = 92_000.0
    content.FrameAcquisitionDateTime = f"20010203{100000 + int(STARTS[p] // 60) * 100 + int(STARTS[p] % 60)}"
    own.PixelValueTransformationSequence = Items([Dataset()])
    own.PixelValueTransformationSequence[0].RescaleSlope = decimal(slopes[p])
    own.PixelValueTransformationSequence[0].RescaleIntercept = "-3"
    return own


def test_one_object_of_all_phases(tmp_path):
    frames = values(4)
    maker, _ = enhanced(tmp_path, frames)
    exam = read_exam(tmp_path)
    expected = frames * np.array([1, 2, 0.5, 1]).reshape(4, 1, 1, 1) - 3
    assert np.array_equal(exam.series.frames, expected.astype(np.float32))
    assert exam.series.geometry.difference(maker.geometry) == ""
    assert exam.series.times_s == (-74, 46, 138, 230)
    assert "TemporalPositionIdentifier" in exam.series.phase_rule


def test_compressed_frames(tmp_path):
    frames = values(4)
    _, path = enhanced(tmp_path, frames, slopes=(1.0,) * 4)
    data = dcmread(path)
    data.compress(RLELossless, generate_instance_uid=False)
    data.save_as(path)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames - 3)


def test_frames_without_groups_are_damaged(tmp_path):
    enhanced(tmp_path, values(4), drop=2)
    with pytest.raises(InputError, match="1 file.s. left out: damaged DICOM"):
        read_exam(tmp_path)
