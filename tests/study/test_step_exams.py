"""All exams together, and the tables that show them: each cell counted again from the exams' records."""

from __future__ import annotations

import numpy as np
import pytest
from tests import exam_records

from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.records.failure import Failure
from kinephen.records.lesion import LARGEST_COMPONENT, Review
from kinephen.records.plausibility import Finding
from kinephen.records.protocol import Protocol
from kinephen.report.numbers import acquisition, protocol
from kinephen.report.numbers.acquisition import acquisition_table
from kinephen.report.numbers.build import _exam_issues
from kinephen.report.numbers.protocol import protocol_table
from kinephen.report.schema import Estimate, Share
from kinephen.study.steps.exams import NUMBERS, summarise_exams

THREE = (
    Protocol(repetition_ms=8.0, echo_ms=4.1, flip_degrees=20.0, contrast_agent="gadobutrol"),
    Protocol(repetition_ms=9.5, echo_ms=3.2, flip_degrees=30.0, scanning_sequence=("GR", "IR")),
    Protocol(echo_ms=2.4, scanning_sequence=("IR", "GR"), contrast_volume_ml=15.0, contrast_dose_ml=7.5),
)


def lesions():
    """Return three exams that differ in all that is shown."""
    vary = exam_records.lesion
    return {
        ("a", "T1"): vary(
            manufacturer="GE",
            scanner_model="Signa",
            field_strength_t=1.5,
            spacing_mm=(2.0, 0.9, 0.7),
            phase_times_s=(-60.0, 100.0, 400.0),
            thresholds=exam_records.thresholds(pe_threshold=70.0, background_percent=55.0),
            protocol=THREE[0],
            review=Review(state="confirmed"),
        ),
        ("a", "T2"): vary(
            manufacturer="GE",
            scanner_model="#0123abcd",
            field_strength_t=3.0,
            spacing_mm=(3.0, 1.1, 1.0),
            phase_times_s=(-60.0, 140.0, 300.0, 500.0),
            late=3,
            thresholds=exam_records.thresholds(pe_threshold=90.0, background_percent=60.0),
            protocol=THREE[1],
            lesion_source=LARGEST_COMPONENT,
            issues=(Finding(code="ftv.empty", message="a, T2", where="frame 1", level="warning"),) * 2,
        ),
        ("b", "T1"): vary(
            spacing_mm=(4.0, 0.6, 0.5),
            phase_times_s=(-60.0, 90.0, 480.0),
            thresholds=exam_records.thresholds(pe_threshold=75.0, background_percent=65.0),
            protocol=THREE[2],
            lesion_source="review, revision 2",
            review=Review(state="edited"),
            issues=(Finding(code="ftv.empty", message="b, T1", where="frame 0"),),
        ),
    }


@pytest.fixture
def summary():
    noted = exam_records.features(issues=(Finding(code="maps.peak_at_last", message="n", where="WOS"),))
    features = {("a", "T1"): noted, ("a", "T2"): exam_records.features()}
    failures = {("b", "T2"): Failure(code="x", message="y")}
    return summarise_exams(exam_records.cases(lesions(), features, failures=failures), "quick")


def number(table, quantity):
    (row,) = [r for r in table.rows if r["quantity"] == quantity]
    return row["value"]


def counted(table, quantity):
    return {r["category"]: r["exams"] for r in table.rows if r["quantity"] == quantity}


def test_exams_are_counted_by_what_became_of_them(summary):
    assert (summary.analysed, summary.failed, summary.confirmed, summary.given) == (3, 1, 1, 2)


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        ("distance of slices, mm", [2.0, 3.0, 4.0]),
        ("distance in plane, mm", [0.9, 0.7, 1.1, 1.0, 0.6, 0.5]),
        ("frames", [3.0, 4.0, 3.0]),
        ("early frame after contrast, s", [100.0, 140.0, 90.0]),
        ("late frame after contrast, s", [400.0, 500.0, 480.0]),
        ("enhancement threshold, %", [70.0, 90.0, 75.0]),
        ("tissue threshold, % of the 95th percentile", [55.0, 60.0, 65.0]),
    ],
)
def test_numbers_of_the_acquisition_are_those_of_their_own_field(summary, quantity, values):
    wanted = Estimate(value=float(np.median(values)), low=min(values), high=max(values))
    assert number(acquisition_table(summary), quantity) == wanted


def test_scanners_and_masks_are_counted_of_all_exams(summary):
    table = acquisition_table(summary)
    assert counted(table, "scanner") == {"GE": Share(n=2, of=3), "not stated": Share(n=1, of=3)}
    masks = counted(table, "lesion mask")
    assert set(masks) == {"file", LARGEST_COMPONENT, "review, revision 2"}
    (confirmed,) = [r["exams"] for r in table.rows if r["quantity"] == "confirmed by a reader"]
    assert confirmed == Share(n=1, of=3)


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        ("field strength, T", [1.5, 3.0]),
        ("repetition time, ms", [8.0, 9.5]),
        ("echo time, ms", [4.1, 3.2, 2.4]),
        ("flip angle, degrees", [20.0, 30.0]),
        ("volume of contrast, ml", [15.0]),
        ("undiluted contrast agent, ml", [7.5]),
    ],
)
def test_numbers_of_the_protocol_stand_beside_the_exams_that_state_them(summary, quantity, values):
    table = protocol_table(summary)
    wanted = Estimate(value=float(np.median(values)), low=min(values), high=max(values))
    assert number(table, quantity) == wanted
    (row,) = [r for r in table.rows if r["quantity"] == quantity]
    assert row["exams"] == Share(n=len(values), of=3)


def test_codes_keep_their_order_and_hashes_are_not_shown(summary):
    table = protocol_table(summary)
    sequences = counted(table, "scanning sequence")
    both = {
        "gradient recalled (GR) + inversion recovery (IR)",
        "inversion recovery (IR) + gradient recalled (GR)",
    }
    assert both < set(sequences)
    assert counted(table, "scanner model")[NOT_SHOWN] == Share(n=1, of=3)


def test_each_number_of_an_exam_is_one_that_a_table_shows(summary):
    assert sorted(NUMBERS) == sorted([*acquisition.NUMBERS.values(), *protocol.NUMBERS.values()])
    assert sorted(summary.classes) == sorted([*acquisition.CLASSES.values(), *protocol.CLASSES.values()])


def test_an_issue_counts_once_an_exam(summary):
    found = {(n.code, n.where): (n.exams, n.example) for n in summary.noticed}
    assert found == {("ftv.empty", ""): (2, "a, T2"), ("maps.peak_at_last", "WOS"): (1, "n")}


def test_the_most_frequent_class_comes_first_and_what_is_not_stated_last_of_equals(summary):
    counts = [(c.values, c.exams) for c in summary.classes["manufacturer"]]
    assert counts == [(("GE",), 2), ((), 1)]
    assert [c.values for c in summary.classes["scanner_model"]] == [("Signa",), (NOT_SHOWN,), ()]
    silent = summarise_exams(
        exam_records.cases({(str(i), "T1"): exam_records.lesion() for i in range(3)}), "x"
    )
    assert [(c.values, c.exams) for c in silent.classes["contrast_agent"]] == [((), 3)]
    assert "repetition_ms" not in silent.numbers


def test_the_reports_issues_say_in_how_many_exams(summary):
    found = [(i.code, i.where, i.message, i.count, i.severity) for i in _exam_issues(summary)]
    assert found == [
        ("ftv.empty", "", "in 2 exams, for example: a, T2", 2, "warning"),
        ("maps.peak_at_last", "WOS", "in 1 exam, for example: n", 1, "note"),
    ]


def test_columns_of_both_tables_are_in_their_order(summary):
    for table in (acquisition_table(summary), protocol_table(summary)):
        assert [c.key for c in table.columns] == ["quantity", "category", "exams", "value"]
