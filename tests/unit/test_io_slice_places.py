"""Places of slices: what is read with a word, what is refused by name, and that positions count."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread
from tests.io_exams import SHAPE, ExamMaker, sagittal, values

from kinephen.core.volume import GRID_TOLERANCE
from kinephen.errors import InputError
from kinephen.io.dicom_stack import cluster_offsets, slice_distance
from kinephen.io.exam import read_exam
from kinephen.study.one_exam import Request, measure

STEP = 2.0


def placed(root, place, *, phases=(0, 1, 2), overrides=None):
    """An exam whose slice k of the given phases lies at place(k) mm across the slices and in their plane."""

    def attributes(p, k):
        across, down, right = place(k) if p in phases else (STEP * k, 0.0, 0.0)
        return {"ImagePositionPatient": [f"{57.8 - across:.4f}", f"{-106.7 + right:.4f}", f"{78 - down:.4f}"]}

    frames = values()
    ExamMaker(root).series(frames, 2, attributes=attributes, overrides=overrides)
    return frames


def along(offset):
    return lambda k: (STEP * k + offset(k), 0.0, 0.0)


def codes(exam):
    return [i.code for i in exam.issues]


@pytest.mark.parametrize(
    ("offset", "noted"),
    [
        (lambda k: 0.02 * (k % 2), True),
        (lambda k: 0.15 * (k % 2), True),
        (lambda k: 0.3 * (k == 3), False),
        (lambda k: 0.004 * (k % 2), False),
    ],
)
def test_slices_may_jitter_a_little(tmp_path, offset, noted):
    frames = placed(tmp_path, along(offset))
    largest = max(abs(offset(k)) for k in range(SHAPE[0]))
    if largest > 0.2:
        with pytest.raises(InputError, match="unevenly spaced: usually 2.000 mm") as error:
            read_exam(tmp_path)
        assert error.value.code == "dicom.slice_gap"
        return
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert ("dicom.slice_jitter" in codes(exam)) is noted
    assert exam.series.geometry.spacing[0] == pytest.approx(STEP, rel=0.01)
    places = [exam.series.geometry.affine @ [k, 0, 0, 1] for k in range(SHAPE[0])]
    true = [57.8 - STEP * k - offset(k) for k in range(SHAPE[0])]
    assert np.abs(np.array(places)[:, 0] - true).max() <= GRID_TOLERANCE * STEP


def test_jitter_of_one_phase_alone_is_no_other_position(tmp_path):
    frames = placed(tmp_path, along(lambda k: 0.03 * (k % 2)), phases=(1,))
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_distances_that_grow_are_refused(tmp_path):
    placed(tmp_path, along(lambda k: 0.06 * k * k))
    with pytest.raises(InputError, match="missing or unevenly spaced") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.slice_gap"


@pytest.mark.parametrize("angle", [1.0, 15.0])
def test_a_tilted_stack_is_refused_by_name(tmp_path, angle):
    shear = STEP * np.tan(np.radians(angle))
    placed(tmp_path, lambda k: (STEP * k, shear * k, 0.0))
    with pytest.raises(InputError, match=f"stacked at a slant: each is shifted by {shear:.3f} mm") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.tilted"


def test_positions_rounded_to_a_tenth_of_a_millimetre(tmp_path):
    frames = placed(tmp_path, lambda k: (round(STEP * k * 1.003, 1), 0.0, 0.03 * (k % 2)))
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


@pytest.mark.parametrize("stated", ["3", "-3", "0"])
def test_positions_count_against_spacing_between_slices(tmp_path, stated):
    placed(tmp_path, along(lambda k: 0.0), overrides={"SpacingBetweenSlices": stated})
    exam = read_exam(tmp_path)
    assert exam.series.geometry.spacing[0] == pytest.approx(STEP)
    issue = next(i for i in exam.issues if i.code == "dicom.spacing_differs")
    assert (f"states {stated} mm" in issue.message, issue.level) == (True, "warning")


@pytest.mark.parametrize("stated", ["2", "-2", "2.001"])
def test_spacing_that_agrees_is_no_word(tmp_path, stated):
    placed(tmp_path, along(lambda k: 0.0), overrides={"SpacingBetweenSlices": stated})
    assert "dicom.spacing_differs" not in codes(read_exam(tmp_path))


def test_pixel_spacing_counts_against_that_of_the_detector(tmp_path):
    placed(tmp_path, along(lambda k: 0.0), overrides={"ImagerPixelSpacing": ["1.8", "1.4"]})
    exam = read_exam(tmp_path)
    assert exam.series.geometry.spacing[1:] == pytest.approx((0.9, 0.7))
    assert "dicom.pixel_spacing_differs" in codes(exam)


@pytest.mark.parametrize("spacing", [["0", "0.7"], ["-0.9", "0.7"]])
def test_pixels_of_no_size_are_refused(tmp_path, spacing):
    placed(tmp_path, along(lambda k: 0.0), overrides={"PixelSpacing": spacing})
    with pytest.raises(InputError, match="pixel spacing is zero or negative") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.geometry"


@pytest.mark.parametrize(
    "orientation",
    [
        ["0", "1", "0", "0", "0.2", "-1"],
        ["0", "2", "0", "0", "0", "-1"],
        ["0", "0", "0", "0", "0", "0"],
        ["0", "1", "0", "0", "1", "0"],
    ],
)
def test_directions_that_are_no_axes_are_refused(tmp_path, orientation):
    placed(tmp_path, along(lambda k: 0.0), overrides={"ImageOrientationPatient": orientation})
    with pytest.raises(InputError, match="not two perpendicular unit vectors") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.geometry"


def test_rounded_directions_give_upright_axes(tmp_path):
    turned = ["0.005", "1", "0", "0", "0.004", "-1"]
    placed(tmp_path, along(lambda k: 0.0), overrides={"ImageOrientationPatient": turned})
    directions = read_exam(tmp_path).series.geometry.directions
    assert np.allclose(directions.T @ directions, np.eye(3), atol=1e-9)


@pytest.mark.parametrize(
    ("geometry", "text"),
    [
        (sagittal((7, 10, 9)), r"shape \(7, 8, 9\) against \(7, 10, 9\)|geometr|matri"),
        (sagittal((6, 8, 9)), r"series 5 \(6 images, other places or spacing\)"),
    ],
)
def test_one_phase_of_another_matrix_or_with_a_slice_less_is_named(tmp_path, geometry, text):
    uids = ExamMaker(tmp_path).series(values(2), 4, "fl3d")
    other = ExamMaker(tmp_path, geometry)
    uids += other.series(values(1, geometry.shape), 5, "fl3d", starts=(500.0,))
    with pytest.raises(InputError, match=text):
        read_exam(tmp_path)


def test_frames_of_reference_that_differ_are_a_warning(tmp_path):
    frames = values()
    for p in range(3):
        maker = ExamMaker(tmp_path)
        maker.common = {"FrameOfReferenceUID": f"1.2.{p}"}
        maker.series(frames[p : p + 1], 4 + p, "fl3d", starts=(100.0 * p,))
    exam = read_exam(tmp_path)
    issue = next(i for i in exam.issues if i.code == "dicom.frames_of_reference")
    assert (issue.count, issue.level) == (3, "warning")


@pytest.mark.parametrize("name", ["PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"])
def test_images_without_a_place_say_so(tmp_path, name):
    placed(tmp_path, along(lambda k: 0.0))
    for path in tmp_path.rglob("*.dcm"):
        data = dcmread(path)
        delattr(data, name)
        data.ImagerPixelSpacing = ["0.9", "0.7"]
        data.save_as(path)
    text = r"no DICOM MR images found \(21 image\(s\) without position, orientation or pixel spacing"
    with pytest.raises(InputError, match=text) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.none"


def test_rounding_of_directions_and_spacing_makes_no_other_plane(tmp_path):
    frames = values()

    def attributes(p, k):
        tilt = "0.00049" if (p + k) % 2 else "0.00051"
        return {
            "ImageOrientationPatient": ["0", "1", "0", "0", tilt, "-1"],
            "PixelSpacing": ["0.90049" if k % 3 else "0.90051", "0.7"],
        }

    ExamMaker(tmp_path).series(frames, 2, attributes=attributes)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_one_slice_is_no_volume(tmp_path):
    ExamMaker(tmp_path, sagittal((1, 8, 9))).series(values(3, (1, 8, 9)), 2)
    with pytest.raises(InputError, match="one slice is no volume") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.geometry"


@pytest.mark.parametrize("phases", [1, 3, 12])
@pytest.mark.parametrize("gap", [0.0, 40.0])
def test_the_slice_distance_is_found_whatever_stands_at_each_position(phases, gap):
    rng = np.random.default_rng(phases)
    one = np.concatenate([np.arange(20) * 1.5, 30.0 + gap + np.arange(20) * 1.5])
    offsets = rng.permutation((one + rng.uniform(-0.03, 0.03, (phases, 40))).ravel())
    assert slice_distance(offsets) == pytest.approx(1.5, abs=0.1)
    positions, labels = cluster_offsets(offsets)
    assert len(positions) == 40
    assert (np.bincount(labels) == phases).all()


def test_the_public_case(reference):
    measured = measure(Request(exam=reference("cases/imaging/70_step_jitter_0.02mm")))
    assert measured.record.ftv_pe_voxels == 1336
    assert measured.record.ftv_pe_cc == pytest.approx(3.848, abs=2e-3)
    assert measured.record.maps.lesion["SER"].mean == pytest.approx(1.142, abs=5e-4)
    assert "dicom.slice_jitter" in codes(measured.exam)
