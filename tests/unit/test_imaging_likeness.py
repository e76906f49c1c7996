"""Frames that are no phases: subtractions of every kind, other contrasts; and phases that stay phases."""

from __future__ import annotations

import numpy as np
import pytest
from tests.breast_exams import noisy_copy, shifted, simulated

from kinephen.imaging.body import body_mask
from kinephen.imaging.phase_likeness import likeness_issues, phase_likeness
from kinephen.io.exam import read_exam


def verdicts(frames, geometry):
    stack = np.stack(frames)
    body = body_mask(stack.mean(axis=0), geometry.spacing)
    return phase_likeness(stack, body.mask, geometry.spacing)


def looks(frames, geometry):
    return [f.verdict for f in verdicts(frames, geometry)]


def exam(number):
    frames, made = simulated(number)
    pre, early, late = frames[[0, made.protocol.early, made.protocol.late]]
    return pre, early, late, made.geometry


@pytest.mark.parametrize("number", range(5))
def test_phases_are_phases(number):
    frames, made = simulated(number)
    assert set(looks(frames, made.geometry)) == {"phase"}
    pre, early, late, geometry = exam(number)
    assert set(looks([pre, noisy_copy(pre, geometry.spacing), early, late], geometry)) == {"phase"}


@pytest.mark.parametrize("factor", [1e-5, 1e6])
@pytest.mark.parametrize("number", range(5))
def test_clipped_subtractions(number, factor):
    pre, early, late, geometry = exam(number)
    frames = [pre, early, np.maximum(early - pre, 0), late, np.maximum(late - pre, 0)]
    found = looks([f * np.float32(factor) for f in frames], geometry)
    assert found == ["phase", "phase", "subtraction", "phase", "subtraction"]


@pytest.mark.parametrize("number", range(3))
def test_signed_and_absolute_subtractions(number):
    pre, early, late, geometry = exam(number)
    found = looks([pre, early - pre, early, np.abs(late - pre), late], geometry)
    assert found == ["phase", "subtraction", "phase", "subtraction", "phase"]


@pytest.mark.parametrize("number", range(3))
def test_a_subtraction_that_comes_first(number):
    pre, early, late, geometry = exam(number)
    assert looks([np.maximum(early - pre, 0), early, late], geometry) == ["subtraction", "phase", "phase"]


@pytest.mark.parametrize("number", range(3))
def test_more_subtractions_than_phases(number):
    pre, early, late, geometry = exam(number)
    found = looks([pre, np.maximum(early - pre, 0), np.maximum(late - pre, 0)], geometry)
    assert found[0] == "phase"
    assert set(found[1:]) <= {"subtraction", "not_phase"}


@pytest.mark.parametrize("number", range(3))
def test_fat_alone_is_another_contrast(number):
    pre, early, late, geometry = exam(number)
    inside = body_mask(pre, geometry.spacing).mask
    bright = float(np.percentile(pre, 99.0))
    noise = 0.05 * bright * np.abs(np.random.default_rng(0).standard_normal(pre.shape))
    fat = np.where(inside, np.maximum(bright - 1.3 * pre, 0.0), 0.0) + noise
    found = verdicts([pre, early, late, fat.astype(np.float32)], geometry)
    assert [f.verdict for f in found] == ["phase", "phase", "phase", "other_contrast"]
    assert found[3].correlation < 0.0
    (issue,) = likeness_issues(found)
    assert (issue.code, issue.level, issue.where) == ("likeness.other_contrast", "stop", "phase 3")


def test_a_phase_of_another_scale_is_said():
    pre, early, late, geometry = exam(0)
    found = verdicts([pre, early, late * np.float32(0.3)], geometry)
    assert found[2].verdict == "not_phase"


@pytest.mark.parametrize("mm", [2.0, 4.0])
def test_motion_makes_no_other_contrast(mm):
    pre, early, late, geometry = exam(1)
    moved = [pre, shifted(early, geometry.spacing, mm, 1), shifted(late, geometry.spacing, -mm, 2)]
    assert looks(moved, geometry) == ["phase"] * 3


def test_a_subtraction_among_phases_stops():
    pre, early, late, geometry = exam(0)
    found = verdicts([pre, early, np.maximum(early - pre, 0), late], geometry)
    (issue,) = likeness_issues(found)
    assert (issue.code, issue.level, issue.where) == ("likeness.subtraction", "stop", "phase 2")


@pytest.mark.parametrize("count", [1, 2])
def test_few_frames(count):
    pre, early, _, geometry = exam(0)
    assert looks([pre, early][:count], geometry) == ["phase"] * count


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_images_without_content_give_numbers_or_none(value):
    frames = np.full((3, 4, 5, 6), value)
    found = phase_likeness(frames, np.ones((4, 5, 6), dtype=bool), (2.0, 1.0, 1.0))
    assert [f.to_dict()["correlation"] for f in found] == [None] * 3


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("halfpixel", ["phase"] * 3), ("motion", ["phase"] * 3), ("65_two_pre_150s_apart", ["phase"] * 4)],
)
def test_small_phantoms(reference, folder, expected):
    series = read_exam(reference(f"cases/imaging/{folder}")).series
    assert looks(series.frames, series.geometry) == expected


def test_subtractions_of_the_small_phantom(reference):
    series = read_exam(reference("cases/imaging/halfpixel")).series
    pre, early, late = series.frames
    frames = [pre, early, late, np.maximum(early - pre, 0), np.maximum(late - pre, 0)]
    assert looks(frames, series.geometry) == ["phase"] * 3 + ["subtraction"] * 2
