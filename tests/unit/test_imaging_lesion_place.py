"""Distances to skin and nipple, and the enhancement of the other breast, on breasts of known form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.core.volume import Geometry
from kinephen.imaging.body import BodyMask, body_mask
from kinephen.imaging.breast import breast_mask
from kinephen.imaging.lesion_place import background_enhancement, lesion_place

SPACING = (4.0, 3.0, 2.5)
"""Up-down, front-back, left-right."""
SHAPE = (30, 44, 120)
WIDTH = SHAPE[2] * SPACING[2]


def axial(columns=SHAPE[2]):
    """Return a grid of axial slices: rows run to the back, columns to the left, slices to the head."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, SPACING[2]], [0, SPACING[1], 0], [SPACING[0], 0, 0]])
    return Geometry((SHAPE[0], SHAPE[1], columns), affine)


def body(centres_mm, columns=SHAPE[2]):
    """Return a chest that begins 75 mm from the front, with half balls of 50 mm radius in front of it."""
    z, y, x = (np.arange(n) * s for n, s in zip((SHAPE[0], SHAPE[1], columns), SPACING, strict=True))
    z, y, x = z[:, None, None] - 58.0, y[None, :, None], x[None, None, :]
    inside = np.broadcast_to(y >= 75.0, (SHAPE[0], SHAPE[1], columns)).copy()
    for centre in centres_mm:
        inside |= z**2 + (y - 75.0) ** 2 + (x - centre) ** 2 <= 50.0**2
    return inside


def checked(inside, columns=SHAPE[2]):
    noise = np.random.default_rng(3).random(inside.shape)
    found = body_mask(np.where(inside, 100.0, 2.0) + noise, SPACING)
    return found, breast_mask(found, axial(columns))


BOTH = body((75.0, 225.0))


def lesion(x_mm, y_mm, columns=SHAPE[2]):
    mask = np.zeros((SHAPE[0], SHAPE[1], columns), dtype=np.bool_)
    mask[13:16, round(y_mm / SPACING[1]) : round(y_mm / SPACING[1]) + 2, round(x_mm / SPACING[2])] = True
    return mask


@pytest.mark.parametrize("x_mm", [75.0, 225.0])
def test_distances_are_those_of_the_ball(x_mm):
    found, breast = checked(BOTH)
    place = lesion_place(lesion(x_mm, 60.0), found, breast, axial())
    # The tip lies 25 mm from the front, the lesion's first row at 60 mm, straight behind it.
    assert place.nipple_mm == pytest.approx(35.0, abs=4.0)
    assert place.skin_mm == pytest.approx(35.0, abs=4.0)
    assert place.reason == ""


def test_the_other_breast_alone_is_measured():
    _, breast = checked(BOTH)
    pre = np.where(BOTH, 100.0, 1.0)
    early = pre.copy()
    early[..., : SHAPE[2] // 2] *= 1.2
    early[..., SHAPE[2] // 2 :] *= 1.5
    right = background_enhancement(pre, early, lesion(75.0, 60.0), breast, axial())
    left = background_enhancement(pre, early, lesion(225.0, 60.0), breast, axial())
    assert right.percent == pytest.approx(50.0)
    assert left.percent == pytest.approx(20.0)
    assert right.voxels == pytest.approx(left.voxels, rel=0.1)


def test_one_breast_has_no_other():
    columns = 44
    inside = body((55.0,), columns)
    found, breast = checked(inside, columns)
    pre = np.where(inside, 100.0, 1.0)
    background = background_enhancement(pre, pre * 1.3, lesion(55.0, 60.0, columns), breast, axial(columns))
    assert np.isnan(background.percent)
    assert "one breast" in background.reason
    assert lesion_place(lesion(55.0, 60.0, columns), found, breast, axial(columns)).nipple_mm > 0.0


def test_no_lesion_and_no_body_have_their_reasons():
    found, breast = checked(BOTH)
    none = np.zeros(BOTH.shape, dtype=np.bool_)
    assert lesion_place(none, found, breast, axial()).reason == "there is no lesion"
    assert np.isnan(background_enhancement(BOTH * 1.0, BOTH * 1.0, none, breast, axial()).percent)
    whole = BodyMask(np.ones(BOTH.shape, dtype=np.bool_), np.nan, 1.0, 0.0, "no air")
    place = lesion_place(lesion(75.0, 60.0), whole, breast_mask(whole, axial()), axial())
    assert np.isnan(place.skin_mm)
    assert place.reason == "the body was not told from air"


@settings(deadline=None, max_examples=5)
@given(st.sampled_from([1e-5, 1.0, 1e6]))
def test_the_unit_of_the_signal_changes_no_enhancement(scale):
    _, breast = checked(BOTH)
    pre = np.where(BOTH, 100.0, 1.0) * scale
    found = background_enhancement(pre, 1.4 * pre, lesion(75.0, 60.0), breast, axial())
    assert found.percent == pytest.approx(40.0)
