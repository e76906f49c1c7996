"""Kinetics and signal against dcmri, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.simulate.kinetics import ArterialInput, extended_tofts
from kinephen.simulate.signal import RELAXIVITY, spoiled_gradient_echo

pytestmark = pytest.mark.peers
TIMES_S = np.arange(0.0, 600.01, 0.5)


@pytest.fixture(scope="module")
def dcmri():
    return pytest.importorskip("dcmri")


@pytest.mark.parametrize(("ktrans", "ve", "vp"), [(0.3, 0.4, 0.03), (0.03, 0.3, 0.01), (1.0, 0.1, 0.0)])
def test_concentration_agrees_with_a_piecewise_exact_convolution(dcmri, ktrans, ve, vp):
    arterial = ArterialInput()
    plasma = arterial.plasma(TIMES_S / 60)
    tissue = {"ktrans": np.array([ktrans]), "ve": np.array([ve]), "vp": np.array([vp])}
    ours = [float(extended_tofts(t / 60, **tissue, arterial=arterial)[0]) for t in TIMES_S]
    theirs = vp * plasma + ve * dcmri.expconv(plasma, ve / (ktrans / 60), TIMES_S)
    np.testing.assert_allclose(ours, theirs, atol=2e-8)


def test_signal_agrees_with_its_steady_state(dcmri):
    concentration = np.linspace(0, 1, 50)
    ours = spoiled_gradient_echo(
        np.ones(50), np.full(50, 1.35), concentration, repetition_s=0.0082, flip_degrees=20.0
    )
    theirs = dcmri.signal_ss(1.0, 1 / 1.35 + RELAXIVITY * concentration, 0.0082, 20.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
