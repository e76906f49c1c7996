"""Layouts of NIfTI files: names of phases, masks beside, times by sidecars and tables, or only an order."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from tests.io_exams import TIMES, sagittal, values

import kinephen.io.layouts
from kinephen.core.volume import Geometry, Mask, Volume
from kinephen.errors import InputError
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.layout_registry import known_layouts
from kinephen.io.nifti import nifti_affine, write_mask, write_volume

LONGEST = 30
NAMES = {
    "MAMA-MIA": ("images/P1", "p1_000{}"),
    "ISPY1-Tumor-SEG-Radiomics": ("any/P1", "P1_DCE_000{}_N3"),
    "BreastDCEDL": ("any/P1", "P1_spy1_vis1_acq{}"),
    "Duke": ("any/P1", ("pre", "post_1", "post_2")),
    "ODELIA": ("any/P1_left", ("Pre", "Post_1", "Post_2")),
    "files *_000k": ("any/P1", "anything_000{}"),
}


def phase(path, frame, sidecar=None, geometry=None):
    write_volume(path, Volume(np.asarray(frame, np.float32), geometry or sagittal()))
    beside = path.with_name(path.name.split(".")[0] + ".json")
    beside.unlink()
    if sidecar is not None:
        beside.write_text(json.dumps(sidecar))


def phases(folder, names, sidecars=None):
    frames = values(len(names))
    for i, (frame, name) in enumerate(zip(frames, names, strict=True)):
        phase(folder / f"{name}.nii.gz", frame, sidecars[i] if sidecars else None)
    return frames


def named(pattern, count=3):
    return [pattern.format(i) for i in range(count)] if isinstance(pattern, str) else list(pattern)


def codes(exam):
    return [issue.code for issue in exam.issues]


def test_each_layout_is_one_short_file():
    files = sorted(Path(kinephen.io.layouts.__file__).parent.glob("[!_]*.py"))
    assert len(files) == len(known_layouts()) >= 8
    for path in files:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST, path.name


@pytest.mark.parametrize("layout", NAMES)
def test_names_of_each_layout(tmp_path, layout):
    folder, pattern = NAMES[layout]
    frames = phases(tmp_path / folder, named(pattern))
    for path in (tmp_path / folder, tmp_path, tmp_path / folder / f"{named(pattern)[1]}.nii.gz"):
        exam = read_exam(path)
        assert np.array_equal(exam.series.frames, frames)
        assert exam.series.phase_rule == f"NIfTI, one file a phase ({layout})"
        assert exam.series.times_s is None
        assert "nifti.times" in codes(exam)


MASKS = {
    "MAMA-MIA": "segmentations/expert/P1.nii.gz",
    "ISPY1-Tumor-SEG-Radiomics": "masks_stv_manual/P1.nii.gz",
    "BreastDCEDL": "any/masks/P1_spy1_vis1_mask.nii.gz",
    "Duke": "any/P1/mask.nii.gz",
}


@pytest.mark.parametrize("layout", MASKS)
def test_a_mask_beside_is_said_and_not_used(tmp_path, layout):
    folder, pattern = NAMES[layout]
    phases(tmp_path / folder, named(pattern))
    mask = np.zeros(sagittal().shape, dtype=bool)
    mask[1:3, 2:5, 3:6] = True
    write_mask(tmp_path / MASKS[layout], Mask(mask, sagittal()))
    exam = read_exam(tmp_path / folder)
    assert [s.kind for s in exam.segmentations] == ["lesion"]
    (said,) = [i.message for i in exam.issues if i.code == "nifti.mask_found"]
    assert "--mask" in said
    assert "P1" not in said
    write_mask(tmp_path / MASKS[layout], Mask(mask, sagittal(x0=60.0)))
    exam = read_exam(tmp_path / folder)
    assert exam.segmentations == ()
    assert "nifti.mask_grid" in codes(exam)


def test_order_of_posts_is_that_of_their_numbers(tmp_path):
    names = ["pre", *[f"post_{i}" for i in range(1, 12)]]
    frames = phases(tmp_path, names)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert (exam.series.early, exam.series.late) == (1, 11)
    assert "nifti.early_late" in codes(exam)
    (tmp_path / "times.json").write_text(json.dumps({"early": 2, "late": 6}))
    exam = read_exam(tmp_path)
    assert (exam.series.early, exam.series.late) == (2, 6)
    assert "nifti.early_late" not in codes(exam)


def test_one_post_only(tmp_path):
    phases(tmp_path, ["Pre", "Post_1"])
    series = read_exam(tmp_path).series
    assert (series.n_phases, series.early, series.late) == (2, 1, None)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["pre", "post_1", "post_3"], r"numbered without gaps; found \[0, 1, 3\]"),
        (["pre", "post_1", "post_01"], "two files stand for the same phase"),
        (
            ["pre", "post_1", "x_acq0", "x_acq1"],
            r"fit several layouts: BreastDCEDL \(2 files\); Duke",
        ),
        (["a_acq0", "a_acq1", "b_acq0", "b_acq1"], "phases of 2 exams lie in one folder"),
        (["post_1", "post_2"], r"names of 2 NIfTI files fit no layout that is known \(BIDS, BreastDCEDL"),
        (["first", "second", "third"], "names of 3 NIfTI files fit no layout"),
    ],
)
def test_names_that_make_no_exam(tmp_path, names, text):
    phases(tmp_path, names)
    with pytest.raises(InputError, match=text) as caught:
        read_exam(tmp_path)
    assert caught.value.code == "nifti.layout"


def test_the_file_of_one_phase_tells_which_of_several_exams(tmp_path):
    frames = phases(tmp_path, ["a_acq0", "a_acq1", "b_acq0", "b_acq1"])
    series = read_exam(tmp_path / "b_acq1.nii.gz").series
    assert np.array_equal(series.frames, frames[2:])


def test_several_exams_below_a_folder_are_not_guessed(tmp_path):
    for name in ("P1", "P2"):
        phases(tmp_path / name, named("x_acq{}"))
    with pytest.raises(InputError, match="2 folders below it hold an exam"):
        read_exam(tmp_path)
    assert [e["readable"] for e in inspect_path(tmp_path)["exams"]] == [True, True]


def dcm2niix(clocks, **fields):
    shared = {"RepetitionTime": 0.0053, "EchoTime": 0.0024, "Modality": "MR", **fields}
    return [{**shared, "AcquisitionTime": clock, "SeriesNumber": 5 + i} for i, clock in enumerate(clocks)]


@pytest.mark.parametrize(
    ("clocks", "order", "times"),
    [
        (["10:00:00.0", "10:02:00.0", "10:05:00.0"], (0, 1, 2), (-30, 90, 270)),
        (["10:05:00.0", "10:00:00.0", "10:02:00.0"], (1, 2, 0), (-30, 90, 270)),
        (["9:58:0.5", "10:00:0.5", "10:03:0.5"], (0, 1, 2), (-30, 90, 270)),
        (["235900", "000100", "000400"], (0, 1, 2), (-30, 90, 270)),
    ],
)
def test_series_of_dcm2niix_are_ordered_by_their_clock(tmp_path, clocks, order, times):
    frames = phases(tmp_path, ["s7_dyn", "s8_dyn_post", "s9"], dcm2niix(clocks))
    phase(tmp_path / "s3_t2.nii.gz", values(1)[0], {"RepetitionTime": 4.0, "AcquisitionTime": "09:50:00"})
    sub = dcm2niix(["10:10:00.0"], ImageType=["DERIVED", "PRIMARY", "SUBTRACT"])[0]
    phase(tmp_path / "s10_sub.nii.gz", values(1)[0], sub)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames[list(order)])
    assert exam.series.times_s == times
    assert exam.series.phase_rule.endswith("(dcm2niix)")
    assert "nifti.unused" in codes(exam)


def test_phases_of_one_clock_are_told_by_their_trigger_delay(tmp_path):
    names = ["7_dyn_20180305_7_t150000", "7_dyn_20180305_7_t330000", "7_dyn_20180305_7"]
    sidecars = dcm2niix(["10:00:00"] * 3)
    sidecars[0]["TriggerDelayTime"], sidecars[1]["TriggerDelayTime"] = 150_000, 330_000
    frames = phases(tmp_path, names, sidecars)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames[[2, 0, 1]])
    assert exam.series.times_s == (-60, 90, 270)
    assert "TriggerDelayTime" in exam.series.timing_rule


CLOCKS = ["10:00:00", "10:02:00", "10:04:00", "10:06:00"]


def on_grids(folder, places):
    """Four phases a folder, each stored on its own grid, as (frame, geometry) pairs."""
    for i, (name, sidecar) in enumerate(zip(named("dyn{}a", 4), dcm2niix(CLOCKS), strict=True)):
        frame, geometry = places[i]
        phase(folder / f"{name}.nii.gz", frame, sidecar, geometry)


@pytest.mark.parametrize("which", range(4))
def test_a_phase_that_lies_off_by_rounding_is_a_phase(tmp_path, which):
    frames = values(4)
    near = sagittal(x0=sagittal().affine[0, 3] + 0.02)
    on_grids(tmp_path, [(f, near if i == which else None) for i, f in enumerate(frames)])
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)


@pytest.mark.parametrize("which", range(4))
def test_a_phase_in_another_order_of_storage_is_brought_onto_the_grid(tmp_path, which):
    frames, grid = values(4), sagittal()
    turned = np.array(grid.affine)
    turned[:3, 3] += turned[:3, 1] * (grid.shape[1] - 1)
    turned[:3, 1] *= -1
    other = Geometry(grid.shape, turned)
    on_grids(tmp_path, [(f[:, ::-1], other) if i == which else (f, None) for i, f in enumerate(frames)])
    found = read_exam(tmp_path).series
    expected = frames[:, :, ::-1] if which == 0 else frames
    assert np.array_equal(found.frames, expected)


@pytest.mark.parametrize("which", range(4))
def test_a_phase_on_another_grid_is_not_passed_over(tmp_path, which):
    far = sagittal(x0=sagittal().affine[0, 3] + 1.0)
    on_grids(tmp_path, [(f, far if i == which else None) for i, f in enumerate(values(4))])
    with pytest.raises(InputError, match="is not on their grid .* it may be a phase") as caught:
        read_exam(tmp_path)
    assert caught.value.code == "nifti.layout"


def test_an_image_of_the_protocol_and_of_another_size_is_left_out_with_a_warning(tmp_path):
    frames = values(4)
    on_grids(tmp_path, [(f, None) for f in frames])
    small = sagittal()
    phase(
        tmp_path / "scout.nii.gz",
        frames[0][:-1],
        dcm2niix(["09:59:00"])[0],
        Geometry((small.shape[0] - 1, *small.shape[1:]), small.affine),
    )
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    (unused,) = [i for i in exam.issues if i.code == "nifti.unused"]
    assert (unused.level, unused.count) == ("warning", 1)


def test_no_phase_before_contrast_lies_after_the_injection(tmp_path):
    phases(tmp_path, named("dyn{}a"), dcm2niix(["10:00:00", "10:02:00", "10:08:00"]))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-60, 60, 420)
    (told,) = [i for i in exam.issues if i.code == "nifti.duration"]
    assert told.level == "warning"


def test_a_damaged_phase_of_dcm2niix_is_not_passed_over(tmp_path):
    phases(tmp_path, named("s{}"), dcm2niix(["10:00:00", "10:02:00", "10:05:00"]))
    (tmp_path / "s1.nii.gz").write_bytes(b"damaged")
    with pytest.raises(InputError) as caught:
        read_exam(tmp_path)
    assert caught.value.code == "nifti.unreadable"


def test_names_against_the_clock_are_not_guessed(tmp_path):
    phases(tmp_path, named("x_000{}"), dcm2niix(["10:05:00", "10:02:00", "10:00:00"]))
    with pytest.raises(InputError, match="fit several layouts"):
        read_exam(tmp_path)


def test_times_of_each_phase_and_times_of_all(tmp_path):
    phases(tmp_path, ["pre", "post_1", "post_2"], dcm2niix(["10:00:00", "10:02:00", "10:05:00"]))
    exam = read_exam(tmp_path)
    assert exam.series.phase_rule.endswith("(Duke)")
    assert exam.series.times_s == (-30, 90, 270)
    (tmp_path / "times.json").write_text(json.dumps({"times_s": [-31, 89, 269]}))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-31, 89, 269)
    assert "nifti.times_differ" not in codes(exam)
    (tmp_path / "times.json").write_text(json.dumps({"times_s": [-31, 89, 250]}))
    (said,) = [i for i in read_exam(tmp_path).issues if i.code == "nifti.times_differ"]
    assert "times_s and AcquisitionTime differ by up to 19 s; times_s counts" in said.message
    assert said.level == "warning"
    (tmp_path / "times.json").write_text(json.dumps({"FrameTimesStart": [0, 120, 300]}))
    assert read_exam(tmp_path).series.timing_rule.startswith("sidecar: FrameTimesStart")


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"FrameTimesStart": [0, 120, 300]}, ""),
        ({"FrameTimesStart": [0, 120, 320]}, "manifest and FrameTimesStart differ by up to 20 s"),
        ({"times_s": [-60, 60, 260]}, "manifest and times_s differ by up to 20 s"),
        ({"times_s": [-60, 60]}, "2 times for 3 phases"),
        ({"FrameTimesStart": "noon"}, "FrameTimesStart must be numbers"),
        ({}, ""),
    ],
)
def test_sidecars_against_a_manifest(tmp_path, beside, said):
    image = nibabel.Nifti1Image(values().astype(np.int16).transpose(3, 2, 1, 0), nifti_affine(sagittal()))
    (tmp_path / "exam").mkdir()
    nibabel.save(image, tmp_path / "exam" / "dce.nii.gz")
    (tmp_path / "exam" / "dce.json").write_text(json.dumps(beside))
    (tmp_path / "m.toml").write_text("times_s = [-30, 90, 270]")
    exam = read_exam(tmp_path / "exam", manifest=tmp_path / "m.toml")
    assert exam.series.times_s == (-30, 90, 270)
    found = [i for i in exam.issues if i.code == "nifti.times_differ"]
    assert len(found) == bool(said)
    assert all(said in i.message and i.message.endswith("manifest counts") for i in found)
    assert all(i.level == "warning" for i in found)


def test_sidecars_of_one_exam_that_disagree_are_said(tmp_path):
    phases(tmp_path, named("p_000{}"))
    (tmp_path / "times.json").write_text(json.dumps({"times_s": list(TIMES)}))
    (tmp_path / "p.json").write_text(json.dumps({"times_s": [-10, 100, 300]}))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-10, 100, 300)
    assert "nifti.sidecars_differ" in codes(exam)


def test_one_4d_file_with_a_sidecar_and_times(tmp_path):
    frames = values()
    image = nibabel.Nifti1Image(frames.astype(np.int16).transpose(3, 2, 1, 0), nifti_affine(sagittal()))
    nibabel.save(image, tmp_path / "dce.nii.gz")
    (tmp_path / "dce.json").write_text(json.dumps({"FrameTimesStart": [0, 150, 330], "EchoTime": 0.002}))
    (tmp_path / "times.json").write_text(json.dumps({"times_s": [-60, 90, 270]}))
    write_mask(tmp_path / "mask.nii.gz", Mask(np.ones(sagittal().shape, dtype=bool), sagittal()))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-60, 90, 270)
    assert "nifti.times_differ" not in codes(exam)
    assert "nifti.unused" in codes(exam)
    (tmp_path / "dce.json").write_text(json.dumps({"FrameTimesStart": [0, 150]}))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-60, 90, 270)
    assert "nifti.times_differ" in codes(exam)


def test_of_two_4d_files_the_one_that_is_derived_is_no_exam(tmp_path):
    frames = values()
    for name, kind in (("dyn", "ORIGINAL"), ("dyn_a", "DERIVED")):
        array = frames if kind == "ORIGINAL" else frames[1:] - frames[0]
        image = nibabel.Nifti1Image(array.astype(np.int16).transpose(3, 2, 1, 0), nifti_affine(sagittal()))
        nibabel.save(image, tmp_path / f"{name}.nii")
        beside = {"ImageType": [kind, "PRIMARY"], "FrameTimesStart": [0, 150, 330][: len(array)]}
        (tmp_path / f"{name}.json").write_text(json.dumps(beside))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "nifti.unused" in codes(exam)
    (tmp_path / "dyn_a.json").unlink()
    with pytest.raises(InputError, match="phases of 2 exams"):
        read_exam(tmp_path)


def test_times_of_the_table_of_mama_mia(tmp_path):
    phases(tmp_path / "images" / "DUKE_001", named("duke_001_000{}"))
    table = pd.DataFrame(
        {"patient_id": ["DUKE_000", "DUKE_001"], "acquisition_times": ["[0, 1]", "[0, 407, 761]"]}
    )
    table.to_excel(tmp_path / "clinical_and_imaging_info.xlsx", index=False)
    exam = read_exam(tmp_path / "images" / "DUKE_001")
    assert exam.series.times_s == TIMES
    assert exam.series.timing_rule == "table of MAMA-MIA"
    assert exam.sources.of("times")
    for cell in ("", "None", "[0, 5]", "__import__('os')"):
        table.loc[1, "acquisition_times"] = cell
        table.to_excel(tmp_path / "clinical_and_imaging_info.xlsx", index=False)
        assert read_exam(tmp_path / "images" / "DUKE_001").series.times_s is None
    table.loc[1, "acquisition_times"] = "[0, [1], 2]"
    table.to_excel(tmp_path / "clinical_and_imaging_info.xlsx", index=False)
    with pytest.raises(InputError, match="list of finite numbers"):
        read_exam(tmp_path / "images" / "DUKE_001")


def test_a_layout_is_added_by_a_file(tmp_path, monkeypatch):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "my_hospital.py").write_text(
        "from kinephen.io.layout import Layout\n"
        'LAYOUT = Layout(name="my hospital", phases=(r"DCE(?P<index>[0-9])_(?P<exam>.+)",))\n'
    )
    frames = phases(tmp_path / "exam", named("DCE{}_mamma"))
    with pytest.raises(InputError, match="fit no layout"):
        read_exam(tmp_path / "exam")
    here = [*kinephen.io.layouts.__path__, str(tmp_path / "layouts")]
    monkeypatch.setattr(kinephen.io.layouts, "__path__", here)
    series = read_exam(tmp_path / "exam").series
    assert np.array_equal(series.frames, frames)
    assert series.phase_rule == "NIfTI, one file a phase (my hospital)"


def test_values_that_are_no_numbers_are_said(tmp_path):
    frames = values().astype(np.float32)
    frames[1, 0, 0, :2] = np.nan, np.inf
    for i in range(3):
        phase(tmp_path / f"x_acq{i}.nii.gz", frames[i])
    exam = read_exam(tmp_path)
    (said,) = [i for i in exam.issues if i.code == "nifti.not_finite"]
    assert (said.count, said.level) == (2, "warning")
    assert np.array_equal(exam.series.frames[1, 0, 0, :2], [0, 0])


def test_whole_numbers_beyond_single_precision_are_said(tmp_path):
    frames = np.full((3, 9, 8, 7), 2**24 + 1, dtype=np.int32)
    for i in range(3):
        nibabel.save(nibabel.Nifti1Image(frames[i], nifti_affine(sagittal())), tmp_path / f"x_acq{i}.nii")
    assert "nifti.rounded" in codes(read_exam(tmp_path))


@pytest.mark.parametrize(
    ("case", "rule", "phases", "masks"),
    [
        ("layouts/breastdcedl/ISPY1_1001", "BreastDCEDL", 3, 1),
        ("layouts/duke/Breast_MRI_001", "Duke", 4, 0),
        ("layouts/mamamia/images/ISPY1_1001", "MAMA-MIA", 3, 1),
        ("layouts/odelia/ODELIA_0001_left", "ODELIA", 6, 0),
        ("imaging/n24_dcm2niix_split", "dcm2niix", 3, 0),
    ],
)
def test_layouts_of_the_reference_files(reference, case, rule, phases, masks):
    exam = read_exam(reference(f"cases/{case}"))
    assert exam.series.phase_rule == f"NIfTI, one file a phase ({rule})"
    assert exam.series.n_phases == phases
    assert len(exam.segmentations) == masks


@pytest.mark.parametrize(
    ("case", "times"),
    [("n14_units_um", None), ("n15_json_times", (-60, 90, 270)), ("n24_dcm2niix_split", (-30, 90, 270))],
)
def test_times_and_grids_of_the_reference_files(reference, case, times):
    series = read_exam(reference(f"cases/imaging/{case}")).series
    assert series.geometry.voxel_volume_mm3 == pytest.approx(2.88, rel=1e-5)
    assert times is None or series.times_s == pytest.approx(times)
