"""Several phases before contrast: the series begins with the last of them; what somebody stated stays."""

from __future__ import annotations

import numpy as np
import pytest
from tests import exam_small

from kinephen.core.dynamic import DynamicSeries
from kinephen.study.placement import from_last_pre


def series(times_s=(-100.0, -40.0, 20.0, 140.0, 240.0, 460.0), **changes):
    frames = np.stack([np.full(exam_small.SHAPE, 10.0 + n, dtype=np.float32) for n in range(6)])
    values = {
        "frames": frames, "geometry": exam_small.geometry(), "times_s": times_s, "timing_rule": "rule",
        "phase_rule": "files", "early": 1, "late": 5, "injection_assumed": True,
    }  # fmt: skip
    return DynamicSeries(**(values | changes))


def first_voxels(found):
    return [float(f.flat[0]) for f in found.frames]


def test_frames_before_the_last_pre_and_on_its_way_are_left_out():
    assert first_voxels(from_last_pre(series(), 2, 3)) == [12.0, 13.0, 14.0, 15.0]
    assert first_voxels(from_last_pre(series(), 1, 3)) == [11.0, 13.0, 14.0, 15.0]


def test_an_assumed_injection_is_set_to_where_contrast_arrives():
    found = from_last_pre(series(), 2, 3)
    # Phase 1 had been put at -40 s; phase 3 takes its place, 180 s later.
    assert found.times_s == (-160.0, -40.0, 60.0, 280.0)
    assert found.timing_rule == "rule; injection placed by the signal"


def test_a_stated_injection_stays():
    found = from_last_pre(series(injection_assumed=False), 2, 3)
    assert found.times_s == (20.0, 140.0, 240.0, 460.0)
    assert found.timing_rule == "rule"


@pytest.mark.parametrize("times", [True, False])
def test_early_and_late_that_were_named_stay_the_same_images(times):
    named = series(**({} if times else {"times_s": None}), early=4, late=5, phases_named=True)
    found = from_last_pre(named, 2, 3)
    assert (found.early, found.late) == (2, 3)
    assert first_voxels(found)[found.early] == 14.0


def test_early_and_late_by_time_are_chosen_anew():
    found = from_last_pre(series(injection_assumed=False), 2, 3)
    # Nearest to 150 s and 450 s.
    assert (found.early, found.late) == (1, 3)
    alone = from_last_pre(series(), 4, 5)
    assert (alone.early, alone.late, alone.n_phases) == (1, None, 2)


@pytest.mark.parametrize(
    ("early", "late", "expected"),
    [
        (1, 4, (1, 2)),  # early lies before contrast: the usual one, late as named
        (1, 5, (1, 3)),
        (4, 5, (2, 3)),
        (2, 3, (1, 3)),  # late is the first phase with contrast: nothing can lie before it
    ],
)
def test_of_early_and_late_that_were_named_what_can_be_kept_is_kept(early, late, expected):
    named = series(injection_assumed=False, early=early, late=late, phases_named=True)
    found = from_last_pre(named, 2, 3)
    assert (found.early, found.late) == expected
