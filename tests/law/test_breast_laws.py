"""Body and breast do not depend on the unit of the signal, nor on how the array is stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.breast_exams import flipped, simulated

from kinephen.core.volume import Geometry
from kinephen.imaging.body import body_mask
from kinephen.imaging.breast import breast_mask


def masks(image, geometry):
    body = body_mask(image, geometry.spacing)
    return body, breast_mask(body, geometry)


@settings(max_examples=12)
@given(number=st.integers(0, 5), power=st.floats(-7.0, 7.0))
def test_the_unit_of_the_signal_changes_nothing(number, power):
    frames, exam = simulated(number)
    image = frames.mean(axis=0)
    factor = 10.0**power
    body, breast = masks(image, exam.geometry)
    other, again = masks((image * factor).astype(np.float32), exam.geometry)
    # A voxel within rounding of the threshold may fall on either side.
    assert np.count_nonzero(body.mask != other.mask) <= 2
    assert np.count_nonzero(breast.mask != again.mask) <= 2
    assert other.threshold == pytest.approx(body.threshold * factor, rel=1e-3)


@settings(max_examples=12)
@given(number=st.integers(0, 5), axes=st.sets(st.integers(0, 2), min_size=1))
def test_turning_axes_turns_the_masks(number, axes):
    frames, exam = simulated(number)
    image, geometry = flipped(frames.mean(axis=0), exam.geometry, axes)
    plain, turned = masks(frames.mean(axis=0), exam.geometry), masks(image, geometry)
    for a, b in zip(plain, turned, strict=True):
        assert np.array_equal(np.flip(b.mask, sorted(axes)), a.mask)
    np.testing.assert_allclose(np.flip(turned[1].depth_mm, sorted(axes)), plain[1].depth_mm)


@settings(max_examples=12)
@given(number=st.integers(0, 5), order=st.permutations(range(3)))
def test_any_order_of_axes_gives_the_breast_of_a_body(number, order):
    frames, exam = simulated(number)
    body, breast = masks(frames.mean(axis=0), exam.geometry)
    affine = exam.geometry.affine[:, [*order, 3]]
    geometry = Geometry(tuple(exam.geometry.shape[a] for a in order), affine)
    other = breast_mask(type(body)(body.mask.transpose(order), body.threshold, body.share), geometry)
    assert np.array_equal(other.mask, breast.mask.transpose(order))
