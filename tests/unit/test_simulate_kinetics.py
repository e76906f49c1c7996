"""The arterial input and the extended Tofts model against hand values, limits and numerical convolution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from kinephen.simulate.kinetics import ArterialInput, extended_tofts


def tofts(time_min, ktrans, ve, vp, arterial=None):
    value = extended_tofts(
        time_min,
        ktrans=np.array([ktrans]),
        ve=np.array([ve]),
        vp=np.array([vp]),
        arterial=arterial or ArterialInput(),
    )
    return float(value[0])


def test_plasma_concentration_at_and_after_injection():
    arterial = ArterialInput()
    # 0.1 mmol/kg x (3.99 + 4.78) kg/l
    assert arterial.plasma(0.0) == pytest.approx(0.877)
    # 0.1 x (3.99 exp(-0.144 x 2.95) + 4.78 exp(-0.0111 x 2.95))
    assert arterial.plasma(2.95) == pytest.approx(0.1 * (3.99 * 0.653900 + 4.78 * 0.967786), rel=1e-5)
    assert arterial.plasma(-0.1) == 0.0


def test_plasma_takes_arrays():
    np.testing.assert_allclose(ArterialInput().plasma(np.array([-1.0, 0.0])), [0.0, 0.877])


@pytest.mark.parametrize("ktrans", [0.01, 0.05, 0.3, 1.2])
@pytest.mark.parametrize("ve", [0.08, 0.4, 0.85])
@pytest.mark.parametrize("time_min", [0.3, 2.95, 8.85])
def test_closed_form_equals_the_convolution_integral(ktrans, ve, time_min):
    arterial = ArterialInput()
    kep = ktrans / ve
    integral, _ = quad(
        lambda u: float(arterial.plasma(u)) * np.exp(-kep * (time_min - u)), 0, time_min, epsabs=1e-12
    )
    expected = 0.03 * float(arterial.plasma(time_min)) + ktrans * integral
    assert tofts(time_min, ktrans, ve, 0.03) == pytest.approx(expected, rel=1e-9)


def test_closed_form_equals_a_sampled_convolution():
    arterial = ArterialInput()
    step = 1e-3
    grid = np.arange(0, 9, step)
    kernel = 0.3 * np.exp(-0.75 * grid)
    sampled = np.convolve(arterial.plasma(grid), kernel)[: grid.size] * step
    assert tofts(float(grid[5310]), 0.3, 0.4, 0.0) == pytest.approx(sampled[5310], rel=2e-3)


def test_no_contrast_before_injection_and_plasma_alone_at_it():
    assert tofts(-3.8, 0.3, 0.4, 0.05) == 0.0
    assert tofts(0.0, 0.3, 0.4, 0.05) == pytest.approx(0.05 * 0.877)  # plasma only


def test_rate_constant_equal_to_a_rate_of_the_input_is_the_limit():
    arterial = ArterialInput(
        amplitudes_kg_per_l=(1.0, 0.0), rates_per_min=(0.5, 0.0111), dose_mmol_per_kg=1.0
    )
    # kep = 0.5 = rate: the integral is t exp(-0.5 t)
    assert tofts(2.0, 0.2, 0.4, 0.0, arterial) == pytest.approx(0.2 * 2.0 * np.exp(-1.0), rel=1e-12)
    near = tofts(2.0, 0.2 * (1 + 1e-9), 0.4, 0.0, arterial)
    assert near == pytest.approx(0.2 * 2.0 * np.exp(-1.0), rel=1e-8)


def test_fast_exchange_follows_plasma():
    # With kep very large the space is in equilibrium with plasma: C -> ve Cp.
    arterial = ArterialInput()
    assert tofts(5.0, 400.0, 0.4, 0.0) == pytest.approx(0.4 * float(arterial.plasma(5.0)), rel=1e-3)


def test_shape_is_that_of_the_tissue():
    shape = (2, 3, 4)
    value = extended_tofts(
        1.0, ktrans=np.full(shape, 0.1), ve=np.full(shape, 0.3), vp=np.zeros(shape), arterial=ArterialInput()
    )
    assert value.shape == shape
