"""A real exam and a second visit made from it by a known transformation, from DICOM to delta features.

The second visit keeps 70 % of the enhancement of every voxel: S_t' = round(S_0 + 0.7 (S_t - S_0)). So PE and
WIS shrink by 0.7 and SER stays, up to the rounding of whole numbers; nothing of the mask alone changes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pydicom
import pytest

from kinephen.config.schema import Ftv
from kinephen.core.volume import Mask
from kinephen.imaging.ftv import functional_tumour_volume, primary_lesion
from kinephen.io.exam import read_exam
from kinephen.io.nifti import write_mask
from kinephen.study.steps.lesion import find_region, resolve_rule

KEPT = 0.7
EXAM = "data/nact_pilot/UCSF-BR-06"


def make_second_visit(source, target):
    shutil.copytree(source, target)
    files = list((target / "image_dce_3dfgre_orig").glob("*.dcm"))
    slices = [pydicom.dcmread(f) for f in files]
    pre = {
        tuple(d.ImagePositionPatient): d.pixel_array.astype(float)
        for f, d in zip(files, slices, strict=True)
        if f.name.startswith("1-")
    }
    for file, data in zip(files, slices, strict=True):
        if file.name.startswith("1-"):
            continue
        base = pre[tuple(data.ImagePositionPatient)]
        changed = np.rint(base + KEPT * (data.pixel_array - base))
        data.PixelData = changed.astype(data.pixel_array.dtype).tobytes()
        file.chmod(0o644)
        data.save_as(file)


@pytest.fixture(scope="module")
def study(reference, tmp_path_factory):
    root = tmp_path_factory.mktemp("real")
    source = reference(EXAM)
    make_second_visit(source, root / "second")
    exam = read_exam(source)
    rule, _ = resolve_rule(Ftv(), exam.series)
    region, _ = find_region(exam.series, None)
    ftv = functional_tumour_volume(
        *(exam.series.frames[i] for i in (0, 1, 2)),
        voxel_volume_mm3=exam.series.geometry.voxel_volume_mm3,
        voi=region.voi,
        rule=rule,
    )
    write_mask(root / "lesion.nii.gz", Mask(primary_lesion(ftv.by_pe).mask, exam.series.geometry))
    pd.DataFrame(
        {
            "patient_id": ["A", "A"],
            "visit": ["T1", "T2"],
            "path": [str(source), "second"],
            "mask": ["lesion.nii.gz"] * 2,
        }
    ).to_csv(root / "exams.csv", index=False)
    pd.DataFrame(
        {"patient_id": ["A"], "cohort": ["discovery"], "age": [71], "rfs_days": [2490], "rfs_event": [0]}
    ).to_csv(root / "clinical.csv", index=False)
    (root / "study.toml").write_text('preset = "recommended"\nbeside = []\n')
    return root


@pytest.fixture(scope="module")
def finished(study):
    done = subprocess.run(
        [sys.executable, "-m", "kinephen.cli.app", "run", "study.toml", "-o", "out", "-q", "--workers", "1"],
        cwd=study, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done, study / "out"


def test_one_patient_is_no_cohort_but_her_features_are_kept(finished):
    done, out = finished
    assert done.returncode == 6, done.stderr
    assert "at least" in done.stderr
    assert (out / "data" / "delta_features.csv").is_file()
    assert not (out / "report.html").exists()


def test_each_visit_has_416_features_and_each_gap_a_reason(finished):
    _, out = finished
    reasons = pd.read_csv(out / "data" / "features_issues.csv")
    for visit in ("T1", "T2"):
        features = pd.read_csv(out / "data" / f"features_{visit}.csv", index_col="case")
        assert features.shape == (1, 416)
        gaps = set(features.columns[features.iloc[0].isna()])
        known = reasons[reasons["visit"] == visit]
        assert gaps == set(known["map"] + "_" + known["feature"])
        assert known["reason"].str.len().min() > 10


def test_the_volumes_are_the_archives_own(finished):
    _, out = finished
    exams = pd.read_csv(out / "data" / "exams.csv").set_index("visit")
    assert exams.at["T1", "ftv_pe_voxels"] == 41105
    assert exams.at["T1", "ftv_ser_voxels"] == 30513
    assert exams.at["T1", "lesion_voxels"] == exams.at["T2", "lesion_voxels"] == 39594
    assert exams.at["T2", "ftv_pe_voxels"] < 41105


def test_the_change_is_the_one_that_was_made(finished):
    _, out = finished
    delta = pd.read_csv(out / "data" / "delta_features.csv", index_col="case").iloc[0]
    shape = delta.filter(regex="_(Morphologic|Volumetric)_").dropna()
    assert len(shape) > 60
    assert (shape == 0.0).all()
    expected = 2 * (KEPT - 1) / (KEPT + 1)
    for name in ("PE_Intensity_Mean", "PE_Intensity_Median", "WIS_Intensity_Mean"):
        assert delta[name] == pytest.approx(expected, abs=0.01), name
    assert delta["SER_Intensity_Median"] == pytest.approx(0.0, abs=0.01)
