"""Perturbations: sizes, repeatability, and that nothing degenerate comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from kinephen.core.streams import stream
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.perturb import (
    PerturbSettings,
    add_noise,
    move,
    noise_level,
    offset_mask,
    perturb,
    randomise_contour,
    scale_volume,
    signed_distance,
)

SHAPE = (12, 30, 34)
SPACING = (2.0, 0.8, 0.7)


def ball(radius=7.0, shape=SHAPE):
    z, y, x = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    return (z * SPACING[0]) ** 2 + (y * SPACING[1]) ** 2 + (x * SPACING[2]) ** 2 <= radius**2


def image(seed=0):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 2, 3, 3))
    return (100 + 40 * smooth / smooth.std() + rng.normal(0, 2, (3, *SHAPE))).astype(np.float32)


def test_signed_distance_is_negative_inside_alone():
    distance = signed_distance(ball(), SPACING)
    np.testing.assert_array_equal(distance < 0, ball())
    assert distance.min() == pytest.approx(-7.0, abs=1.5)


@pytest.mark.parametrize("distance", [0.0, 0.9, 2.5])
def test_offsets_go_out_and_in(distance):
    mask = ball()
    grown = offset_mask(mask, SPACING, distance_mm=distance)
    shrunk = offset_mask(mask, SPACING, distance_mm=-distance)
    assert not (mask & ~grown).any()
    assert not (shrunk & ~mask).any()
    assert not (ball(6.9 - distance) & ~shrunk).any()
    assert not (grown & ~ball(7.0 + distance)).any()
    assert not offset_mask(mask, SPACING, distance_mm=-20.0).any()


@given(factor=st.floats(0.05, 3.0), seed=st.integers(0, 1000))
def test_scaled_volume_is_met_to_the_voxel(factor, seed):
    mask = ndimage.binary_opening(np.random.default_rng(seed).random((7, 8, 9)) < 0.7)
    out = scale_volume(mask, SPACING, factor=factor)
    if mask.any() and not mask.all():
        assert out.sum() == min(max(1, round(factor * mask.sum())), mask.size)
        assert not (out & ~mask).any() if factor < 1 else not (mask & ~out).any()


def test_random_contour_moves_by_its_amplitude():
    mask = ball()
    moved = [
        randomise_contour(mask, SPACING, amplitude_mm=0.7, length_mm=4.0, rng=stream(1, "contour", n))
        for n in range(5)
    ]
    for one in moved:
        assert (one != mask).any()
        assert not (one & ~ball(7.0 + 3.5)).any()
        assert not (ball(7.0 - 3.5) & ~one).any()
    assert (moved[0] != moved[1]).any()
    still = randomise_contour(mask, SPACING, amplitude_mm=0.0, length_mm=4.0, rng=stream(1))
    np.testing.assert_array_equal(still, mask)


def test_noise_is_found_again():
    flat = np.full((10, 60, 70), 100.0)
    noisy = add_noise(flat, sigma=5.0, rng=stream(2, "noise"))
    assert noise_level(noisy) == pytest.approx(5.0, rel=0.03)
    assert noise_level(flat) == 0.0
    assert noise_level(flat[:, :2]) == 0.0


def test_move_shifts_by_whole_voxels_and_turns_by_quarters():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(3, 9, 9))
    centre = np.array([1.0, 4.0, 4.0])
    shifted = move(
        values, (2.0, 1.0, 0.5), rotation_deg=0.0, shift_mm=np.array([0, 1.0, -0.5]), centre=centre
    )
    np.testing.assert_allclose(shifted[:, 1:, :-1], values[:, :-1, 1:], atol=1e-12)
    turned = move(values, (2.0, 1.0, 1.0), rotation_deg=90.0, shift_mm=np.zeros(3), centre=centre)
    np.testing.assert_allclose(turned, np.rot90(values, 1, axes=(1, 2)), atol=1e-9)
    full = move(values, (2.0, 0.7, 1.1), rotation_deg=360.0, shift_mm=np.zeros(3), centre=centre)
    np.testing.assert_allclose(full, values, atol=1e-9)


def test_rotation_is_in_millimetres():
    stripe = np.zeros((1, 41, 41))
    stripe[0, 20, :] = 1.0
    turned = move(
        stripe, (1.0, 2.0, 1.0), rotation_deg=45.0, shift_mm=np.zeros(3), centre=np.array([0.0, 20.0, 20.0])
    )
    # A line at 45 degrees in millimetres falls one row for every two columns.
    rows = [int(np.argmax(np.abs(turned[0, :, 20 + step]))) - 20 for step in (-8, 8)]
    assert sorted(rows) == [-4, 4]


def test_the_same_stream_gives_the_same_case():
    frames, mask = image(), ball()
    first = perturb(frames, mask, SPACING, rng=stream(7, "case-0001", 0))
    again = perturb(frames, mask, SPACING, rng=stream(7, "case-0001", 0))
    other = perturb(frames, mask, SPACING, rng=stream(7, "case-0001", 1))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()
    assert (first[1] != other[1]).any()


def test_the_input_stays_and_far_voxels_too():
    frames, mask = np.tile(image(), (1, 1, 2, 1)), np.zeros((12, 60, 34), dtype=bool)
    mask[5:7, 10:14, 12:16] = True
    before = frames.copy()
    out, moved = perturb(frames, mask, SPACING, rng=stream(3))
    np.testing.assert_array_equal(frames, before)
    np.testing.assert_array_equal(out[:, :, 45:], frames[:, :, 45:])
    assert out.dtype == np.float32
    assert moved.dtype == np.bool_


def test_nothing_switched_on_changes_nothing():
    frames, mask = image(), ball()
    off = PerturbSettings(noise=0.0, rotation_deg=0.0, shift_voxels=0.0, volume=0.0, contour_mm=0.0)
    out, moved = perturb(frames, mask, SPACING, settings=off, rng=stream(0))
    np.testing.assert_allclose(out, frames, rtol=1e-6)
    np.testing.assert_array_equal(moved, mask)


@given(seed=st.integers(0, 10_000))
def test_a_lesion_of_one_voxel_survives(seed):
    frames = image()
    mask = np.zeros(SHAPE, dtype=bool)
    mask[3, 4, 5] = True
    _, moved = perturb(frames, mask, SPACING, rng=np.random.default_rng(seed))
    assert moved.any()


def test_image_and_mask_move_together():
    frames = np.where(ball(), 300.0, 50.0).astype(np.float32)[None].repeat(3, axis=0)
    only_move = PerturbSettings(noise=0.0, volume=0.0, contour_mm=0.0)
    out, moved = perturb(frames, ball(), SPACING, settings=only_move, rng=stream(5))
    inside = out[0] >= 175.0
    assert (moved != ball()).any()
    assert np.count_nonzero(inside != moved) <= 2


@pytest.mark.parametrize(
    "mask", [np.zeros(SHAPE, dtype=bool), np.ones((2, 2, 2), dtype=bool)], ids=["empty", "shape"]
)
def test_bad_masks_are_named(mask):
    with pytest.raises(InputError, match="with at least one voxel, found"):
        perturb(image(), mask, SPACING, rng=stream(0))


@pytest.mark.parametrize(
    "values", [{"noise": -1.0}, {"volume": 1.0}, {"contour_length_mm": 0.0}, {"rotation_deg": float("nan")}]
)
def test_bad_sizes_are_named(values):
    with pytest.raises(ConfigError, match="expected sizes of 0 or more"):
        PerturbSettings(**values)
