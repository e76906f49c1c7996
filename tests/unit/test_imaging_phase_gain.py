"""A phase of another gain is seen in air and in tissue that takes up nothing, whatever enhances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.imaging.phase_gain import FrameGain, frame_gains, gain_issues

SPACING = (2.0, 1.0, 1.5)
SHAPE = (9, 40, 36)


def exam(gains, *, uptake=1.05, noise=10.0, seed=1):
    """A body of 200 whose tissue rises by some factor, a lesion that doubles, and air with noise."""
    rng = np.random.default_rng(seed)
    body = np.zeros(SHAPE, dtype=bool)
    body[:, 14:, :] = True
    lesion = np.zeros(SHAPE, dtype=bool)
    lesion[3:6, 22:30, 10:20] = True
    frames = []
    for number, gain in enumerate(gains):
        signal = np.where(body, 200.0, 0.0)
        if number:
            signal = np.where(lesion, 400.0, signal * uptake)
        parts = (rng.normal(0.0, noise, SHAPE), rng.normal(0.0, noise, SHAPE))
        frames.append(gain * np.hypot(signal + parts[0], parts[1]))
    return np.stack(frames).astype(np.float32), body


@given(st.floats(0.3, 3.0), st.sampled_from([1e-6, 1.0, 1e6]))
def test_a_gain_is_measured_in_air_and_tissue_in_any_unit(gain, unit):
    frames, body = exam((unit, unit * gain, unit))
    _, second, third = frame_gains(frames, body, SPACING)
    assert second.air == pytest.approx(gain, rel=0.03)
    assert second.tissue == pytest.approx(1.05 * gain, rel=0.05)
    assert third.air == pytest.approx(1.0, abs=0.03)


def test_contrast_alone_is_no_gain():
    frames, body = exam((1.0, 1.0, 1.0), uptake=1.3)
    assert gain_issues(frame_gains(frames, body, SPACING)) == ()


@pytest.mark.parametrize(
    ("air", "tissue", "level"),
    [
        (1.02, 1.30, None),
        (1.09, 1.09, None),
        (1.11, 1.06, "warning"),
        (1.11, 1.04, None),
        (1.20, 0.95, None),
        (1.24, 1.30, "warning"),
        (1.26, 1.30, "stop"),
        (0.92, 0.92, None),
        (0.90, 0.94, "warning"),
        (0.79, 0.85, "stop"),
        (0.79, 1.00, None),
        (float("nan"), 1.34, None),
        (float("nan"), 1.36, "warning"),
        (float("nan"), 0.73, "warning"),
        (float("nan"), float("nan"), None),
        (1.5, float("nan"), None),
    ],
)
def test_air_and_tissue_have_to_agree(air, tissue, level):
    found = gain_issues((FrameGain(1.0, 1.0), FrameGain(air, tissue)))
    assert [(i.code, i.where, i.level) for i in found] == (
        [("signal.gain", "phase 1", level)] if level else []
    )


def test_what_is_no_phase_is_not_told_of_its_gain():
    assert gain_issues((FrameGain(1.0, 1.0), FrameGain(0.2, 0.2)), no_phases=[1]) == ()


def test_the_words_give_the_numbers_that_are_known():
    with_air = gain_issues((FrameGain(1.0, 1.0), FrameGain(1.5, 1.604)))[0].message
    without = gain_issues((FrameGain(1.0, 1.0), FrameGain(float("nan"), 1.604)))[0].message
    assert "(air 1.50, quiet tissue 1.60 times that of the first phase)" in with_air
    assert "(quiet tissue 1.60 times that of the first phase)" in without


def test_air_that_a_scanner_set_to_zero_or_that_is_too_little_is_not_known():
    frames, body = exam((1.0, 1.5))
    none = np.where(body, frames, 0.0)
    assert np.isnan(frame_gains(none, body, SPACING)[1].air)
    rare = np.where(body, frames, 0.0)
    rare[:, 0, 0, 0] = 1.0
    assert np.isnan(frame_gains(rare, body, SPACING)[1].air)
    full = np.ones_like(body)
    assert np.isnan(frame_gains(frames, full, SPACING)[1].air)
    narrow = np.ones_like(body)
    narrow[:, :6] = False
    assert np.isnan(frame_gains(frames, narrow, SPACING)[1].air)


def test_voxels_that_are_not_finite_are_left_out():
    frames, body = exam((1.0, 1.5))
    frames[1, :, 0, 0] = np.nan
    frames[0, 4, 30, 30] = np.inf
    gain = frame_gains(frames, body, SPACING)[1]
    assert gain.air == pytest.approx(1.5, rel=0.03)
    assert gain.tissue == pytest.approx(1.575, rel=0.1)


def test_a_body_without_signal_has_no_ratio():
    frames = np.zeros((2, *SHAPE), dtype=np.float32)
    gain = frame_gains(frames, np.ones(SHAPE, dtype=bool), SPACING)[1]
    assert np.isnan(gain.air)
    assert np.isnan(gain.tissue)
