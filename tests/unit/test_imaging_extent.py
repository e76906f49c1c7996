"""The longest diameter against all pairs of voxels, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from kinephen.imaging import extent
from kinephen.imaging.extent import longest_in_plane_mm, longest_mm

SHAPE = (7, 8, 9)
SPACING = (3.0, 1.5, 1.25)


def by_pairs(mask):
    points = np.argwhere(mask) * np.asarray(SPACING)
    return pdist(points).max() if len(points) > 1 else 0.0


def test_two_corners():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[0, 0, 0] = mask[6, 7, 8] = mask[3, 3, 3] = True
    assert longest_mm(mask, SPACING) == pytest.approx(np.hypot(np.hypot(18.0, 10.5), 10.0))
    assert longest_in_plane_mm(mask, SPACING) == 0.0


def test_in_plane_is_the_longest_of_any_slice():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[1, 0, 0] = mask[1, 4, 0] = True
    mask[5, 2, 1] = mask[5, 2, 8] = True
    assert longest_in_plane_mm(mask, SPACING) == pytest.approx(7 * 1.25)


def test_no_voxel_has_no_length_and_one_has_none():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    assert np.isnan(longest_mm(mask, SPACING))
    assert np.isnan(longest_in_plane_mm(mask, SPACING))
    mask[2, 3, 4] = True
    assert longest_mm(mask, SPACING) == longest_in_plane_mm(mask, SPACING) == 0.0


@pytest.mark.parametrize("few", [0, 10_000])
@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.01, 0.9))
def test_the_longest_is_that_of_all_pairs(few, seed, density):
    mask = np.random.default_rng(seed).random(SHAPE) < density
    mask[3, 4, 5] = True
    before, extent.FEW_POINTS = extent.FEW_POINTS, few
    try:
        assert longest_mm(mask, SPACING) == pytest.approx(by_pairs(mask), abs=1e-12)
        planes = [by_pairs(mask & (np.arange(7) == k)[:, None, None]) for k in range(7)]
        assert longest_in_plane_mm(mask, SPACING) == pytest.approx(max(planes), abs=1e-12)
    finally:
        extent.FEW_POINTS = before


@pytest.mark.parametrize(
    "flat", [(0, slice(None), slice(None)), (slice(None), 2, slice(None)), (1, 2, slice(None))]
)
def test_flat_and_straight_masks(flat, monkeypatch):
    monkeypatch.setattr(extent, "FEW_POINTS", 0)
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[flat] = True
    assert longest_mm(mask, SPACING) == pytest.approx(by_pairs(mask))
