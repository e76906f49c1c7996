"""Foci of a volume: counted, sized and placed by hand on a grid of unequal axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.core.volume import Geometry
from kinephen.imaging.foci import find_foci

SHAPE = (17, 18, 19)
SPACING = (3.0, 2.0, 1.5)
"""A voxel has 9 mm3: 12 voxels are 0.108 cm3, 11 are 0.099 cm3."""


def grid(shift=(0.0, 0.0, 0.0)):
    affine = np.eye(4)
    # Slices run along x, rows along -z, columns along y: no axis is where its index is.
    affine[:3, :3] = np.array([[SPACING[0], 0, 0], [0, 0, SPACING[2]], [0, -SPACING[1], 0]])
    affine[:3, 3] = shift
    return Geometry(SHAPE, affine)


def volume():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[0:4, 0:4, 0:4] = True  # 64 voxels, 0.576 cm3
    mask[10:12, 10:13, 12:14] = True  # 12 voxels, 0.108 cm3
    mask[15, 1:12, 1] = True  # 11 voxels, 0.099 cm3
    return mask


def test_foci_are_those_of_a_least_size_largest_first():
    found = find_foci(volume(), grid())
    assert [f.voxels for f in found.foci] == [64, 12]
    assert [f.cc for f in found.foci] == pytest.approx([0.576, 0.108])
    assert (found.left_out, found.at_least(0.5), found.at_least(0.1)) == (1, 1, 2)
    assert found.largest_share == pytest.approx(64 / 76)
    assert np.count_nonzero(found.mask) == 76


def test_centres_lie_in_patient_coordinates_and_their_distance_is_theirs():
    found = find_foci(volume(), grid(shift=(5.0, -7.0, 11.0)))
    first = (5 + 1.5 * 3.0, -7 + 1.5 * 1.5, 11 - 1.5 * 2.0)
    second = (5 + 10.5 * 3.0, -7 + 12.5 * 1.5, 11 - 11.0 * 2.0)
    assert found.foci[0].centre_mm == pytest.approx(first)
    assert found.foci[1].centre_mm == pytest.approx(second)
    assert found.spread_mm == pytest.approx(np.linalg.norm(np.subtract(first, second)))


def test_no_focus_has_no_spread_and_one_has_none():
    empty = find_foci(np.zeros(SHAPE, dtype=np.bool_), grid())
    assert (empty.foci, empty.left_out) == ((), 0)
    assert np.isnan(empty.spread_mm)
    assert np.isnan(empty.largest_share)
    small = find_foci(volume(), grid(), least_cc=10.0)
    assert (small.foci, small.left_out, small.mask.any()) == ((), 3, np.False_)
    assert find_foci(volume(), grid(), least_cc=0.5).spread_mm == 0.0


def test_corners_join():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[0:3, 0:3, 0:3] = mask[3:6, 3:6, 3:6] = True
    assert [f.voxels for f in find_foci(mask, grid()).foci] == [54]


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.3))
def test_foci_and_what_is_left_out_make_the_volume(seed, least):
    mask = np.random.default_rng(seed).random(SHAPE) < 0.2
    found = find_foci(mask, grid(), least_cc=least)
    everything = find_foci(mask, grid(), least_cc=0.0)
    assert sum(f.voxels for f in everything.foci) == np.count_nonzero(mask)
    assert len(found.foci) + found.left_out == len(everything.foci)
    assert found.foci == tuple(f for f in everything.foci if f.cc >= least)
    assert np.count_nonzero(found.mask) == sum(f.voxels for f in found.foci)
