"""Enhanced MR objects read like the same images in single files."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless
from tests.io_exams import ExamMaker, share_plane, values

from kinephen.errors import InputError
from kinephen.io.dicom_headers import read_header
from kinephen.io.dicom_multiframe import ENHANCED_MR, LEGACY_CONVERTED, expand_frames
from kinephen.io.dicom_writer import decimal, plane_attributes, write_object
from kinephen.io.exam import read_exam
from kinephen.study.one_exam import Request, measure

STARTS = (0.0, 120.0, 212.0, 304.0)


def enhanced(root, frames, *, slopes=(1.0, 2.0, 0.5, 1.0), drop=0):
    """All phases and slices in one object, phases inside slices, as Philips stores them."""
    maker = ExamMaker(root, maker="Philips Medical Systems")
    data = maker.header(301, "dyn eTHRIVE")
    data.SOPClassUID, data.SOPInstanceUID = ENHANCED_MR, "1.2.3.4.5"
    order = [(p, k) for k in range(frames.shape[1]) for p in range(frames.shape[0])]
    data.NumberOfFrames = len(order)
    share_plane(data)
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


def frames_of(data):
    return data.PerFrameFunctionalGroupsSequence


def without_phase(content):
    """Take away what tells the phase of a frame."""
    for name in ("TemporalPositionIndex", "FrameAcquisitionDateTime", "FrameAcquisitionDuration"):
        if name in content:
            delattr(content, name)


def shuffled(path, *, axes, seed=3):
    """Put frames and pixels into a random order; only dimension indices tell their phases, along `axes`."""
    data = dcmread(path)
    n = int(data.NumberOfFrames)
    order = np.random.default_rng(seed).permutation(n)
    pixels = data.pixel_array[order]
    groups = [frames_of(data)[int(i)] for i in order]
    for i, group in zip(order, groups, strict=True):
        content = group.FrameContentSequence[0]
        without_phase(content)
        content.DimensionIndexValues = [axis(int(i) % 4, int(i) // 4) for axis in axes]
    data.PerFrameFunctionalGroupsSequence = Items(groups)
    data.PixelData = pixels.tobytes()
    data.save_as(path)


STACK, PLACE, PHASE = (lambda p, k: 1), (lambda p, k: k + 1), (lambda p, k: 10 * p + 2)


@pytest.mark.parametrize("axes", [(STACK, PLACE, PHASE), (PHASE, STACK, PLACE), (PLACE, PHASE)])
def test_phases_that_only_dimension_indices_tell(tmp_path, axes):
    frames = values(4)
    _, path = enhanced(tmp_path, frames, slopes=(1.0,) * 4)
    shuffled(path, axes=axes)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames - 3)
    assert "TemporalPositionIdentifier" in exam.series.phase_rule


def test_two_axes_that_could_be_time_are_none(tmp_path):
    _, path = enhanced(tmp_path, values(4))
    shuffled(path, axes=(PHASE, PLACE, lambda p, k: 5 - p))
    headers = expand_frames(read_header(path))
    assert {h.temporal_position for h in headers} == {None}


@pytest.mark.parametrize("stated", ["groups", "TriggerTime", "AcquisitionTime", "TemporalPositionIdentifier"])
def test_a_legacy_object_converted_from_single_images(tmp_path, stated):
    frames = values(4)
    _, path = enhanced(tmp_path, frames, slopes=(1.0,) * 4)
    data = dcmread(path)
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = LEGACY_CONVERTED
    for i, group in enumerate(frames_of(data)):
        if stated == "groups":
            continue
        without_phase(group.FrameContentSequence[0])
        kept = Dataset()
        kept.AcquisitionDate = "20010203"
        p = i % 4
        value = {
            "TriggerTime": str(STARTS[p] * 1000),
            "AcquisitionTime": f"10{int(STARTS[p] // 60):02d}{int(STARTS[p] % 60):02d}",
            "TemporalPositionIdentifier": p + 1,
        }[stated]
        setattr(kept, stated, value)
        group.UnassignedPerFrameConvertedAttributesSequence = Items([kept])
    data.save_as(path)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames - 3)


def test_a_concatenation_is_one_series(tmp_path):
    frames = values(4)
    _, path = enhanced(tmp_path, frames, slopes=(1.0,) * 4)
    whole = dcmread(path)
    pixels, groups = whole.pixel_array, list(frames_of(whole))
    path.unlink()
    for part, (first, last) in enumerate([(0, 10), (10, 21), (21, 28)]):
        data = dcmread_copy(whole)
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.5.{part + 1}"
        data.ConcatenationUID, data.InConcatenationNumber = "1.2.3.9", part + 1
        data.ConcatenationFrameOffsetNumber = first
        data.NumberOfFrames = last - first
        data.PerFrameFunctionalGroupsSequence = Items(groups[first:last])
        data.PixelData = pixels[first:last].tobytes()
        data.save_as(tmp_path / f"part{3 - part}.dcm")
    headers = [h for p in sorted(tmp_path.glob("*.dcm")) for h in expand_frames(read_header(p))]
    assert sorted(h.instance_number for h in headers) == list(range(1, 29))
    assert np.array_equal(read_exam(tmp_path).series.frames, frames - 3)
    (tmp_path / "part2.dcm").unlink()
    with pytest.raises(InputError, match="export missing slices"):
        read_exam(tmp_path)


def dcmread_copy(data):
    buffer = BytesIO()
    data.save_as(buffer)
    buffer.seek(0)
    return dcmread(buffer)


def test_frames_in_a_deflated_object(tmp_path):
    frames = values(4)
    _, path = enhanced(tmp_path, frames)
    expected = read_exam(tmp_path).series.frames
    data = dcmread(path)
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data.save_as(path)
    assert np.array_equal(read_exam(tmp_path).series.frames, expected)


@pytest.mark.parametrize(("name", "kind"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_frames_with_fractions(tmp_path, name, kind):
    frames = values(4)
    _, path = enhanced(tmp_path, frames, slopes=(1.0,) * 4)
    data = dcmread(path)
    stored = data.pixel_array / 4
    del data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation
    data.BitsAllocated = np.dtype(kind).itemsize * 8
    setattr(data, name, stored.astype(kind).tobytes())
    data.save_as(path)
    assert np.array_equal(read_exam(tmp_path).series.frames, (frames / 4 - 3).astype(np.float32))


@pytest.mark.parametrize(
    ("case", "wis"), [("87_legacy_converted", 1.066), ("86_enh_no_tpi_same_acq_bad_div", None)]
)
def test_the_public_cases(reference, case, wis):
    record = measure(Request(exam=reference(f"cases/imaging/{case}"))).record
    assert record.ftv_pe_voxels == 1336
    assert record.maps.lesion["SER"].mean == pytest.approx(1.142, abs=5e-4)
    if wis is not None:
        assert record.maps.lesion["WIS"].mean == pytest.approx(wis, abs=5e-4)
