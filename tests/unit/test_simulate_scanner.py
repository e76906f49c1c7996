"""What a scanner does to the true signal: receive field, noise, rounding; and the makers' protocols."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.core.streams import stream
from kinephen.imaging.bias import correct_bias_field
from kinephen.simulate.exam import SimulatedExam, grid_coordinates, simulate_exam
from kinephen.simulate.scanner import PROTOCOLS, Imperfections, acquire, bias_field, gland_signal
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import draw_baseline

SMALL = ImageSettings(matrix=48, slices=12)
STATE = draw_baseline(stream(1, "state"))


def exam(vendor="ge", image=SMALL, visit="T1", **kwargs) -> SimulatedExam:
    return simulate_exam(image, STATE, vendor=vendor, names=("w", visit), laterality="L", seed=2, **kwargs)


def enhancement(one: SimulatedExam) -> np.ndarray:
    frames = one.stored.astype(float)
    return (frames[one.protocol.early] - frames[0]) / np.maximum(frames[0], 1)


def test_times_of_the_first_maker_are_those_of_the_archive():
    assert PROTOCOLS["ge"].middles_s == (-230.0, 177.0, 531.0)


@pytest.mark.parametrize("vendor", ["ge", "siemens", "philips"])
def test_early_and_late_are_nearest_to_150_and_450_s(vendor):
    protocol = PROTOCOLS[vendor]
    posts = np.array(protocol.middles_s[1:])
    assert 1 + np.abs(posts - 150).argmin() == protocol.early
    assert 1 + np.abs(posts - 450).argmin() == protocol.late
    assert all(b > a for a, b in zip(protocol.starts_s, protocol.starts_s[1:], strict=False))


@pytest.mark.parametrize("amplitude", [0.05, 0.10, 0.20])
def test_bias_field_has_mean_1_and_a_known_spread(amplitude):
    field = bias_field(grid_coordinates(SMALL), amplitude=amplitude)
    assert field.mean() == pytest.approx(1.0)
    assert field.std() == pytest.approx(0.525 * amplitude, rel=0.06)


def test_gland_is_at_the_stated_level():
    protocol = PROTOCOLS["siemens"]
    signal = np.full((3, 4, 5), gland_signal(protocol))
    ideal = Imperfections(0.0, np.ones((3, 4, 5)), ((0.0, 0.0, 0.0),), 1.0)
    stored = acquire([signal], protocol, ideal, np.random.default_rng(1))
    assert (stored == round(protocol.level)).all()


def test_a_rescale_slope_divides_the_stored_values():
    protocol = PROTOCOLS["philips"]
    signal = np.full((3, 4, 5), gland_signal(protocol))
    ideal = Imperfections(0.0, np.ones((3, 4, 5)), ((0.0, 0.0, 0.0),), 1.1)
    stored = acquire([signal], protocol, ideal, np.random.default_rng(1))
    assert (stored == round(protocol.level * 1.1 / protocol.slope)).all()


@pytest.mark.parametrize("vendor", ["ge", "siemens", "philips"])
def test_the_lesion_enhances_above_the_sites_threshold_and_gland_does_not(vendor):
    one = exam(vendor)
    pe = 100 * enhancement(one)
    threshold = one.protocol.pe_threshold_percent
    assert (pe[one.viable] >= threshold).mean() > 0.9
    necrotic = one.lesion & ~one.viable
    assert np.median(pe[necrotic]) < np.median(pe[one.viable])
    bright = (one.stored[0] > np.percentile(one.stored[0], 80)) & ~one.lesion
    assert (pe[bright] >= threshold).mean() < 0.02


def test_the_field_cancels_in_enhancement():
    flat = ImageSettings(matrix=48, slices=12, noise=0.0, bias=0.0, motion_mm=0.0)
    biased = flat.model_copy(update={"bias": 0.5})
    a, b = exam(image=flat), exam(image=biased)
    assert not np.array_equal(a.stored, b.stored)
    inside = a.viable
    np.testing.assert_allclose(enhancement(a)[inside], enhancement(b)[inside], atol=0.05)


def test_bias_correction_finds_the_planted_field():
    image = ImageSettings(bias=0.10)
    one = exam(image=image)
    frames = one.stored.astype(np.float32)
    result = correct_bias_field(frames, one.geometry.spacing, method="n3", scope="shared")
    assert result.corrected
    assert not result.issues
    body = frames[0] > 40
    still = exam(image=image.model_copy(update={"bias": 0.0, "noise": 0.0})).stored[0][body].astype(float)
    planted = exam(image=image.model_copy(update={"noise": 0.0})).stored[0][body] / still
    left = planted / result.fields[0][body]
    assert planted.std() / planted.mean() > 0.03
    assert left.std() / left.mean() < 0.02


def test_noise_is_where_it_is_asked_for():
    quiet = exam(image=SMALL.model_copy(update={"noise": 0.0}))
    loud = exam(image=SMALL.model_copy(update={"noise": 0.05}))
    air = (slice(None), slice(0, 6), slice(0, 6))
    assert quiet.stored[0][air].max() == 0
    # Rayleigh noise in air: mean sigma sqrt(pi / 2), sigma = 0.05 x level x gain of the day (within 40 %)
    assert loud.stored[0][air].mean() == pytest.approx(0.05 * 180 * np.sqrt(np.pi / 2), rel=0.4)


def test_the_two_visits_show_the_same_breast_in_another_position():
    first, second = exam(visit="T1"), exam(visit="T2")
    assert not np.array_equal(first.lesion, second.lesion)
    assert first.lesion.sum() == second.lesion.sum()
    shift = [
        np.array(np.nonzero(m)).mean(axis=1) * first.geometry.spacing for m in (first.lesion, second.lesion)
    ]
    assert 0.2 < np.linalg.norm(shift[0] - shift[1]) < 25.0


def test_the_box_holds_the_lesion_with_a_margin():
    one = exam()
    inside = one.box.mask(one.geometry)
    assert inside[one.lesion].all()
    lengths = [b - a + 1 for a, b in zip(one.box_first, one.box_last, strict=True)]
    assert int(inside.sum()) == int(np.prod(lengths))


def test_same_names_same_exam_other_seed_other_exam():
    one = exam()
    np.testing.assert_array_equal(one.stored, exam().stored)
    other = simulate_exam(SMALL, STATE, vendor="ge", names=("w", "T1"), laterality="L", seed=3)
    assert not np.array_equal(one.stored, other.stored)
