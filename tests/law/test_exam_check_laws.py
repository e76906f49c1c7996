"""The checks of an exam end in an answer, whatever the images and their grid are."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.breast_exams import simulated

from kinephen.core.volume import Geometry
from kinephen.imaging.body import body_issues, body_mask
from kinephen.imaging.breast import breast_issues, breast_mask
from kinephen.imaging.coverage import check_coverage, coverage_issues
from kinephen.imaging.phase_gain import frame_gains, gain_issues
from kinephen.imaging.phase_likeness import likeness_issues, phase_likeness
from kinephen.imaging.role_issues import role_issues
from kinephen.imaging.roles import check_roles
from kinephen.imaging.signal_checks import check_signal, signal_issues

KINDS = {
    "noise": lambda f, rng: f,
    "magnitude": lambda f, rng: np.abs(f) * 10,
    "zeros": lambda f, rng: np.zeros_like(f),
    "gaps": lambda f, rng: np.where(rng.random(f.shape) < 0.5, np.nan, f),
    "whole numbers": lambda f, rng: np.round(np.abs(f) * 3).astype(np.uint8),
    "huge": lambda f, rng: f * 1e30,
    "tiny": lambda f, rng: np.abs(f) * 1e-38,
    "infinite": lambda f, rng: np.full_like(f, np.inf),
    "half full": lambda f, rng: np.where(np.indices(f.shape[1:]).sum(axis=0) > 8, 100.0, 0.0) + np.abs(f),
}


def all_checks(frames, geometry):
    """Return the codes of all that the checks of the images say."""
    with np.errstate(all="ignore"):
        mean = np.mean(frames, axis=0, dtype=np.float64)
    body = body_mask(mean, geometry.spacing)
    breast = breast_mask(body, geometry)
    late = len(frames) - 1 if len(frames) > 2 else None
    roles = check_roles(frames, breast.mask, geometry.spacing, late=late)
    likeness = phase_likeness(frames, body.mask, geometry.spacing)
    gains = gain_issues(frame_gains(frames, body.mask, geometry.spacing))
    signal = check_signal(frames, body.mask)
    coverage = check_coverage(geometry, breast)
    found = (
        *body_issues(body),
        *breast_issues(breast),
        *role_issues(roles),
        *likeness_issues(likeness),
        *gains,
    )
    return [i.code for i in (*found, *signal_issues(signal, body), *coverage_issues(coverage))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_odd_images_on_odd_grids_end_in_an_answer(seed, kind):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 14, 3))
    frames = KINDS[kind](rng.standard_normal((int(rng.integers(1, 6)), *shape)), rng)
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(rng.standard_normal((3, 3)))[0] * 10.0 ** rng.uniform(-2, 2, 3)
    assert all_checks(frames, Geometry(shape, affine))


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_a_grid_in_the_wrong_unit_takes_no_longer(factor):
    frames, exam = simulated(1)
    affine = np.array(exam.geometry.affine)
    affine[:3] *= factor
    started = time.process_time()
    assert "coverage.voxel_size" in all_checks(frames, Geometry(exam.geometry.shape, affine))
    assert time.process_time() - started < 10.0
