"""Compressed exams read like the same exam uncompressed, and a damaged stream is refused by name."""

from __future__ import annotations

import random

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, RLELossless
from tests.io_exams import SHAPE, ExamMaker, values

from kinephen.errors import InputError, KinephenError
from kinephen.io.dicom_codecs import CODECS, CodecError, decode_frame, stream_size
from kinephen.io.dicom_headers import read_header
from kinephen.io.dicom_pixels import read_slice
from kinephen.io.exam import read_exam
from kinephen.study.one_exam import Request, measure

JPEG = "1.2.840.10008.1.2.4."
LOSSLESS = ["57-1", "57-2", "57-3", "57-4", "57-5", "57-6", "57-7", "70-1", "80", "90", "rle"]


def coded(array, name):
    """The code stream of one frame."""
    syntax, _, predictor = name.partition("-")
    if predictor:
        bits = 16 if array.max() > 4095 else 12
        return imagecodecs.jpeg8_encode(array, lossless=True, predictor=int(predictor), bitspersample=bits)
    if syntax == "80":
        return imagecodecs.jpegls_encode(array)
    if syntax in ("90", "91"):
        return imagecodecs.jpeg2k_encode(array, level=0, reversible=True, codecformat="J2K")
    return imagecodecs.jpeg8_encode((array // 256).astype(np.uint8), level=95)


def compress(path, name):
    data = dcmread(path)
    if name == "rle":
        data.compress(RLELossless, generate_instance_uid=False)
    else:
        array = data.pixel_array
        stream = bytes(coded(array.view(np.uint16) if name != "90" else array, name))
        data.file_meta.TransferSyntaxUID = UID(JPEG + name[:2])
        data.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
        data["PixelData"].is_undefined_length = True
    data.save_as(path)


def exam(root, *, signed=False, frames=None):
    frames = values() if frames is None else frames
    ExamMaker(root).series(frames - 700 * signed, 2, signed=signed)
    return (frames - 700 * signed).astype(np.float32), sorted(root.rglob("*.dcm"))


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("signed", [False, True])
def test_a_lossless_exam_reads_as_it_was(tmp_path, name, signed):
    expected, paths = exam(tmp_path, signed=signed)
    for path in paths:
        compress(path, name)
    found = read_exam(tmp_path)
    assert np.array_equal(found.series.frames, expected)
    assert "dicom.lossy" not in [i.code for i in found.issues]


def test_a_deflated_exam_reads_as_it_was(tmp_path):
    expected, paths = exam(tmp_path, signed=True)
    for path in paths:
        data = dcmread(path)
        data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        data.save_as(path)
    assert np.array_equal(read_exam(tmp_path).series.frames, expected)


def test_twelve_bits_signed_keep_their_sign(tmp_path):
    expected, paths = exam(tmp_path, signed=True)
    for path in paths:
        data = dcmread(path)
        data.BitsStored, data.HighBit = 12, 11
        data.PixelData = (data.pixel_array.view(np.uint16) & 0x0FFF).tobytes()
        data.save_as(path)
        compress(path, "57-6")
    assert np.array_equal(read_exam(tmp_path).series.frames, expected)


@pytest.mark.parametrize(("name", "stated"), [("50", False), ("91", False), ("rle", True)])
def test_loss_is_said(tmp_path, name, stated):
    _, paths = exam(tmp_path, frames=values() * 40)
    for path in paths:
        if stated:
            data = dcmread(path)
            data.LossyImageCompression = "01"
            data.save_as(path)
        compress(path, name)
    issue = next(i for i in read_exam(tmp_path).issues if i.code == "dicom.lossy")
    assert (issue.count, issue.level) == (21, "warning")
    assert "every number made of them" in issue.message


def test_a_compression_that_is_not_read_is_refused_by_name(tmp_path):
    _, paths = exam(tmp_path)
    for path in paths:
        compress(path, "rle")
        data = dcmread(path)
        data.file_meta.TransferSyntaxUID = UID(JPEG + "102")
        data.save_as(path)
    with pytest.raises(InputError, match="compressed in a way that is not read") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.transfer_syntax"


def one_slice(tmp_path, name):
    _, paths = exam(tmp_path)
    compress(paths[0], name)
    return paths[0]


@pytest.mark.parametrize("name", ["57-1", "80", "90"])
def test_a_stream_that_states_another_size_takes_no_memory(tmp_path, name):
    path = one_slice(tmp_path, name)
    header = read_header(path)
    stream = bytes(coded(values()[0, 0].astype(np.uint16), name))
    assert stream_size(stream) == (*SHAPE[1:], 1)
    huge = bytes(coded(np.zeros((9000, 17), np.uint16), name))
    assert stream_size(huge) == (9000, 17, 1)
    with pytest.raises(CodecError, match="another size"):
        decode_frame(huge, header.pixels)


@pytest.mark.parametrize("name", ["57-4", "70-1", "90", "rle"])
def test_damaged_streams_are_refused_and_never_end_the_program(tmp_path, name):
    path = one_slice(tmp_path, name)
    whole = path.read_bytes()
    start = read_header(path).pixels.start
    outcomes = []
    for seed in range(150):
        rng = random.Random(seed)
        content = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            content[rng.randrange(start, len(content))] = rng.randrange(256)
        path.write_bytes(content[: rng.randrange(start, len(content))] if seed % 5 == 0 else content)
        try:
            outcomes.append(read_slice(read_header(path)).shape)
        except KinephenError as error:
            outcomes.append(error.code)
    assert set(outcomes) == {SHAPE[1:], "dicom.pixels"}


@pytest.mark.parametrize(
    "stream", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc3", b"\xff\x4f\xff\x51" + b"\0" * 20, b"abc"]
)
def test_what_is_no_stream_states_no_size(stream):
    with pytest.raises(CodecError):
        stream_size(stream)


def test_without_the_package_the_error_names_it(tmp_path, monkeypatch):
    path = one_slice(tmp_path, "57-1")
    header = read_header(path)

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr("kinephen.io.dicom_codecs.import_module", absent)
    with pytest.raises(InputError, match="imagecodecs is not installed") as error:
        read_slice(header)
    assert error.value.code == "dicom.decoder"
    assert "install imagecodecs" in error.value.hint


def test_lossy_syntaxes_are_marked():
    lossy = {syntax.removeprefix(JPEG) for syntax, codec in CODECS.items() if codec.lossy}
    assert lossy == {"50", "51", "81", "91"}


@pytest.mark.parametrize("case", ["90_jpegll_sv1", "72_deflated"])
def test_the_public_cases(reference, case):
    record = measure(Request(exam=reference(f"cases/imaging/{case}"))).record
    assert record.ftv_pe_voxels == 1336
    assert record.maps.lesion["SER"].mean == pytest.approx(1.142, abs=5e-4)
    assert record.maps.lesion["WIS"].mean == pytest.approx(1.066, abs=5e-4)
