"""NRRD, MetaImage and DICOM segmentations as images and label maps; hostile headers of them."""

from __future__ import annotations

import bz2
import copy
import gzip
import zlib

import nibabel
import numpy as np
import pytest
from tests.io_exams import SHAPE, ExamMaker, sagittal

from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.array_volume import read_array_volume
from kinephen.io.label_volume import read_label_volume
from kinephen.io.nifti import nifti_affine
from kinephen.io.nifti_file import is_pair
from kinephen.io.segmentation import read_mask
from kinephen.study.fingerprint import mask_hash
from kinephen.study.tables.feature_files import read_labels

HEAD = "NRRD0005\n# made\ntype: {type}\ndimension: 3\nspace: left-posterior-superior\nsizes: {sizes}\n"
HEAD += "space directions: {axes}\nkinds: domain domain domain\nendian: little\nencoding: {encoding}\n"
HEAD += "space origin: {origin}\n"


def vector(values):
    return f"({','.join(f'{float(v)!r}' for v in values)})"


def nrrd(path, array, geometry=None, *, encoding="raw", extra="", data=None, kind="int"):
    grid = sagittal() if geometry is None else geometry
    axes = " ".join(vector(grid.affine[:3, i]) for i in (2, 1, 0))
    sizes = " ".join(map(str, array.shape[::-1]))
    head = HEAD.format(
        type=kind, sizes=sizes, axes=axes, encoding=encoding, origin=vector(grid.affine[:3, 3])
    )
    body = np.ascontiguousarray(array, "<i4").tobytes() if data is None else data
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + extra.encode() + b"\n" + body)
    return path


def labels():
    found = np.zeros(SHAPE, np.int32)
    found[1:3, 2:5, 3:6] = 2**24
    found[4, 2:5, 3:6] = 2**24 + 1
    return found


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("raw", bytes), ("gzip", gzip.compress), ("gz", zlib.compress), ("bzip2", bz2.compress)],
)
def test_encodings_of_nrrd(tmp_path, encoding, packed):
    array = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    path = nrrd(tmp_path / "a.nrrd", array, encoding=encoding, data=packed(array.astype("<i4").tobytes()))
    found = read_array_volume(path)
    assert np.array_equal(found.array, array)
    assert found.array.dtype == np.int32
    assert found.geometry.difference(sagittal()) == ""


def test_labels_are_exact_and_in_any_order_of_axes(tmp_path):
    turned = Geometry((SHAPE[1], SHAPE[2], SHAPE[0]), sagittal().affine @ np.eye(4)[[2, 0, 1, 3]])
    path = nrrd(tmp_path / "seg.nrrd", labels().transpose(1, 2, 0), turned)
    assert np.array_equal(read_label_volume(path, sagittal()).array, labels())
    found = dict(read_labels(path, sagittal(), "all"))
    assert sorted(found) == [2**24, 2**24 + 1]
    assert [int(inside.sum()) for inside in found.values()] == [18, 9]
    mask = read_mask(path, sagittal(), segment=2**24)
    assert np.array_equal(mask.array, labels() == 2**24)
    with pytest.raises(InputError, match="several labels"):
        read_mask(path, sagittal())
    with pytest.raises(InputError, match="different grids"):
        read_mask(path, sagittal(x0=70.0))


def test_values_in_a_file_beside(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"skipped\n" + labels().astype("<i4").tobytes())
    path = nrrd(tmp_path / "a.nhdr", labels(), extra="line skip: 1\ndata file: a.raw\n", data=b"")
    assert np.array_equal(read_array_volume(path).array, labels())
    first = mask_hash(path)
    last = nrrd(tmp_path / "b.nhdr", labels(), extra="byte skip: -1\ndata file: a.raw\n", data=b"")
    assert np.array_equal(read_array_volume(last).array, labels())
    (tmp_path / "a.raw").write_bytes(b"skipped\n" + (labels() * 2).astype("<i4").tobytes())
    assert mask_hash(path) != first
    (tmp_path / "a.raw").unlink()
    with pytest.raises(InputError, match="file with its values is missing"):
        read_array_volume(path)


@pytest.mark.parametrize("ending", [".hdr", ".img"])
def test_a_mask_in_two_files(tmp_path, ending):
    header = tmp_path / "m.hdr"

    def write(label):
        array = (labels() == label).astype(np.uint8)
        nibabel.save(
            nibabel.Nifti1Pair(array.transpose(2, 1, 0), nifti_affine(sagittal())), tmp_path / "m.hdr"
        )

    write(2**24)
    path = tmp_path / f"m{ending}"
    assert np.array_equal(read_mask(path, sagittal()).array, labels() == 2**24)
    first, stated = mask_hash(path), header.read_bytes()
    assert mask_hash(path) == first
    # Values that change are another mask, though its header stays.
    write(2**24 + 1)
    assert header.read_bytes() == stated
    assert mask_hash(path) != first
    (tmp_path / "m.img").unlink()
    with pytest.raises(InputError, match="no such file|is missing"):
        read_mask(path, sagittal())


def test_img_without_its_header_is_no_pair(tmp_path):
    (tmp_path / "m.img").write_bytes(b"x")
    assert not is_pair(tmp_path / "m.img")
    assert not is_pair(tmp_path / "m.hdr")


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.raw", "x/../../a.raw", "link.raw", "a\0b"])
def test_values_outside_of_the_folder_are_not_read(tmp_path, name):
    (tmp_path / "a.raw").write_bytes(labels().astype("<i4").tobytes())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.raw").symlink_to(tmp_path / "a.raw")
    path = nrrd(tmp_path / "in" / "a.nhdr", labels(), extra=f"data file: {name}\n", data=b"")
    with pytest.raises(InputError, match="outside of its folder") as caught:
        read_array_volume(path)
    assert caught.value.code == "volume.path"
    mhd = f"NDims = 3\nDimSize = 9 8 7\nElementType = MET_INT\nElementDataFile = {name}\n"
    (tmp_path / "in" / "a.mhd").write_text(mhd)
    with pytest.raises(InputError, match="outside of its folder"):
        read_array_volume(tmp_path / "in" / "a.mhd")


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "text", "hex"])
@pytest.mark.parametrize("sizes", ["90000 90000 90000", "1000 1000 1000", "9 8 70"])
def test_sizes_that_no_file_of_this_size_holds(tmp_path, encoding, sizes):
    path = nrrd(tmp_path / "a.nrrd", labels(), encoding=encoding)
    content = path.read_bytes().replace(b"sizes: 9 8 7\n", f"sizes: {sizes}\n".encode())
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_array_volume(path)
    assert caught.value.code in ("volume.truncated", "dicom.too_large")


def test_a_stream_that_unpacks_to_more_ends_where_the_values_end(tmp_path):
    bomb = gzip.compress(labels().astype("<i4").tobytes() + bytes(300_000_000), 1)
    path = nrrd(tmp_path / "a.nrrd", labels(), encoding="gzip", data=bomb)
    assert np.array_equal(read_array_volume(path).array, labels())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("NRRD0005", "NRRD9", "does not begin as a NRRD"),
        ("type: int", "type: block", "type of voxel is not read"),
        ("encoding: raw", "encoding: lzma", "encoding is not read"),
        ("endian: little", "endian: middle", "endian must be little or big"),
        ("dimension: 3", "dimension: 99", "dimension of 99"),
        ("dimension: 3", "dimension: x", "dimension must be 1 finite number"),
        ("sizes: 9 8 7", "sizes: 9 8", "sizes must be 3 finite numbers"),
        ("sizes: 9 8 7", "sizes: 9 8 -1", "expected three dimensions"),
        ("sizes: 9 8 7", "sizes: 9 nan 7", "sizes must be 3"),
        ("dimension: 3", "dimension: 4", "sizes must be 4"),
        ("kinds: domain", "kinds: RGB-color", r"9 values \(kind rgb-color\)"),
        ("kinds: domain", "kinds: list", "9 layers: segments overlap"),
        ("space directions: (", "space directions: (a", "space directions must be 3"),
        ("space origin: (", "space origin: (inf,", "space origin must be 3"),
    ],
)
def test_headers_of_nrrd_that_cannot_be_read(tmp_path, old, new, said):
    path = nrrd(tmp_path / "a.nrrd", labels())
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(InputError, match=said):
        read_array_volume(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("NDims = 3", "NDims = 17", "NDims of 17"),
        ("MET_INT", "MET_INT_ARRAY", "type that is not read"),
        ("NDims = 3", "NDims = 3\nElementNumberOfChannels = 3", r"3 values \(colours or vectors\)"),
        ("DimSize = 9 8 7", "DimSize = 9 8", "DimSize must be 3"),
        ("TransformMatrix = 1", "TransformMatrix = 0", "invertible"),
        ("ElementDataFile", "Data", "does not end with ElementDataFile"),
        ("LOCAL", "LIST", "several files"),
        ("LOCAL", "a%03d.raw", "several files"),
    ],
)
def test_headers_of_metaimage_that_cannot_be_read(tmp_path, old, new, said):
    text = "NDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nDimSize = 9 8 7\nElementType = MET_INT\n"
    text += "ElementDataFile = LOCAL\n"
    path = tmp_path / "a.mha"
    path.write_bytes(text.replace(old, new, 1).encode() + labels().astype("<i4").tobytes())
    with pytest.raises(InputError, match=said):
        read_array_volume(path)


def test_segments_of_dicom_are_labels_on_the_grid_of_the_image(tmp_path):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:3, 2:5, 3:6] = True
    path = ExamMaker(tmp_path).segmentation(mask, 5, binary=True)
    assert np.array_equal(read_label_volume(path, sagittal()).array, mask.astype(np.uint16))
    ((label, inside),) = read_labels(path, sagittal(), "")
    assert label == 1
    assert np.array_equal(inside, mask)
    with pytest.raises(InputError, match="no segment 7; it holds 1"):
        list(read_labels(path, sagittal(), "7"))
    with pytest.raises(InputError, match="different grids"):
        read_label_volume(path, sagittal(x0=70.0))


def second_segment(data):
    """Add a segment of the same frames."""
    data.SegmentSequence.append(copy.deepcopy(data.SegmentSequence[0]))
    data.SegmentSequence[1].SegmentNumber = 2
    for frame in copy.deepcopy(list(data.PerFrameFunctionalGroupsSequence)):
        frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 2
        data.PerFrameFunctionalGroupsSequence.append(frame)
    data.NumberOfFrames = 2 * data.NumberOfFrames
    data.PixelData = data.PixelData * 2


def test_segments_that_overlap_are_read_one_by_one(tmp_path):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:3, 2:5, 3:6] = True
    path = ExamMaker(tmp_path).segmentation(mask, 5, edit=second_segment)
    with pytest.raises(InputError, match="segment 2 overlaps another one"):
        read_label_volume(path, sagittal())
    ((label, inside),) = read_labels(path, sagittal(), "2")
    assert label == 2
    assert np.array_equal(inside, mask)


def test_dicom_that_is_no_segmentation_is_refused(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(128) + b"DICM" + b"\x02\x00\x10\x00UI\x02\x001\x00")
    with pytest.raises(InputError, match=r"not a segmentation|damaged"):
        read_label_volume(path, sagittal())
