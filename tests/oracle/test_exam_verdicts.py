"""No wrong verdict on the phases: simulated exams and a real one, right and wrong in seven ways."""

from __future__ import annotations

import numpy as np
import pytest
from tests.breast_exams import orders, simulated

from kinephen.imaging.body import body_mask
from kinephen.imaging.breast import breast_mask
from kinephen.imaging.phase_likeness import phase_likeness
from kinephen.imaging.roles import check_roles
from kinephen.io.exam import read_exam
from kinephen.simulate.settings import ImageSettings

RIGHT = {
    "right": (["phase"] * 3, "right"),
    "two pre": (["phase"] * 4, "several_pre"),
    "reversed": (["phase"] * 3, "reversed"),
    "swapped": (["phase"] * 3, "swapped"),
    "identical": (["phase"] * 3, "identical"),
    "subtraction": (["phase", "phase", "subtraction", "phase"], "right"),
    "pre missing": (["phase"] * 2, "no_arrival"),
    "late missing": (["phase"] * 2, "right"),
}


def verdict(phases, geometry, threshold):
    """Return how each frame looks, and the order of those that look like phases."""
    body = body_mask(phases.frames.mean(axis=0), geometry.spacing)
    looks = [f.verdict for f in phase_likeness(phases.frames, body.mask, geometry.spacing)]
    kept = phases.frames[[look == "phase" for look in looks]]
    region = breast_mask(body_mask(kept.mean(axis=0), geometry.spacing), geometry).mask
    late = None if phases.late is None else len(kept) - 1
    found = check_roles(kept, region, geometry.spacing, pe_threshold=threshold, late=late)
    return (looks, found.verdict), found


def assert_all(frames, geometry, threshold, *, early, late):
    for name, phases in orders(frames, geometry.spacing, early=early, late=late).items():
        seen, found = verdict(phases, geometry, threshold)
        assert seen == RIGHT[name], name
        assert (found.pre, found.first_post) == (1, 2) or name != "two pre"
        assert bool(found.late_missing) == (name == "late missing"), name
        assert found.drift > 0.03 or name not in ("right", "two pre")


def assert_simulated(number, image):
    frames, exam = simulated(number, image)
    protocol = exam.protocol
    assert_all(frames, exam.geometry, protocol.pe_threshold_percent, early=protocol.early, late=protocol.late)


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
    assert_all(np.asarray(series.frames), series.geometry, 70.0, early=1, late=2)
