"""A patient's exams on their page: each cell again from the records of that very exam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import exam_records, exam_small

from kinephen.records.failure import Failure
from kinephen.records.plausibility import Finding
from kinephen.report.numbers.patient_visits import patient_visits
from kinephen.report.numbers.patients import exam_warnings
from kinephen.report.schema.patient_detail import Visit
from kinephen.study.steps.tiles import cut_tiles, read_tiles, write_tiles

VISITS = ("T1", "T2")


def tiles(late):
    """Return tiles of the small exam; maps are numbers that tell map, exam and voxel apart."""
    exam = exam_small.exam(late=late)
    mask = exam_small.lesion_mask()
    grid = np.arange(mask.size, dtype=float).reshape(mask.shape)
    maps = {
        name: np.where(mask, grid + 1000.0 * i * late, np.nan)
        for i, name in enumerate(exam_records.MAPS, start=1)
    }
    maps["WOS"] = -maps["WOS"]
    return cut_tiles(exam.series.frames * late, exam.series, mask, maps)


@pytest.fixture
def cases(tmp_path):
    lesion, features = exam_records.lesion, exam_records.features
    paths = {}
    for case, visit, late in (("a", "T1", 2), ("a", "T2", 3), ("b", "T2", 3)):
        paths[case, visit] = tmp_path / f"{case}-{visit}.npz"
        write_tiles(paths[case, visit], tiles(late))
    noted = (Finding(code="x", message="of the lesion"),)
    return exam_records.cases(
        {
            ("a", "T1"): lesion(pe_voxels=200, ser_voxels=150, voxels=180, lesion_source="file"),
            ("a", "T2"): lesion(pe_voxels=90, ser_voxels=20, voxels=70, lesion_source="drawn", issues=noted),
            ("b", "T2"): lesion(pe_voxels=33),
        },
        {
            ("a", "T1"): features(units=exam_records.UNITS | {"WOS": "%/min"}),
            ("a", "T2"): features(voxels=50, issues=(Finding(code="y", message="of the maps"),)),
            ("b", "T2"): features(),
        },
        paths,
    )


def test_volumes_are_those_of_their_own_visit(cases):
    shown = patient_visits(cases, "quick", "a", VISITS)
    assert [v.name for v in shown] == ["T1", "T2"]
    for visit in shown:
        lesion = cases.lesions["a", visit.name]
        assert visit.ftv_pe_cc == pytest.approx(lesion.ftv_pe_voxels * lesion.voxel_volume_mm3 / 1000)
        assert visit.ftv_ser_cc == pytest.approx(lesion.ftv_ser_voxels * lesion.voxel_volume_mm3 / 1000)
        assert visit.lesion_cc == pytest.approx(lesion.lesion_voxels * lesion.voxel_volume_mm3 / 1000)
        assert visit.lesion_source == lesion.lesion_source
    assert [v.ftv_pe_cc for v in shown] == [0.4, 0.18]


def test_maps_are_summarised_as_the_record_does(cases):
    for visit in patient_visits(cases, "quick", "a", VISITS):
        record = cases.features["quick"]["a", visit.name]
        assert [m.name for m in visit.maps] == ["PE", "SER", "WIS", "WOS"]
        for shown in visit.maps:
            summary = record.map_summary[shown.name]
            assert (shown.n, shown.mean, shown.median) == (summary.n, summary.mean, summary.median)
            assert (shown.p05, shown.p95) == (summary.p05, summary.p95)
            assert shown.unit == record.units[shown.name]


def test_slice_size_and_curve_are_those_of_the_tiles(cases):
    for visit in patient_visits(cases, "quick", "a", VISITS):
        cut = read_tiles(cases.tiles["a", visit.name])
        assert visit.slice == 3  # the third of seven
        assert (visit.rows, visit.columns) == (8, 9)
        assert visit.aspect == pytest.approx(9 * 1.25 / (8 * 1.5))
        assert visit.curve.minutes == (-1.25, 2.0, 5.0, 9.0)
        assert visit.curve.low == tuple(cut.curve[0])
        assert visit.curve.median == tuple(cut.curve[1])
        assert visit.curve.high == tuple(cut.curve[2])


def test_both_visits_share_the_scale_of_each_picture(cases):
    first, second = patient_visits(cases, "quick", "a", VISITS)
    cuts = [read_tiles(cases.tiles["a", v]) for v in VISITS]
    names = ["early", "PE", "SER", "WIS", "WOS"]
    assert [p.name for p in first.pictures] == [p.name for p in second.pictures] == names
    for one, two in zip(first.pictures, second.pictures, strict=True):
        values = np.concatenate(
            [c.frames["early"].ravel() if one.name == "early" else c.maps[one.name][c.mask] for c in cuts]
        )
        low, high = np.percentile(values.astype(float), [2.0, 99.0])
        if one.name == "WOS":
            low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
        assert (one.low, one.high) == (two.low, two.high) == (low, high)
    assert [p.unit for p in first.pictures] == ["", "1", "1", "1/min", "%/min"]
    assert [p.unit for p in second.pictures] == ["", "1", "1", "1/min", "1/min"]


def test_what_was_noticed_stands_at_its_visit(cases):
    assert exam_warnings(cases, "quick", ("a", "T1")) == ()
    assert exam_warnings(cases, "quick", ("a", "T2")) == ("of the lesion", "of the maps")


def test_an_exam_that_failed_or_is_not_there_is_a_warning(cases):
    failed = replace(cases, failures={("b", "T1"): Failure(code="exam.x", message="no header")})
    assert exam_warnings(failed, "quick", ("b", "T1")) == ("the exam failed: no header",)
    assert exam_warnings(cases, "quick", ("b", "T1")) == ("no exam",)
    assert exam_warnings(cases, "quick", ("b", "T2")) == ()


def test_documents_that_repeat_the_warnings_are_still_read(cases):
    (visit,) = patient_visits(cases, "quick", "b", VISITS)
    assert Visit.model_validate({**visit.model_dump(), "issues": ["of the maps"]}) == visit


def test_a_visit_that_was_not_analysed_is_left_out(cases):
    (only,) = patient_visits(cases, "quick", "b", VISITS)
    assert (only.name, only.ftv_pe_cc) == ("T2", pytest.approx(33 * 2.0 / 1000))
    assert patient_visits(cases, "quick", "c", VISITS) == ()
