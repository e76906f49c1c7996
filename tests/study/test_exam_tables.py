"""Tables of exams in data/: each cell again from the exams' records."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from tests import exam_records

from kinephen.records.failure import Failure
from kinephen.records.features import Reason
from kinephen.records.plausibility import Finding, Plausibility
from kinephen.study.exam_tables import exam_issues_table, exams_table, feature_issues_table, visit_table

PLAN = SimpleNamespace(label=lambda case: f"P-{case}")


@pytest.fixture
def cases():
    lesion, features = exam_records.lesion, exam_records.features
    noted = Finding(code="ftv.empty", message="in the lesion", where="box", count=3)
    moved = Finding(code="shift.small", message="moved", where="frame 1", level="warning")
    gap = features(
        features={"PE": {"Intensity_Mean": 3.0, "LBP_LBP": None}, "SER": {"Intensity_Mean": None}},
        reasons=(
            Reason(map="PE", feature="LBP_LBP", reason="off"),
            Reason(map="SER", feature="Intensity_Mean", reason="all voxels are equal"),
        ),
        issues=(Finding(code="maps.x", message="in the maps", where="SER"),),
    )
    return exam_records.cases(
        {
            ("2", "T1"): lesion(pe_voxels=200, voxels=180, manufacturer="GE"),
            ("1", "T2"): lesion(
                pe_voxels=90,
                voxels=70,
                phase_times_s=(-75.0, 120.5, 300.0, 540.0),
                late=3,
                thresholds=exam_records.thresholds(pe_threshold=80.0, tissue_threshold=33.5),
                issues=(noted,),
                plausibility=Plausibility(findings=(moved,)),
                region="mask",
                components=5,
                largest_share=None,
            ),
            ("1", "T1"): lesion(pe_voxels=150, voxels=140),
        },
        {("1", "T1"): features(shift=1.0), ("1", "T2"): features(shift=2.0), ("2", "T1"): gap},
        failures={("2", "T2"): Failure(code="dicom.none", message="no images", hint="h", where="w")},
    )


def test_each_row_of_exams_is_that_of_its_record(cases):
    table = exams_table(PLAN, cases)
    assert list(zip(table["case"], table["visit"], strict=True)) == [
        ("P-1", "T1"), ("P-1", "T2"), ("P-2", "T1"),
    ]  # fmt: skip
    for row in table.to_dict("records"):
        record = cases.lesions[row["case"].removeprefix("P-"), row["visit"]]
        for name in ("ftv_pe", "ftv_ser", "lesion"):
            voxels = getattr(record, f"{name}_voxels")
            assert row[f"{name}_voxels"] == voxels
            assert row[f"{name}_cc"] == pytest.approx(voxels * record.voxel_volume_mm3 / 1000.0, rel=1e-12)
        for name in ("lesion_source", "region", "timing_rule", "phase_rule", "manufacturer", "components"):
            assert row[name] == getattr(record, name)
        assert (row["early"], row["late"]) == (record.early, record.late)
        limits = record.thresholds
        assert (row["tissue_threshold"], row["pe_threshold"]) == (
            limits.tissue_threshold,
            limits.pe_threshold,
        )
        assert (row["background_percent"], row["min_neighbours"]) == (60.0, 4)
        assert row["ser_min"] == limits.ser_min
        assert [float(t) for t in row["phase_times_s"].split()] == list(record.phase_times_s)
    assert pd.isna(table["largest_share"][1])


def test_features_of_a_visit_are_those_of_that_visit(cases):
    first, second = (visit_table(PLAN, cases, "quick", v) for v in ("T1", "T2"))
    assert list(first["case"]) == ["P-1", "P-2"]
    assert list(second["case"]) == ["P-1"]
    for table, visit in ((first, "T1"), (second, "T2")):
        for row in table.set_index("case").to_dict("index").items():
            case, values = row
            record = cases.features["quick"][case.removeprefix("P-"), visit]
            for name, wanted in record.row().items():
                assert values[name] == wanted or (wanted is None and pd.isna(values[name]))
    assert first["PE_Intensity_Mean"].tolist() == [11.0, 3.0]
    assert second["WOS_GLCM_Contrast"].tolist() == [47.0]


def test_issues_say_exam_and_place(cases):
    table = exam_issues_table(PLAN, cases, "quick")
    rows = set(table.itertuples(index=False, name=None))
    assert rows == {
        ("P-1", "T2", "warning", "shift.small", "moved", "frame 1", 1),
        ("P-1", "T2", "note", "ftv.empty", "in the lesion", "box", 3),
        ("P-2", "T1", "note", "maps.x", "in the maps", "SER", 1),
        ("P-2", "T2", "stop", "dicom.none", "no images", "exam", 1),
    }


def test_each_undefined_feature_has_its_row(cases):
    table = feature_issues_table(PLAN, cases, "quick")
    assert list(table.itertuples(index=False, name=None)) == [
        ("P-2", "T1", "PE", "LBP_LBP", "off"),
        ("P-2", "T1", "SER", "Intensity_Mean", "all voxels are equal"),
    ]


def test_repeats_are_tables_of_all_exams_in_their_order():
    def repeated(*shifts):
        return exam_records.features(perturbed=tuple(exam_records.features(shift=s).features for s in shifts))

    records = {("1", "T1"): repeated(1.0, 2.0, 3.0), ("1", "T2"): repeated(4.0, 5.0), ("2", "T1"): repeated()}
    first, second = exam_records.cases(features=records).repeats("quick")
    assert list(first.index) == list(second.index) == ["1 T1", "1 T2"]
    assert first["PE_Intensity_Mean"].tolist() == [11.0, 14.0]
    assert second["WOS_GLCM_Contrast"].tolist() == [47.0, 50.0]
    assert exam_records.cases().repeats("quick") == []
