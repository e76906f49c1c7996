"""FTV step by step on volumes small enough to reason about."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.errors import ConfigError, InputError
from kinephen.imaging.ftv import FtvRule, count_neighbours, functional_tumour_volume

SHAPE = (7, 8, 9)


def frames(*, early=200.0, late=180.0):
    """Tissue of 100 everywhere; a block of 3 x 4 x 3 voxels enhances to `early` and `late`."""
    pre = np.full(SHAPE, 100.0, dtype=np.float32)
    first, second = pre.copy(), pre.copy()
    block = (slice(2, 5), slice(2, 6), slice(3, 6))
    first[block], second[block] = early, late
    return pre, first, second


def ftv(images, *, voi=None, omit=None, volume=2.0, **rule):
    region = np.ones(SHAPE, dtype=bool) if voi is None else voi
    return functional_tumour_volume(
        *images, voxel_volume_mm3=volume, voi=region, omit=omit, rule=FtvRule(**rule)
    )


def test_block_is_found_and_measured():
    result = ftv(frames())
    assert result.pe_voxels == 36
    assert result.pe_cc == pytest.approx(0.072)
    assert result.ser_voxels == 36
    assert result.tissue_threshold == pytest.approx(60.0)
    assert result.tissue_source == "60 % of the 95th percentile in the box"


def test_a_lonely_voxel_needs_company():
    pre, early, late = frames()
    early[1, 6, 7] = late[1, 6, 7] = 300.0
    assert ftv((pre, early, late)).pe_voxels == 36
    assert ftv((pre, early, late), min_neighbours=0).pe_voxels == 37


def test_corner_voxel_counts_the_repeated_edge():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[0, 0, 0] = True
    counts = count_neighbours(mask)
    assert counts[0, 0, 0] == 7
    assert counts[1, 1, 1] == 1
    assert counts.dtype == np.uint8
    assert count_neighbours(np.ones(SHAPE, dtype=bool)).min() == 26


def test_neighbours_outside_the_box_count():
    voi = np.zeros(SHAPE, dtype=bool)
    voi[2, 2, 3] = True
    assert ftv(frames(), voi=voi, tissue_threshold=60.0, min_neighbours=7).pe_voxels == 1
    assert ftv(frames(), voi=voi, tissue_threshold=60.0, min_neighbours=8).pe_voxels == 0


def test_enhancement_exactly_at_the_threshold_counts():
    assert ftv(frames(early=170.0)).pe_voxels == 36
    assert ftv(frames(early=169.0)).pe_voxels == 0


def test_late_signal_at_or_below_pre_is_left_out():
    assert ftv(frames(late=100.0)).pe_voxels == 0
    assert ftv(frames(late=90.0)).pe_voxels == 0


def test_signal_of_zero_is_never_tissue():
    pre, early, late = frames()
    pre[2:5, 2:6, 3:6] = 0.0
    result = ftv((pre, early, late), tissue_threshold=0.0)
    assert result.pe_voxels == 0
    assert [i.code for i in result.issues] == ["ftv.threshold", "ftv.empty"]


def test_volume_by_ser_has_no_upper_limit():
    high = ftv(frames(early=300.0, late=120.0))
    assert (high.ser_voxels, high.above_classes) == (36, 36)
    assert all(np.isnan(c.percent) for c in high.ser_classes)
    low = ftv(frames(early=180.0, late=200.0))
    assert (low.pe_voxels, low.ser_voxels) == (36, 0)
    assert [c.voxels for c in low.ser_classes] == [36, 0, 0, 0, 0]


def test_ser_exactly_at_the_bound_is_in_the_volume_and_in_the_lower_class():
    result = ftv(frames(early=190.0, late=200.0))
    assert result.ser_voxels == 36
    assert result.ser_classes[0].voxels == 36


def test_omitted_voxels_are_cut_out_but_stay_neighbours():
    omit = np.zeros(SHAPE, dtype=bool)
    omit[2:5, 2:6, 3:5] = True
    result = ftv(frames(), omit=omit)
    assert result.pe_voxels == 12
    assert result.voxels["box"] == 504 - 24


def test_omitted_voxels_lower_the_threshold_only_on_request():
    omit = np.zeros(SHAPE, dtype=bool)
    omit[:, :, :5] = True
    pre, early, late = frames()
    pre += np.arange(9, dtype=np.float32)
    usual = ftv((pre, early, late), omit=omit)
    zeroed = ftv((pre, early, late), omit=omit, omitted_as_zero=True)
    assert usual.tissue_threshold == pytest.approx(0.6 * 108.0)
    mixed = np.where(omit, 0, pre)
    assert zeroed.tissue_threshold == pytest.approx(0.6 * np.percentile(mixed, 95))
    assert zeroed.tissue_threshold <= usual.tissue_threshold


def test_empty_volume_is_a_result():
    result = ftv(frames(early=100.0))
    assert (result.pe_voxels, result.pe_cc, result.ser_cc) == (0, 0.0, 0.0)
    (issue,) = result.issues
    assert issue.code == "ftv.empty"
    assert "0 cm3" in issue.message


def test_box_of_one_voxel():
    voi = np.zeros(SHAPE, dtype=bool)
    voi[3, 4, 4] = True
    result = ftv(frames(), voi=voi)
    assert result.pe_voxels == 1


def test_integer_frames_give_the_same_numbers():
    images = tuple(f.astype(np.int16) for f in frames())
    assert ftv(images).pe_voxels == 36


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"voi": np.zeros(SHAPE, dtype=bool)}, "the box holds no voxel of the image"),
        (
            {"voi": np.ones((7, 9, 8), dtype=bool)},
            "voi has shape (7, 9, 8), the pre-contrast frame (7, 8, 9)",
        ),
        ({"omit": np.zeros(SHAPE, dtype=np.uint8)}, "omit must be boolean, found uint8"),
        ({"omit": np.ones((1, 1, 1), dtype=bool)}, "omit has shape (1, 1, 1)"),
        ({"volume": 0.0}, "voxel volume above 0 mm3, found 0.0"),
    ],
)
def test_bad_regions_are_named(change, text):
    with pytest.raises(InputError) as caught:
        ftv(frames(), **change)
    assert text in str(caught.value)


@pytest.mark.parametrize(("position", "name"), [(0, "pre"), (1, "early"), (2, "late")])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_frames_that_are_not_finite_are_refused(position, name, value):
    images = frames()
    images[position][3, 3, 3] = value
    with pytest.raises(InputError, match=f"the {name} frame holds 1 voxel"):
        ftv(images)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"background_percent": 0.0}, "background_percent above 0 and up to 100, found 0.0"),
        ({"pe_threshold": -5.0}, "pe_threshold above 0 (percent), found -5.0"),
        ({"min_neighbours": 27}, "min_neighbours 0 to 26, found 27"),
        ({"ser_min": float("nan")}, "ser_min 0 or more, found nan"),
        ({"tissue_threshold": float("inf")}, "tissue_threshold a finite number, found inf"),
    ],
)
def test_bad_thresholds_are_named(rule, text):
    with pytest.raises(ConfigError) as caught:
        FtvRule(**rule)
    assert text in str(caught.value)
