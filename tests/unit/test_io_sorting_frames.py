"""Enhanced MR objects: each frame is sorted by its own type."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from tests.io_exams import SHAPE, ExamMaker, share_plane, values

from kinephen.io.dicom_multiframe import ENHANCED_MR
from kinephen.io.dicom_writer import plane_attributes, write_object
from kinephen.io.exam import inspect_path, read_exam

MINUTES = (0, 2, 4, 6, 8)


def write(root, frames, frame_types, *, codes=(), image_type=("ORIGINAL", "PRIMARY", "VOLUME", "NONE")):
    """One object; `frame_types` and `codes` (derivation codes) by phase, None where the frame is silent."""
    maker = ExamMaker(root, maker="Philips Medical Systems")
    data = maker.header(301, "dyn eTHRIVE")
    data.SOPClassUID, data.SOPInstanceUID = ENHANCED_MR, "1.2.3.4.5"
    data.ImageType = list(image_type)
    order = [(p, k) for k in range(frames.shape[1]) for p in range(frames.shape[0])]
    data.NumberOfFrames = len(order)
    share_plane(data)
    data.PerFrameFunctionalGroupsSequence = Items(
        [group(maker, p, k, frame_types[p], codes[p] if codes else "") for p, k in order]
    )
    stored = np.stack([frames[p, k] for p, k in order]).astype("<u2")
    data.add_new(0x7FE00010, "OW", stored.tobytes())
    write_object(root / "all.dcm", data)


def group(maker, p, k, frame_type, code):
    own = Dataset()
    own.PlanePositionSequence = Items([Dataset()])
    position = plane_attributes(maker.geometry, k)["ImagePositionPatient"]
    own.PlanePositionSequence[0].ImagePositionPatient = position
    own.FrameContentSequence = Items([Dataset()])
    own.FrameContentSequence[0].FrameAcquisitionDateTime = f"2001020310{MINUTES[p]:02d}00"
    if frame_type:
        own.MRImageFrameTypeSequence = Items([Dataset()])
        own.MRImageFrameTypeSequence[0].FrameType = frame_type.split("\\")
    if code:
        own.DerivationImageSequence = Items([Dataset()])
        own.DerivationImageSequence[0].DerivationCodeSequence = Items([Dataset()])
        item = own.DerivationImageSequence[0].DerivationCodeSequence[0]
        item.CodeValue, item.CodingSchemeDesignator = code, "DCM"
        item.CodeMeaning = "how"
    return own


PLAIN = "ORIGINAL\\PRIMARY\\VOLUME\\NONE"


@pytest.mark.parametrize(
    ("kind", "frame_type"),
    [
        ("subtraction", "DERIVED\\PRIMARY\\DYNAMIC\\SUBTRACTION"),
        ("projection", "DERIVED\\PRIMARY\\MAX_IP\\NONE"),
        ("computed map", "DERIVED\\PRIMARY\\DIFFUSION\\ADC"),
    ],
)
def test_frames_of_other_types_are_left_out(tmp_path, kind, frame_type):
    frames = values(5)
    write(tmp_path, frames, [PLAIN, PLAIN, frame_type, PLAIN, frame_type], image_type=("MIXED", "PRIMARY"))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames[[0, 1, 3]])
    images = inspect_path(tmp_path)["exams"][0]["series"][0]["images"]
    assert images == {"acquired": 3 * SHAPE[0], kind: 2 * SHAPE[0]}


@pytest.mark.parametrize(("code", "kept"), [("113062", False), ("113072", False), ("113040", True)])
def test_derivation_codes_tell_what_frames_are(tmp_path, code, kept):
    """Subtraction and reformatting make no phases; a lossy compression does."""
    frames = values(4)
    write(tmp_path, frames, [PLAIN] * 4, codes=["", "", "", code])
    assert np.array_equal(read_exam(tmp_path).series.frames, frames if kept else frames[:3])


def test_water_frames(tmp_path):
    frames = values(5)
    types = ["ORIGINAL\\PRIMARY\\DIXON\\WATER"] * 5
    write(tmp_path, frames, types)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_converted_frames_that_are_derived_as_a_whole(tmp_path):
    frames = values(3)
    write(tmp_path, frames, [None] * 3, image_type=("DERIVED", "PRIMARY", "VOLUME", "NONE"))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "dicom.derived_phases" in {i.code for i in exam.issues}
