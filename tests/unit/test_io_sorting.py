"""Which images of a study become phases: every kind of image among them, in each maker's spelling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.io_exams import SHAPE, STARTS, ExamMaker, ge_exam, sagittal, values

from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.exam import inspect_path, read_exam

GE, SIEMENS, PHILIPS = "GE MEDICAL SYSTEMS", "SIEMENS", "Philips Medical Systems"

MARKED = {
    "dicom.subtraction": [
        "DERIVED\\PRIMARY\\SUBTRACT",
        "DERIVED\\PRIMARY\\M\\ND\\SUB",
        "DERIVED\\SECONDARY\\SUBTRACTION",
        "ORIGINAL\\PRIMARY\\M\\SUB\\ND",
        "DERIVED\\PRIMARY\\DYNAMIC\\SUBTRACTION",
    ],
    "dicom.projection": [
        "DERIVED\\SECONDARY\\MIP",
        "DERIVED\\PRIMARY\\MPR\\NORM\\DIS2D\\MIP",
        "DERIVED\\SECONDARY\\PROJECTION IMAGE",
        "ORIGINAL\\PRIMARY\\PROJECTION IMAGE\\M\\FFE",
        "DERIVED\\SECONDARY\\MINIP",
        "DERIVED\\PRIMARY\\MAX_IP\\NONE",
        "DERIVED\\SECONDARY\\CSA MIP",
    ],
    "dicom.reformat": [
        "DERIVED\\SECONDARY\\MPR\\CSA PARALLEL",
        "DERIVED\\SECONDARY\\REFORMATTED\\THIN",
        "DERIVED\\PRIMARY\\VOLUME\\RESAMPLED",
        "DERIVED\\SECONDARY\\MPR\\CSA RESAMPLED",
    ],
    "dicom.computed": [
        "DERIVED\\PRIMARY\\DIFFUSION\\ADC",
        "DERIVED\\PRIMARY\\T1 MAP\\T1\\UNSPECIFIED",
        "DERIVED\\PRIMARY\\PERFUSION\\MEAN",
    ],
    "dicom.complex": ["ORIGINAL\\PRIMARY\\P\\ND", "ORIGINAL\\PRIMARY\\PHASE MAP\\P\\FFE"],
    "dicom.localizer": ["ORIGINAL\\PRIMARY\\LOCALIZER", "ORIGINAL\\PRIMARY\\SCOUT\\M"],
    "dicom.derived": ["DERIVED\\PRIMARY", "DERIVED\\SECONDARY\\OTHER"],
}


def notes(exam) -> dict[str, int]:
    counts: dict[str, int] = {}
    for issue in exam.issues:
        if issue.where == "phases":
            counts[issue.code] = counts.get(issue.code, 0) + issue.count
    return counts


def add(
    maker: ExamMaker, image_type: str, *, number=2, starts: Sequence[float] = (900.0,), seed=9, **changes
):
    """Add images of one type, by default to the series of the phases."""
    frames = values(len(starts), seed=seed)
    own = {"ImageType": image_type.split("\\"), **changes.pop("overrides", {})}
    key = changes.pop("key", "AcquisitionTime")
    description = changes.pop("description", "Dynamic-3dfgre")
    changes.setdefault("first", 40)
    return maker.series(frames, number, description, starts=starts, key=key, overrides=own, **changes)


def exam_of(root, maker=SIEMENS, n=3, image_type="ORIGINAL\\PRIMARY\\M\\ND"):
    written = ExamMaker(root, maker=maker)
    frames = values(n)
    written.series(
        frames,
        2,
        starts=(*STARTS, 700.0)[:n],
        key="AcquisitionTime",
        overrides={"ImageType": image_type.split("\\")},
    )
    return written, frames


@pytest.mark.parametrize(("code", "image_type"), [(c, t) for c, types in MARKED.items() for t in types])
def test_marked_images_in_the_series_of_the_phases_are_left_out(tmp_path, code, image_type):
    maker, frames = exam_of(tmp_path)
    add(maker, image_type)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {code: SHAPE[0]}
    level = next(i.level for i in exam.issues if i.code == code)
    assert level == ("warning" if code == "dicom.derived" else "note")


def test_lower_case_marks_are_read(tmp_path):
    maker, frames = exam_of(tmp_path)
    add(maker, "DERIVED\\SECONDARY\\SUB")
    for path in tmp_path.rglob("*.dcm"):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"DERIVED\\SECONDARY\\SUB", b"derived\\secondary\\sub"))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {"dicom.subtraction": SHAPE[0]}


@pytest.mark.parametrize("image_type", [types[0] for types in MARKED.values()])
def test_marked_images_of_their_own_series_are_left_out(tmp_path, image_type):
    maker, frames = exam_of(tmp_path)
    add(maker, image_type, number=3, starts=(*STARTS, 800.0), first=0)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


@pytest.mark.parametrize(
    "image_type", ["ORIGINAL\\PRIMARY\\M\\DIS2D", "", "ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE"]
)
def test_acquired_images_need_no_mark(tmp_path, image_type):
    _, frames = exam_of(tmp_path, image_type=image_type)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {}


@pytest.mark.parametrize(
    ("image_type", "level"),
    [
        ("DERIVED\\PRIMARY\\M\\NORM\\DIS3D\\FILTERED", "note"),
        ("DERIVED\\SECONDARY", "note"),
        ("DERIVED\\SECONDARY\\MPR\\CSA RESAMPLED", "warning"),
    ],
)
def test_an_exam_of_derived_images_alone_is_read_with_a_note(tmp_path, image_type, level):
    """As a workstation exports it."""
    _, frames = exam_of(tmp_path, image_type=image_type)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {"dicom.derived_phases": 3 * SHAPE[0]}
    assert next(i.level for i in exam.issues if i.code == "dicom.derived_phases") == level


@pytest.mark.parametrize("image_type", ["DERIVED\\PRIMARY\\SUBTRACT", "DERIVED\\SECONDARY\\MIP"])
def test_an_exam_of_subtractions_or_projections_alone_is_none(tmp_path, image_type):
    exam_of(tmp_path, image_type=image_type)
    with pytest.raises(InputError, match="series 2: 21 (subtraction|projection)") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.no_dynamic"


def test_filtered_posts_beside_an_acquired_pre_are_phases(tmp_path):
    maker, frames = exam_of(tmp_path, n=1)
    other = values(2, seed=9)
    kept = {"ImageType": ["DERIVED", "PRIMARY", "M", "FILTERED"]}
    maker.series(other, 2, starts=STARTS[1:], key="AcquisitionTime", overrides=kept, first=1)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, np.concatenate([frames, other]))
    assert notes(exam) == {"dicom.derived_phases": 2 * SHAPE[0]}


@pytest.mark.parametrize(
    "word", ["SUB 1-0", "MIP", "3-plane loc", "Dyn MPR cor", "washin", "Dynamic-3dfgre: SER"]
)
def test_series_that_only_their_description_marks_are_left_out(tmp_path, word):
    maker, frames = exam_of(tmp_path)
    add(maker, "ORIGINAL\\PRIMARY\\M", number=3, starts=(*STARTS, 800.0), description=word, first=0)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_a_description_alone_does_not_take_the_only_exam_away(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = values()
    maker.series(frames, 2, "dyn and subtr")
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert next(i.level for i in exam.issues if i.code == "dicom.derived_phases") == "warning"


def turned(count: int) -> list[list[str]]:
    angles = np.linspace(0.0, np.pi, count, endpoint=False)
    return [[f"{np.cos(a):.6f}", f"{np.sin(a):.6f}", "0", "0", "0", "-1"] for a in angles]


@pytest.mark.parametrize("number", [2, 3])
def test_a_turning_projection_is_known_by_its_orientations(tmp_path, number):
    maker, frames = exam_of(tmp_path)
    views = turned(SHAPE[0])
    same = {"ImagePositionPatient": ["50", "-100", "70"]}
    maker.series(
        values(1, seed=9),
        number,
        starts=(900.0,),
        key="AcquisitionTime",
        first=40,
        attributes=lambda p, k: {"ImageOrientationPatient": views[k], **same},
    )
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {"dicom.projection": SHAPE[0]}


@pytest.mark.parametrize("planes", [1, 3])
def test_a_localizer_in_the_series_is_known_by_its_planes(tmp_path, planes):
    maker, frames = exam_of(tmp_path)
    views = [["1", "0", "0", "0", "0", "-1"], ["1", "0", "0", "0", "1", "0"], ["0", "1", "0", "0", "0", "-1"]]
    changes = [{"ImageOrientationPatient": v, "PixelSpacing": ["2", "2"]} for v in views]
    maker.series(
        values(1, seed=9),
        2,
        starts=(-900.0,),
        key="AcquisitionTime",
        first=40,
        attributes=lambda p, k: changes[k % planes],
        keep=lambda p, k: k < planes,
    )
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert notes(exam) == {"dicom.localizer": planes}


def test_one_phase_of_another_matrix_is_named_and_the_rest_usable(tmp_path):
    root = tmp_path / "exam"
    maker, frames = exam_of(root)
    wide = Geometry((7, 10, 12), maker.geometry.affine)
    other = ExamMaker(root, wide, maker=SIEMENS)
    other.study = maker.study
    other.series(values(1, wide.shape, seed=4), 2, starts=(100.0,), key="AcquisitionTime", first=9)
    with pytest.raises(InputError, match="slices of 2 geometries") as error:
        read_exam(root)
    assert error.value.code == "dicom.geometry"
    assert "manifest" in error.value.hint
    (tmp_path / "m.toml").write_text("".join(f"[[phase]]\nseries = 2\npart = {n}\n" for n in (1, 2, 4)))
    assert np.array_equal(read_exam(root, manifest=tmp_path / "m.toml").series.frames, frames)


def test_a_phase_of_another_matrix_in_a_series_of_its_own_is_named(tmp_path):
    root = tmp_path / "exam"
    maker = ExamMaker(root, maker=SIEMENS)
    wide = ExamMaker(root, Geometry((7, 10, 12), maker.geometry.affine), maker=SIEMENS)
    wide.study = maker.study
    frames = values(2)
    for p, start in ((0, -400.0), (1, 300.0)):
        maker.series(frames[p : p + 1], 4 + p, "fl3d", starts=(start,), key="AcquisitionTime")
    wide.series(values(1, wide.geometry.shape), 6, "fl3d", starts=(0.0,), key="AcquisitionTime")
    with pytest.raises(InputError, match=r"series 6 \(matrix 10 x 12, not 8 x 9\)") as error:
        read_exam(root)
    assert error.value.code == "dicom.ambiguous"
    (tmp_path / "m.toml").write_text("[[phase]]\nseries = 4\n[[phase]]\nseries = 5\n")
    assert np.array_equal(read_exam(root, manifest=tmp_path / "m.toml").series.frames, frames)


def test_a_phase_that_lacks_slices_is_named_and_the_rest_usable(tmp_path):
    root = tmp_path / "exam"
    maker, frames = ExamMaker(root), values()
    maker.series(frames, 2, key="AcquisitionTime", keep=lambda p, k: p != 1 or k < 5)
    with pytest.raises(InputError, match="phases of 7, 5, 7 slices") as error:
        read_exam(root)
    assert error.value.code == "dicom.slice_count"
    (tmp_path / "m.toml").write_text("[[phase]]\nseries = 2\npart = 1\n[[phase]]\nseries = 2\npart = 3\n")
    exam = read_exam(root, manifest=tmp_path / "m.toml")
    assert np.array_equal(exam.series.frames, frames[[0, 2]])
    assert (exam.series.early, exam.series.late) == (1, None)


def test_both_breasts_in_one_series_are_named(tmp_path):
    frames = values()
    for x0 in (57.8, 17.8):
        maker = ExamMaker(tmp_path, sagittal(x0=x0), maker=SIEMENS)
        maker.series(frames, 2, key="AcquisitionTime", starts=[s + x0 for s in STARTS], first=int(x0))
    with pytest.raises(InputError, match="stacks of 7 and 7 slices lie") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.two_stacks"


@pytest.mark.parametrize("count", [12, 25])
def test_many_phases(tmp_path, count):
    maker, frames = ExamMaker(tmp_path), values(count)
    starts = [-60.0 + 30.0 * p for p in range(count)]
    maker.series(frames[:1], 4, "VIBRANT pre", starts=starts[:1], key="AcquisitionTime")
    maker.series(frames[1:], 5, "VIBRANT post", starts=starts[1:], key="AcquisitionTime")
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


@pytest.mark.parametrize("apart", [True, False])
def test_pre_and_one_post(tmp_path, apart):
    maker, frames = ExamMaker(tmp_path), values(2)
    for p in range(2):
        number = 4 + p if apart else 4
        maker.series(frames[p : p + 1], number, "fl3d", starts=STARTS[p : p + 1], first=p)
    series = read_exam(tmp_path).series
    assert np.array_equal(series.frames, frames)
    assert (series.early, series.late) == (1, None)


def test_two_phases_with_a_third_under_another_name_are_not_taken_for_an_exam(tmp_path):
    maker, frames = ExamMaker(tmp_path), values()
    maker.series(frames[:1], 4, "alpha", starts=STARTS[:1], key="AcquisitionTime")
    maker.series(frames[1:], 5, "quux", starts=STARTS[1:], key="AcquisitionTime")
    with pytest.raises(InputError, match=r"series 5 give 2 phases.* series 4 \(another name\)") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.ambiguous"


def test_inspect_counts_images_by_kind(tmp_path):
    maker, _, _ = ge_exam(tmp_path)
    add(maker, "DERIVED\\SECONDARY\\MIP", number=9)
    add(maker, "DERIVED\\PRIMARY\\SUBTRACT")
    series = inspect_path(tmp_path)["exams"][0]["series"]
    assert [(s["number"], s["images"], s["kind"]) for s in series] == [
        (2, {"acquired": 21, "subtraction": 7}, "acquired"),
        (9, {"projection": 7}, "other"),
        (21000, {"SER map": 7}, "SER"),
    ]


def test_derived_series_beside_an_exam_are_only_noted(tmp_path):
    maker, _ = exam_of(tmp_path)
    add(maker, "DERIVED\\SECONDARY", number=7, first=0)
    issue = next(i for i in read_exam(tmp_path).issues if i.code == "dicom.derived")
    assert (issue.level, issue.count) == ("note", SHAPE[0])


def test_a_manifest_takes_images_of_one_type(tmp_path):
    root = tmp_path / "exam"
    maker, frames = exam_of(root, n=2)
    derived = values(1, seed=9)
    own = {"ImageType": ["DERIVED", "PRIMARY", "M", "SUB"]}
    maker.series(derived, 2, starts=(900.0,), key="AcquisitionTime", overrides=own, first=40)
    entry = '[[phase]]\nseries = 2\nimage_type = "{}"\npart = {}\n'
    (tmp_path / "m.toml").write_text(entry.format("ND", 1) + entry.format("ND", 2) + entry.format("sub", 1))
    series = read_exam(root, manifest=tmp_path / "m.toml").series
    assert np.array_equal(series.frames, np.concatenate([frames, derived]))
    (tmp_path / "m.toml").write_text(entry.format("W", 1) * 2)
    with pytest.raises(InputError, match="no image of series 2 has the image type"):
        read_exam(root, manifest=tmp_path / "m.toml")
    (tmp_path / "m.toml").write_text("[[phase]]\nseries = 2\nimage_type = 3\n")
    with pytest.raises(InputError, match="image_type is one value of ImageType"):
        read_exam(root, manifest=tmp_path / "m.toml")
