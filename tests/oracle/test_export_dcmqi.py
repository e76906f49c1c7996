"""What is exported reads back in dcmqi: masks voxel by voxel, volumes and codes as written.

dcmqi stands in an environment of its own (``python -m venv bench/.envs/dcmqi`` and ``pip install dcmqi``).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.cli.test_export_review import Review
from tests.export_exams import exam_with_lesion

from kinephen.io.nifti import align, read_volume
from kinephen.report.exports.exam_dicom import Reader
from kinephen.report.exports.exam_forms import Forms, write_forms
from kinephen.report.exports.exam_names import Names
from kinephen.study.exported_mask import mask_to_export
from kinephen.study.one_exam import Request, measure
from kinephen.study.review_gate import MaskChoice

ROOT = Path(__file__).resolve().parents[2]
READER = Reader("Reader^One")
AUTOMATIC = MaskChoice()
pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def dcmqi():
    """Return a function that runs one of dcmqi's tools."""
    folder = Path(os.environ.get("KINEPHEN_DCMQI", ROOT / "bench/.envs/dcmqi/bin"))
    if not (folder / "tid1500reader").exists():
        pytest.skip(f"needs dcmqi in {folder} (KINEPHEN_DCMQI)")

    def run(tool, *arguments):
        done = subprocess.run(
            [folder / tool, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def exported(exam, out, *, mask=AUTOMATIC, reader=READER):
    request = Request(exam=exam, mask=mask)
    result = measure(request)
    written = write_forms(result, Names(out, "case"), Forms.chosen(sr=True, seg=True), request, reader)
    return result, {form: out / files[0] for form, files in written.files.items() if files}


@pytest.fixture(scope="module", params=["small", "UCSF-BR-06"])
def case(request, tmp_path_factory, reference):
    root = tmp_path_factory.mktemp(request.param)
    if request.param == "small":
        exam_with_lesion(root / "exam")
        return exported(root / "exam", root / "out")
    return exported(reference("data/nact_pilot/UCSF-BR-06"), root / "out")


def test_masks_read_back(case, dcmqi, tmp_path):
    result, files = case
    dcmqi("segimage2itkimage", "--inputDICOM", files["seg"], "--outputDirectory", tmp_path, "-t", "nii")
    meta = json.loads((tmp_path / "meta.json").read_text())
    own = {"FTV": result.ftv.by_pe, "primary lesion": result.lesion}
    found = {}
    for number, (attributes,) in enumerate(meta["segmentAttributes"], start=1):
        found[attributes["SegmentLabel"]] = read_volume(tmp_path / f"{number}.nii.gz")
        assert attributes["AnatomicRegionModifierSequence"]["CodeMeaning"] == "Left"
    assert set(found) == set(own)
    geometry = result.exam.series.geometry
    for label, volume in found.items():
        # dcmqi keeps the slices from the first to the last with a voxel.
        slices = own[label].any(axis=(1, 2)).nonzero()[0]
        assert int((volume.array > 0).sum()) == int(own[label].sum())
        for first, last in ((slices[0], slices[-1]), _extent(own)):
            cut = (slice(first, last + 1), slice(None), slice(None))
            part = geometry.crop((int(first), 0, 0), (int(last) + 1, *geometry.shape[1:]))
            if sorted(part.shape) == sorted(volume.array.shape):
                placed = align(volume.array > 0, volume.geometry, part)
                assert (placed == own[label][cut]).all()
                break
        else:
            pytest.fail(f"{label}: shape {volume.array.shape}")
    assert meta["ContentCreatorName"] == "Reader^One"


def _extent(masks):
    inside = [m.any(axis=(1, 2)).nonzero()[0] for m in masks.values()]
    return min(i[0] for i in inside), max(i[-1] for i in inside)


def test_measurements_read_back(case, dcmqi, tmp_path):
    result, files = case
    dcmqi("tid1500reader", "--inputDICOM", files["sr"], "--outputMetadata", tmp_path / "sr.json")
    report = json.loads((tmp_path / "sr.json").read_text())
    groups = {g["TrackingIdentifier"]: g for g in report["Measurements"]}
    assert set(groups) == {"FTV", "primary lesion"}
    numbers = {
        label: {m["quantity"]["CodeValue"]: float(m["value"]) for m in group["measurementItems"]}
        for label, group in groups.items()
    }
    ftv, rule = result.ftv, result.ftv.rule
    assert numbers["FTV"]["118565006"] == pytest.approx(ftv.pe_cc, rel=1e-6)
    assert numbers["FTV"]["FTVSER"] == pytest.approx(ftv.ser_cc, rel=1e-6)
    assert numbers["FTV"]["PETHRESH"] == rule.pe_threshold
    assert numbers["FTV"]["VOXELS"] == ftv.pe_voxels
    assert numbers["primary lesion"]["118565006"] == pytest.approx(result.record.lesion_cc, rel=1e-6)
    assert [groups[name]["ReferencedSegment"] for name in ("FTV", "primary lesion")] == [1, 2]
    assert groups["FTV"]["Laterality"]["CodeMeaning"] == "Left"
    assert report["procedureReported"]["CodeValue"] == "241615005"
    assert report["VerificationFlag"] == "UNVERIFIED"


def test_a_confirmed_mask_reads_back_as_verified(dcmqi, tmp_path):
    review = Review(tmp_path)
    review.confirm()
    chosen = mask_to_export(review.root / "exam", MaskChoice(), review.folder, manifest=None, with_name=False)
    reader = Reader(review=chosen.note)
    _, files = exported(review.root / "exam", tmp_path / "out", mask=chosen.choice, reader=reader)
    dcmqi("tid1500reader", "--inputDICOM", files["sr"], "--outputMetadata", tmp_path / "sr.json")
    assert json.loads((tmp_path / "sr.json").read_text())["VerificationFlag"] == "VERIFIED"
    dcmqi("segimage2itkimage", "--inputDICOM", files["seg"], "--outputDirectory", tmp_path, "-t", "nii")
    meta = json.loads((tmp_path / "meta.json").read_text())
    assert meta["ContentCreatorName"] == "Reader^Confirmer"
    said = {s["SegmentLabel"]: s["SegmentDescription"] for (s,) in meta["segmentAttributes"]}
    assert said["primary lesion"].startswith("confirmed by a reader")
    assert review.last_hash() in said["primary lesion"]
