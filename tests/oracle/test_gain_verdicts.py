"""No wrong verdict on the gain of phases: simulated exams and a real one, as they are and multiplied."""

from __future__ import annotations

import numpy as np
import pytest
from tests.breast_exams import simulated

from kinephen.imaging.body import body_mask
from kinephen.imaging.phase_gain import frame_gains, gain_issues
from kinephen.io.exam import read_exam
from kinephen.simulate.settings import ImageSettings

GAINS = {1.0: None, 1.16: "warning", 1.32: "stop", 0.84: "warning", 0.72: "stop"}


def assert_all(frames, spacing):
    body = body_mask(frames.mean(axis=0), spacing).mask
    for gain, level in GAINS.items():
        for phase in range(1, len(frames)):
            changed = np.array(frames)
            changed[phase] *= np.float32(gain)
            found = gain_issues(frame_gains(changed, body, spacing))
            assert [(i.where, i.level) for i in found] == ([(f"phase {phase}", level)] if level else []), gain


def assert_simulated(number, image):
    frames, exam = simulated(number, image)
    assert_all(frames, exam.geometry.spacing)


@pytest.mark.parametrize("number", range(3))
def test_small_simulated_exams(number):
    assert_simulated(number, ImageSettings(matrix=64, slices=18))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(100, 140))
def test_forty_simulated_exams(number):
    assert_simulated(number, ImageSettings())


@pytest.mark.slow
def test_a_real_exam(reference):
    series = read_exam(reference("data/nact_pilot/UCSF-BR-06")).series
    assert_all(np.asarray(series.frames), series.geometry.spacing)
