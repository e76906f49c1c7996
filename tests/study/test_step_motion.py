"""Motion as the settings ask: what is moved, what is left, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.test_simulate_read_back import exam_of

from kinephen.config.schema import Ftv, Motion
from kinephen.core.dynamic import DynamicSeries
from kinephen.imaging.shift_correction import moved_by
from kinephen.io.exam import Exam
from kinephen.simulate.settings import ImageSettings
from kinephen.study.exam_checks import check_exam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.lesion import find_lesion
from kinephen.study.steps.motion import aligned

IMAGE = ImageSettings(matrix=64, slices=16, motion_mm=0.0)


@pytest.fixture(scope="module")
def still():
    found, _ = exam_of("ge", image=IMAGE)
    frames = (found.stored * found.protocol.slope).astype(np.float32)
    series = DynamicSeries(frames, found.geometry, found.protocol.middles_s, "t", "p", 1, 2)
    return check_exam(Exam(series))


def moved(checked, **shifts):
    series = checked.exam.series
    frames = np.array(series.frames)
    for name, shift in shifts.items():
        k = {"early": 1, "late": 2}[name]
        frames[k] = moved_by(frames[k], shift, series.geometry.spacing)
    return check_exam(replace(checked.exam, series=replace(series, frames=frames)))


def test_nothing_is_done_unless_asked(still):
    assert Motion().correct == "none"
    assert aligned(still, Motion()) is still
    assert find_lesion(still, Ftv(), MaskChoice())[0].motion is None


def test_frames_that_lie_off_are_moved_back_and_the_lesion_is_that_of_the_still_exam(still):
    off = moved(still, early=(0.0, 2.0, 0.0), late=(0.0, 0.0, -1.5))
    done = aligned(off, Motion(correct="shift"))
    assert [m.applied for m in done.motion] == [True, True]
    assert done.motion[0].shift_mm == pytest.approx((0.0, 2.0, 0.0), abs=0.15)
    assert done.motion[1].shift_mm == pytest.approx((0.0, 0.0, -1.5), abs=0.15)
    assert [(i.code, i.where) for i in done.motion_issues] == [
        ("motion.shifted", "frame 1"),
        ("motion.shifted", "frame 2"),
    ]
    right, wrong, found = (find_lesion(e, Ftv(), MaskChoice())[0] for e in (still, off, done))
    assert found.ftv_pe_voxels == pytest.approx(right.ftv_pe_voxels, rel=0.02)
    assert abs(wrong.ftv_pe_voxels - right.ftv_pe_voxels) > 3 * abs(found.ftv_pe_voxels - right.ftv_pe_voxels)
    assert found.motion == done.motion
    assert [i.code for i in found.issues][:2] == ["motion.shifted"] * 2
    assert done.exam.series.source_hash == still.exam.series.source_hash


def test_an_exam_that_did_not_move_keeps_its_frames(still):
    done = aligned(still, Motion(correct="shift"))
    assert done.exam.series.frames.base is still.exam.series.frames.base
    assert [m.applied for m in done.motion] == [False, False]
    assert done.motion_issues == ()


def test_what_could_not_be_moved_back_is_a_warning(still):
    series = still.exam.series
    frames = np.array(series.frames)
    frames[1] = np.random.default_rng(0).uniform(0, 50, frames[1].shape)
    noise = check_exam(replace(still.exam, series=replace(series, frames=frames)))
    done = aligned(noise, Motion(correct="shift"))
    (issue,) = [i for i in done.motion_issues if i.where == "frame 1"]
    assert (issue.code, issue.level) == ("motion.left", "warning")
    assert "correlation" in issue.message
    assert done.motion[0].shift_mm is None


def test_rigid_registration_is_recorded_the_same_way(still):
    pytest.importorskip("SimpleITK")
    done = aligned(moved(still, early=(0.0, 2.0, 0.0)), Motion(correct="rigid"))
    first, _ = done.motion
    assert (first.method, first.applied) == ("rigid", True)
    assert abs(first.shift_mm[1]) == pytest.approx(2.0, abs=0.4)
    assert first.iterations > 0


def test_body_and_breast_are_those_of_the_frames_as_moved(still):
    off = moved(still, early=(0.0, 4.0, 0.0), late=(0.0, 4.0, 0.0))
    done = aligned(off, Motion(correct="shift"))
    assert [m.applied for m in done.motion] == [True, True]
    differ = [np.count_nonzero(e.body.mask != still.body.mask) for e in (off, done)]
    assert differ[1] < 0.2 * differ[0]
    stale = replace(done, body=off.body, breast=off.breast)
    right, found, wrong = (
        find_lesion(e, Ftv(), MaskChoice())[0].numbers.skin_mm for e in (still, done, stale)
    )
    assert abs(found - right) < 1.0 < 4.0 < abs(wrong - right)  # a voxel is 2.25 mm wide


def test_what_is_said_of_a_frame_counts_the_phases_as_read(still):
    series = still.exam.series
    frames = np.array(series.frames)
    frames[1] = moved_by(frames[1], (0.0, 2.0, 0.0), series.geometry.spacing)
    more = replace(
        series,
        frames=np.concatenate([frames[:1] * np.float32(1.001), frames]),
        times_s=(series.times_s[0] - 100.0, *series.times_s),
        early=2,
        late=3,
    )
    done = aligned(check_exam(replace(still.exam, series=more)), Motion(correct="shift"))
    assert [(m.frame, m.applied) for m in done.motion] == [(1, True), (2, False)]
    assert [(i.code, i.where) for i in done.motion_issues] == [("motion.shifted", "frame 2")]
    marked = [
        f.where
        for f in done.plausibility.findings
        if f.code.startswith("shift.") and f.code != "shift.residual"
    ]
    assert marked == ["frame 2"]
