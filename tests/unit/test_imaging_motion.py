"""Rigid motion: a known one is found and undone, none is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from kinephen.errors import ConfigError, InputError
from kinephen.imaging.motion import MotionSettings, correct_motion

SHAPE = (20, 60, 72)
SPACING = (3.0, 1.4, 1.2)

pytest.importorskip("SimpleITK")


def exam():
    """A body of three tissues; after contrast one of them brightens, so that intensities do not match."""
    rng = np.random.default_rng(11)
    grain = ndimage.gaussian_filter(rng.normal(size=SHAPE), (1.5, 4, 4))
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    body = (z / 0.85) ** 2 + (y / 0.8) ** 2 + (x / 0.7) ** 2 < 1
    kind = np.digitize(grain, np.quantile(grain[body], [0.5, 0.8]))
    frames = [np.where(body, np.choose(kind, levels), 5.0) for levels in ([100, 180, 240], [105, 210, 420])]
    smooth = [ndimage.gaussian_filter(f, (0.4, 0.8, 0.8)) + rng.normal(0, 2, SHAPE) for f in frames]
    return np.stack([smooth[0], smooth[1], smooth[1] * 0.95]).astype(np.float32)


def moved(image, degrees, shift_mm, *, back=False):
    """Turn about the slice axis, then shift, by plain interpolation; or undo exactly that."""
    angle = np.deg2rad(degrees)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])
    steps = np.asarray(SPACING)
    matrix = turn * steps[None, :] / steps[:, None]
    middle = (np.array(image.shape) - 1) / 2
    offset = middle - matrix @ (middle + np.asarray(shift_mm) / steps)
    if back:
        matrix = np.linalg.inv(matrix)
        offset = -matrix @ offset
    return ndimage.affine_transform(image, matrix, offset, order=1, mode="nearest")


def test_known_motion_is_found_and_undone():
    frames = exam()
    shifted = frames.copy()
    shifted[1] = moved(frames[1], 1.5, (1.0, 1.6, -1.2))
    result = correct_motion(shifted, SPACING)
    first, second = result.motions
    assert abs(first.rotation_deg[0]) == pytest.approx(1.5, abs=0.15)
    assert np.abs(first.shift_mm) == pytest.approx((1.0, 1.6, 1.2), abs=0.25)
    assert first.largest_mm > 1.5
    assert first.difference_after < first.difference_before
    assert [(i.code, i.where) for i in result.issues] == [("motion.found", "frame 1")]
    inside = (slice(3, -3), slice(8, -8), slice(8, -8))
    before = np.abs(shifted[1] - frames[1])[inside].mean()
    after = np.abs(result.frames[1] - frames[1])[inside].mean()
    exact = moved(shifted[1], 1.5, (1.0, 1.6, -1.2), back=True)
    blur = np.abs(exact - frames[1])[inside].mean()
    assert blur < 0.6 * before
    # What is left is the blur of interpolating twice, which the exact inverse leaves too.
    assert after < 1.1 * blur
    assert second.largest_mm < 0.3
    np.testing.assert_array_equal(result.frames[0], frames[0])


def test_a_frame_that_would_fly_away_stays():
    frames = exam()[:2]
    frames[1] = moved(frames[1], 0.0, (0.0, 22.0, 0.0))
    result = correct_motion(frames, SPACING)
    assert result.motions[0].largest_mm > 10.0
    assert result.motions[0].to_dict()["applied"] is False
    np.testing.assert_array_equal(result.frames, frames)
    assert result.issues[0].code == "motion.large"
    assert "stays as it was" in result.issues[0].message


def test_the_same_frames_give_the_same_result():
    frames = exam()[:2]
    first, again = (correct_motion(frames, SPACING) for _ in range(2))
    assert first.motions[0].shift_mm == pytest.approx(again.motions[0].shift_mm, abs=1e-6)
    np.testing.assert_allclose(first.frames, again.frames, atol=1e-3)


def test_record_is_plain():
    record = correct_motion(exam(), SPACING).motions[0].to_dict()
    assert record["frame"] == 1
    assert record["largest_mm"] < 0.3
    assert set(record) >= {"rotation_deg", "shift_mm", "difference_before", "difference_after"}


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        (np.ones((3, 2, 20, 20), dtype=np.float32), "at least 4 voxels along each axis"),
        (np.ones((20, 20, 20), dtype=np.float32), "have no frame 0"),
        (np.full((2, 8, 8, 8), np.nan, dtype=np.float32), "not finite"),
    ],
)
def test_bad_frames_are_named(frames, text):
    with pytest.raises(InputError, match=text):
        correct_motion(frames, SPACING)


def test_bad_reference_and_settings_are_named():
    with pytest.raises(InputError, match="have no frame 5 to register to"):
        correct_motion(exam(), SPACING, reference=5)
    with pytest.raises(ConfigError, match="as many values of shrink"):
        MotionSettings(shrink=(4,))
    with pytest.raises(ConfigError, match="sampling above 0"):
        MotionSettings(sampling=0.0)
