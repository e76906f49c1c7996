"""Whatever a NIfTI header holds, reading ends in an exam or in one of our errors, in little memory."""

from __future__ import annotations

import gzip
import resource
import struct

import nibabel
import numpy as np
import pytest
from tests.io_exams import sagittal, values

from kinephen.errors import KinephenError
from kinephen.io.array_volume import read_array_volume
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.label_volume import read_label_volume
from kinephen.io.nifti import nifti_affine
from kinephen.io.segmentation import read_mask

ALLOWED_MB = 1000
QUICK, ALL = 400, 10_000
FIELDS = {
    "<h": (40, 42, 44, 46, 48, 50, 52, 54, 68, 70, 72, 120, 252, 254),  # dim, intent, types, slices, forms
    "<f": (*range(76, 120, 4), 124, 128, 132, 136, *range(256, 328, 4)),  # pixdim, scales, quaternion, sform
    "<i": (0, 32, 140, 144),
    "B": (39, 122, 123, *range(344, 352)),
}
ODD = {
    "<h": (0, 1, 2, -1, 3, 4, 5, 7, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1536, 1792, 2304, 32767, -32768),
    "<f": (0.0, -1.0, 1.0, 1e-30, 1e30, -1e38, 3e38, float("nan"), float("inf"), -float("inf"), 352.0, 1e9),
    "<i": (0, 348, 540, -1, 2**31 - 1),
    "B": tuple(range(0, 256, 15)),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A 4-D file of a small exam, with the times of its phases beside it."""
    root = tmp_path_factory.mktemp("exam")
    frames = values().astype(np.int16).transpose(3, 2, 1, 0)
    image = nibabel.Nifti1Image(frames, nifti_affine(sagittal()))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, root / "dce.nii")
    (root / "times.json").write_text('{"times_s": [-230, 177, 531]}')
    return (root / "dce.nii").read_bytes()


def changed(content, rng):
    """A file with a few odd fields, random bytes in its header, or cut short."""
    found = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.7:
            kind = list(FIELDS)[rng.integers(len(FIELDS))]
            value = ODD[kind][rng.integers(len(ODD[kind]))]
            struct.pack_into(kind, found, int(rng.choice(FIELDS[kind])), value)
        else:
            found[int(rng.integers(0, 352))] = int(rng.integers(0, 256))
    if rng.random() < 0.1:
        found = found[: int(rng.integers(0, len(found)))]
    return bytes(found)


def result_or_error(call):
    """What a call returns, or the error of ours that it raises; any other exception passes through."""
    try:
        return call()
    except KinephenError as error:
        return error


def survives(folder, content):
    """Read one file in each way that there is."""
    folder.mkdir(exist_ok=True)
    (folder / "dce.nii").write_bytes(content)
    (folder / "times.json").write_text('{"times_s": [-230, 177, 531]}')
    exam = result_or_error(lambda: read_exam(folder / "dce.nii"))
    if isinstance(exam, KinephenError):
        assert exam.message
    else:
        assert np.isfinite(exam.series.geometry.affine).all()
        assert np.isfinite(exam.series.frames).all()
    volume = result_or_error(lambda: read_array_volume(folder / "dce.nii"))
    if not isinstance(volume, KinephenError):
        assert volume.array.shape == volume.geometry.shape
    result_or_error(lambda: read_mask(folder / "dce.nii", sagittal()))
    return exam, volume


def fuzz(plain, folder, count):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        content = changed(plain, rng)
        exam, _ = survives(folder, gzip.compress(content, 1) if seed % 3 == 0 else content)
        read += not isinstance(exam, KinephenError)
        if seed % 25 == 0:
            result_or_error(lambda: inspect_path(folder))
            result_or_error(lambda: read_label_volume(folder / "dce.nii", sagittal()))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < ALLOWED_MB, f"{grown:.0f} MB were taken"
    assert 0 < read < count


def test_odd_headers(plain, tmp_path):
    fuzz(plain, tmp_path / "one", QUICK)


@pytest.mark.slow
def test_odd_headers_ten_thousand(plain, tmp_path):
    fuzz(plain, tmp_path / "one", ALL)


TEXT = (
    b"NRRD0005\ntype: short\ndimension: 3\nspace: RAS\nsizes: 9 8 7\n"
    b"space directions: (1,0,0) (0,1,0) (0,0,2)\nencoding: raw\nendian: little\nspace origin: (0,0,0)\n\n"
)
META = (
    b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    b"CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
    b"ElementSpacing = 1 1 2\nDimSize = 9 8 7\n"
    b"ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
)
WORDS = (b"-1", b"nan", b"999999999999", b"1e400", b"", b"(", b"gzip", b"bzip2", b"hex", b"LIST")
WORDS += (b"\xff\xfe", b"0x10", b"..")


@pytest.mark.parametrize(("ending", "head"), [("nrrd", TEXT), ("mha", META)])
def test_odd_text_headers(tmp_path, ending, head):
    body = np.arange(504, dtype="<i2").tobytes()
    path = tmp_path / f"a.{ending}"
    path.write_bytes(head + body)
    assert read_array_volume(path).array.shape == (7, 8, 9)
    for seed in range(QUICK):
        rng = np.random.default_rng(seed)
        words = head.split(b" ")
        for _ in range(rng.integers(1, 3)):
            words[rng.integers(1, len(words))] = WORDS[rng.integers(len(WORDS))]
        content = bytearray(b" ".join(words))
        if rng.random() < 0.5:
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
        path.write_bytes(bytes(content) + body)
        result_or_error(lambda: read_array_volume(path))
