"""One phase after contrast, or an order without times: what can be known is given, the rest says why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import exam_small

from kinephen.config.exams import FeatureSettings
from kinephen.config.schema import Ftv, Settings
from kinephen.core.dynamic import DynamicSeries
from kinephen.errors import InputError
from kinephen.imaging.ftv import functional_tumour_volume
from kinephen.study.exam_checks import check_exam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.features import find_features
from kinephen.study.steps.lesion import find_lesion
from kinephen.study.steps.tiles import read_tiles, write_tiles

SETTINGS = FeatureSettings.of(Settings.model_validate({"bias": {"method": "none", "fallback": "none"}}))


def without(exam, **changes):
    return replace(exam, series=replace(exam.series, **changes))


def one_post(exam):
    series = exam.series
    return without(exam, frames=series.frames[:2], times_s=series.times_s[:2], early=1, late=None)


def test_one_post_gives_the_volume_by_enhancement_alone():
    exam = one_post(exam_small.exam())
    record, mask = find_lesion(check_exam(exam), Ftv(), MaskChoice())
    pre, early = exam.series.frames
    region = np.ones(pre.shape, dtype=np.bool_)
    boxes = [b.mask(exam.series.geometry) for b in exam.series.header.boxes if not b.omit]
    by_hand = functional_tumour_volume(
        pre, early, None, voxel_volume_mm3=1.0, voi=np.logical_or.reduce(boxes) if boxes else region
    )
    assert mask.any()
    assert record.ftv_pe_voxels == by_hand.pe_voxels > 0
    assert (record.ftv_ser_voxels, record.ftv_ser_cc, record.late, record.late_s) == (None, None, None, None)
    assert set(record.voxels_after_step.done()) == {"box", "tissue", "enhancing", "neighbours"}
    assert [i.code for i in record.noticed if i.code.startswith("dynamic.")] == ["dynamic.one_post"]


def test_without_a_late_frame_the_rule_of_the_late_frame_is_not_applied():
    shape = (7, 8, 9)
    pre = np.full(shape, 100.0, dtype=np.float32)
    early, late = pre * 2.0, pre * 0.5
    everywhere = np.ones(shape, dtype=np.bool_)
    with_late = functional_tumour_volume(pre, early, late, voxel_volume_mm3=1.0, voi=everywhere)
    without_late = functional_tumour_volume(pre, early, None, voxel_volume_mm3=1.0, voi=everywhere)
    assert (with_late.pe_voxels, without_late.pe_voxels) == (0, pre.size)
    assert without_late.by_ser is None
    assert np.isnan(without_late.ser_cc)
    assert without_late.ser_classes == ()


@pytest.mark.parametrize("zero", [False, True])
def test_maps_of_one_post_are_undefined_where_a_late_frame_is_needed(zero):
    exam = one_post(exam_small.exam())
    settings = SETTINGS.model_copy(update={"maps": SETTINGS.maps.model_copy(update={"zero_otherwise": zero})})
    record, tiles = find_features(exam.series, exam_small.lesion_mask(), settings)
    voxels = {name: m.n for name, m in record.map_summary.items()}
    assert voxels["SER"] == voxels["WOS"] == 0
    assert voxels["PE"] == voxels["WIS"] > 0
    assert set(record.undefined_voxels["SER"]) == set(record.undefined_voxels["WOS"]) == {"one_post"}
    assert "late" not in tiles.frames
    whole, _ = find_features(exam_small.exam().series, exam_small.lesion_mask(), settings)
    assert record.features["PE"].keys() == whole.features["PE"].keys()


def test_an_order_without_times_gives_all_but_the_slopes():
    whole = exam_small.exam()
    exam = without(whole, times_s=None)
    mask = exam_small.lesion_mask()
    record, tiles = find_features(exam.series, mask, SETTINGS)
    known, _ = find_features(whole.series, mask, SETTINGS)
    assert {n: record.map_summary[n] for n in ("PE", "SER")} == {
        n: known.map_summary[n] for n in ("PE", "SER")
    }
    assert record.map_summary["WIS"].n == record.map_summary["WOS"].n == 0
    assert set(record.undefined_voxels["WIS"]) == {"no_times"}
    lesion, _ = find_lesion(check_exam(exam), Ftv(), MaskChoice())
    timed, _ = find_lesion(check_exam(whole), Ftv(), MaskChoice())
    assert (lesion.ftv_pe_voxels, lesion.ftv_ser_voxels) == (timed.ftv_pe_voxels, timed.ftv_ser_voxels)
    assert (lesion.phases, lesion.phase_times_s, lesion.early_s) == (whole.series.n_phases, None, None)
    assert tiles.times_s is None


def test_tiles_without_times_or_late_frame_are_read_as_written(tmp_path):
    exam = without(one_post(exam_small.exam()), times_s=None)
    _, tiles = find_features(exam.series, exam_small.lesion_mask(), SETTINGS)
    write_tiles(tmp_path / "t.npz", tiles)
    again = read_tiles(tmp_path / "t.npz")
    assert again.times_s is None
    assert set(again.frames) == {"pre", "early"}
    np.testing.assert_array_equal(again.curve, tiles.curve)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"late": 9}, "dynamic.early_late"),
        ({"early": 0}, "dynamic.early_late"),
        ({"late": 1, "early": 1}, "dynamic.early_late"),
        ({"late": None, "early": 9}, "dynamic.early_late"),
        ({"times_s": (1.0,)}, "dynamic.times"),
    ],
)
def test_phases_out_of_place_are_refused(changes, code):
    series = exam_small.exam().series
    values = {f: getattr(series, f) for f in ("frames", "geometry", "times_s", "timing_rule", "phase_rule")}
    with pytest.raises(InputError) as caught:
        DynamicSeries(**({**values, "early": 1, "late": 2} | changes))
    assert caught.value.code == code
