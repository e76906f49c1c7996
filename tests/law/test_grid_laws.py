"""Resampling for any grid: a plain interpolation gives the same numbers, and positions stay."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from kinephen.core.grid import resample_in_plane, resample_isotropic
from kinephen.core.volume import Geometry

shapes = st.tuples(st.integers(1, 5), st.integers(2, 12), st.integers(2, 13))
seeds = st.integers(0, 2**32 - 1)


def grid_of(shape, seed):
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = turn * rng.uniform(0.4, 3.0, 3)
    affine[:3, 3] = rng.uniform(-200, 200, 3)
    return Geometry(shape, affine)


def plain(array, source, target):
    index = np.stack(np.meshgrid(*(np.arange(n) for n in target.shape), indexing="ij")).reshape(3, -1)
    world = target.affine @ np.vstack([index, np.ones(index.shape[1])])
    place = np.linalg.solve(source.affine, world)[:3]
    return ndimage.map_coordinates(array, place, order=1, mode="nearest").reshape(target.shape)


@given(shape=shapes, size=st.integers(1, 20), seed=seeds)
def test_in_plane_equals_a_plain_interpolation(shape, size, seed):
    array = np.random.default_rng(seed).normal(size=shape)
    grid = grid_of(shape, seed)
    out, target = resample_in_plane(array, grid, size, kind="linear")
    np.testing.assert_allclose(out, plain(array, grid, target), atol=1e-9)
    volume = np.prod(shape) * grid.voxel_volume_mm3
    np.testing.assert_allclose(np.prod(target.shape) * target.voxel_volume_mm3, volume, rtol=1e-9)


@given(shape=shapes, spacing=st.floats(0.5, 4.0), seed=seeds)
def test_isotropic_equals_a_plain_interpolation(shape, spacing, seed):
    array = np.random.default_rng(seed).normal(size=shape)
    grid = grid_of(shape, seed)
    out, target = resample_isotropic(array, grid, spacing, kind="linear")
    np.testing.assert_allclose(out, plain(array, grid, target), atol=1e-9)
    np.testing.assert_allclose(target.spacing, spacing)


@given(shape=shapes, size=st.integers(1, 20), seed=seeds)
def test_resampled_values_stay_within_the_finite_ones(shape, size, seed):
    rng = np.random.default_rng(seed)
    array = rng.normal(size=shape)
    array[rng.random(shape) < 0.3] = np.nan
    out, _ = resample_in_plane(array, grid_of(shape, seed), size, kind="linear")
    known, found = array[np.isfinite(array)], out[np.isfinite(out)]
    if known.size and found.size:
        assert known.min() - 1e-9 <= found.min()
        assert found.max() <= known.max() + 1e-9
    if not known.size:
        assert not found.size


@given(shape=shapes, spacing=st.floats(0.5, 4.0), seed=seeds, share=st.floats(0.0, 0.6))
def test_undefined_voxels_weigh_nothing(shape, spacing, seed, share):
    rng = np.random.default_rng(seed)
    array = rng.normal(size=shape)
    corner = tuple(int(rng.integers(0, n)) for n in shape)
    array[: corner[0], :, :] = np.nan
    array[:, corner[1] :, corner[2] :] = np.nan
    array[rng.random(shape) < share] = np.nan
    grid = grid_of(shape, seed)
    out, target = resample_isotropic(array, grid, spacing, kind="linear")
    known = np.isfinite(array)
    total = plain(np.where(known, array, 0.0), grid, target)
    weight = plain(known.astype(float), grid, target)
    clear = np.abs(weight - 1e-6) > 1e-9
    expected = np.where(weight > 1e-6, total / np.where(weight > 1e-6, weight, 1.0), np.nan)
    np.testing.assert_allclose(out[clear], expected[clear], rtol=1e-6, atol=1e-6)
    mask, _ = resample_isotropic(known, grid, spacing, kind="mask")
    sure = np.abs(weight - 0.5) > 1e-6
    np.testing.assert_array_equal(mask[sure], (weight >= 0.5)[sure])


@given(shape=shapes, factor=st.integers(1, 3), seed=seeds)
def test_mask_grows_by_whole_blocks(shape, factor, seed):
    nz, n, _ = shape
    mask = np.random.default_rng(seed).random((nz, n, n)) < 0.5
    fine = np.kron(mask, np.ones((1, 2 * factor, 2 * factor))).astype(bool)
    out, _ = resample_in_plane(fine, grid_of(fine.shape, seed), n, kind="mask")
    np.testing.assert_array_equal(out, mask)
