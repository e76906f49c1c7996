"""Exams with other images among their phases (reference data): the right numbers, and what is said."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.imaging.ftv import functional_tumour_volume
from kinephen.io.exam import inspect_path, read_exam

VOXELS = 1336
"""Functional tumour volume of the phantom, voxels of 2.88 mm3."""
STARTS_MIN = (2.5, 5.5)
"""Starts of the phases after contrast, minutes after the one before."""

CASES = {
    "67_one_post_plus_subtraction_later_time": {"dicom.subtraction": 12},
    "68_two_posts_plus_subtractions_later": {"dicom.subtraction": 24},
    "25_resent_new_sop_same_series": {"dicom.sent_twice": 36},
    "29_localizer_in_series": {"dicom.localizer": 1},
    "38_dixon_one_series": {"dicom.dixon_part": 108},
}


def read(reference, name):
    exam = read_exam(reference(f"cases/imaging/{name}"))
    series = exam.series
    late = None if series.late is None else series.frames[series.late]
    found = functional_tumour_volume(
        series.frames[0],
        series.frames[series.early],
        late,
        voxel_volume_mm3=series.geometry.voxel_volume_mm3,
        voi=np.ones(series.geometry.shape, dtype=np.bool_),
    )
    return exam, found


def noted(exam):
    counts = {}
    for issue in exam.issues:
        if issue.where == "phases":
            counts[issue.code] = counts.get(issue.code, 0) + issue.count
    return counts


@pytest.mark.parametrize("name", CASES)
def test_images_of_other_kinds_are_left_out_with_a_note(reference, name):
    exam, found = read(reference, name)
    assert found.pe_voxels == VOXELS
    assert noted(exam) == CASES[name]


@pytest.mark.parametrize("name", [n for n in CASES if not n.startswith("67")])
def test_kinetics_are_those_of_the_acquired_phases(reference, name):
    exam, found = read(reference, name)
    pre, early, late = (f[found.by_pe].astype(np.float64) for f in exam.series.frames)
    rise = (early - pre) / pre
    assert np.mean((early - pre) / (late - pre)) == pytest.approx(1.142, abs=0.001)
    step = exam.series.times_s[1] - exam.series.times_s[0]
    assert step == 60 * STARTS_MIN[0]
    assert exam.series.times_s[2] - exam.series.times_s[1] == 60 * (STARTS_MIN[1] - STARTS_MIN[0])
    assert np.mean(rise) / (exam.series.times_s[1] / 60) == pytest.approx(1.066, abs=0.001)


def test_one_phase_after_contrast_has_no_late_one(reference):
    exam, found = read(reference, "67_one_post_plus_subtraction_later_time")
    assert exam.series.n_phases == 2
    assert (exam.series.early, exam.series.late) == (1, None)
    assert found.by_ser is None


def test_two_phases_before_contrast_are_both_kept_in_the_order_of_the_header(reference):
    exam, _ = read(reference, "65_two_pre_150s_apart")
    assert exam.series.n_phases == 4
    assert noted(exam) == {}
    first, second = exam.series.frames[:2]
    assert np.abs(first - second).max() < 0.1 * first.max()


def test_inspect_counts_the_images_of_a_series_by_kind(reference):
    facts = inspect_path(reference("cases/imaging/38_dixon_one_series"))
    parts = ("fat", "in-phase", "opposed-phase", "water")
    assert facts["exams"][0]["series"][0]["images"] == {f"Dixon {part}": 36 for part in parts}
    facts = inspect_path(reference("cases/imaging/67_one_post_plus_subtraction_later_time"))
    assert facts["exams"][0]["series"][0]["images"] == {"acquired": 24, "subtraction": 12}
