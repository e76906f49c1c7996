"""Whatever a header holds, reading ends in an exam or in one of our errors, never in another exception."""

from __future__ import annotations

import contextlib
import random
import shutil
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from tests.io_exams import ExamMaker, ge_exam, sagittal

from kinephen.errors import KinephenError
from kinephen.io import dicom_values
from kinephen.io.dicom_headers import quiet_pydicom, read_header
from kinephen.io.dicom_pixel_headers import NotDicomError
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.segmentation import read_mask
from kinephen.io.ucsf_header import read_private_record

TAGS = [
    "ImageType", "SeriesDescription", "Manufacturer", "SeriesNumber", "InstanceNumber",
    "AcquisitionNumber", "TemporalPositionIdentifier", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "Rows", "Columns", "ContentTime", "ContentDate", "AcquisitionTime", "TriggerTime",
    "AcquisitionDuration", "TemporalResolution", "AcquisitionDateTime", "TimezoneOffsetFromUTC", "SeriesTime",
    "TemporalPositionTimeOffset", "FrameAcquisitionDateTime", "ContrastBolusStartTime", "RescaleSlope",
    "RescaleIntercept", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "NumberOfFrames", "SamplesPerPixel", "Modality", "StudyInstanceUID",
    "SeriesInstanceUID", "SOPInstanceUID", "MagneticFieldStrength", "ClinicalTrialTimePointID",
    "SpecificCharacterSet",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "\\", "1\\2\\3", "nan", "inf", "-1", "1e400", "0", "99999999999", "ISO_IR 13", "256000"]
    ),
    st.floats(allow_nan=True).map(str),
    st.integers(-(2**40), 2**40).map(str),
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """An exam and the bytes of its files."""
    root = tmp_path_factory.mktemp("exam")
    ge_exam(root)
    return root


def result_or_error(call):
    """What a call returns, or the error of ours that it raises; any other exception passes through."""
    try:
        return call()
    except KinephenError as error:
        return error


def survives(root):
    exam = result_or_error(lambda: read_exam(root))
    if isinstance(exam, KinephenError):
        assert exam.message
        assert exam.code
    else:
        assert np.isfinite(exam.series.geometry.affine).all()
        times = exam.series.times_s or ()
        assert all(b > a for a, b in pairwise(times))
    result_or_error(lambda: inspect_path(root))


def raw_edit(path, keyword, text):
    """Write any bytes as the value of an element, by length and VR of the file's explicit little endian."""
    data = dcmread(path)
    value = text.encode("utf-8", "surrogatepass")[:120]
    value += b" " * (len(value) % 2)
    tag = Tag(tag_for_keyword(keyword))
    data._dict[tag] = RawDataElement(tag, "LO", len(value), value, 0, False, True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.save_as(path)


def one_change(root, tmp, keyword, text, everywhere, seed):
    copy = tmp / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    paths = sorted(copy.rglob("*.dcm"))
    for path in paths if everywhere else random.Random(seed).sample(paths, 2):
        raw_edit(path, keyword, text)
    survives(copy)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keyword=st.sampled_from(TAGS), text=TEXTS, everywhere=st.booleans(), seed=st.integers(0, 99))
def test_changed_headers(plain, tmp_path_factory, keyword, text, everywhere, seed):
    one_change(plain, tmp_path_factory.getbasetemp(), keyword, text, everywhere, seed)


@pytest.mark.slow
@settings(
    max_examples=600, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(keyword=st.sampled_from(TAGS), text=TEXTS, everywhere=st.booleans(), seed=st.integers(0, 99))
def test_changed_headers_at_length(plain, tmp_path_factory, keyword, text, everywhere, seed):
    one_change(plain, tmp_path_factory.getbasetemp(), keyword, text, everywhere, seed)


def flipped(content, seed, n):
    rng = random.Random(seed)
    changed = bytearray(content)
    for _ in range(n):
        changed[rng.randrange(132, min(len(changed), 1400))] = rng.randrange(256)
    return bytes(changed)


def one_file(root, tmp, seed, n):
    """An exam of which one slice and one map have flipped bytes."""
    copy = tmp / "flip"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    for pattern in ("s2*/*.dcm", "map*/*.dcm"):
        path = sorted(copy.glob(pattern))[seed % 7]
        path.write_bytes(flipped(path.read_bytes(), seed, n))
    survives(copy)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
def test_flipped_bytes(plain, tmp_path_factory, seed, n):
    one_file(plain, tmp_path_factory.getbasetemp(), seed, n)


@pytest.mark.slow
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
def test_flipped_bytes_of_one_header(plain, tmp_path_factory, seed, n):
    """The header reader alone, ten thousand times."""
    path = tmp_path_factory.getbasetemp() / "one.dcm"
    source = sorted(plain.rglob("*.dcm"))[seed % 28]
    path.write_bytes(flipped(source.read_bytes(), seed, n))
    with quiet_pydicom(), contextlib.suppress(NotDicomError):
        read_header(path)
    read_private_record(path)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 20))
def test_flipped_bytes_of_a_mask(tmp_path_factory, seed, n):
    root = tmp_path_factory.getbasetemp() / "seg"
    shutil.rmtree(root, ignore_errors=True)
    mask = np.zeros((7, 8, 9), dtype=bool)
    mask[1:3, 2:5, 3:6] = True
    path = ExamMaker(root).segmentation(mask, 5)
    path.write_bytes(flipped(path.read_bytes(), seed, n))
    mask = result_or_error(lambda: read_mask(path, sagittal()))
    assert isinstance(mask, KinephenError) or mask.array.shape == (7, 8, 9)


@given(st.text(max_size=30))
def test_times_of_day_are_seconds_or_nothing(word):
    found = dicom_values.time_of_day(word)
    assert found is None or 0 <= found <= 86_401


@given(st.integers(0, 23), st.integers(0, 59), st.floats(0, 59.99))
def test_times_of_day_come_back(h, m, s):
    word = f"{h:02d}{m:02d}{s:09.6f}"
    assert dicom_values.time_of_day(word) == pytest.approx(h * 3600 + m * 60 + s, abs=1e-5)
