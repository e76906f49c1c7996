"""Overlap of masks, and the quality numbers of an exam."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kinephen.errors import InputError
from kinephen.imaging.compare import overlap
from kinephen.imaging.ftv import functional_tumour_volume
from kinephen.imaging.lesion import primary_lesion
from kinephen.imaging.qc import quality_record

SHAPE = (7, 8, 9)


def block(*slices):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[slices] = True
    return mask


def test_overlap_counts_both_ways():
    first, second = block(slice(0, 2), 0, 0), block(slice(1, 5), 0, 0)
    found = overlap(first, second, voxel_volume_mm3=500.0)
    assert (found.common, found.first_only, found.second_only) == (1, 1, 3)
    assert found.dice == pytest.approx(2 / 6)
    assert (found.first_cc, found.second_cc) == (1.0, 2.0)
    assert found.to_dict()["dice"] == found.dice


def test_overlap_of_equal_and_of_empty_masks():
    full, empty = block(slice(1, 3)), np.zeros(SHAPE, dtype=bool)
    assert overlap(full, full, voxel_volume_mm3=1.0).dice == 1.0
    assert overlap(full, empty, voxel_volume_mm3=1.0).dice == 0.0
    assert np.isnan(overlap(empty, empty, voxel_volume_mm3=1.0).dice)


def test_overlap_of_other_shapes_is_refused():
    with pytest.raises(InputError, match=r"masks of shape \(7, 8, 9\) and \(1, 1, 1\)"):
        overlap(block(0), np.ones((1, 1, 1), dtype=bool), voxel_volume_mm3=1.0)


def measured(frames, voi):
    ftv = functional_tumour_volume(*frames, voxel_volume_mm3=1.0, voi=voi)
    return quality_record(frames, voi=voi, ftv=ftv, lesion=primary_lesion(ftv.by_pe))


def test_quality_of_a_plain_exam():
    rng = np.random.default_rng(0)
    pre = rng.uniform(90, 110, SHAPE).astype(np.float32)
    frames = np.stack([pre, 1.1 * pre, 1.2 * pre]).astype(np.float32)
    lesion = block(slice(2, 5), slice(2, 6), slice(3, 6))
    frames[1][lesion] *= 2
    frames[2][lesion] *= 2
    record = measured(frames, np.ones(SHAPE, dtype=bool))
    assert (record.components, record.largest_share) == (1, 1.0)
    assert record.box_touches_border
    assert record.lesion_on_faces == 0
    assert record.lesion_curve[1] == pytest.approx(2.2 * record.lesion_curve[0], rel=0.02)
    assert record.tissue_curve[2] > record.tissue_curve[1] > record.tissue_curve[0]
    assert record.signal_levels > 400
    assert record.issues == ()
    json.dumps(record.to_dict())


def test_swapped_phases_and_few_levels_are_noticed():
    frames = np.stack([np.full(SHAPE, v, dtype=np.float32) for v in (200, 150, 100)])
    record = measured(frames, block(slice(1, 4), slice(1, 4), slice(1, 4)))
    assert [i.code for i in record.issues] == ["qc.no_enhancement", "qc.few_levels"]
    assert "check the phases" in record.issues[0].message
    assert all(np.isnan(record.lesion_curve))
    assert np.isnan(record.largest_share)
