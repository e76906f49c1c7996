"""Bad exams: each is refused, or read with a note, and the message says what was found and what to do."""

from __future__ import annotations

import os
import shutil
import zipfile

import numpy as np
import pytest
from pydicom import dcmread
from tests.io_exams import ExamMaker, ge_exam, private_header, sagittal, values

from kinephen.errors import InputError
from kinephen.io.exam import inspect_path, read_exam


def codes(exam):
    return {i.code for i in exam.issues}


def test_no_dicom_in_the_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(
        InputError, match=r"no DICOM MR images found \(1 file\(s\) left out: not DICOM\)"
    ) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.none"


def test_empty_and_missing_folder(tmp_path):
    with pytest.raises(InputError, match="the folder is empty"):
        read_exam(tmp_path)
    with pytest.raises(InputError, match="no such file or folder") as error:
        read_exam(tmp_path / "absent")
    assert error.value.code == "path.missing"


def test_one_phase_only(tmp_path):
    ExamMaker(tmp_path).series(values(1), 2)
    with pytest.raises(
        InputError, match="no dynamic series .* among the images of series 2: 7 acquired"
    ) as error:
        read_exam(tmp_path)
    assert "manifest" in error.value.hint


def test_one_phase_named_in_a_manifest(tmp_path):
    ExamMaker(tmp_path / "exam").series(values(2), 2)
    (tmp_path / "m.toml").write_text("[[phase]]\nseries = 2\npart = 1\n")
    with pytest.raises(InputError, match=r"found 1 phase\(s\)") as error:
        read_exam(tmp_path / "exam", manifest=tmp_path / "m.toml")
    assert error.value.code == "dicom.phases"


def test_a_slice_is_missing_in_one_phase(tmp_path):
    ge_exam(tmp_path, keep=lambda p, k: (p, k) != (1, 3))
    with pytest.raises(InputError, match=r"unequal numbers of images: usually 3, but at .* \(2\)") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.slice_count"
    assert error.value.where == "series 2"


def test_the_last_slice_is_missing_in_all_phases(tmp_path):
    ge_exam(tmp_path, keep=lambda p, k: k != 6)
    with pytest.raises(InputError, match="3 of the images that the derived maps were made from") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.sources_incomplete"


def test_a_slice_is_missing_in_all_phases(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.series(values(), 2, keep=lambda p, k: k != 3)
    with pytest.raises(
        InputError, match=r"usually 2.000 mm, but between slices 3 and 4 \(4.000 mm\)"
    ) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.slice_gap"


@pytest.mark.parametrize("with_map", [False, True])
@pytest.mark.parametrize("same", [False, True])
def test_a_slice_stands_twice_under_another_uid(tmp_path, with_map, same):
    _, frames, _ = ge_exam(tmp_path)
    if not with_map:
        shutil.rmtree(tmp_path / "map21000")
    path = next(tmp_path.glob("s2*/*.dcm"))
    data = dcmread(path)
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    if not same:
        data.PixelData = bytes(reversed(data.PixelData))
    data.save_as(tmp_path / "again.dcm")
    if not same and not with_map:
        with pytest.raises(InputError, match=r"usually 3, but at .* \(4\)"):
            read_exam(tmp_path)
        return
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert {"dicom.sent_twice" if same else "dicom.named_images"} <= codes(exam)


def test_copies_of_one_instance_count_once(tmp_path):
    _, frames, _ = ge_exam(tmp_path)
    for path in list(tmp_path.glob("s2*/*.dcm"))[:5]:
        shutil.copy(path, tmp_path / f"copy-{path.name}")
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert next(i for i in exam.issues if i.code == "dicom.copies").count == 5


def test_two_objects_with_one_uid(tmp_path):
    ge_exam(tmp_path)
    path = next(tmp_path.glob("s2*/*.dcm"))
    data = dcmread(path)
    data.PixelData = bytes(reversed(data.PixelData))
    data.save_as(tmp_path / "other.dcm")
    with pytest.raises(InputError, match="two different objects carry the same SOP instance UID") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.duplicate"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"PixelSpacing": ["0.8", "0.8"]}, "slices of 2 geometries"),
        ({"ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"]}, "slices of 2 geometries"),
    ],
)
def test_two_geometries_in_one_series(tmp_path, change, text):
    ge_exam(tmp_path, attributes=lambda p, k: change if (p, k) == (1, 2) else {})
    with pytest.raises(InputError, match=text) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.geometry"


def test_directions_that_are_no_unit_vectors(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.common = {"ImageOrientationPatient": ["0", "2", "0", "0", "0", "-1"]}
    maker.series(values(), 2)
    with pytest.raises(InputError, match="two perpendicular unit vectors|no dynamic series"):
        read_exam(tmp_path)


def test_phases_on_two_grids(tmp_path):
    uids = []
    for p, x0 in enumerate((57.8, 57.8, 58.4)):
        maker = ExamMaker(tmp_path, sagittal(x0=x0))
        uids += maker.series(values(1, seed=p), 4 + p, "fl3d", starts=(100.0 * p,))
    ExamMaker(tmp_path).ser_map(uids, 41000, "fl3d")
    with pytest.raises(
        InputError, match=r"phases 0 and 2 lie on different grids: origin, by \(-0.30, 0.00, 0.00\) voxels"
    ) as error:
        read_exam(tmp_path)
    assert error.value.code == "geometry.mismatch"


@pytest.mark.parametrize(
    ("shift", "text", "code"),
    [
        (lambda k: 0.5 * k, "at a slant: each is shifted by 0.500 mm .* 3.00 mm in all", "dicom.tilted"),
        (lambda k: 0.5 * (k % 3), "shifted against each other by up to 1.000 mm", "dicom.geometry"),
    ],
)
def test_slices_shifted_within_their_plane(tmp_path, shift, text, code):
    def shifted(p, k):
        return {"ImagePositionPatient": [str(57.8 - 2 * k), str(-106.7 + shift(k)), "78"]}

    maker = ExamMaker(tmp_path)
    maker.series(values(), 2, attributes=shifted)
    with pytest.raises(InputError, match=text) as error:
        read_exam(tmp_path)
    assert error.value.code == code


def test_no_key_tells_the_phases_apart(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.series(values(), 2, key="", attributes=lambda p, k: {"InstanceNumber": 1})
    with pytest.raises(InputError, match="3 slices stand at each of 7 positions, but neither") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.phase_key"


def test_times_that_do_not_increase(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(times=(-230, 531, 177)))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-230, 177, 531)
    assert exam.series.timing_rule.startswith("ContentTime")
    assert "dicom.recorded_times" in codes(exam)


def test_no_times_at_all(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.series(values(4), 2, key="", starts=(0, 1, 2, 3))
    exam = read_exam(tmp_path)
    assert (exam.series.times_s, exam.series.early, exam.series.late) == (None, 1, 3)
    assert "dicom.no_times" in codes(exam)
    with pytest.raises(InputError, match="does not tell the times of its 4 phases") as error:
        read_exam(tmp_path, nominal_times_s=(-150, 150, 450))
    assert error.value.code == "dicom.times"


def test_other_files_among_the_good(tmp_path):
    _, frames, _ = ge_exam(tmp_path)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "fake.dcm").write_text("not DICOM at all")
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "noise.dcm").write_bytes(b"\0" * 128 + b"DICM" + os.urandom(400))
    (tmp_path / "DICOMDIR.bak").write_bytes(b"\0" * 128 + b"DICM")
    good = next(tmp_path.glob("s2*/*.dcm"))
    good.rename(good.with_suffix(""))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "dicom.other_file" in codes(exam)


@pytest.mark.parametrize("part", [0.4, 0.95])
def test_truncated_slice_is_named_as_missing(tmp_path, part):
    ge_exam(tmp_path)
    path = next(tmp_path.glob("s2*/*.dcm"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(
        InputError,
        match=r"unequal numbers of images.*\(2\); phases of 6, 7, 7 .*; 1 file\(s\) left out: (trunc|dam)",
    ):
        read_exam(tmp_path)
    notes = {i["code"] for i in inspect_path(tmp_path)["issues"]}
    assert notes & {"dicom.truncated", "dicom.damaged"}


def test_absurd_dimensions(tmp_path):
    _, frames, _ = ge_exam(tmp_path)
    data = dcmread(next(tmp_path.glob("s2*/*.dcm")))
    data.SOPInstanceUID, data.Rows, data.Columns = "1.2.3", 60000, 60000
    data.save_as(tmp_path / "bomb.dcm")
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert any("absurd dimensions, 60000 rows" in i.message for i in exam.issues)


def test_too_many_voxels_are_refused_before_reading(tmp_path, monkeypatch):
    ge_exam(tmp_path)
    monkeypatch.setattr("kinephen.io.dicom_pixels.MAX_VOXELS", 1000)
    with pytest.raises(InputError, match="1,512 voxels were announced; at most 1,000 are read") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.too_large"


def test_segmentation_bomb(tmp_path):
    from kinephen.io.segmentation import read_mask

    maker = ExamMaker(tmp_path)
    mask = np.ones(maker.geometry.shape, dtype=bool)

    def announce(data):
        data.NumberOfFrames, data.Rows, data.Columns = 100_000, 65_000, 65_000

    path = maker.segmentation(mask, 5, edit=announce)
    with pytest.raises(InputError, match="100000 frames but positions for 7"):
        read_mask(path, maker.geometry)


def test_links_that_leave_the_folder(tmp_path):
    outside = tmp_path / "outside"
    _, frames, _ = ge_exam(tmp_path / "exam")
    ge_exam(outside)
    (tmp_path / "exam" / "more").symlink_to(outside)
    (tmp_path / "exam" / "one.dcm").symlink_to(next(outside.rglob("*.dcm")))
    inside = next((tmp_path / "exam").glob("s2*/*.dcm"))
    (tmp_path / "exam" / "alias.dcm").symlink_to(inside)
    exam = read_exam(tmp_path / "exam")
    assert np.array_equal(exam.series.frames, frames)
    note = next(i for i in exam.issues if i.code == "path.link")
    assert note.count == 2
    assert "leave the folder" in note.message


def test_private_elements_of_the_wrong_type(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = values()
    uids = maker.series(frames, 2)
    record = private_header(times=None, boxes=[("VOI", (0, 0, 0), [(0, 1, 0), (0, 1, 0), (1, 0, 0)])])
    record.add_new(0x01171034, "LO", "soon")
    record.add_new(0x01171031, "LO", "long")
    record.add_new(0x011710A1, "LO", "odd")
    record.add_new(0x011710A2, "US", [1, 2])
    record[0x01171010].value[0][0x01171019].value = None
    record[0x01171010].value[0].add_new(0x0117101A, "LO", "seventy")
    del record[0x01171010].value[0][0x01171019]
    record.add_new(0x011710B0, "LO", "not a sequence")
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=record)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.times_s == (-230, 177, 531)
    text = " ".join(i.message for i in exam.issues)
    for part in (
        "phase times",
        "phase duration",
        "voxel indices",
        "PE_threshold",
        "a region's box",
        "volumes",
    ):
        assert part in text
    assert exam.series.header.pe_threshold_percent == 70
    assert exam.series.header.sources["pe_threshold_percent"] == "default"


def test_conflicting_private_headers_are_noted(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(threshold=70))
    maker.ser_map(uids[:2], 21001, "Dynamic-3dfgre", private=private_header(threshold=90), kind="PE1")
    exam = read_exam(tmp_path)
    assert exam.series.header.pe_threshold_percent == 70
    assert "ucsf.conflict" in codes(exam)


def test_segmentation_of_another_series(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.series(values(), 2)
    mask = np.zeros(maker.geometry.shape, dtype=bool)
    mask[2:4, 2:4, 2:4] = True
    maker.segmentation(mask, 9, sources=["1.2.3.4"])
    exam = read_exam(tmp_path)
    assert exam.segmentations[0].refers_to_series is False
    assert exam.series.header.boxes == ()
    assert "another series" in next(i.message for i in exam.issues if i.code == "seg.other_series")


def test_two_studies_in_one_folder(tmp_path):
    ge_exam(tmp_path / "first")
    ge_exam(tmp_path / "second")
    with pytest.raises(InputError, match="images of 2 studies") as error:
        read_exam(tmp_path)
    assert "folder of its own" in error.value.hint
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, path in enumerate(sorted(tmp_path.rglob("*.dcm"))):
        path.rename(flat / f"{number}.dcm")
    with pytest.raises(InputError, match="images of 2 studies") as error:
        read_exam(flat)
    assert "StudyInstanceUID" in error.value.hint


def test_an_archive_is_to_be_unpacked(tmp_path):
    ge_exam(tmp_path / "exam")
    with zipfile.ZipFile(tmp_path / "exam.zip", "w") as archive:
        for path in sorted((tmp_path / "exam").rglob("*.dcm")):
            archive.write(path, str(path.relative_to(tmp_path)))
    with pytest.raises(InputError, match="unpack it first"):
        read_exam(tmp_path / "exam.zip")
    assert "dicom.archive" in codes(read_exam(tmp_path))


def test_text_that_is_not_utf8(tmp_path):
    _, frames, _ = ge_exam(tmp_path)
    for path in tmp_path.rglob("*.dcm"):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"GE MEDICAL SYSTEMS", b"GE M\xc9DICAL SYST\xff\xfe "))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.manufacturer.startswith("GE ")


def test_compressed_data_that_cannot_be_decoded(tmp_path):
    ge_exam(tmp_path)
    for path in tmp_path.glob("s2*/*.dcm"):
        data = dcmread(path)
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
        data["PixelData"].is_undefined_length = True
        data.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00junk"
        data.save_as(path)
    with pytest.raises(InputError, match="it holds no code stream") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.pixels"
    assert "uncompressed" in error.value.hint


def test_absurd_rescale(tmp_path):
    ge_exam(tmp_path, attributes=lambda p, k: {"RescaleSlope": "1e38", "RescaleIntercept": "0"})
    with pytest.raises(InputError, match="its rescale .* gives absurd values") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.pixels"
