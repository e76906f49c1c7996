"""Spoiled gradient echo against hand values, the point spread, and the moments of Rician noise."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.simulate.signal import RELAXIVITY, add_rician_noise, point_spread, spoiled_gradient_echo

SHAPE = (7, 8, 9)


def spgr(t10, concentration, *, m0=1.0, tr=0.0082, flip=20.0):
    value = spoiled_gradient_echo(
        np.array([m0]), np.array([t10]), np.array([concentration]), repetition_s=tr, flip_degrees=flip
    )
    return float(value[0])


def test_hand_value_before_contrast():
    # E = exp(-0.0082 / 1.3) = 0.993712; S = sin 20 (1 - E) / (1 - cos 20 E)
    e = 0.99371216
    assert spgr(1.3, 0.0) == pytest.approx(0.34202014 * (1 - e) / (1 - 0.93969262 * e), rel=1e-5)


def test_contrast_shortens_t1_by_the_relaxivity():
    # 1 / T1 = 1 / 1.4 + 4.5 x 0.3: the same as a tissue of that T1 without contrast
    t1 = 1.0 / (1.0 / 1.4 + RELAXIVITY * 0.3)
    assert spgr(1.4, 0.3) == pytest.approx(spgr(t1, 0.0), rel=1e-12)


def test_ninety_degrees_is_saturation_recovery():
    assert spgr(1.0, 0.0, tr=0.5, flip=90.0) == pytest.approx(1 - np.exp(-0.5), rel=1e-12)


def test_signal_is_largest_at_the_ernst_angle():
    ernst = np.rad2deg(np.arccos(np.exp(-0.0082 / 1.3)))
    best = spgr(1.3, 0.0, flip=ernst)
    assert best > spgr(1.3, 0.0, flip=ernst * 0.9)
    assert best > spgr(1.3, 0.0, flip=ernst * 1.1)


def test_point_spread_keeps_a_constant_image():
    image = np.full(SHAPE, 3.5)
    np.testing.assert_allclose(point_spread(image, sigma_voxels=0.6, shift_voxels=(0.3, -0.2, 0.4)), image)


def test_point_spread_moves_the_content_to_higher_indices():
    image = np.zeros(SHAPE)
    image[3, 3, 4] = 1.0
    moved = point_spread(image, sigma_voxels=0.5, shift_voxels=(1.0, 2.0, -1.0))
    assert np.unravel_index(moved.argmax(), SHAPE) == (4, 5, 3)


def test_a_shift_of_a_third_of_a_voxel_moves_the_centre_of_mass_by_it():
    image = np.zeros((11, 12, 13))
    image[5, 5, 6] = 1.0
    moved = point_spread(image, sigma_voxels=0.6, shift_voxels=(0.33, 0.0, -0.2))
    index = np.indices(moved.shape)
    centre = [(axis * moved).sum() / moved.sum() for axis in index]
    np.testing.assert_allclose(centre, [5.33, 5.0, 5.8], atol=0.02)


@pytest.mark.parametrize("signal", [0.0, 1.0, 30.0])
def test_rician_moments(signal):
    sigma = 1.5
    noisy = add_rician_noise(np.full(400_000, signal), sigma=sigma, rng=np.random.default_rng(3))
    # E[M^2] = S^2 + 2 sigma^2 for every S
    assert (noisy**2).mean() == pytest.approx(signal**2 + 2 * sigma**2, rel=0.01)
    if signal == 0.0:  # Rayleigh
        assert noisy.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.01)
        assert noisy.std() == pytest.approx(sigma * np.sqrt(2 - np.pi / 2), rel=0.01)
    if signal == 30.0:  # nearly Gaussian about sqrt(S^2 + sigma^2)
        assert noisy.mean() == pytest.approx(np.sqrt(signal**2 + sigma**2), rel=0.001)
        assert noisy.std() == pytest.approx(sigma, rel=0.01)


def test_no_noise_is_the_magnitude():
    image = np.linspace(0, 5, 24).reshape(2, 3, 4)
    np.testing.assert_array_equal(add_rician_noise(image, sigma=0.0, rng=np.random.default_rng(1)), image)
