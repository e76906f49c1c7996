"""Dynamic exams as NIfTI: one file a phase, one 4-D file, and their times."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
from tests.io_exams import TIMES, sagittal, values

from kinephen.core.volume import Volume
from kinephen.errors import InputError
from kinephen.io.acquisition_starts import times_after_injection
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.nifti import nifti_affine, write_volume
from kinephen.io.nifti_dynamic import read_dynamic


def write_phases(folder, frames, names, geometry=None):
    for frame, name in zip(frames, names, strict=True):
        write_volume(folder / name, Volume(frame.astype(np.float32), geometry or sagittal()))
        (folder / name).with_name(name.split(".")[0] + ".json").unlink()


def sidecar(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "beside"),
    [
        (["case_0000.nii.gz", "case_0001.nii.gz", "case_0002.nii.gz"], "case.json"),
        (["DUKE_001_0000.nii.gz", "DUKE_001_0001.nii.gz", "DUKE_001_0002.nii.gz"], "times.json"),
        (
            ["ISPY1_1002_DCE_0000_N3.nii", "ISPY1_1002_DCE_0001_N3.nii", "ISPY1_1002_DCE_0002_N3.nii"],
            "times.json",
        ),
    ],
)
def test_one_file_a_phase(tmp_path, names, beside):
    frames = values()
    write_phases(tmp_path, frames, names)
    box = {"centre_mm": [51.8, -104, 75], "half_vectors_mm": [[0, 3, 0], [0, 0, 3], [4, 0, 0]]}
    sidecar(tmp_path / beside, {"times_s": TIMES, "pe_threshold_percent": 90, "box": [box], "note": "kept"})
    series = read_exam(tmp_path).series
    assert np.array_equal(series.frames, frames)
    assert series.geometry.difference(sagittal()) == ""
    assert series.times_s == TIMES
    assert series.timing_rule == "sidecar: times_s"
    assert series.header.pe_threshold_percent == 90
    assert series.header.boxes[0].source == "sidecar"


def test_one_phase_file_stands_for_all(tmp_path):
    names = [f"case_000{i}.nii.gz" for i in range(3)]
    write_phases(tmp_path, values(), names)
    sidecar(tmp_path / "times.json", {"times_s": TIMES})
    assert read_dynamic(tmp_path / names[1]).n_phases == 3


def test_fourth_dimension(tmp_path):
    frames = values(4)
    image = nibabel.Nifti1Image(
        frames.astype(np.int16).transpose(3, 2, 1, 0), nifti_affine(sagittal()), dtype=np.int16
    )
    nibabel.save(image, tmp_path / "dce.nii.gz")
    sidecar(tmp_path / "dce.json", {"times_s": [-100, 60, 150, 450], "early": 1})
    series = read_exam(tmp_path / "dce.nii.gz").series
    assert np.array_equal(series.frames, frames)
    assert (series.early, series.late) == (1, 3)


def test_times_that_count_from_the_first_image_are_converted(tmp_path):
    assert times_after_injection((0, 407, 761)) == TIMES
    write_phases(tmp_path, values(), [f"c_000{i}.nii" for i in range(3)])
    sidecar(tmp_path / "c.json", {"acquisition_times_s": [0, 407, 761]})
    assert read_dynamic(tmp_path).times_s == TIMES


@pytest.mark.parametrize("content", [{"acquisition_times_s": [0, 165]}, {"FrameTimesStart": [0, 165]}])
def test_one_phase_after_contrast_has_no_middle_unless_its_duration_is_stated(tmp_path, content):
    assert times_after_injection((0, 165)) is None
    image = nibabel.Nifti1Image(values(2).astype(np.int16).transpose(3, 2, 1, 0), nifti_affine(sagittal()))
    nibabel.save(image, tmp_path / "dce.nii.gz")
    sidecar(tmp_path / "dce.json", content)
    series = read_exam(tmp_path / "dce.nii.gz").series
    assert (series.times_s, series.early, series.late) == (None, 1, None)
    sidecar(tmp_path / "dce.json", {"FrameTimesStart": [0, 165], "FrameDuration": 120})
    assert read_exam(tmp_path / "dce.nii.gz").series.times_s == (-105, 60)


def test_unusual_times_are_said(tmp_path):
    write_phases(tmp_path, values(), [f"c_000{i}.nii" for i in range(3)])
    sidecar(tmp_path / "times.json", {"times_s": [20, 177, 531]})
    assert "times.pre" in {i.code for i in read_exam(tmp_path).issues}


def test_without_times_the_order_counts_and_times_are_asked_for(tmp_path):
    write_phases(tmp_path, values(), [f"c_000{i}.nii" for i in range(3)])
    exam = read_exam(tmp_path)
    assert (exam.series.times_s, exam.series.early, exam.series.late) == (None, 1, 2)
    said = next(i for i in exam.issues if i.code == "nifti.times")
    assert said.level == "warning"
    assert "do not tell when their 3 phases" in said.message
    assert "times.json" in said.message
    assert read_exam(tmp_path, nominal_times_s=(-150, 150, 450)).series.timing_rule == "nominal"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('{"times_s": [0, 200, 100]}', "must increase"),
        ('{"times_s": [0, 100]}', "2 times for 3 phases"),
        ('{"times_s": ["a", 1, 2]}', "list of finite numbers"),
        ("{", "not valid JSON"),
        ("[1, 2]", "object with times_s"),
    ],
)
def test_bad_sidecars(tmp_path, content, text):
    write_phases(tmp_path, values(), [f"c_000{i}.nii" for i in range(3)])
    (tmp_path / "times.json").write_text(content)
    with pytest.raises(InputError, match=text):
        read_exam(tmp_path)


def test_gaps_in_the_numbering(tmp_path):
    write_phases(tmp_path, values(), ["c_0000.nii", "c_0001.nii", "c_0003.nii"])
    with pytest.raises(InputError, match=r"without gaps; found \[0, 1, 3\]"):
        read_exam(tmp_path)


def test_two_exams_in_one_folder(tmp_path):
    write_phases(tmp_path, values(2), ["a_0000.nii", "b_0000.nii"])
    with pytest.raises(InputError, match="phases of 2 exams"):
        read_exam(tmp_path)


def test_one_phase_only(tmp_path):
    write_phases(tmp_path, values(1), ["a_0000.nii"])
    sidecar(tmp_path / "times.json", {"times_s": [0]})
    with pytest.raises(InputError, match="one volume is no dynamic exam"):
        read_exam(tmp_path)


def test_phases_on_two_grids(tmp_path):
    frames = values()
    write_phases(tmp_path, frames[:2], ["a_0000.nii", "a_0001.nii"])
    write_phases(tmp_path, frames[2:], ["a_0002.nii"], sagittal(x0=60.0))
    with pytest.raises(InputError, match=r"phases 0 and 2 lie on different grids: origin, by \(-1.10"):
        read_exam(tmp_path)


def test_a_folder_of_many_nifti_exams_is_listed(tmp_path):
    for name in ("P2", "P1"):
        write_phases(tmp_path / name, values(), [f"{name}_000{i}.nii.gz" for i in range(3)])
    sidecar(tmp_path / "P1" / "P1.json", {"times_s": TIMES})
    found = inspect_path(tmp_path)
    assert [e["readable"] for e in found["exams"]] == [True, True]
    assert found["exams"][0]["phases"][2] == {"phase": 2, "time_s": 531.0}
    assert found["exams"][1]["phases"][2] == {"phase": 2, "time_s": None}
    assert "P1" not in json.dumps(found)


def test_masks_named_by_patient_number_are_no_phases(tmp_path):
    write_phases(tmp_path, values(2), ["ISPY1_1002.nii.gz", "ISPY1_1003.nii.gz"])
    with pytest.raises(InputError, match="names of 2 NIfTI files fit no layout"):
        read_exam(tmp_path)
    write_phases(tmp_path, values(), [f"ISPY1_1002_DCE_000{i}_N3.nii" for i in range(3)])
    assert read_exam(tmp_path, nominal_times_s=TIMES).series.n_phases == 3


def test_folder_with_one_whole_file(tmp_path):
    frames = values()
    image = nibabel.Nifti1Image(frames.astype(np.float32).transpose(3, 2, 1, 0), nifti_affine(sagittal()))
    nibabel.save(image, tmp_path / "ISPY1_1002.nii.gz")
    sidecar(tmp_path / "times.json", {"times_s": TIMES})
    for path in (tmp_path, tmp_path / "ISPY1_1002.nii.gz"):
        assert np.array_equal(read_exam(path).series.frames, frames)
