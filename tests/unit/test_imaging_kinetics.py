"""Kinetic maps voxel by voxel: formulas, degenerate voxels, units, messages."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.errors import ConfigError, InputError
from kinephen.imaging.kinetics import MAPS, REASONS, MapRule, kinetic_maps

TIMES = (-2.0, 2.5, 7.5)
INJECTED = (-1.0, 0.0, 5.0)


def voxels(*curves, times=TIMES, **options):
    """Maps of single voxels, one a curve (I0, I1, I2, ...); returns the maps and their values."""
    frames = np.array(curves, dtype=np.float32).T[:, None, None, :]
    mask = np.ones(frames.shape[1:], dtype=bool)
    places = {name: options.pop(name) for name in ("early", "late") if name in options}
    maps = kinetic_maps(frames, times, mask=mask, rule=MapRule(**options), **places)
    return maps, {name: array.ravel().tolist() for name, array in maps.arrays.items()}


def test_wash_out_curve():
    _, v = voxels((100, 250, 220), normalise_wos=False)
    assert v == {
        "PE": [1.5],
        "SER": [pytest.approx(1.25)],
        "WIS": [pytest.approx(0.6)],
        "WOS": [pytest.approx(-6.0)],
    }


def test_rising_curve_has_no_wash_out():
    maps, v = voxels((100, 150, 250))
    assert v["PE"] == [1.5]
    assert v["WIS"] == [pytest.approx(0.2)]
    assert np.isnan(v["WOS"][0])
    assert maps.undefined["WOS"] == {"peak_at_last": 1}
    _, zero = voxels((100, 150, 250), zero_otherwise=True)
    assert zero["WOS"] == [0.0]


def test_tie_goes_to_the_earlier_frame():
    maps, v = voxels((100, 200, 200))
    assert maps.peak_voxels == (1, 0)
    assert v["WIS"] == [pytest.approx(0.4)]
    assert v["WOS"] == [0.0]


def test_normalised_wash_out_and_percent():
    _, v = voxels((200, 500, 440), pe_unit="percent")
    assert v["PE"] == [150.0]
    assert v["WIS"] == [pytest.approx(60.0)]
    assert v["WOS"] == [pytest.approx(-6.0)]
    assert v["SER"] == [pytest.approx(1.25)]


def test_lab_variant():
    _, v = voxels((100, 250, 220), (100, 150, 250), variant="lab", zero_otherwise=True)
    assert v["PE"] == [1.5, 1.5]
    assert v["WIS"] == pytest.approx([0.6, 0.5 * (0.5 / 2.5 + 1.5 / 10.0)])
    assert v["WOS"] == pytest.approx([0.3 / 5.0, 0.0])


def test_lab_variant_writes_zero_for_an_undefined_ratio_only_on_request():
    _, v = voxels((100, 250, 100), variant="lab", zero_otherwise=True)
    assert v["SER"] == [0.0]
    maps, v = voxels((100, 250, 100), variant="lab")
    assert np.isnan(v["SER"][0])
    assert maps.undefined["SER"] == {"denominator": 1}


def test_more_than_two_posts():
    curve, times = (100, 150, 260, 230, 200), (-1, 1, 2, 4, 6)
    _, peak = voxels(curve, times=times, normalise_wos=False, early=1, late=3)
    assert peak["PE"] == [pytest.approx(1.6)]
    assert peak["SER"] == [pytest.approx(50 / 130)]
    assert peak["WIS"] == [pytest.approx(0.8)]
    assert peak["WOS"] == [pytest.approx((200 - 260) / 4)]
    _, literal = voxels(curve, times=times, normalise_wos=False, wos_from_peak=False, early=1, late=3)
    assert literal["WOS"] == [pytest.approx((230 - 150) / 2)]


def test_both_forms_of_wash_out_agree_with_two_posts():
    curves = ((100, 250, 220), (100, 150, 250), (80, 90, 85))
    _, peak = voxels(*curves)
    _, literal = voxels(*curves, wos_from_peak=False)
    assert peak["WOS"] == pytest.approx(literal["WOS"], nan_ok=True)


def test_voxels_without_pre_contrast_signal_are_undefined_in_every_map():
    maps, v = voxels((0, 50, 60), (-3, 50, 60), (100, 250, 220))
    for name in MAPS:
        assert np.isnan(v[name][:2]).all()
        assert np.isfinite(v[name][2])
        assert maps.undefined[name] == {"pre_not_positive": 2}
    assert next((i.code, i.where, i.count) for i in maps.issues) == ("maps.pre_not_positive", "PE", 2)


def test_denominator_of_ser_at_zero_and_below_the_noise_floor():
    maps, v = voxels((100, 250, 100), (100, 250, 103), (100, 250, 104), noise_floor=3.0)
    assert np.isnan(v["SER"][:2]).all()
    assert v["SER"][2] == pytest.approx(37.5)
    assert maps.undefined["SER"] == {"denominator": 2}
    assert maps.undefined["PE"] == {}
    (issue,) = maps.issues
    assert "noise floor" in issue.message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_frames_that_are_not_finite_make_the_voxel_undefined(value, position):
    curve = [100.0, 250.0, 220.0]
    curve[position] = value
    maps, v = voxels(curve, (100, 250, 220))
    for name in MAPS:
        assert np.isnan(v[name][0])
        assert maps.undefined[name] == {"not_finite": 1}


def test_peak_at_the_time_of_injection():
    maps, v = voxels((100, 250, 220), times=INJECTED)
    assert np.isnan(v["WIS"][0])
    assert maps.undefined["WIS"] == {"peak_at_injection": 1}
    _, zero = voxels((100, 250, 220), times=INJECTED, zero_otherwise=True)
    assert zero["WIS"] == [0.0]


def test_constant_image():
    maps, v = voxels((100, 100, 100), (100, 100, 100))
    assert v["PE"] == [0.0, 0.0]
    assert v["WIS"] == [0.0, 0.0]
    assert v["WOS"] == [0.0, 0.0]
    assert maps.undefined["SER"] == {"denominator": 2}


def test_maps_are_undefined_outside_the_mask_and_an_empty_mask_is_allowed():
    frames = np.random.default_rng(0).uniform(50, 300, (3, 4, 5, 6)).astype(np.float32)
    mask = np.zeros((4, 5, 6), dtype=bool)
    empty = kinetic_maps(frames, TIMES, mask=mask)
    assert all(np.isnan(a).all() and a.shape == (4, 5, 6) for a in empty.arrays.values())
    assert empty.voxels == 0
    assert empty.issues == ()
    mask[1, 2, 3] = True
    one = kinetic_maps(frames, TIMES, mask=mask, rule=MapRule(zero_otherwise=True))
    assert all(np.count_nonzero(np.isfinite(a)) == 1 for a in one.arrays.values())


def test_units_are_part_of_the_maps():
    maps, _ = voxels((100, 250, 220))
    assert maps.units == {"PE": "1", "SER": "1", "WIS": "1/min", "WOS": "1/min"}
    maps, _ = voxels((100, 250, 220), normalise_wos=False, pe_unit="percent")
    assert maps.units == {"PE": "%", "SER": "1", "WIS": "%/min", "WOS": "scanner units/min"}
    maps, _ = voxels((100, 250, 220), normalise_wos=False, variant="lab")
    assert maps.units["WOS"] == "1/min"


def test_registry_describes_every_map():
    maps, _ = voxels((100, 250, 220))
    assert list(MAPS) == list(maps.arrays) == ["PE", "SER", "WIS", "WOS"]
    for name, info in MAPS.items():
        fields = info.to_dict()
        assert fields["name"] == name
        assert set(fields["formulas"]) == {"paper", "lab"}
        assert all(fields.values())
    assert len(set(REASONS.values())) == len(REASONS)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"times": (-1.0, 5.0, 2.0)}, "times must increase, one for each of the 3 frames"),
        ({"times": (-1.0, 2.0, 2.0)}, "times must increase"),
        ({"times": (0.0, 1.0)}, "found [0.0, 1.0] min"),
        ({"times": (0.0, 1.0, float("nan"))}, "times must increase"),
        ({"times": (-9.0, -2.0, 3.0)}, "first post-contrast frame lies 2 min before the injection"),
        ({"early": 2, "late": 2}, "expected 1 <= early < late < 3, found early 2 and late 2"),
        ({"early": 0, "late": 1}, "found early 0"),
        ({"early": 1, "late": 3}, "and late 3"),
    ],
)
def test_bad_times_and_phases_are_named(options, text):
    with pytest.raises(InputError) as caught:
        voxels((100, 250, 220), **options)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "mask", [np.ones((2, 3, 5), dtype=bool), np.ones((2, 3, 4), dtype=np.uint8)], ids=["shape", "type"]
)
def test_bad_mask_is_named(mask):
    with pytest.raises(InputError, match=r"frames of shape \(3, 2, 3, 4\) and a mask of shape"):
        kinetic_maps(np.ones((3, 2, 3, 4), dtype=np.float32), TIMES, mask=mask)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"variant": "printed"}, "expected variant paper or lab, found 'printed'"),
        ({"pe_unit": "%"}, "expected pe_unit fraction or percent, found '%'"),
        ({"noise_floor": -1.0}, "expected noise_floor 0 or more, found -1.0"),
    ],
)
def test_bad_rules_are_named(options, text):
    with pytest.raises(ConfigError, match=text):
        MapRule(**options)
