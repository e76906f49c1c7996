"""Stored values of every kind come back as signals, or the exam is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items
from tests.io_exams import ExamMaker, ge_exam, values

from kinephen.errors import InputError
from kinephen.io.exam import read_exam
from kinephen.study.one_exam import Request, measure


def rewritten(root, edit, **options):
    """An exam of which every file was edited; its stored values and the exam."""
    frames = values()
    ExamMaker(root).series(frames, 2, **options)
    for number, path in enumerate(sorted(root.rglob("*.dcm"))):
        data = dcmread(path)
        edit(data, data.pixel_array.copy(), number)
        data.save_as(path)
    return frames


def issue(exam, code):
    return next(i for i in exam.issues if i.code == code)


@pytest.mark.parametrize(("name", "kind"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_values_with_fractions(tmp_path, name, kind):
    def edit(data, array, _):
        del data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation
        data.BitsAllocated = np.dtype(kind).itemsize * 8
        setattr(data, name, (array / 8).astype(kind).tobytes())

    frames = rewritten(tmp_path, edit)
    assert np.array_equal(read_exam(tmp_path).series.frames, (frames / 8).astype(np.float32))


def test_a_value_that_is_no_number_is_refused(tmp_path):
    def edit(data, array, number):
        del data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation
        data.BitsAllocated = 32
        stored = array.astype("<f4")
        stored[0, 0] = np.nan if number == 5 else 1
        data.FloatPixelData = stored.tobytes()

    rewritten(tmp_path, edit)
    with pytest.raises(InputError, match="values that are no numbers") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.pixels"


@pytest.mark.parametrize(("bits", "signed"), [(8, False), (32, False), (32, True)])
def test_other_widths(tmp_path, bits, signed):
    def edit(data, array, _):
        kind = f"<{'i' if signed else 'u'}{bits // 8}"
        stored = array % 251 if bits == 8 else array.astype(np.int64) * 70_000 * (-1 if signed else 1)
        data.BitsAllocated = data.BitsStored = bits
        data.HighBit, data.PixelRepresentation = bits - 1, int(signed)
        data.PixelData = stored.astype(kind).tobytes()
        data["PixelData"].VR = "OB" if bits == 8 else "OW"

    frames = rewritten(tmp_path, edit).astype(np.int64)
    expected = frames % 251 if bits == 8 else frames * 70_000 * (-1 if signed else 1)
    assert np.array_equal(read_exam(tmp_path).series.frames, expected.astype(np.float32))


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"])
def test_negative_slopes_of_every_image_in_any_byte_order(tmp_path, syntax):
    frames = values()
    slopes = (-2.0, -1.0, -0.5)

    def attributes(p, k):
        return {"RescaleSlope": str(slopes[p]), "RescaleIntercept": str(3000 + k)}

    ExamMaker(tmp_path).series(frames - 400, 2, signed=True, syntax=syntax, attributes=attributes)
    expected = (frames - 400) * np.array(slopes)[:, None, None, None] + 3000 + np.arange(7)[:, None, None]
    assert np.array_equal(read_exam(tmp_path).series.frames, expected.astype(np.float32))


def test_a_slope_of_zero_is_said(tmp_path):
    frames = rewritten(tmp_path, lambda data, array, n: setattr(data, "RescaleSlope", "0"))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert issue(exam, "dicom.zero_slope").count == 21


@pytest.mark.parametrize(("signed", "value", "limit"), [(False, 65535, 65500), (True, -2000, None)])
def test_padding_counts_as_zero(tmp_path, signed, value, limit):
    def edit(data, array, _):
        array[0, :3] = value if limit is None else limit
        array[1, 0] = value
        data.PixelData = array.tobytes()
        data.add_new(0x00280120, "SS" if signed else "US", value)
        if limit is not None:
            data.add_new(0x00280121, "US", limit)
        data.RescaleSlope, data.RescaleIntercept = "2", "10"

    frames = rewritten(tmp_path, edit, signed=signed).astype(float) * 2 + 10
    frames[:, :, 0, :3] = frames[:, :, 1, 0] = 0
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames.astype(np.float32))
    assert issue(exam, "dicom.padding").level == "note"


def test_inverted_images_are_refused_by_name(tmp_path):
    rewritten(tmp_path, lambda data, array, n: setattr(data, "PhotometricInterpretation", "MONOCHROME1"))
    with pytest.raises(InputError, match="MONOCHROME1") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.photometric"


@pytest.mark.parametrize("planar", [0, 1])
def test_images_in_colour_are_left_out_by_name(tmp_path, planar):
    def colour(data, array, _):
        data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", planar
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        stored = np.stack([array % 251] * 3, axis=0 if planar else -1).astype(np.uint8)
        data.PixelData = stored.tobytes() + b"\0" * (stored.size % 2)

    rewritten(tmp_path / "colour", colour)
    with pytest.raises(InputError, match=r"21 image\(s\) in colour, which are no signals, were left out"):
        read_exam(tmp_path / "colour")
    _, frames, _ = ge_exam(tmp_path / "both")
    maker = ExamMaker(tmp_path / "both")
    maker.study = ge_study(tmp_path / "both")
    maker.series(values(1), 9, "screen", overrides={"SamplesPerPixel": 1})
    for path in (tmp_path / "both").glob("s9*/*.dcm"):
        data = dcmread(path)
        colour(data, data.pixel_array, 0)
        data.save_as(path)
    exam = read_exam(tmp_path / "both")
    assert np.array_equal(exam.series.frames, frames)
    assert issue(exam, "dicom.colour").count == 7


def ge_study(root):
    return str(dcmread(next(root.rglob("*.dcm")), stop_before_pixels=True).StudyInstanceUID)


@pytest.mark.parametrize(("slopes", "level"), [((0.02, 0.02, 0.02), "note"), ((0.02, 0.02, 0.05), "warning")])
@pytest.mark.parametrize("implicit", [False, True])
def test_the_private_scale_of_philips_is_noted_and_not_applied(tmp_path, slopes, level, implicit):
    def edit(data, array, number):
        data.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
        data.add_new(0x2005100E, "FL", slopes[number // 7])

    syntax = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
    frames = rewritten(tmp_path, edit, syntax=syntax)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert issue(exam, "dicom.philips_scale").level == level


def test_real_world_values_are_left_aside(tmp_path):
    def edit(data, array, _):
        mapping = Dataset()
        mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 3.5, 1.0
        data.RealWorldValueMappingSequence = Items([mapping])

    frames = rewritten(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert issue(exam, "dicom.real_world").count == 21


def test_the_public_case(reference):
    record = measure(Request(exam=reference("cases/imaging/23_float_pixel_data"))).record
    assert record.ftv_pe_voxels == 1336
    assert record.maps.lesion["SER"].mean == pytest.approx(1.142, abs=5e-4)
