"""The feature step: maps, their units and summaries, and tiles, reckoned by hand for a small exam."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from tests import exam_records, exam_small

from kinephen.config.presets import PRESET_NAMES, preset_settings
from kinephen.config.schema import Bias, Features, Maps, Resample
from kinephen.radiomics.catalogue import MASK_ONLY
from kinephen.study.steps.features import compute_features, find_features, read_features
from kinephen.study.steps.tiles import read_tiles

FALLING, RISING = 24, 36
"""Voxels of the lesion that wash out, and that go on rising."""


def settings(**sections):
    base = preset_settings("recommended")
    chosen = {
        "bias": Bias(method="none"),
        "maps": Maps(variant="paper", zero_otherwise=False, normalise_wos=True, wos_from_peak=True),
        "resample": Resample(matrix=0, isotropic_mm=0.0),
        "features": Features(mode="ibsi", perturbations=0),
    }
    return base.model_copy(update=chosen | sections)


@pytest.fixture(scope="module")
def found():
    """Return record and tiles of the small exam."""
    return find_features(exam_small.exam().series, exam_small.lesion_mask(), settings())


def test_each_map_has_the_mean_of_its_own_formula(found):
    summary = found[0].map_summary
    assert list(summary) == ["PE", "SER", "WIS", "WOS"]
    # Peaks: 100 % at 2 min where it washes out, 200 % at 9 min where it rises.
    assert summary["PE"].mean == pytest.approx((FALLING * 1.0 + RISING * 2.0) / 60, rel=1e-12)
    assert summary["SER"].mean == pytest.approx((FALLING * 100 / 50 + RISING * 80 / 200) / 60, rel=1e-12)
    assert summary["WIS"].mean == pytest.approx((FALLING * 1.0 / 2 + RISING * 2.0 / 9) / 60, rel=1e-12)
    # From 200 at 2 min to 150 at 9 min, of 100 before; where it rises there is no wash-out.
    assert summary["WOS"].mean == pytest.approx(-0.5 / 7, rel=1e-12)
    assert {name: s.n for name, s in summary.items()} == {"PE": 60, "SER": 60, "WIS": 60, "WOS": FALLING}


def test_quantiles_are_in_their_order(found):
    summary = found[0].map_summary
    assert (summary["PE"].p05, summary["PE"].median, summary["PE"].p95) == (1.0, 2.0, 2.0)
    assert summary["SER"].p05 == summary["SER"].median == pytest.approx(0.4)
    assert summary["SER"].p95 == pytest.approx(2.0)


def test_units_go_with_their_maps(found):
    assert found[0].units == {"PE": "1", "SER": "1", "WIS": "1/min", "WOS": "1/min"}
    percent = settings(maps=Maps(variant="paper", normalise_wos=False, pe_unit="percent"))
    record, _ = find_features(exam_small.exam().series, exam_small.lesion_mask(), percent)
    assert record.units == {"PE": "%", "SER": "1", "WIS": "%/min", "WOS": "scanner units/min"}
    assert record.map_summary["PE"].mean == pytest.approx(160.0)
    assert record.map_summary["SER"].mean == found[0].map_summary["SER"].mean


def test_counts_grid_and_peaks(found):
    record = found[0]
    assert (record.voxels, record.spacing_mm) == (60, (3.0, 1.5, 1.25))
    # Peaks at 120 s, 300 s and 540 s.
    assert record.peak_voxels == (FALLING, 0, RISING)
    assert record.undefined_voxels == {"PE": {}, "SER": {}, "WIS": {}, "WOS": {"peak_at_last": RISING}}
    assert (record.bias.method, record.bias.corrected, record.bias.fields) == ("none", False, ())


def test_features_are_those_of_the_map_they_are_named_after(found):
    record = found[0]
    for name, summary in record.map_summary.items():
        assert record.features[name]["Intensity_Mean"] == pytest.approx(summary.mean, rel=1e-12)
        assert record.row()[f"{name}_Intensity_Mean"] == record.features[name]["Intensity_Mean"]
    assert len(record.row()) == 4 * len(record.features["PE"]) == 416


def test_each_feature_without_a_value_has_its_reason(found):
    record = found[0]
    lacking = {(m, f) for m, row in record.features.items() for f, v in row.items() if v is None}
    assert lacking == {(r.map, r.feature) for r in record.reasons}
    assert lacking


def test_a_lesion_that_has_vanished_has_reasons_and_no_numbers():
    empty = np.zeros(exam_small.SHAPE, dtype=bool)
    record, tiles = find_features(exam_small.exam().series, empty, settings())
    assert record.voxels == 0
    assert set(record.row().values()) == {None}
    assert {s.mean for s in record.map_summary.values()} == {None}
    assert tiles.slice == 3
    assert np.isnan(tiles.curve).all()


def test_repeats_are_counted_and_differ_from_the_features():
    often = settings(features=Features(mode="ibsi", perturbations=2))
    record, _ = find_features(exam_small.exam().series, exam_small.lesion_mask(), often)
    assert len(record.perturbed) == 2
    assert record.perturbed[0] != record.perturbed[1]
    assert list(record.perturbed[0]) == list(record.features)


def test_tiles_are_the_lesions_slice_with_rows_and_columns_in_place(found):
    tiles = found[1]
    frames, mask = exam_small.frames(), exam_small.lesion_mask()
    assert tiles.slice == 2
    assert tiles.pixel_mm == (1.5, 1.25)
    np.testing.assert_array_equal(tiles.mask, mask[2])
    for name, phase in (("pre", 0), ("early", 1), ("late", 3)):
        np.testing.assert_array_equal(tiles.frames[name], frames[phase, 2])
        np.testing.assert_array_equal(tiles.image(name), frames[phase, 2])
    assert list(tiles.maps) == ["PE", "SER", "WIS", "WOS"]
    assert tiles.image("SER")[3, 2] == np.float32(2.0)
    assert tiles.image("SER")[3, 6] == np.float32(0.4)
    assert np.isnan(tiles.image("PE")[~tiles.mask]).all()


def test_the_curve_holds_the_quartiles_of_enhancement_in_percent(found):
    tiles = found[1]
    assert tiles.times_s == (-75.0, 120.0, 300.0, 540.0)
    # 36 voxels enhance by 80, 160 and 200 %, 24 by 100, 70 and 50 %.
    wanted = [[0.0, 80.0, 70.0, 50.0], [0.0, 80.0, 160.0, 200.0], [0.0, 100.0, 160.0, 200.0]]
    np.testing.assert_allclose(tiles.curve, wanted, rtol=1e-6, atol=1e-6)


def test_what_is_written_is_what_is_read(found, tmp_path):
    record, tiles = found
    compute_features(tmp_path, exam_small.exam().series, exam_small.lesion_mask(), settings())
    assert read_features(tmp_path) == record
    again = read_tiles(tmp_path / "tiles.npz")
    assert (again.slice, again.pixel_mm, again.times_s) == (tiles.slice, tiles.pixel_mm, tiles.times_s)
    for name in (*tiles.frames, *tiles.maps):
        np.testing.assert_array_equal(again.image(name), tiles.image(name))
    np.testing.assert_array_equal(again.curve, tiles.curve)
    np.testing.assert_array_equal(again.mask, tiles.mask)


def test_a_record_that_contradicts_itself_is_refused():
    with pytest.raises(ValidationError, match="more voxels than the lesion"):
        exam_records.features(voxels=50, map_summary=exam_records.features().map_summary)
    with pytest.raises(ValidationError, match="lacks its reason"):
        exam_records.features(features={"PE": {"Intensity_Mean": None}})


def test_responses_are_further_maps_without_the_features_of_the_mask(found):
    chosen = Features(mode="ibsi", filters=("mean:support=3", "log:sigma=1.5mm"))
    record, _ = find_features(exam_small.exam().series, exam_small.lesion_mask(), settings(features=chosen))
    plain = found[0]
    names = [f"{m}.{r}" for m in plain.features for r in ("mean-3", "log-1.5mm")]
    assert list(record.features) == [*plain.features, *names]
    assert {m: record.features[m] for m in plain.features} == plain.features
    assert set(plain.features["PE"]) - set(record.features["PE.mean-3"]) == set(MASK_ONLY)
    assert list(record.map_summary) == list(plain.map_summary)
    # The mean of a map that ends at the lesion stays between its extremes: nothing outside is seen.
    smooth, sharp = record.features["PE.mean-3"], plain.features["PE"]
    assert sharp["Intensity_Minimum"] <= smooth["Intensity_Minimum"]
    assert smooth["Intensity_Maximum"] <= sharp["Intensity_Maximum"]
    assert smooth["Intensity_Variance"] < sharp["Intensity_Variance"]
    assert "PE.mean-3_Intensity_Mean" in record.row()


def test_filters_are_off_in_every_preset_and_checked():
    assert all(preset_settings(name).features.filters == () for name in PRESET_NAMES)
    with pytest.raises(ValidationError, match="without its unit"):
        Features(filters=("log:sigma=3",))
