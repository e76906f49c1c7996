"""Resampling keeps edges, values and undefined voxels where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.core.grid import bounding_box, box_slices, resample_in_plane, resample_isotropic
from kinephen.core.volume import Geometry
from kinephen.errors import InputError


def geometry(shape, spacing=(2.0, 0.5, 0.75)):
    """A sagittal grid: rows run along -z, columns along y, slices along -x."""
    affine = np.eye(4)
    affine[:3, 0] = (-spacing[0], 0, 0)
    affine[:3, 1] = (0, 0, -spacing[1])
    affine[:3, 2] = (0, spacing[2], 0)
    affine[:3, 3] = (100.0, -20.0, 30.0)
    return Geometry(shape, affine)


def corner(grid, index):
    """Patient position of an outer corner, half a voxel beyond the centre."""
    return (grid.affine @ np.array([*index, 1.0]))[:3]


def test_same_size_is_returned_as_it_is():
    array = np.random.default_rng(0).normal(size=(3, 256, 256)).astype(np.float32)
    grid = geometry(array.shape)
    out, target = resample_in_plane(array, grid, 256, kind="linear")
    assert out is array
    assert target is grid


def test_halving_averages_pairs_and_keeps_the_outer_edges():
    array = np.arange(7 * 8 * 10, dtype=float).reshape(7, 8, 10)
    square = np.pad(array, ((0, 0), (0, 2), (0, 0)), mode="edge")
    grid = geometry(square.shape)
    out, target = resample_in_plane(square, grid, 5, kind="linear")
    np.testing.assert_allclose(out, square.reshape(7, 5, 2, 5, 2).mean(axis=(2, 4)))
    assert target.shape == (7, 5, 5)
    assert target.spacing == pytest.approx((2.0, 1.0, 1.5))
    for first, last in (((0, -0.5, -0.5), (0, -0.5, -0.5)), ((6, 9.5, 9.5), (6, 4.5, 4.5))):
        np.testing.assert_allclose(corner(grid, first), corner(target, last), atol=1e-9)


def test_unequal_rows_and_columns_become_square():
    array = np.ones((2, 6, 9))
    _, target = resample_in_plane(array, geometry(array.shape), 4, kind="linear")
    assert target.shape == (2, 4, 4)
    assert target.spacing == pytest.approx((2.0, 0.75, 1.6875))


def test_undefined_voxels_do_not_spread():
    array = np.arange(64, dtype=float).reshape(1, 8, 8)
    array[0, 0, 0] = np.nan
    array[0, 4:6, 4:6] = np.nan
    out, _ = resample_in_plane(array, geometry(array.shape), 4, kind="linear")
    assert out[0, 0, 0] == pytest.approx(np.mean([1, 8, 9]))
    assert np.isnan(out[0, 2, 2])
    assert np.count_nonzero(np.isnan(out)) == 1


def test_infinite_values_count_as_undefined():
    array = np.ones((1, 4, 4))
    array[0, 0, 0] = np.inf
    out, _ = resample_in_plane(array, geometry(array.shape), 2, kind="linear")
    np.testing.assert_array_equal(out, np.ones((1, 2, 2)))


def test_mask_is_cut_at_half_and_an_exact_half_is_inside():
    mask = np.zeros((1, 4, 4), dtype=bool)
    mask[0, :2, 0] = True
    mask[0, 2, 2] = True
    out, _ = resample_in_plane(mask, geometry(mask.shape), 2, kind="mask")
    np.testing.assert_array_equal(out, [[[True, False], [False, False]]])
    assert out.dtype == np.bool_


def test_float32_stays_float32():
    array = np.ones((1, 4, 4), dtype=np.float32)
    out, _ = resample_in_plane(array, geometry(array.shape), 3, kind="linear")
    assert out.dtype == np.float32
    integers, _ = resample_in_plane(array.astype(np.int16), geometry(array.shape), 3, kind="linear")
    assert integers.dtype == np.float64


def test_isotropic_grids_share_their_centre():
    array = np.random.default_rng(1).normal(size=(7, 8, 9))
    grid = geometry(array.shape)
    out, target = resample_isotropic(array, grid, 1.0, kind="linear")
    assert target.shape == (14, 4, 7)
    assert target.spacing == pytest.approx((1.0, 1.0, 1.0))
    assert out.shape == target.shape
    middle = [(n - 1) / 2 for n in grid.shape]
    new_middle = [(n - 1) / 2 for n in target.shape]
    np.testing.assert_allclose(corner(grid, middle), corner(target, new_middle), atol=1e-9)


def test_isotropic_resampling_of_a_linear_image_is_exact_inside():
    grid = geometry((7, 8, 9))
    k, j, i = np.meshgrid(*(np.arange(n, dtype=float) for n in grid.shape), indexing="ij")
    out, target = resample_isotropic(3 * k - 2 * j + i, grid, 1.3, kind="linear")
    index = (3, 1, 2)
    source = np.linalg.solve(grid.affine, target.affine @ np.array([*index, 1.0]))[:3]
    assert out[index] == pytest.approx(3 * source[0] - 2 * source[1] + source[2])


def test_one_slice_can_be_resampled():
    array = np.full((1, 3, 3), 5.0)
    out, target = resample_isotropic(array, geometry(array.shape), 0.5, kind="linear")
    assert target.shape == (4, 3, 5)
    np.testing.assert_array_equal(out, np.full((4, 3, 5), 5.0))


def test_bounding_box_with_margin_stops_at_the_array():
    mask = np.zeros((7, 8, 9), dtype=bool)
    mask[0, 3, 8] = mask[2, 5, 7] = True
    assert bounding_box(mask) == ((0, 3, 7), (3, 6, 9))
    assert bounding_box(mask, margin=2) == ((0, 1, 5), (5, 8, 9))
    assert mask[box_slices(*bounding_box(mask))].sum() == 2
    assert bounding_box(np.zeros((2, 2, 2), dtype=bool)) == ((0, 0, 0), (0, 0, 0))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda a, g: resample_in_plane(a[:-1], g, 4, kind="linear"), "shape (6, 8, 9) on a grid"),
        (lambda a, g: resample_in_plane(a, g, 0, kind="linear"), "size of at least 1, found 0"),
        (lambda a, g: resample_in_plane(a, g, 4, kind="cubic"), "expected kind linear or mask"),
        (
            lambda a, g: resample_in_plane(a, g, 4, kind="mask"),
            "'mask' does not fit an array of type float64",
        ),
        (lambda a, g: resample_in_plane(a > 0, g, 4, kind="linear"), "does not fit an array of type bool"),
        (lambda a, g: resample_isotropic(a, g, 0.0, kind="linear"), "spacing above 0 mm, found 0.0"),
        (lambda a, g: resample_isotropic(a, g, float("nan"), kind="linear"), "found nan"),
        (lambda a, g: resample_isotropic(a, g, 1e-4, kind="linear"), "choose a larger spacing"),
    ],
)
def test_bad_requests_are_named(call, text):
    array = np.zeros((7, 8, 9))
    with pytest.raises(InputError) as caught:
        call(array, geometry(array.shape))
    assert text in str(caught.value)
