"""Labels of a mask: whole numbers, one of which is the region, or the reason why not."""

from pathlib import Path

import numpy as np
import pytest

from kinephen.errors import InputError, UsageError
from kinephen.io.label_values import inside_label, labels_of, listed
from kinephen.study.review_gate import READER, MaskChoice, given_mask

TWO = np.array([[[0, 1, 3], [3, 0, 0]]], dtype=np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32, np.float64])
def test_labels_ascend_without_zero(kind):
    assert labels_of(TWO.astype(kind)) == [1, 3]
    assert labels_of(np.zeros((2, 3, 4), dtype=kind)) == []


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_one_label_is_taken_or_the_only_one_or_none(kind):
    array = TWO.astype(kind)
    assert np.array_equal(inside_label(array, 3), TWO == 3)
    assert np.array_equal(inside_label(np.where(TWO == 3, array, 0), None), TWO == 3)
    assert not inside_label(np.zeros_like(array), None).any()
    assert not inside_label(np.zeros_like(array), 2).any()


def test_large_labels_stay_apart():
    array = np.array([[[2**53, 2**53 + 1]]], dtype=np.int64)
    assert inside_label(array, 2**53 + 1).tolist() == [[[False, True]]]


@pytest.mark.parametrize(
    ("array", "label", "message", "hint"),
    [
        (TWO, None, "the mask holds several labels (1, 3)", "--mask-label N"),
        (TWO, 2, "the mask does not hold label 2; it holds 1, 3", ""),
        (TWO / 2.0, None, "whole numbers from 0 on; found 0.5, 1.5", "cut at 0.5"),
        (TWO - 1.0, None, "whole numbers from 0 on; found -1", "cut at 0.5"),
        (np.where(TWO, 1.0, np.nan), None, "3 of 6 voxels of the mask are NaN", "write 0"),
    ],
)
def test_what_is_no_region_is_refused_with_what_was_found(array, label, message, hint):
    with pytest.raises(InputError) as caught:
        inside_label(array, label)
    assert (caught.value.code, caught.value.where) == ("mask.values", "mask file")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_many_values_are_not_all_listed():
    assert listed(list(range(1, 10))) == "1, 2, 3, 4, 5, 6, 7, 8 and more"
    assert listed([]) == "none"


def test_a_label_needs_a_mask():
    assert given_mask(None, None) == MaskChoice()
    assert given_mask(Path("m.nii"), 2) == MaskChoice(path=Path("m.nii"), source=READER, label=2)
    with pytest.raises(UsageError, match="--mask-label 2 names a label of no mask"):
        given_mask(None, 2)
