"""Shifts planted in a real exam: found, said, and undone so that its volume comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from kinephen.config.schema import Ftv, Motion
from kinephen.imaging.shift import measure_shifts, shift_issues
from kinephen.io.exam import read_exam
from kinephen.study.exam_checks import check_exam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.lesion import find_lesion
from kinephen.study.steps.motion import aligned

EXAM = "data/nact_pilot/UCSF-BR-06"
FTV = 41_105


@pytest.fixture(scope="module")
def checked(reference):
    return check_exam(read_exam(reference(EXAM)))


def planted(frame, shift_mm, spacing):
    """Return a frame moved by the shift theorem, its border continued: not by the code under test."""
    pad = [(12, 12)] * 3
    voxels = np.divide(shift_mm, spacing)
    moved = np.fft.ifftn(ndimage.fourier_shift(np.fft.fftn(np.pad(frame, pad, mode="edge")), voxels)).real
    return moved[tuple(slice(12, -12) for _ in range(3))].astype(np.float32)


def test_the_exam_as_it_is_runs_through_unasked(checked):
    assert shift_issues(checked.shifts) == ()
    assert all(s.size_mm < 0.3 and s.rigid and s.sure for s in checked.shifts)
    assert [f.code for f in checked.plausibility.findings if f.code.startswith("shift")] == []


@pytest.mark.slow
@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("size", [0.5, 1.0, 2.0, 4.0])
def test_a_planted_shift_is_found_and_said(checked, axis, size):
    series = checked.exam.series
    spacing = series.geometry.spacing
    shift = tuple(size if a == axis else 0.0 for a in range(3))
    frames = np.stack([series.frames[0], planted(series.frames[1], shift, spacing)])
    (found,) = measure_shifts(frames, spacing, mask=checked.breast.mask)
    error = np.subtract(found.shift_mm, checked.shifts[0].shift_mm) - shift
    assert np.abs(error).max() <= 0.15
    if found.size_mm > 0.5:
        assert shift_issues((found,))[0].level == "warning"
    assert found.size_mm > 0.5 or size == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("shift", [(1.3, 0.0, 0.0), (0.0, -2.3, 0.0), (0.0, 0.0, 4.0)])
def test_the_volume_comes_back_within_one_percent(checked, shift):
    series = checked.exam.series
    frames = np.array(series.frames)
    for k in (1, 2):
        frames[k] = planted(frames[k], shift, series.geometry.spacing)
    off = check_exam(replace(checked.exam, series=replace(series, frames=frames)))
    done = aligned(off, Motion(correct="shift"))
    assert [m.applied for m in done.motion] == [True, True]
    raw, found = (find_lesion(e, Ftv(), MaskChoice())[0].ftv_pe_voxels for e in (off, done))
    assert found == pytest.approx(FTV, rel=0.01)
    assert abs(raw - FTV) > 0.03 * FTV
