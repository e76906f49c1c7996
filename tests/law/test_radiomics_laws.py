"""What must hold for any map and mask."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.catalogue import FEATURES, MASK_ONLY, NAMES
from kinephen.radiomics.glcm import PairTable, glcm_features
from kinephen.radiomics.interpolate import Regrid, grid_positions, interpolate_image
from kinephen.radiomics.sample import Sample
from kinephen.radiomics.shape.crofton import crofton_area
from kinephen.radiomics.shape.hull import convex_hull
from kinephen.radiomics.shape.mesh import mesh_volume_area
from kinephen.radiomics.sorting import ascending

SPACING = (2.0, 0.7, 0.9)
TEXTURES = [f.key for f in FEATURES if f.family in ("GLCM", "GLRLM", "GLSZM", "NGTDM")]
# Of three equal moments the order of the axes is not defined, and with it the box along them.
ORIENTED = [n for n in MASK_ONLY if "OrientedBoundingBox" in n]


@st.composite
def maps_in_masks(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 7), st.integers(2, 6)))
    mask = rng.random(shape) < draw(st.sampled_from([0.5, 0.9, 1.0]))
    mask.flat[rng.integers(mask.size)] = True
    image = rng.integers(0, draw(st.sampled_from([3, 12, 1000])), shape) / 8.0
    return image, mask


def values(image, mask, spacing=SPACING, **options):
    return extract(MaskContext(mask, spacing), {"m": image}, **options)


def assert_equal(first, second, names=NAMES, rel=1e-9, absolute=1e-9):
    for name in names:
        a, b = first.features["m"][name], second.features["m"][name]
        assert (np.isnan(a) and np.isnan(b)) or a == pytest.approx(b, rel=rel, abs=absolute), (name, a, b)


@settings(max_examples=30)
@given(maps_in_masks(), st.sampled_from(list(itertools.permutations(range(3)))))
def test_turning_the_axes_changes_nothing(case, axes):
    image, mask = case
    turned = values(image.transpose(axes), mask.transpose(axes), tuple(SPACING[a] for a in axes))
    assert_equal(values(image, mask), turned, [n for n in NAMES if n not in ORIENTED])


@settings(max_examples=30)
@given(maps_in_masks(), st.sampled_from([(0,), (1,), (2,), (0, 2), (0, 1, 2)]))
def test_flipping_changes_nothing(case, axes):
    image, mask = case
    flipped = values(np.flip(image, axes), np.flip(mask, axes))
    assert_equal(values(image, mask), flipped, [n for n in NAMES if n not in ORIENTED])


@settings(max_examples=30)
@given(maps_in_masks(), st.sampled_from([0.25, 2.0, 8.0]), st.sampled_from([-64.0, 0.0, 16.0]))
def test_textures_ignore_scale_and_offset(case, factor, offset):
    image, mask = case
    # Powers of two and whole eighths: the levels are exactly the same.
    assert_equal(values(image, mask), values(image * factor + offset, mask), TEXTURES)


@settings(max_examples=30)
@given(maps_in_masks(), st.integers(1, 3))
def test_empty_space_round_the_image_changes_nothing(case, margin):
    image, mask = case
    padded = values(np.pad(image, margin, constant_values=99.0), np.pad(mask, margin))
    border = [n for n in NAMES if "Border" not in n]
    assert_equal(values(image, mask), padded, border)


@settings(max_examples=30)
@given(maps_in_masks())
def test_values_outside_the_mask_do_not_count(case):
    image, mask = case
    assert_equal(values(image, mask), values(np.where(mask, image, np.nan), mask))


@settings(max_examples=30)
@given(maps_in_masks())
def test_undefined_voxels_are_as_if_outside_for_the_map_and_inside_for_shape(case):
    image, mask = case
    drop = np.zeros_like(mask)
    drop.flat[np.flatnonzero(mask)[:: max(2, mask.sum() // 3)]] = True
    assume((mask & ~drop).any())
    holed = values(np.where(drop, np.nan, image), mask)
    assert_equal(holed, values(image, mask), MASK_ONLY)
    assert_equal(holed, values(image, mask & ~drop), [n for n in NAMES if n not in MASK_ONLY])
    assert holed.diagnostics["m"]["voxels_left_out"] == drop.sum()
    assert [issue.code for issue in holed.issues] == ["radiomics.undefined_voxels"]


@settings(max_examples=30)
@given(maps_in_masks(), st.sampled_from(["ibsi", "captk"]))
def test_a_value_or_a_reason(case, mode):
    image, mask = case
    found = values(image, mask, mode=mode)
    assert tuple(found.features["m"]) == NAMES
    for name, value in found.features["m"].items():
        assert np.isnan(value) == (("m", name) in found.reasons), name
        assert found.reasons.get(("m", name), "text") != ""
        assert np.isnan(value) or np.isfinite(value)


@settings(max_examples=30)
@given(maps_in_masks())
def test_maps_of_one_mask_do_not_disturb_each_other(case):
    image, mask = case
    context = MaskContext(mask, SPACING)
    together = extract(context, {"a": image, "m": image[::-1], "c": image + 1.0})
    assert_equal(extract(MaskContext(mask, SPACING), {"m": image[::-1]}), together)


@settings(max_examples=30)
@given(maps_in_masks(), st.integers(2, 250))
def test_relabelling_a_mask_changes_nothing(case, label):
    image, mask = case
    labels = mask * np.uint8(label)
    labels[~mask] = 1
    renamed = extract(MaskContext.from_labels(labels, label, SPACING), {"m": image})
    assert_equal(values(image, mask), renamed)


def test_label_arithmetic_does_not_overflow():
    labels = np.full((3, 4, 5), 255, dtype=np.uint8)
    labels[0] = 254
    assert MaskContext.from_labels(labels, 255, SPACING).voxels == 40
    assert MaskContext.from_labels(labels, 256, SPACING).voxels == 0
    assert MaskContext.from_labels(labels, -1, SPACING).voxels == 0


@given(st.lists(st.floats(0.01, 1.0), min_size=16, max_size=16), st.integers(0, 2))
def test_merging_two_bins_never_raises_entropy(weights, first):
    counts = np.array(weights).reshape(4, 4)
    table = PairTable.of(counts + counts.T)
    merge = np.eye(4)
    merge[:, first] += merge[:, first + 1]
    merge = np.delete(merge, first + 1, axis=1)
    merged = PairTable(merge.T @ table.p @ merge)
    before, after = (glcm_features(t, ["joint_entropy"])["joint_entropy"] for t in (table, merged))
    assert after <= before + 1e-12


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_sample_matches_numpy(observations):
    x = np.array(observations)
    sample = Sample.of(x)
    assert sample.size == x.size
    assert sample.mean == pytest.approx(x.mean(), rel=1e-9, abs=1e-6)
    for percent in (0, 10, 25, 50, 75, 90, 100):
        expected = np.percentile(x, percent)
        assert sample.percentile(percent) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert [sample.element(k) for k in range(x.size)] == sorted(observations)


@given(st.integers(0, 2**32 - 1), st.integers(2048, 6000), st.sampled_from([1e-300, 1.0, 1e300]))
def test_radix_sort_sorts(seed, n, scale):
    x = np.random.default_rng(seed).normal(size=n) * scale
    if scale == 1.0:
        x[: n // 3] = np.float32(x[: n // 3])
    x[n // 3 : n // 2] = 0.0
    x[n // 2] = -0.0
    assert np.array_equal(ascending(x), np.sort(x))


def random_region(seed, shape=(5, 6, 7)):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.6
    mask[2, 3, 3] = True
    return MaskContext(mask, SPACING)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_mesh_lies_between_centres_and_voxels_and_inside_its_hull(seed):
    context = random_region(seed)
    volume, area = mesh_volume_area(context.region, SPACING)
    assert 0 < volume <= context.voxels * context.voxel_volume
    hull = convex_hull(context.region, SPACING)
    assert volume <= hull.volume * (1 + 1e-12)
    assert 36 * np.pi * volume**2 <= area**3  # no body has less surface than a sphere
    corners = (context.region.coordinates[:, None] + np.concatenate([np.eye(3), -np.eye(3)]) / 2).reshape(
        -1, 3
    )
    distances = np.linalg.norm((corners[:, None] - corners[None]) * SPACING, axis=2)
    assert hull.diameter == pytest.approx(distances.max())


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3.0))
def test_shape_scales_with_the_grid(seed, factor):
    context = random_region(seed)
    larger = tuple(s * factor for s in SPACING)
    volume, area = mesh_volume_area(context.region, SPACING)
    scaled = mesh_volume_area(context.region, larger)
    assert scaled == pytest.approx((volume * factor**3, area * factor**2))
    assert crofton_area(context.region, larger) == pytest.approx(
        crofton_area(context.region, SPACING) * factor**2
    )


@settings(max_examples=30)
@given(st.integers(1, 40), st.floats(0.3, 4.0), st.floats(0.3, 4.0))
def test_grids_share_their_centre(size, old, new):
    places = grid_positions(size, old, new)
    assert places.mean() == pytest.approx((size - 1) / 2)
    assert len(places) * new >= size * old - 1e-6
    assert (len(places) - 1) * new < size * old + 1e-6


@settings(max_examples=20)
@given(st.sampled_from(["linear", "cubic"]), st.integers(0, 2**32 - 1))
def test_interpolation_keeps_linear_images_inside(order, seed):
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=3)
    z, y, x = np.meshgrid(
        *(np.arange(n) * s for n, s in zip((9, 10, 11), SPACING, strict=True)), indexing="ij"
    )
    image = slope[0] * z + slope[1] * y + slope[2] * x
    new = (1.0, 1.0, 1.0)
    found = interpolate_image(image, Regrid(SPACING, new), order=order)
    places = [grid_positions(n, s, 1.0) * s for n, s in zip(image.shape, SPACING, strict=True)]
    inner = tuple(
        np.flatnonzero((p > 3 * s) & (p < (n - 4) * s))
        for p, n, s in zip(places, image.shape, SPACING, strict=True)
    )
    assert all(len(i) for i in inner)
    wanted = sum(
        k * p.reshape([-1 if a == b else 1 for b in range(3)])
        for a, (k, p) in enumerate(zip(slope, places, strict=True))
    )
    tolerance = 1e-9 if order == "linear" else 0.15 * np.abs(slope).max()
    assert np.allclose(found[np.ix_(*inner)], wanted[np.ix_(*inner)], atol=tolerance)


@settings(max_examples=20)
@given(st.sampled_from(["linear", "cubic"]), st.integers(0, 2**32 - 1))
def test_interpolation_on_the_same_grid_points_keeps_values(order, seed):
    image = np.random.default_rng(seed).normal(size=(7, 8, 9))
    # An odd size at half the spacing holds every old centre.
    found = interpolate_image(image, Regrid((2.0, 1.0, 1.0), (2.0, 1.0, 1.0 / 3.0)), order=order)
    assert np.allclose(found[:, :, 1::3], image)
