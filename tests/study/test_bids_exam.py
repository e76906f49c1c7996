"""Masks and maps of one exam as BIDS-like derivatives: arrays, places in the patient, units and sidecars."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests import exam_records, exam_small

from kinephen.imaging.kinetics import kinetic_maps
from kinephen.io.nifti import read_nifti_mask, read_volume
from kinephen.records.lesion import Review
from kinephen.report.exports.bids import exam_path, write_exam
from kinephen.study.exam_arrays import ExamArrays

ENDINGS = {name: f"desc-{name.lower()}_map.nii.gz" for name in exam_records.MAPS}


@pytest.fixture
def exam():
    series, mask = exam_small.exam().series, exam_small.lesion_mask()
    minutes = [t / 60.0 for t in series.times_s]
    maps = kinetic_maps(series.frames, minutes, mask=mask, early=1, late=3)
    record = exam_records.lesion(
        pe_voxels=75,
        voxels=60,
        voxel_mm3=5.625,
        phase_times_s=series.times_s,
        late=3,
        lesion_source="drawn",
        review=Review(state="edited", name="A. Reader"),
    )
    return ExamArrays(
        case="case-0007", visit="T2", geometry=series.geometry, lesion=mask, maps=maps, record=record
    )


def sidecar(path):
    return json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text("utf-8"))


def test_the_lesion_lies_where_it_was_and_its_sidecar_says_cm3(exam, tmp_path):
    write_exam(exam, tmp_path)
    path = exam_path(tmp_path, "case-0007", "T2", "label-lesion_mask.nii.gz")
    assert path.relative_to(tmp_path).parts[:3] == ("sub-case0007", "ses-T2", "dce")
    found = read_nifti_mask(path, exam.geometry)
    np.testing.assert_array_equal(found.array, exam.lesion)
    said = sidecar(path)
    assert said["volume_cc"] == pytest.approx(60 * 3.0 * 1.5 * 1.25 / 1000)
    assert said["ftv_pe_cc"] == pytest.approx(75 * 3.0 * 1.5 * 1.25 / 1000)
    assert said["phase_times_s"] == [-75.0, 120.0, 300.0, 540.0]
    assert (said["timing_rule"], said["phase_rule"]) == ("private header", "one series a phase")
    assert said["review"] == "edited"
    assert "Reader" not in path.with_name(path.name.replace(".nii.gz", ".json")).read_text("utf-8")


@pytest.mark.parametrize("name", exam_records.MAPS)
def test_each_map_is_its_own_with_its_unit(exam, tmp_path, name):
    write_exam(exam, tmp_path)
    path = exam_path(tmp_path, "case-0007", "T2", ENDINGS[name])
    found = read_volume(path)
    assert found.geometry.shape == (7, 8, 9)
    np.testing.assert_allclose(found.geometry.spacing, (3.0, 1.5, 1.25), rtol=1e-6)
    np.testing.assert_allclose(found.geometry.affine, exam.geometry.affine, atol=1e-5)
    np.testing.assert_allclose(found.array, exam.maps.arrays[name], rtol=1e-6)
    said = sidecar(path)
    assert (said["map"], said["unit"], said["time_unit"]) == (name, exam.maps.units[name], "min")
    assert said["undefined_voxels"] == exam.maps.undefined[name]
    assert said["rule"] == exam.maps.rule.to_dict()
