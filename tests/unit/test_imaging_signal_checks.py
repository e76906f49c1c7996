"""Signal range, grid and field of view: what is usual passes in silence, each fault is said."""

from __future__ import annotations

import numpy as np
import pytest
from tests.breast_exams import simulated

from kinephen.core.volume import Geometry
from kinephen.imaging.body import BodyMask, body_mask
from kinephen.imaging.breast import breast_mask
from kinephen.imaging.coverage import check_coverage, coverage_issues
from kinephen.imaging.signal_checks import check_signal, signal_issues


def exam(number=1):
    frames, made = simulated(number)
    return frames, made.geometry, body_mask(frames.mean(axis=0), made.geometry.spacing)


def of_signal(frames, body):
    return [(i.code, i.level, i.where) for i in signal_issues(check_signal(frames, body.mask), body)]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("factor", [1.0, 1e-5])
def test_a_sound_signal_is_passed_over(number, factor):
    frames, _, body = exam(number)
    assert of_signal((frames * factor).astype(np.float32), body) == []


@pytest.mark.parametrize("share", [0.995, 0.95])
def test_a_ceiling_is_found_in_the_frame_that_has_it(share):
    frames, _, body = exam()
    top = np.quantile(frames[1][body.mask], share)
    cut = np.stack([frames[0], np.minimum(frames[1], top), frames[2]])
    assert of_signal(cut, body) == [("signal.ceiling", "warning", "phase 1")]
    measured = check_signal(cut, body.mask)[1]
    assert measured.at_ceiling == pytest.approx(1 - share, rel=0.2)


@pytest.mark.parametrize(("levels", "level"), [(6, "note"), (3, "warning")])
def test_coarse_steps(levels, level):
    frames, _, body = exam()
    step = np.median(frames[0][body.mask]) / levels
    coarse = np.rint(frames[:1] / step) * step
    found = [f for f in of_signal(coarse, body) if f[0] == "signal.steps"]
    assert found == [("signal.steps", level, "phase 0")]
    assert check_signal(coarse, body.mask)[0].step == pytest.approx(1 / levels, rel=1e-5)


def test_values_that_are_not_finite_and_frames_that_are_constant():
    frames, _, body = exam()
    broken = np.array(frames)
    broken[1, 3, 4:6, 7] = np.nan
    broken[2] = 7.0
    assert of_signal(broken, body) == [
        ("signal.not_finite", "warning", "phase 1"),
        ("signal.constant", "warning", "phase 2"),
    ]
    assert check_signal(broken, body.mask)[1].not_finite == 2
    assert of_signal(np.full((1, *body.mask.shape), np.nan), body)[0][0] == "signal.not_finite"
    assert check_signal(broken, np.zeros_like(body.mask))[0].to_dict()["step"] is None


def test_a_rim_is_noted():
    body = BodyMask(np.ones((2, 3, 4), dtype=bool), 1.0, 0.5, rim_share=0.06)
    assert [(i.code, i.level) for i in signal_issues((), body)] == [("signal.rim", "note")]


def coverage(geometry, body):
    return check_coverage(geometry, breast_mask(body, geometry))


@pytest.mark.parametrize("number", range(4))
def test_a_breast_exam_is_passed_over(number):
    _, geometry, body = exam(number)
    found = coverage(geometry, body)
    assert coverage_issues(found) == ()
    assert found.extent_mm == pytest.approx((72.0, 144.0, 144.0))
    assert 0.2 < found.end_share < 0.8


def scaled(geometry, factors):
    affine = np.array(geometry.affine)
    affine[:3, :3] *= factors
    return Geometry(geometry.shape, affine)


@pytest.mark.parametrize(
    ("factors", "codes"),
    [
        ([1000.0] * 3, ["coverage.voxel_size", "coverage.field_of_view"]),
        ([0.001] * 3, ["coverage.voxel_size", "coverage.slices", "coverage.field_of_view"]),
        ([1.0, 0.15, 1.0], ["coverage.anisotropy", "coverage.field_of_view"]),
        ([0.2, 1.0, 1.0], ["coverage.slices"]),
    ],
)
def test_grids_of_no_breast_exam(factors, codes):
    _, geometry, body = exam(0)
    found = coverage(scaled(geometry, factors), body)
    assert [i.code for i in coverage_issues(found) if i.code != "coverage.side"] == codes


def test_few_slices():
    frames, geometry, _ = exam(0)
    part = geometry.crop((8, 0, 0), (12, 64, 64))
    body = body_mask(frames[:, 8:12].mean(axis=0), part.spacing)
    assert "coverage.slices" in [i.code for i in coverage_issues(coverage(part, body))]


def test_a_breast_cut_in_front():
    frames, geometry, _ = exam(0)
    part = geometry.crop((0, 0, 24), (18, 64, 64))
    body = body_mask(frames[:, :, :, 24:].mean(axis=0), part.spacing)
    found = coverage(part, body)
    assert found.front_cut > 0.05
    assert ("coverage.front", "warning") in [(i.code, i.level) for i in coverage_issues(found)]


def test_an_oblique_grid_is_noted():
    _, geometry, body = exam(0)
    angle = np.radians(30.0)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    affine = np.array(geometry.affine)
    affine[:3, :3] = turn @ affine[:3, :3]
    found = coverage(Geometry(geometry.shape, affine), body)
    assert found.oblique_degrees == pytest.approx(30.0)
    assert ("coverage.oblique", "note") in [(i.code, i.level) for i in coverage_issues(found)]


@pytest.mark.parametrize("factor", [1.0, 1e-5])
@pytest.mark.parametrize("number", range(3))
def test_an_offset_that_was_subtracted_is_a_stop_for_each_frame(number, factor):
    frames, _, body = exam(number)
    scores = ((frames - frames[0].mean()) / frames[0].std() * factor).astype(np.float32)
    found = [f for f in of_signal(scores, body) if f[0] == "signal.negative"]
    assert found == [("signal.negative", "stop", f"phase {k}") for k in range(len(frames))]
    assert check_signal(scores, body.mask)[0].negative == pytest.approx(np.mean(scores[0] < 0), abs=0.05)


def test_few_and_small_negative_values_of_interpolation_pass():
    frames, _, body = exam()
    ringing = np.array(frames)
    ringing[:, 0] -= 0.01 * np.percentile(frames[0], 95.0)
    assert "signal.negative" not in [f[0] for f in of_signal(ringing, body)]
