"""Shifts between phases: planted ones are found, what is no shift is said, and nothing odd ends the check."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from kinephen.imaging.correlation import locate, target, template
from kinephen.imaging.edge_residual import EarlyResidual, early_residual, residual_issues
from kinephen.imaging.shift import FrameShift, measure_shifts, shift_issues
from kinephen.imaging.shift_correction import correct_shifts, moved_by

SHAPE = (20, 60, 72)
SPACING = (2.5, 1.4, 1.2)


def scene(offset_mm=(0.0, 0.0, 0.0), *, enhanced=False, seed=5):
    """Return a body with gland and lesion whose anatomy lies `offset_mm` away, drawn and not resampled."""
    mm = [np.arange(n) * s - n * s / 2 - o for n, s, o in zip(SHAPE, SPACING, offset_mm, strict=True)]
    z, y, x = np.meshgrid(*mm, indexing="ij")
    soft = lambda d, width=1.5: 1.0 / (1.0 + np.exp(np.clip(d / width, -30, 30)))  # noqa: E731
    body = soft((np.sqrt((z / 21) ** 2 + (y / 34) ** 2 + (x / 36) ** 2) - 1) * 30)
    wave = np.sin(z / 4.1 + 1) + np.sin(y / 5.3) + np.sin(x / 4.7 + 2) + np.sin((x + y - z) / 6.1)
    image = body * (120 + 90 * soft(1.2 - wave, 0.3))
    if enhanced:
        lesion = soft(np.sqrt((z - 4) ** 2 + (y + 6) ** 2 + (x - 5) ** 2) - 9)
        image = image * (1.12 + 1.3 * lesion)
    return (image + np.random.default_rng(seed).normal(0, 2, SHAPE) + 6).astype(np.float32)


def exam(early=(0.0, 0.0, 0.0), late=(0.0, 0.0, 0.0)):
    return np.stack([scene(), scene(early, enhanced=True, seed=6), scene(late, enhanced=True, seed=7)])


def turned(image, degrees):
    return ndimage.rotate(image, degrees, axes=(1, 2), reshape=False, order=3, mode="nearest")


@pytest.fixture(scope="module")
def still():
    return measure_shifts(exam(), SPACING, early=1, late=2)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("size", [0.5, -1.0, 2.0, 4.0])
def test_a_planted_shift_is_found(still, axis, size):
    planted = tuple(size if a == axis else 0.0 for a in range(3))
    found, other = measure_shifts(exam(early=planted), SPACING, early=1, late=2)
    error = np.subtract(found.shift_mm, still[0].shift_mm) - planted
    assert np.abs(error).max() <= 0.15
    assert np.abs(other.shift_mm).max() <= 0.1
    assert found.rigid
    assert found.sure
    codes = [(i.code, i.where, i.level) for i in shift_issues((found, other))]
    size = abs(size)
    expected = "shift.large" if size > 2.05 else "shift.marked" if 1.05 < size < 1.95 else None
    if expected:
        assert codes == [(expected, "frame 1", "warning")]
    elif size > 0.55:
        assert [c[1] for c in codes] == ["frame 1"]


@pytest.mark.parametrize("size", [0.65, 1.5, 3.0])
def test_a_shift_above_half_a_millimetre_is_said(size):
    found = measure_shifts(exam(late=(0.0, size, 0.0)), SPACING, early=1, late=2)
    (issue,) = shift_issues(found)
    assert issue.code == {0.65: "shift.small", 1.5: "shift.marked", 3.0: "shift.large"}[size]
    assert f"{found[1].size_mm:.1f} mm" in issue.message


def test_frames_that_did_not_move(still):
    assert all(s.size_mm < 0.1 and s.rigid and s.sure for s in still)
    assert shift_issues(still) == ()
    same = np.repeat(scene()[None], 3, axis=0)
    for found in measure_shifts(same, SPACING, early=1, late=2):
        assert found.shift_mm == (0.0, 0.0, 0.0)
        assert (found.closure_mm, found.halves_mm) == (0.0, 0.0)
        assert found.match == pytest.approx(1.0)
    rounded = np.rint(same / 4) * 4
    assert all(s.size_mm == 0.0 for s in measure_shifts(rounded, SPACING))


def test_a_rotation_is_told_from_a_shift():
    frames = exam()
    frames[1] = turned(frames[1], 2.5)
    found = measure_shifts(frames, SPACING, early=1, late=2)
    assert found[0].halves_mm > 0.6
    assert not found[0].rigid
    assert "shift.halves" in [i.code for i in shift_issues(found)]
    assert "rigid registration" in shift_issues(found)[-1].message
    moved, (first, _) = correct_shifts(frames, SPACING, found)
    assert not first.applied
    assert moved is frames


def test_noise_and_nothing_have_a_reason():
    frames = exam()
    frames[1] = np.abs(np.random.default_rng(1).normal(0, 50, SHAPE))
    frames[2] = 7.0
    noise, flat = measure_shifts(frames, SPACING, early=1, late=2)
    assert noise.shift_mm is None
    assert "correlation" in noise.reason
    assert (flat.shift_mm, flat.reason) == (None, "a frame has no edges to compare")
    assert [i.code for i in shift_issues((noise, flat))] == ["shift.unknown"] * 2
    moved, done = correct_shifts(frames, SPACING, (noise, flat))
    assert moved is frames
    assert [d.reason for d in done] == [noise.reason, flat.reason]


def test_a_frame_that_left_the_image_does_not_come_in_on_the_other_side():
    frames = exam()
    frames[1] = np.roll(frames[1], 40, axis=1)
    (found, _) = measure_shifts(frames, SPACING, early=1, late=2)
    assert found.shift_mm is None or found.size_mm > 25 or not found.sure
    assert shift_issues((found,))


def test_the_way_round_is_closed_over_the_other_frame():
    found = measure_shifts(exam(early=(0, 1.0, 0), late=(0, -1.0, 0)), SPACING, early=1, late=2)
    assert all(s.closure_mm < 0.2 for s in found)
    (alone,) = measure_shifts(exam(early=(0, 1.0, 0))[:2], SPACING)
    assert alone.closure_mm is None
    assert alone.sure
    four = exam()[[0, 1, 2, 1]]
    assert [s.frame for s in measure_shifts(four, SPACING, early=2, late=3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((1, 40, 50), (5.0, 1.0, 1.2)),
        ((3, 40, 50), (5.0, 1.0, 1.2)),
        ((12, 48, 64), (2.0, 1.2, 1.2)),
        ((1, 1, 1), (1.0, 1.0, 1.0)),
        ((2, 3, 4), (1.0, 1.0, 1.0)),
        ((7, 8, 9), (1e-5, 1e-5, 1e-5)),
        ((7, 8, 9), (1e5, 1e5, 1e5)),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 1e30, 1e-30])
def test_any_grid_and_unit_is_measured_or_has_a_reason(shape, spacing, scale):
    rng = np.random.default_rng(3)
    frame = ndimage.gaussian_filter(rng.uniform(50, 200, shape), 1.0)
    frames = (np.stack([frame, frame * 1.2, frame * 1.1]) * scale).astype(np.float32)
    found = measure_shifts(frames, spacing, early=1, late=2)
    for one in found:
        assert one.reason if one.shift_mm is None else one.shift_mm == (0.0, 0.0, 0.0)
        assert one.to_dict()["size_mm"] in (0.0, None)
    assert correct_shifts(frames, spacing, found)[0] is frames


def test_an_empty_mask_and_values_that_are_not_finite():
    frames = exam()
    nothing = measure_shifts(frames, SPACING, mask=np.zeros(SHAPE, dtype=bool))
    assert [s.reason for s in nothing] == ["the mask is empty"] * 2
    frames[1, 2:5, 3:9, 4:8] = np.nan
    frames[2, 0, 0, 0] = np.inf
    assert all(s.size_mm < 0.15 for s in measure_shifts(frames, SPACING, early=1, late=2))


@pytest.mark.parametrize("planted", [(1.2, 0.0, 0.0), (0.0, -0.9, 0.0), (0.6, 1.1, -2.0)])
def test_a_shift_is_undone_where_it_helps(planted):
    frames = exam(early=planted, late=planted)
    found = measure_shifts(frames, SPACING, early=1, late=2)
    moved, done = correct_shifts(frames, SPACING, found)
    assert [d.applied for d in done] == [True, True]
    inside = (slice(2, -2), slice(4, -4), slice(4, -4))
    right = exam()
    for k in (1, 2):
        before = np.abs(frames[k] - right[k])[inside].mean()
        # Two frames have independent noise of SD 2: 2.3 is what no correction falls below.
        assert np.abs(moved[k] - right[k])[inside].mean() < max(2.9, 0.3 * before)
        assert done[k - 1].residual_after < 0.85 * done[k - 1].residual_before
    np.testing.assert_array_equal(moved[0], frames[0])
    assert done[0].to_dict()["applied"] is True


def test_small_shifts_and_those_that_do_not_help_are_left():
    frames = exam(early=(0.0, 0.3, 0.0))
    found = measure_shifts(frames, SPACING, early=1, late=2)
    moved, done = correct_shifts(frames, SPACING, found)
    assert moved is frames
    assert "not above 0.5 mm" in done[0].reason
    wrong = (FrameShift(1, (0.0, 1.5, 0.0), 0.9, 0.0, 0.0),)
    moved, (left,) = correct_shifts(frames, SPACING, wrong)
    assert moved is frames
    assert "the edges fit no better" in left.reason
    unsure = (FrameShift(1, (0.0, 1.5, 0.0), 0.9, closure_mm=0.8, halves_mm=0.0),)
    assert "over another frame" in correct_shifts(frames, SPACING, unsure)[1][0].reason
    assert [i.code for i in shift_issues(unsure)] == ["shift.unsure"]


def test_whole_voxels_move_as_they_are_and_the_edge_value_stays():
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 100, (7, 8, 9)).astype(np.float32)
    moved = moved_by(image, (2.5, -2.8, 0.0), SPACING)
    np.testing.assert_array_equal(moved[1:, :-2], image[:-1, 2:])
    np.testing.assert_array_equal(moved[0, :-2], image[0, 2:])
    np.testing.assert_array_equal(moved[1:, -1], image[:-1, -1])
    far = moved_by(image, (0.0, 1e6, 0.0), SPACING)
    np.testing.assert_array_equal(far, np.repeat(image[:, :1], 8, axis=1))


def test_part_of_a_voxel_moves_without_blur_and_without_ringing():
    x = np.arange(64)
    image = np.broadcast_to(100 + 40 * np.cos(2 * np.pi * 7 * (x + 0.5) / 64), (3, 5, 64)).astype(np.float32)
    moved = moved_by(image, (0.0, 0.0, 0.4), (1.0, 1.0, 1.0))
    expected = 100 + 40 * np.cos(2 * np.pi * 7 * (x + 0.1) / 64)
    np.testing.assert_allclose(moved[1, 2, 4:-4], expected[4:-4], atol=2.3)
    assert np.abs(moved[1, 2, 4:-4] - expected[4:-4]).mean() < 0.2
    rim = np.zeros((3, 5, 64), dtype=np.float32)
    rim[..., 20:44] = 100.0
    ring = moved_by(rim, (0.0, 0.0, 0.5), (1.0, 1.0, 1.0))
    assert ring.min() >= 0.0
    assert ring.max() <= 100.0
    assert not ring[..., :18].any()
    assert (ring[..., 24:40] == 100.0).all()


@pytest.mark.parametrize("planted", [(0.0, 0.0, 0.0), (1.25, -2.5, 0.7), (-2.0, 1.1, -1.35)])
def test_the_peak_lies_where_the_shift_theorem_puts_it(planted):
    rng = np.random.default_rng(2)
    image = ndimage.gaussian_filter(rng.normal(size=(18, 26, 30)), 1.5, mode="wrap")
    moved = 3.0 + 2.0 * np.fft.ifftn(ndimage.fourier_shift(np.fft.fftn(image), planted)).real
    inner = tuple(slice(4, -4) for _ in range(3))
    wanted = template(image[inner], rng.uniform(0.5, 1.0, (10, 18, 22)), (4, 4, 4))
    found = locate(wanted, target(moved, wanted.shape), (20, 20, 20))
    np.testing.assert_allclose(found.voxels, planted, atol=0.051)
    assert found.match > 0.99
    assert locate(wanted, target(np.full((18, 26, 30), 3.0), wanted.shape), (20, 20, 20)) is None
    flat = template(np.ones((10, 18, 22)), np.ones((10, 18, 22)), (4, 4, 4))
    assert locate(flat, target(moved, wanted.shape), (20, 20, 20)) is None


def test_the_residual_of_the_early_frame_is_an_alarm():
    mask = np.ones(SHAPE, dtype=bool)
    quiet = early_residual(exam(), SPACING, early=1, mask=mask)
    assert residual_issues(quiet) == ()
    off = early_residual(exam(early=(0.0, 5.0, 0.0)), SPACING, early=1, mask=mask)
    assert off.matched > 5 * quiet.matched
    (issue,) = residual_issues(off)
    assert (issue.code, issue.level, issue.where) == ("shift.residual", "warning", "frame 1")
    dark = early_residual(np.zeros((3, *SHAPE), dtype=np.float32), SPACING, early=1, mask=mask)
    assert np.isnan([dark.plain, dark.matched]).all()
    assert dark.to_dict() == {"frame": 1, "plain": None, "matched": None}
    assert residual_issues(EarlyResidual(1, float("nan"), 0.5)) == ()
