"""What must hold for any image: invariances, scaling, and equality with plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from kinephen.imaging.bias import correct_bias_field
from kinephen.imaging.ftv import FtvRule, count_neighbours, functional_tumour_volume
from kinephen.imaging.kinetics import MapRule, kinetic_maps
from kinephen.imaging.lesion import primary_lesion
from kinephen.imaging.n3 import variation
from kinephen.imaging.otsu import otsu_threshold

SHAPE = (4, 5, 6)
TIMES = (-1.5, 2.0, 7.0)
seeds = st.integers(0, 2**32 - 1)
rules = st.builds(
    MapRule,
    variant=st.sampled_from(["paper", "lab"]),
    zero_otherwise=st.booleans(),
    normalise_wos=st.booleans(),
    pe_unit=st.sampled_from(["fraction", "percent"]),
)


def exam(seed, shape=SHAPE):
    """Whole-number signals, so that thresholds are met exactly and ties occur."""
    rng = np.random.default_rng(seed)
    pre = rng.integers(0, 12, shape)
    return np.stack([pre, rng.integers(0, 30, shape), rng.integers(0, 30, shape)]).astype(np.float32)


def loop_ftv(frames, voi, omit, rule):
    """The rule of the functional tumour volume, voxel by voxel."""
    s0, s1, s2 = (f.astype(float) for f in frames)
    threshold = rule.tissue_threshold
    if threshold is None:
        threshold = rule.background_percent / 100 * np.percentile(s0[voi], 95)
    shape = s0.shape
    passes = np.zeros(shape, dtype=bool)
    for at in np.ndindex(shape):
        if s0[at] >= threshold and s0[at] > 0 and s2[at] > s0[at]:
            passes[at] = 100 * (s1[at] - s0[at]) >= rule.pe_threshold * s0[at]
    inside = np.zeros(shape, dtype=bool)
    for at in np.ndindex(shape):
        near = 0
        for step in itertools.product((-1, 0, 1), repeat=3):
            if step != (0, 0, 0):
                near += passes[
                    tuple(min(max(a + d, 0), n - 1) for a, d, n in zip(at, step, shape, strict=True))
                ]
        inside[at] = passes[at] and near >= rule.min_neighbours and voi[at] and not omit[at]
    return inside


@given(seed=seeds, neighbours=st.integers(0, 8), threshold=st.sampled_from([None, 0.0, 3.0, 5.0]))
def test_ftv_equals_a_plain_loop(seed, neighbours, threshold):
    rng = np.random.default_rng(seed)
    frames = exam(seed)
    voi = np.zeros(SHAPE, dtype=bool)
    low = [int(rng.integers(0, n - 1)) for n in SHAPE]
    voi[low[0] :, low[1] : low[1] + 4, low[2] :] = True
    omit = rng.random(SHAPE) < 0.1
    rule = FtvRule(tissue_threshold=threshold, min_neighbours=neighbours)
    found = functional_tumour_volume(*frames, voxel_volume_mm3=1.0, voi=voi, omit=omit, rule=rule)
    np.testing.assert_array_equal(found.by_pe, loop_ftv(frames, voi, omit, rule))


@given(seed=seeds)
def test_neighbour_count_equals_a_convolution(seed):
    mask = np.random.default_rng(seed).random((7, 8, 9)) < 0.4
    kernel = np.ones((3, 3, 3), dtype=np.int16)
    kernel[1, 1, 1] = 0
    expected = ndimage.convolve(mask.astype(np.int16), kernel, mode="nearest")
    np.testing.assert_array_equal(count_neighbours(mask), expected)


@given(seed=seeds)
def test_volume_shrinks_with_the_threshold(seed):
    frames, voi = exam(seed), np.ones(SHAPE, dtype=bool)
    volumes = [
        functional_tumour_volume(*frames, voxel_volume_mm3=1.0, voi=voi, rule=FtvRule(3.0, pe_threshold=p))
        for p in (10.0, 70.0, 140.0)
    ]
    for wide, narrow in itertools.pairwise(volumes):
        assert not (narrow.by_pe & ~wide.by_pe).any()
        assert not (narrow.by_ser & ~narrow.by_pe).any()


@given(seed=seeds, rule=rules)
def test_ratios_ignore_any_shared_field(seed, rule):
    frames = np.random.default_rng(seed).uniform(20, 400, (3, *SHAPE))
    field = np.random.default_rng(seed + 1).uniform(0.3, 3.0, SHAPE)
    mask = np.ones(SHAPE, dtype=bool)
    plain = kinetic_maps(frames, TIMES, mask=mask, rule=rule).arrays
    biased = kinetic_maps(frames * field, TIMES, mask=mask, rule=rule).arrays
    relative = ["PE", "SER", "WIS"] + (["WOS"] if rule.normalise_wos or rule.variant == "lab" else [])
    for name in relative:
        np.testing.assert_allclose(biased[name], plain[name], rtol=1e-9, atol=1e-12)


@given(seed=seeds, rule=rules, scale=st.floats(0.01, 100.0))
def test_maps_follow_the_scale_of_the_image(seed, rule, scale):
    frames = np.random.default_rng(seed).uniform(20, 400, (3, *SHAPE))
    mask = np.ones(SHAPE, dtype=bool)
    plain = kinetic_maps(frames, TIMES, mask=mask, rule=rule).arrays
    scaled = kinetic_maps(frames * scale, TIMES, mask=mask, rule=rule).arrays
    absolute = rule.variant == "paper" and not rule.normalise_wos
    for name, array in plain.items():
        factor = scale if name == "WOS" and absolute else 1.0
        np.testing.assert_allclose(scaled[name], factor * array, rtol=1e-9, atol=1e-9 * factor)


@given(seed=seeds, rule=rules, scale=st.floats(0.1, 10.0))
def test_slopes_follow_the_unit_of_time(seed, rule, scale):
    frames = np.random.default_rng(seed).uniform(20, 400, (3, *SHAPE))
    mask = np.ones(SHAPE, dtype=bool)
    plain = kinetic_maps(frames, TIMES, mask=mask, rule=rule).arrays
    slower = kinetic_maps(frames, [t * scale for t in TIMES], mask=mask, rule=rule).arrays
    for name, power in (("PE", 0), ("SER", 0), ("WIS", -1), ("WOS", -1)):
        np.testing.assert_allclose(slower[name], plain[name] * scale**power, rtol=1e-9, atol=1e-12)


@given(seed=seeds, axes=st.permutations([0, 1, 2]), rule=rules)
def test_maps_and_volume_turn_with_the_image(seed, axes, rule):
    frames = exam(seed)
    mask = np.random.default_rng(seed + 2).random(SHAPE) < 0.7
    turned = np.stack([f.transpose(axes)[::-1] for f in frames])
    there = kinetic_maps(turned, TIMES, mask=mask.transpose(axes)[::-1], rule=rule).arrays
    here = kinetic_maps(frames, TIMES, mask=mask, rule=rule).arrays
    for name in here:
        np.testing.assert_array_equal(there[name], here[name].transpose(axes)[::-1])
    if mask.any():
        a = functional_tumour_volume(*frames, voxel_volume_mm3=1.0, voi=mask)
        b = functional_tumour_volume(*turned, voxel_volume_mm3=1.0, voi=mask.transpose(axes)[::-1])
        np.testing.assert_array_equal(b.by_pe, a.by_pe.transpose(axes)[::-1])
        assert a.ser_classes == b.ser_classes or a.pe_voxels == 0


@given(seed=seeds, rule=rules, late=st.sampled_from([2, 3]))
def test_every_voxel_has_a_value_or_a_reason(seed, rule, late):
    rng = np.random.default_rng(seed)
    frames = rng.integers(-2, 5, (4, *SHAPE)).astype(np.float32)
    frames[rng.random(frames.shape) < 0.05] = np.nan
    mask = rng.random(SHAPE) < 0.8
    maps = kinetic_maps(frames, (-1.0, 0.0, 3.0, 6.0), mask=mask, late=late, rule=rule)
    for name, array in maps.arrays.items():
        assert np.isnan(array[~mask]).all()
        assert not np.isinf(array).any()
        assert np.count_nonzero(np.isnan(array[mask])) == sum(maps.undefined[name].values())


@given(seed=seeds, connectivity=st.sampled_from([6, 18, 26]))
def test_lesion_is_a_component(seed, connectivity):
    mask = np.random.default_rng(seed).random((7, 8, 9)) < 0.25
    lesion = primary_lesion(mask, connectivity=connectivity)
    assert sum(lesion.sizes) == mask.sum()
    assert not (lesion.mask & ~mask).any()
    again = primary_lesion(lesion.mask, connectivity=connectivity)
    assert again.components == min(1, lesion.components)


@given(seed=seeds, scale=st.floats(0.5, 50.0))
def test_otsu_splits_two_classes_at_any_scale(seed, scale):
    rng = np.random.default_rng(seed)
    low, high = rng.normal(20, 2, 300), rng.normal(100, 5, 200)
    threshold = otsu_threshold(scale * np.concatenate([low, high]))
    half_bin = 0.5 * scale * (high.max() - low.min()) / 256
    assert scale * low.max() <= threshold + 1.01 * half_bin
    assert threshold < scale * high.min()


def planted(seed, amplitude, shape=(16, 48, 56)):
    """Three tissues in a block, noise, and a smooth field of known shape."""
    rng = np.random.default_rng(seed)
    tissue = ndimage.gaussian_filter(rng.normal(size=shape), 3.0)
    levels = np.choose(np.digitize(tissue, np.quantile(tissue, [0.4, 0.75])), [180.0, 260.0, 330.0])
    body = np.zeros(shape, dtype=bool)
    body[2:-2, 6:-6, 6:-6] = True
    z, y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, n) for n in shape), indexing="ij")
    field = np.exp(amplitude * (1.6 * x + 2.0 * y**2 - 0.6 * z + 1.2 * x * y))
    image = np.where(body, levels * field, 2.0) + rng.normal(0.0, 4.0, shape)
    return np.maximum(image, 0.5).astype(np.float32), field, body


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("amplitude", [0.05, 0.1, 0.2])
def test_n3_recovers_a_planted_field(seed, amplitude):
    image, field, body = planted(seed, amplitude)
    result = correct_bias_field(image[None], (4.0, 3.0, 3.0), method="n3", mask=body)
    assert result.corrected
    before, left = variation(field[body]), variation((result.fields[0] / field)[body])
    assert left < 0.012
    assert left < 0.5 * before


@given(scale=st.floats(0.05, 50.0))
def test_n3_field_does_not_depend_on_the_scale(scale):
    image, _, body = planted(4, 0.15, shape=(8, 24, 28))
    one = correct_bias_field(image[None], (4.0, 6.0, 6.0), method="n3", mask=body)
    other = correct_bias_field(np.float32(scale) * image[None], (4.0, 6.0, 6.0), method="n3", mask=body)
    np.testing.assert_allclose(other.fields[0], one.fields[0], rtol=2e-3)
    assert other.corrected == one.corrected
