"""Laws of the simulation that hold for all settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.core.streams import stream
from kinephen.io.dicom_writer import clock, decimal, uid_from_names
from kinephen.simulate.kinetics import ArterialInput, extended_tofts
from kinephen.simulate.outcome import draw_outcome
from kinephen.simulate.settings import OutcomeSettings
from kinephen.simulate.signal import point_spread, spoiled_gradient_echo
from kinephen.simulate.tumour import draw_baseline, draw_change, evolve

positive = st.floats(0.01, 2.0)


def concentration(time, ktrans, ve, vp, dose=0.1):
    tissue = {"ktrans": np.array([ktrans]), "ve": np.array([ve]), "vp": np.array([vp])}
    return float(extended_tofts(time, **tissue, arterial=ArterialInput(dose_mmol_per_kg=dose))[0])


@given(st.floats(0.05, 12.0), positive, st.floats(0.05, 0.9), st.floats(0.0, 0.3), st.floats(0.2, 5.0))
def test_concentration_is_linear_in_dose(time, ktrans, ve, vp, factor):
    one = concentration(time, ktrans, ve, vp)
    assert concentration(time, ktrans, ve, vp, dose=0.1 * factor) == pytest.approx(factor * one, rel=1e-10)


@given(st.floats(0.05, 12.0), positive, st.floats(0.05, 0.9), st.floats(0.0, 0.3))
def test_concentration_lies_between_0_and_what_plasma_can_give(time, ktrans, ve, vp):
    value = concentration(time, ktrans, ve, vp)
    assert 0.0 <= value <= (vp + min(ktrans * time, ve)) * 0.877 + 1e-12


@given(st.floats(0.05, 12.0), st.floats(0.05, 0.9), positive, st.floats(1.01, 3.0))
def test_uptake_from_steady_plasma_grows_with_the_transfer_constant(time, ve, ktrans, factor):
    steady = ArterialInput(amplitudes_kg_per_l=(1.0, 0.0), rates_per_min=(0.0, 0.0), dose_mmol_per_kg=1.0)

    def uptake(k):
        tissue = {"ktrans": np.array([k]), "ve": np.array([ve]), "vp": np.zeros(1)}
        return float(extended_tofts(time, **tissue, arterial=steady)[0])

    # C = ve (1 - exp(-Ktrans t / ve))
    assert uptake(ktrans) == pytest.approx(ve * -np.expm1(-ktrans * time / ve), rel=1e-10)
    assert uptake(factor * ktrans) >= uptake(ktrans) * (1 - 1e-12)


@given(
    st.floats(0.2, 3.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.003, 0.03),
    st.floats(5.0, 80.0),
)
def test_signal_grows_with_concentration(t10, first, second, tr, flip):
    low, high = sorted((first, second))
    signal = spoiled_gradient_echo(
        np.ones(2), np.full(2, t10), np.array([low, high]), repetition_s=tr, flip_degrees=flip
    )
    assert 0 < signal[0] <= signal[1] <= np.sin(np.deg2rad(flip)) + 1e-12


@given(st.integers(0, 10_000), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(0.3, 1.0))
def test_point_spread_keeps_the_range_of_values(seed, a, b, sigma):
    image = np.random.default_rng(seed).random((5, 6, 7))
    moved = point_spread(image, sigma_voxels=sigma, shift_voxels=(a, b, 0.0))
    assert moved.shape == image.shape
    assert image.min() - 1e-12 <= moved.min() <= moved.max() <= image.max() + 1e-12


@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
def test_the_distance_of_the_groups_grows_with_the_separation(seed, separation):
    def change(increasing, size):
        return draw_change(stream(seed, "c"), increasing=increasing, separation=size, spread=0.4)

    gap = change(True, separation) - change(False, separation)
    wider = change(True, separation + 0.5) - change(False, separation + 0.5)
    assert gap == pytest.approx(2 * separation, abs=1e-12)
    assert wider > gap


@given(st.integers(0, 10_000), st.floats(-3.0, 3.0))
def test_every_state_is_possible(seed, change):
    before = draw_baseline(stream(seed, "b"))
    after = evolve(before, change, stream(seed, "e"))
    for state in (before, after):
        assert 0 < state.viable_cc <= state.volume_cc <= 45
        assert 0 <= state.necrotic_fraction <= 0.35
        assert min(state.ktrans, state.ve, state.contrast, state.texture_mm, state.irregularity) > 0


@given(st.integers(0, 10_000), st.floats(-3.0, 3.0), st.floats(0.0, 3.0))
def test_a_higher_hazard_never_comes_later(seed, predictor, more):
    settings = OutcomeSettings()
    a = draw_outcome(stream(seed, "o"), predictor, settings, other=stream(seed, "d"))
    b = draw_outcome(stream(seed, "o"), predictor + more, settings, other=stream(seed, "d"))
    assert b.recurrence_days <= a.recurrence_days
    assert b.censoring_days == a.censoring_days
    assert b.rfs_event >= a.rfs_event


@given(
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
    st.lists(st.text(max_size=5), min_size=1, max_size=4),
)
def test_identifiers_differ_exactly_when_names_do(first, second):
    joined = ("\x1f".join(first), "\x1f".join(second))
    same = uid_from_names(*first) == uid_from_names(*second)
    assert same == (joined[0] == joined[1])
    assert len(uid_from_names(*first)) <= 64


@given(st.floats(-99_999, 99_999))
def test_decimal_strings_fit_and_are_close(value):
    text = decimal(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-8, abs=1e-9)


@given(st.floats(0, 172_800))
def test_clock_is_a_time_of_day(seconds):
    text = clock(seconds)
    hours, minutes, rest = int(text[:2]), int(text[2:4]), float(text[4:])
    assert hours < 24
    assert minutes < 60
    assert rest < 60
    difference = abs(hours * 3600 + minutes * 60 + rest - seconds % 86_400)
    assert min(difference, 86_400 - difference) < 0.011
