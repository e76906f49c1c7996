"""The largest component, and what is said about it."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.errors import ConfigError
from kinephen.imaging.lesion import lesion_issues, primary_lesion, touches_border, voxels_on_faces

SHAPE = (7, 8, 9)
EVERYWHERE = np.ones(SHAPE, dtype=bool)


def parts(*blocks):
    mask = np.zeros(SHAPE, dtype=bool)
    for block in blocks:
        mask[block] = True
    return mask


def codes(mask, *, voi=EVERYWHERE, volume=1.0):
    found = primary_lesion(mask)
    return [i.code for i in lesion_issues(found.mask, found, voi=voi, voxel_volume_mm3=volume)]


def test_largest_of_two():
    mask = parts(np.s_[1:3, 1:3, 1:3], np.s_[4:6, 4:7, 4:7])
    lesion = primary_lesion(mask)
    assert lesion.sizes == (18, 8)
    assert (lesion.voxels, lesion.components, lesion.tied) == (18, 2, 1)
    assert lesion.share == pytest.approx(18 / 26)
    np.testing.assert_array_equal(lesion.mask, parts(np.s_[4:6, 4:7, 4:7]))


@pytest.mark.parametrize(("connectivity", "components"), [(26, 1), (18, 2), (6, 3)])
def test_connectivity_decides_what_belongs_together(connectivity, components):
    mask = parts(np.s_[1, 1, 1:4], np.s_[2, 2, 4], np.s_[3, 3, 4])
    assert primary_lesion(mask, connectivity=connectivity).components == components


def test_of_equals_the_first_is_taken_and_it_is_said():
    mask = parts(np.s_[5, 5, 5:7], np.s_[1, 6, 2:4])
    lesion = primary_lesion(mask)
    assert lesion.tied == 2
    np.testing.assert_array_equal(lesion.mask, parts(np.s_[1, 6, 2:4]))
    assert "lesion.tied" in codes(mask)


def test_one_voxel_is_a_lesion():
    lesion = primary_lesion(parts(np.s_[3, 3, 3]))
    assert lesion.sizes == (1,)
    assert lesion.share == 1.0
    assert codes(parts(np.s_[3, 3, 3])) == []


def test_empty_mask_has_no_lesion():
    lesion = primary_lesion(np.zeros(SHAPE, dtype=bool))
    assert (lesion.voxels, lesion.components, lesion.tied) == (0, 0, 0)
    assert np.isnan(lesion.share)
    assert not lesion.mask.any()
    assert codes(np.zeros(SHAPE, dtype=bool)) == []


def test_touching_the_box_is_counted():
    voi = parts(np.s_[1:5, 1:6, 1:6])
    mask = parts(np.s_[1:3, 2:4, 2:4])
    assert voxels_on_faces(mask, voi) == 4
    assert codes(mask, voi=voi) == ["lesion.on_faces"]


def test_image_border_counts_as_a_face():
    assert voxels_on_faces(parts(np.s_[0:2, 3, 3]), EVERYWHERE) == 1
    assert touches_border(EVERYWHERE)
    assert not touches_border(parts(np.s_[1:5, 1:6, 1:6]))
    assert not touches_border(np.zeros(SHAPE, dtype=bool))


def test_scattered_and_huge_lesions_are_flagged():
    scattered = parts(np.s_[1, 1, 1:4], np.s_[3, 3, 2:4], np.s_[5, 5, 5:7])
    assert codes(scattered) == ["lesion.below_half"]
    assert codes(parts(np.s_[2:5, 2:6, 2:6]), volume=5000.0) == ["lesion.large"]


def test_bad_connectivity_is_named():
    with pytest.raises(ConfigError, match="connectivity 6, 18 or 26, found 8"):
        primary_lesion(EVERYWHERE, connectivity=8)
