"""What came with an exam only to be compared never ends a measurement; a reader's mask must fit."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from tests.io_exams import SHAPE, ExamMaker, ge_exam, private_header, sagittal, values, voxel_box

from kinephen.core.volume import GRID_TOLERANCE, Geometry
from kinephen.errors import InputError
from kinephen.io.exam import read_exam
from kinephen.io.segmentation import FoundSegmentation, read_archive_mask, read_mask
from kinephen.study.one_exam import Request, exam_settings, measure
from kinephen.study.review_gate import MaskChoice


def blob():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:4, 2:7, 3:5] = True
    return mask


def moved(geometry, voxels):
    """The grid moved by (slices, rows, columns) of a voxel."""
    affine = np.array(geometry.affine)
    affine[:3, 3] += affine[:3, :3] @ np.asarray(voxels, dtype=float)
    return Geometry(geometry.shape, affine)


def found(path):
    return FoundSegmentation(path, "voi_tissue", "", "", None)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("off", [(0, 0.5, 0.5), (0, -0.5, 0), (0, 0, 0.5), (0, 0.46, 0.54)])
def test_half_a_voxel_in_plane_is_matched_by_index(tmp_path, off, binary):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9, geometry=moved(sagittal(), off), binary=binary)
    mask, issues = read_archive_mask(found(path), sagittal())
    assert np.array_equal(mask.array, blob())
    assert [i.code for i in issues] == ["seg.half_voxel"]
    with pytest.raises(
        InputError, match="voxels, .* mm along slices, rows, columns off the nearest"
    ) as error:
        read_mask(path, sagittal())
    assert error.value.code == "geometry.mismatch"


@pytest.mark.parametrize(
    "off", [(0, 0.3, 0), (0, 0, -0.2), (0.5, 0, 0), (0, 0.5, 0.3), (0, 1.5, 0), (0.3, 0, 0)]
)
def test_any_other_offset_is_none(tmp_path, off):
    path = ExamMaker(tmp_path).segmentation(blob(), 9, geometry=moved(sagittal(), off))
    with pytest.raises(InputError, match="different grids") as error:
        read_archive_mask(found(path), sagittal())
    assert error.value.code == "geometry.mismatch"


@pytest.mark.parametrize("off", [0.5, -0.5])
def test_half_a_slice_is_matched_where_all_slices_are_there(tmp_path, off):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[:, 2:5, 3:6] = True
    mask[2, 7, 8] = True
    path = ExamMaker(tmp_path).segmentation(mask, 9, geometry=moved(sagittal(), (off, 0, 0)))
    placed, issues = read_archive_mask(found(path), sagittal())
    assert np.array_equal(placed.array, mask)
    assert f"({off:.2f}, 0.00, 0.00) voxels, ({2 * off:.3f}, 0.000, 0.000) mm" in issues[0].message


@pytest.mark.parametrize("off", [(0, 0.05, -0.05), (0.08, 0, 0), (0, 0, 0.09)])
def test_rounding_of_positions_is_one_grid(tmp_path, off):
    path = ExamMaker(tmp_path).segmentation(blob(), 9, geometry=moved(sagittal(), off))
    assert np.array_equal(read_mask(path, sagittal()).array, blob())
    assert moved(sagittal(), off).difference(sagittal()) == ""


def test_a_grid_is_one_up_to_a_tenth_of_a_voxel_anywhere():
    own = sagittal()
    assert own.difference(moved(own, (0, 1.01 * GRID_TOLERANCE, 0))).startswith(
        "origin, by (0.00, 0.10, 0.00)"
    )
    affine = np.array(own.affine)
    affine[:3, 2] *= 1 + 0.9 * GRID_TOLERANCE / (SHAPE[2] - 1)
    assert own.difference(Geometry(SHAPE, affine)) == ""
    affine[:3, 2] *= 1 + 0.9 * GRID_TOLERANCE / (SHAPE[2] - 1)
    assert "spacing" in own.difference(Geometry(SHAPE, affine))
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.02), -np.sin(0.02)], [np.sin(0.02), np.cos(0.02)]]
    centred = np.array(own.affine)
    centred[:3, 3] = 0
    assert "direction" in Geometry(SHAPE, centred).difference(Geometry(SHAPE, turn @ centred))
    assert own.half_voxel_off(moved(own, (0, 0.5, -0.5))).startswith("(0.00, 0.50, -0.50) voxels")
    for off in ((0, 0, 0), (0, 1, 0), (0, 0.5, 1), (0, 0.3, 0.5)):
        assert own.half_voxel_off(moved(own, off)) == ""


def enhancing():
    """Signals of one region that take up contrast and wash out."""
    pre = values(1)[0].astype(float)
    region = blob()
    return np.stack([pre, pre * (1 + 1.2 * region), pre * (1 + region)]).astype(np.int32)


def measured_exam(root, **options):
    """The record of an exam, too small for its phases to be told by their signal."""
    accepted = exam_settings(accept=("roles.no_arrival", "roles.identical"))
    return measure(Request(exam=root, settings=accepted, **options)).record


def written(root):
    maker = ExamMaker(root)
    return maker, maker.series(enhancing(), 2)


def exam_with(tmp_path, **options):
    """An exam whose tissue object is odd in some way; its tissue is that of a plain one."""
    maker, uids = written(tmp_path)
    centre, half = voxel_box(maker.geometry, (0, 1, 1), (5, 7, 7))
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(boxes=[("VOI", centre, half)]))
    path = maker.segmentation(blob(), 9, sources=options.pop("sources", uids[0]), **options)
    return maker, path


def said(record):
    """Everything that a record says was noticed, of the exam and of the measurement."""
    return record.noticed


def second_segment(data):
    item = Dataset()
    item.SegmentNumber = 2
    data.SegmentSequence.append(item)


def drop_a_position(data):
    del data.PerFrameFunctionalGroupsSequence[-1]


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ({"geometry": moved(sagittal(), (0, 0.3, 0))}, "ftv.not_compared", "different grids"),
        ({"edit": second_segment}, "ftv.not_compared", "segments found: 1, 2"),
        ({"edit": drop_a_position}, "ftv.not_compared", "3 frames but positions for 2"),
        ({"sources": ["1.2.3.4"]}, "seg.other_series", "images of another series"),
        ({"edit": lambda d: setattr(d, "FrameOfReferenceUID", "1.2.3")}, "seg.other_frame", "another frame"),
        ({"edit": lambda d: d.pop("SharedFunctionalGroupsSequence")}, "ftv.not_compared", "damaged"),
        ({"edit": lambda d: d.pop("PixelData")}, "dicom.truncated", "pixel data are missing"),
    ],
)
def test_a_comparison_never_ends_a_measurement(tmp_path, options, code, text):
    plain, odd = tmp_path / "plain", tmp_path / "odd"
    exam_with(plain)
    exam_with(odd, **options)
    expected = measured_exam(plain)
    measured = measured_exam(odd)
    assert measured.voxels_after_step == expected.voxels_after_step
    assert expected.ftv_pe_voxels > 0
    assert len(expected.comparison.segmentations) == 1
    assert measured.comparison.segmentations == ()
    issue = next(i for i in said(measured) if i.code == code)
    assert text in issue.message
    assert getattr(issue, "level", "warning") == "warning"


def test_a_map_on_another_grid_is_left_out_of_the_comparison(tmp_path):
    for name, off, compared in (("half", (0, 0.5, 0.5), True), ("third", (0, 0.3, 0), False)):
        root = tmp_path / name
        maker, uids = written(root)
        maker.geometry = moved(sagittal(), off)
        maker.ser_map(uids, 21000, "Dynamic-3dfgre")
        record = measured_exam(root)
        assert (record.comparison.ser_map is not None) is compared
        codes = [i.code for i in said(record)]
        assert ("maps.half_voxel" if compared else "ftv.not_compared") in codes


def test_a_readers_mask_must_fit(tmp_path):
    maker, _ = written(tmp_path / "exam")
    maker.root = tmp_path
    path = maker.segmentation(blob(), 9, geometry=moved(sagittal(), (0, 0.5, 0.5)))
    with pytest.raises(
        InputError, match=r"0.00, -?0.50, -?0.50\) voxels, \(0.000, -?0.450, -?0.350\) mm"
    ) as error:
        measured_exam(tmp_path / "exam", mask=MaskChoice(path=path))
    assert error.value.code == "geometry.mismatch"


@pytest.mark.parametrize(("frame", "said_so"), [("1.2.3", True), ("", False), (None, False)])
def test_a_readers_mask_of_another_frame_of_reference_is_said(tmp_path, frame, said_so):
    maker, _ = written(tmp_path / "exam")

    def edit(data):
        if frame is not None:
            data.FrameOfReferenceUID = frame

    maker.root = tmp_path
    path = maker.segmentation(blob(), 9, edit=edit)
    record = measured_exam(tmp_path / "exam", mask=MaskChoice(path=path))
    assert record.lesion_voxels == blob().sum()
    assert ("mask.other_frame" in [i.code for i in said(record)]) is said_so


def test_objects_of_another_study_are_left_out_with_a_warning(tmp_path):
    maker, _, _ = ge_exam(tmp_path)
    maker.segmentation(blob(), 9, edit=lambda d: setattr(d, "StudyInstanceUID", "1.2.3"))
    exam = read_exam(tmp_path)
    assert exam.segmentations == ()
    issue = next(i for i in exam.issues if i.code == "dicom.other_study")
    assert (issue.count, issue.level) == (1, "warning")


def test_the_public_case(reference):
    record = measure(Request(exam=reference("cases/imaging/halfpixel"))).record
    assert record.ftv_pe_voxels == 1336
    assert record.ftv_pe_cc == pytest.approx(3.848, abs=5e-4)
    assert [s.kind for s in record.comparison.segmentations] == ["voi_tissue"]
    assert [i.code for i in said(record)].count("seg.half_voxel") == 1
