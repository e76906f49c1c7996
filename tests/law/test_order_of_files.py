"""Law: an exam of DICOM files is known by their content, whatever their names and the order they imply."""

import random

import numpy as np
import pydicom
import pytest
from tests.io_exams import ExamMaker, sagittal, values

from kinephen.io.dicom_scan import scan_folder
from kinephen.io.exam import read_exam
from kinephen.io.exam_identity import exam_identity

TILTS = ["0.00049", "0.00050", "0.00051", "-0.0"]
SPACINGS = ["0.90049", "0.90050", "0.90052"]


def rounded(p, k):
    """Directions and spacing of one plane, in as many roundings as there are slices."""
    tilt, spacing = TILTS[(3 * p + k) % 4], SPACINGS[(p + 2 * k) % 3]
    return {"ImageOrientationPatient": ["0", "1", "0", "0", tilt, "-1"], "PixelSpacing": [spacing, "0.7"]}


def drifting(p, k):
    """Directions that go on turning: the first and last slices are further apart than rounding."""
    tilt = f"{0.004 * k + 0.001 * p:.4f}"
    return {"ImageOrientationPatient": ["0", "1", "0", "0", tilt, "-1"]}


def renamed(root, seed):
    """Give all files other names, in folders of other names."""
    draw = random.Random(seed)
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        folder = root / f"{draw.randrange(3)}"
        folder.mkdir(exist_ok=True)
        path.rename(folder / f"{draw.randrange(10**12):012d}.dcm")


def known(root):
    exam = read_exam(root)
    return exam_identity(exam), exam.series.geometry.affine.tobytes()


@pytest.mark.parametrize("attributes", [None, rounded])
def test_an_exam_is_known_whatever_its_files_are_called(tmp_path, attributes):
    root = tmp_path / "exam"
    ExamMaker(root).series(values(), 2, attributes=attributes)
    first = known(root)
    for seed in range(6):
        renamed(root, seed)
        assert known(root) == first


def test_of_copies_with_other_headers_the_same_counts(tmp_path):
    root = tmp_path / "exam"
    ExamMaker(root).series(values(), 2)
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        data = pydicom.dcmread(path)
        data.Manufacturer, data.SeriesTime = "SIEMENS", "101112"
        data.save_as(path.with_name(f"{path.stem}-copy.dcm"))
    first = known(root)
    assert "dicom.copies" in {i.code for i in read_exam(root).issues}
    for seed in range(6):
        renamed(root, seed)
        assert known(root) == first


@pytest.mark.parametrize("attributes", [rounded, drifting])
def test_planes_of_slices_follow_from_what_slices_state(tmp_path, attributes):
    def planes():
        headers = scan_folder(tmp_path / "data").of_study(study).headers
        return {h.uid: np.array([*h.spacing, *h.orientation]).tobytes() for h in headers}

    maker = ExamMaker(tmp_path / "data" / "exam", sagittal((7, 40, 50)))
    study = maker.study
    maker.series(values(3, (7, 40, 50)), 2, attributes=attributes)
    first = planes()
    assert 1 <= len(set(first.values())) < 21
    # A study beside it, of nearly the same plane and with more slices, changes nothing.
    beside = ExamMaker(tmp_path / "data" / "beside", sagittal((7, 40, 50)))
    beside.series(values(3, (7, 40, 50)), 3)
    beside.series(values(3, (7, 40, 50)), 4)
    assert planes() == first
    for seed in range(6):
        renamed(tmp_path / "data", seed)
        assert planes() == first
