"""``kinephen export`` from the outside: what it writes, what it leaves out, what it keeps to itself."""

from __future__ import annotations

import csv
import gzip
import json
import xml.etree.ElementTree as ET

import nibabel
import numpy as np
import pydicom
import pytest
from tests.export_exams import BORN, NAME, NUMBER, exam_with_lesion

from kinephen.io.nifti import read_nifti_mask, read_volume


@pytest.fixture
def exam(tmp_path):
    exam_with_lesion(tmp_path / "exam")
    return tmp_path / "exam"


def exported(call, *arguments):
    code, out, err = call("export", *arguments, "--json")
    assert code == 0, err + out
    return json.loads(out)


def test_all_forms_are_written_by_default(call, exam, tmp_path):
    out = tmp_path / "out"
    written = exported(call, exam, "--out", out, "--subject", "W01", "--session", "T1")
    assert set(written["files"]) == {"nifti", "slicer", "seg", "sr", "qc"}
    for name in (n for files in written["files"].values() for n in files):
        assert (out / name).stat().st_size > 0
        assert name == "dataset_description.json" or name.startswith("sub-W01/ses-T1/")
    assert written["ftv_pe_cc"] == pytest.approx(44 * 0.9 * 0.7 * 2 / 1000)
    assert written["lesion_cc"] == pytest.approx(36 * 0.9 * 0.7 * 2 / 1000)
    assert not list(out.rglob(".partial*"))


def test_numbers_agree_between_the_forms(call, exam, tmp_path):
    out = tmp_path / "out"
    written = exported(call, exam, "--out", out)
    seg = pydicom.dcmread(out / written["files"]["seg"][0])
    bits = seg.pixel_array.reshape(int(seg.NumberOfFrames), -1).sum(axis=1)
    numbers = [
        f.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        for f in seg.PerFrameFunctionalGroupsSequence
    ]
    by_segment = {n: sum(int(b) for b, m in zip(bits, numbers, strict=True) if m == n) for n in (1, 2)}
    assert by_segment == {1: 44, 2: 36}
    dce = out / "sub-case" / "dce"
    for label, voxels in (("ftv", 44), ("lesion", 36)):
        image = nibabel.load(dce / f"sub-case_label-{label}_mask.nii.gz")
        assert image.get_data_dtype() == np.uint8
        assert int(np.asarray(image.dataobj).sum()) == voxels
        assert np.array_equal(image.get_qform(), image.get_sform())


def test_pairs_lie_on_one_grid_and_say_what_they_hold(call, exam, tmp_path):
    out = tmp_path / "out"
    written = exported(call, exam, "--out", out, "--nifti")
    assert set(written["files"]) == {"nifti"}
    dce = out / "sub-case" / "dce"
    early = read_volume(dce / "sub-case_phase-1_T1w.nii.gz")
    mask = read_nifti_mask(dce / "sub-case_label-lesion_mask.nii.gz", early.geometry)
    assert np.all(early.array[mask.array] == 260)
    facts = json.loads((dce / "sub-case_phase-1_T1w.json").read_text())
    assert facts["time_s_after_injection"] == 177.0
    assert facts["role"] == "early after contrast"
    assert len(facts["source_sha256"]) == 64
    for path in dce.glob("*.nii.gz"):
        assert path.with_name(path.name.removesuffix(".nii.gz") + ".json").exists(), path.name
    assert json.loads((out / "dataset_description.json").read_text())["DatasetType"] == "derivative"


def test_lists_name_files_that_are_there(call, exam, tmp_path):
    out = tmp_path / "out"
    exported(call, exam, "--out", out, "--nifti")
    dce = out / "sub-case" / "dce"
    with (dce / "sub-case_desc-pyradiomics_list.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 4
    assert all((dce / row[c]).is_file() for row in rows for c in ("Image", "Mask"))
    with (dce / "sub-case_desc-captk_list.csv").open() as handle:
        (row,) = csv.DictReader(handle)
    assert row["Modalities"] == "PE|SER|WIS|WOS"
    assert all((dce / name).is_file() for name in [*row["Images"].split("|"), row["ROIFile"]])
    code, text, err = call("features", dce / "sub-case_desc-pyradiomics_list.csv", "--json")
    assert code == 0, err + text


def test_the_scene_opens_what_was_written(call, exam, tmp_path):
    out = tmp_path / "out"
    written = exported(call, exam, "--out", out, "--slicer")
    assert set(written["files"]) == {"nifti", "slicer"}
    path = out / written["files"]["slicer"][0]
    stored = [n.get("fileName") for n in ET.parse(path).getroot().iter("VolumeArchetypeStorage")]
    assert len(stored) == 3 + 4 + 3
    assert all((path.parent / name).is_file() for name in stored)


def test_a_report_brings_its_segmentation(call, exam, tmp_path):
    written = exported(call, exam, "--out", tmp_path / "out", "--sr")
    assert set(written["files"]) == {"seg", "sr"}


def test_a_given_mask_is_the_lesion(call, exam, tmp_path):
    first = exported(call, exam, "--out", tmp_path / "first", "--nifti")
    voi = next(n for n in first["files"]["nifti"] if "label-voi" in n)
    out = tmp_path / "second"
    written = exported(call, exam, "--out", out, "--mask", tmp_path / "first" / voi, "--seg")
    seg = pydicom.dcmread(out / written["files"]["seg"][0])
    algorithm = seg.SegmentSequence[1].SegmentationAlgorithmIdentificationSequence[0]
    assert "reader's mask" in algorithm.AlgorithmParameters
    assert written["lesion_cc"] > written["ftv_pe_cc"]


def test_an_empty_volume_is_measured_without_a_segment(call, tmp_path):
    exam_with_lesion(tmp_path / "exam", enhancing=False)
    out = tmp_path / "out"
    stale = out / "sub-case" / "dicom" / "sub-case_seg.dcm"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of an earlier call")
    code, _, err = call("export", tmp_path / "exam", "--out", out)
    assert code != 0
    assert "roles.identical" in err
    # What is known to be so is accepted by its code.
    accept = [w for c in ("roles.identical", "roles.no_arrival") for w in ("--accept", c)]
    written = exported(call, tmp_path / "exam", "--out", out, *accept)
    assert written["files"]["seg"] == []
    assert not stale.exists()
    assert "export.empty" in [i["code"] for i in written["issues"]]
    report = pydicom.dcmread(out / written["files"]["sr"][0])
    values = [float(i.MeasuredValueSequence[0].NumericValue) for i in numbers(report)]
    assert values.count(0.0) >= 3
    assert (out / written["files"]["qc"][0]).stat().st_size > 0


def test_moved_phases_say_by_how_much(call, reference, tmp_path):
    exam = reference("cases/imaging/motion")
    _, text, _ = call("ftv", exam, "--out", tmp_path / "ftv", "--motion", "--json")
    measured = json.loads(text)
    written = exported(call, exam, "--out", tmp_path / "out", "--nifti", "--motion")
    sidecars = [tmp_path / "out" / f for f in written["files"]["nifti"] if "phase-" in f]
    moved = {}
    for path in sidecars:
        facts = json.loads(path.with_suffix("").with_suffix(".json").read_text("utf-8"))
        moved[facts["phase"]] = facts.get("moved_back_mm")
    assert moved == {m["frame"]: m["shift_mm"] if m["applied"] else None for m in measured["motion"]} | {
        0: None
    }
    assert any(moved.values())


def numbers(data):
    """Return the numeric items of a report."""
    for item in data.get("ContentSequence", ()):
        if item.ValueType == "NUM":
            yield item
        yield from numbers(item)


def test_an_exam_in_nifti_gives_the_forms_without_dicom(call, exam, tmp_path):
    source = tmp_path / "nifti"
    source.mkdir()
    exported(call, exam, "--out", tmp_path / "out", "--nifti")
    frames = [
        np.asarray(nibabel.load(tmp_path / f"out/sub-case/dce/sub-case_phase-{n}_T1w.nii.gz").dataobj)
        for n in range(3)
    ]
    like = nibabel.load(tmp_path / "out/sub-case/dce/sub-case_phase-0_T1w.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.stack(frames, -1), like.affine), source / "dce.nii.gz")
    (source / "dce.json").write_text(json.dumps({"times_s": [-230.0, 177.0, 531.0]}))
    written = exported(call, source / "dce.nii.gz", "--out", tmp_path / "second")
    assert set(written["files"]) == {"nifti", "slicer", "qc"}
    codes = [i["code"] for i in written["issues"]]
    assert codes[-1] == "export.not_dicom"  # after what was noticed in the exam
    assert len(codes) > 1
    code, text, _ = call("export", source / "dce.nii.gz", "--out", tmp_path / "third", "--seg", "--json")
    assert code == 4
    assert json.loads(text)["error"]["code"] == "export.not_dicom"
    assert not (tmp_path / "third").exists()


def test_identity_stays_in_the_dicom_objects(call, exam, tmp_path):
    out = tmp_path / "out"
    code, text, err = call("export", exam, "--out", out, "--reviewer", "Reader^One")
    assert code == 0, err
    for path in (p for p in out.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        held = [w for w in (NAME, "Xylander", NUMBER, BORN) if w.encode() in content]
        assert bool(held) == (path.suffix == ".dcm"), path.name
        assert not any(w in str(path) for w in ("Xylander", NUMBER, BORN))
    assert not any(w in text + err for w in ("Xylander", NUMBER, BORN))


def test_help_says_where_the_identity_goes(call):
    code, text, _ = call("export", "--help")
    flat = " ".join(text.replace("│", " ").split())
    assert code == 0
    assert "PRIVACY: SEG and SR carry the patient's name, number and birth date" in flat


def test_a_label_with_a_separator_is_refused(call, exam, tmp_path):
    code, _, err = call("export", exam, "--out", tmp_path / "out", "--subject", "a/b")
    assert code == 2
    assert "--subject takes letters and digits only" in err


def test_the_bias_corrected_frames_are_named_as_such(call, tmp_path):
    # A grid so small that N3 cannot converge: nothing may be called corrected.
    exam_with_lesion(tmp_path / "exam")
    written = exported(call, tmp_path / "exam", "--out", tmp_path / "out", "--nifti", "--bias", "n3")
    names = written["files"]["nifti"]
    corrected = [n for n in names if "desc-n3_T1w" in n]
    record = json.loads((tmp_path / "out/sub-case/dce/sub-case_desc-ftv_record.json").read_text())
    assert bool(corrected) == record["bias"]["corrected"]
