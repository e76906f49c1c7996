"""``kinephen ftv`` from the outside: numbers, files, options, messages."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest

SHAPE = (9, 12, 14)
BLOCK = (slice(3, 6), slice(4, 8), slice(5, 8))
TIMES = [-60.0, 150.0, 450.0]


def nifti(path, array, scale=(1.5, 1.0, 2.0)):
    """Axes (slice, row, column) are stored in reverse, on a plain grid of unequal spacings."""
    image = nibabel.Nifti1Image(array.T, np.diag([*scale, 1.0]))
    image.set_sform(image.affine, code=1)
    nibabel.save(image, path)


@pytest.fixture
def exam(tmp_path):
    """Tissue of 100 in which a block of 36 voxels of 3 mm3 enhances, with its own threshold of 90 %."""
    frames = np.full((3, *SHAPE), 100.0, dtype=np.float32)
    frames[0, :, :6] += np.arange(14, dtype=np.float32)
    frames[1:] = frames[0] + 5
    frames[1][BLOCK], frames[2][BLOCK] = 250, 220
    folder = tmp_path / "exam"
    folder.mkdir()
    nifti(folder / "dce.nii.gz", frames)
    (folder / "dce.json").write_text(json.dumps({"times_s": TIMES, "pe_threshold_percent": 90}))
    return folder / "dce.nii.gz"


def measured(call, *arguments):
    code, out, err = call("ftv", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def test_json_names_every_number_and_its_source(call, exam, tmp_path):
    record = measured(call, exam, "--out", tmp_path / "out")
    assert record["ftv_pe_voxels"] == record["lesion_voxels"] == 36
    assert record["ftv_pe_cc"] == pytest.approx(36 * 3.0 / 1000)
    assert record["ftv_ser_voxels"] == 36
    assert record["thresholds"]["pe_threshold"] == 90
    assert record["thresholds"]["sources"]["pe_threshold_percent"] != "default"
    assert record["thresholds"]["sources"]["minimum_neighbours"] == "default"
    assert record["phase_times_s"] == TIMES
    assert record["timing_rule"]
    assert [i["code"] for i in record["issues"]] == ["ftv.no_box", "qc.few_levels"]


def test_options_stand_over_the_exam(call, exam, tmp_path):
    out = tmp_path / "out"
    record = measured(call, exam, "--out", out, "--pe-threshold", 200)
    assert record["ftv_pe_voxels"] == record["lesion_voxels"] == 0
    assert record["ftv_pe_cc"] == 0
    assert record["thresholds"]["sources"]["pe_threshold_percent"] == "setting"
    assert "ftv.empty" in [i["code"] for i in record["issues"]]
    assert measured(call, exam, "--out", out, "--neighbours", 26)["ftv_pe_voxels"] == 2
    assert measured(call, exam, "--out", out, "--ser-min", 2)["ftv_ser_voxels"] == 0
    limit = measured(call, exam, "--out", out, "--tissue-threshold", 103)
    assert limit["thresholds"]["tissue_threshold"] == 103
    assert limit["ftv_pe_voxels"] < 36


def test_masks_and_maps_are_written_on_the_exams_grid(call, exam, tmp_path):
    out = tmp_path / "out"
    record = measured(call, exam, "--out", out, "--subject", "A7", "--session", "T1")
    stem = out / "sub-A7" / "ses-T1" / "dce" / "sub-A7_ses-T1_"
    assert {f.split("ses-T1_")[-1] for f in record["files"] if f.endswith("nii.gz")} == {
        *(f"desc-{m}_map.nii.gz" for m in ("pe", "ser", "wis", "wos")),
        *(f"label-{m}_mask.nii.gz" for m in ("ftv", "ftvser", "lesion", "voi")),
    }
    assert all((out / name).is_file() for name in record["files"])
    lesion = nibabel.load(f"{stem}label-lesion_mask.nii.gz")
    values = np.asarray(lesion.dataobj)
    assert values.dtype == np.uint8
    assert set(np.unique(values)) == {0, 1}
    assert values.T[BLOCK].all()
    np.testing.assert_allclose(lesion.affine, nibabel.load(exam).affine, atol=1e-6)
    pe = np.asarray(nibabel.load(f"{stem}desc-pe_map.nii.gz").dataobj).T
    assert np.nanmax(pe) == pytest.approx(1.5)
    sidecar = json.loads((stem.parent / "sub-A7_ses-T1_desc-wis_map.json").read_text())
    assert sidecar["unit"] == "1/min"
    assert sidecar["time_unit"] == "min"
    assert sidecar["phase_times_s"] == TIMES
    assert json.loads((out / "dataset_description.json").read_text())["DatasetType"] == "derivative"
    assert json.loads((stem.parent / "sub-A7_ses-T1_desc-ftv_record.json").read_text())["ftv_pe_voxels"] == 36


def test_a_readers_mask_becomes_the_lesion(call, exam, tmp_path):
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[4, 5:7, 6] = 1
    nifti(tmp_path / "mask.nii.gz", mask)
    record = measured(call, exam, "--out", tmp_path / "out", "--mask", tmp_path / "mask.nii.gz")
    assert record["lesion_voxels"] == 2
    assert record["lesion_source"] == "reader's mask"
    assert record["region"] == "mask"


def test_bias_field_is_saved_with_its_record(call, exam, tmp_path):
    record = measured(call, exam, "--out", tmp_path / "out", "--bias", "n3", "--bias-scope", "per_frame")
    assert [f["frame"] for f in record["bias"]["fields"]] == [0, 1, 2]
    assert sum("desc-n3_field.nii.gz" in name for name in record["files"]) == 3
    assert record["bias"]["used_for"] == "maps"


def test_bias_field_can_be_estimated_in_a_given_mask(call, exam, tmp_path):
    nifti(tmp_path / "breast.nii.gz", np.ones(SHAPE, dtype=np.uint8))
    options = ("--bias", "n3", "--bias-mask", tmp_path / "breast.nii.gz")
    (field,) = measured(call, exam, "--out", tmp_path / "out", *options)["bias"]["fields"]
    assert field["mask_source"] == "given"
    assert field["mask_voxels"] == np.prod(SHAPE)


def test_motion_is_reported_frame_by_frame(call, exam, tmp_path):
    record = measured(call, exam, "--out", tmp_path / "out", "--motion")
    assert [(m["frame"], m["method"]) for m in record["motion"]] == [(1, "shift"), (2, "shift")]
    assert not any(m["applied"] for m in record["motion"])
    assert all(m["reason"] for m in record["motion"])
    assert measured(call, exam, "--out", tmp_path / "out")["motion"] is None
    pytest.importorskip("SimpleITK")
    rigid = measured(call, exam, "--out", tmp_path / "out", "--rigid")["motion"]
    assert [(m["frame"], m["method"]) for m in rigid] == [(1, "rigid"), (2, "rigid")]
    assert all(m["largest_mm"] >= 0 and len(m["rotation_deg"]) == 3 for m in rigid)


def test_the_ratio_of_an_exam_that_moved_is_right_after_correction(call, reference, tmp_path):
    exam = reference("cases/imaging/motion")
    right_ser, right_voxels = 1.142, 1336
    raw = measured(call, exam, "--out", tmp_path / "raw")
    record = measured(call, exam, "--out", tmp_path / "out", "--motion")
    assert raw["maps"]["lesion"]["SER"]["mean"] > 2 * right_ser
    assert record["maps"]["lesion"]["SER"]["mean"] == pytest.approx(right_ser, rel=0.04)
    assert record["ftv_pe_voxels"] == pytest.approx(right_voxels, rel=0.01)
    assert [m["applied"] for m in record["motion"]] == [True, True]
    assert [i["code"] for i in record["issues"]].count("motion.shifted") == 2
    first, second = (m["shift_mm"] for m in record["motion"])
    assert first == pytest.approx((0.0, 2.4, 0.0), abs=0.15)
    assert second == pytest.approx((0.0, 0.0, -2.4), abs=0.15)


def test_words_for_people(call, exam, tmp_path):
    code, out, err = call("ftv", exam, "--out", tmp_path / "out")
    assert code == 0
    assert "0.108 cm3" in out
    assert "90 %" in out
    assert "warning [ftv.no_box]" in err


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (("--pe-threshold", "-1"), 2, "pe_threshold: Input should be greater than 0"),
        (("--connectivity", "8"), 2, "connectivity: Input should be 6, 18 or 26"),
        (("--background", "150"), 3, "background_percent above 0 and up to 100, found 150"),
        (("--bias", "n5"), 2, "method: Input should be 'none', 'n3' or 'n4'"),
        (("--variant", "printed"), 2, "variant: Input should be 'paper' or 'lab'"),
        (("--subject", "../x"), 2, "--subject takes letters and digits only"),
        (("--session", "T 1"), 2, "--session takes letters and digits only"),
    ],
)
def test_bad_options_are_named(call, exam, tmp_path, options, code, text):
    found, _, err = call("ftv", exam, "--out", tmp_path / "out", *options)
    assert found == code
    assert text in err
    assert not (tmp_path / "out").exists()


def test_mask_of_another_grid_is_refused(call, exam, tmp_path):
    nifti(tmp_path / "mask.nii.gz", np.ones((9, 12, 13), dtype=np.uint8))
    code, _, err = call("ftv", exam, "--out", tmp_path / "out", "--mask", tmp_path / "mask.nii.gz")
    assert code == 4
    assert "geometry.mismatch" in err
    assert "(9, 12, 13) against (9, 12, 14)" in err


def test_output_that_is_a_file_is_refused(call, exam, tmp_path):
    (tmp_path / "out").write_text("")
    code, _, err = call("ftv", exam, "--out", tmp_path / "out")
    assert code == 2
    assert "--out is a file, expected a folder" in err


def test_other_thresholds_than_the_exams_differ_and_it_is_said(call, reference, tmp_path):
    exam = reference("data/nact_pilot/UCSF-BR-06")
    record = measured(call, exam, "--out", tmp_path / "out", "--neighbours", 6, "--ser-min", 1.0)
    assert record["ftv_pe_voxels"] == 40_454
    assert [v["found_voxels"] for v in record["comparison"]["stated_volumes"]] == [40_454, None]
    (said,) = [i for i in record["issues"] if i["code"] == "ftv.differs_from_exam"]
    assert said["message"] == "the exam's own analysis states 41105 voxels, found 40454"


def test_a_real_exam_equals_its_header(call, reference, tmp_path):
    record = measured(call, reference("data/nact_pilot/UCSF-BR-06"), "--out", tmp_path / "out")
    assert (record["ftv_pe_voxels"], record["ftv_ser_voxels"]) == (41_105, 30_513)
    assert round(record["ftv_pe_cc"], 3) == 40.643
    assert round(record["ftv_ser_cc"], 3) == 30.170
    assert record["lesion_voxels"] == 39_594
    assert record["thresholds"]["sources"]["pe_threshold_percent"].startswith("private header")
    for volume in record["comparison"]["stated_volumes"]:
        assert volume["found_voxels"] == volume["voxels"]
    assert [i["code"] for i in record["issues"]] == ["lesion.on_faces"]
    (tissue,) = record["comparison"]["segmentations"]
    assert tissue["dice"] == 1.0
    assert record["comparison"]["ser_map"]["largest_difference"] < 0.00051
    assert "UCSF" not in json.dumps(record)
