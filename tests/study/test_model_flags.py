"""Flags of an exam: each quantity at its limit, where nothing is said, and just beyond it."""

from __future__ import annotations

import math

import pytest
from tests import exam_records
from tests.exam_records import SEEN, SILENT

from kinephen.model.flags import compared_exams, exam_flags
from kinephen.records.lesion import Review
from kinephen.records.protocol import Protocol

PROTOCOL = Protocol(
    repetition_ms=8.0,
    echo_ms=3.5,
    flip_degrees=25.0,
    acquisition_type="3D",
    fat_suppression="fat suppressed",
)


def exam(**changes):
    values = {
        "manufacturer": "SIEMENS",
        "scanner_model": "avanto",
        "field_strength_t": 1.5,
        "shape": (60, 256, 240),
        "spacing_mm": (2.2, 0.7, 0.6),
        "review": Review(state="confirmed"),
        "protocol": PROTOCOL,
    }
    return exam_records.lesion(**(values | changes))


def sequence(**changes):
    return {"protocol": PROTOCOL.model_copy(update=changes)}


def phases(early, late):
    return {"phase_times_s": (-60.0, early, late)}


AT_LIMIT = [
    {"manufacturer": "GE"},
    {"manufacturer": ""},
    {"scanner_model": ""},
    {"field_strength_t": None},
    {"field_strength_t": 1.3125},
    {"field_strength_t": 2.8125},
    phases(125.0, 450.0),
    phases(175.0, 450.0),
    phases(150.0, 425.0),
    phases(150.0, 475.0),
    {"spacing_mm": (1.7001, 0.7, 0.6)},
    {"spacing_mm": (3.2999, 0.7, 0.6)},
    {"spacing_mm": (2.2, 0.5201, 0.6)},
    {"spacing_mm": (2.2, 0.8799, 0.6)},
    {"spacing_mm": (2.2, 0.7, 0.4301)},
    {"spacing_mm": (2.2, 0.7, 0.7699)},
    sequence(repetition_ms=6.6001),
    sequence(repetition_ms=9.8999),
    sequence(echo_ms=2.8001),
    sequence(echo_ms=4.3999),
    sequence(flip_degrees=18.0),
    sequence(flip_degrees=32.0),
    sequence(repetition_ms=None),
    sequence(echo_ms=None),
    sequence(flip_degrees=None),
    sequence(acquisition_type=""),
    sequence(fat_suppression=""),
]
EARLY, LATE = "the time of the early phase, s", "the time of the late phase, s"
ELSE = "is not among those of training"
BEYOND = [
    ({"manufacturer": "PHILIPS"}, "protocol.manufacturer", f"the manufacturer (PHILIPS) {ELSE}"),
    ({"scanner_model": "skyra"}, "protocol.scanner", f"the scanner model (skyra) {ELSE}"),
    (
        {"field_strength_t": 1.2},
        "protocol.field",
        "the field strength 1.2 T is not among those of training (1.5, 3 T)",
    ),
    (
        {"field_strength_t": 3.25},
        "protocol.field",
        "the field strength 3.25 T is not among those of training (1.5, 3 T)",
    ),
    ({"shape": (60, 240, 256)}, "protocol.matrix", f"the matrix (240 x 256) {ELSE}"),
    (phases(124.0, 450.0), "protocol.early", f"{EARLY}: 124, in training 140 to 160"),
    (phases(176.0, 450.0), "protocol.early", f"{EARLY}: 176, in training 140 to 160"),
    (phases(150.0, 424.0), "protocol.late", f"{LATE}: 424, in training 440 to 460"),
    (phases(150.0, 476.0), "protocol.late", f"{LATE}: 476, in training 440 to 460"),
    (
        {"spacing_mm": (1.69, 0.7, 0.6)},
        "protocol.voxel",
        "the distance of slices, mm: 1.69, in training 2 to 3",
    ),
    (
        {"spacing_mm": (3.31, 0.7, 0.6)},
        "protocol.voxel",
        "the distance of slices, mm: 3.31, in training 2 to 3",
    ),
    (
        {"spacing_mm": (2.2, 0.51, 0.6)},
        "protocol.voxel",
        "the distance of rows, mm: 0.51, in training 0.6 to 0.8",
    ),
    (
        {"spacing_mm": (2.2, 0.89, 0.6)},
        "protocol.voxel",
        "the distance of rows, mm: 0.89, in training 0.6 to 0.8",
    ),
    (
        {"spacing_mm": (2.2, 0.7, 0.42)},
        "protocol.voxel",
        "the distance of columns, mm: 0.42, in training 0.5 to 0.7",
    ),
    (
        {"spacing_mm": (2.2, 0.7, 0.78)},
        "protocol.voxel",
        "the distance of columns, mm: 0.78, in training 0.5 to 0.7",
    ),
    (sequence(repetition_ms=6.5), "protocol.sequence", "the repetition time, ms: 6.5, in training 7.5 to 9"),
    (
        sequence(repetition_ms=9.95),
        "protocol.sequence",
        "the repetition time, ms: 9.95, in training 7.5 to 9",
    ),
    (sequence(echo_ms=2.79), "protocol.sequence", "the echo time, ms: 2.79, in training 3.2 to 4"),
    (sequence(echo_ms=4.41), "protocol.sequence", "the echo time, ms: 4.41, in training 3.2 to 4"),
    (sequence(flip_degrees=17.5), "protocol.sequence", "the flip angle, degrees: 17.5, in training 20 to 30"),
    (sequence(flip_degrees=32.5), "protocol.sequence", "the flip angle, degrees: 32.5, in training 20 to 30"),
    (sequence(acquisition_type="2D"), "protocol.sequence", f"the acquisition type (2D) {ELSE}"),
    (sequence(fat_suppression="none"), "protocol.sequence", f"fat suppression (none) {ELSE}"),
    ({"timing_rule": "nominal"}, "protocol.timing", f"how the phase times were found (nominal) {ELSE}"),
    ({"lesion_source": "a SEG"}, "mask.source", f"where the lesion comes from (a SEG) {ELSE}"),
    ({"review": Review()}, "mask.unreviewed", "no reader has confirmed the lesion (state: unreviewed)"),
    (
        {"phase_times_s": (-60.0, 150.0, 300.0, 450.0), "late": 3},
        "protocol.phases",
        f"the number of phases (4) {ELSE}",
    ),
]


@pytest.mark.parametrize("change", [{}, *AT_LIMIT])
def test_at_the_limit_nothing_is_said(change):
    assert exam_flags("T1", exam(**change), SEEN) == []


@pytest.mark.parametrize(("change", "code", "text"), BEYOND)
def test_beyond_the_limit_there_is_one_flag_in_these_words(change, code, text):
    (flag,) = exam_flags("T2", exam(**change), SEEN)
    assert (flag.code, flag.text) == (code, f"T2: {text}")


def test_flags_stand_in_one_order():
    wrong = exam(
        manufacturer="PHILIPS",
        scanner_model="skyra",
        field_strength_t=7.0,
        shape=(60, 1, 2),
        phase_times_s=(-60.0, 90.0, 200.0, 300.0),
        late=3,
        spacing_mm=(9.0, 9.0, 9.0),
        timing_rule="nominal",
        lesion_source="a SEG",
        review=Review(),
        protocol=Protocol(
            repetition_ms=99.0, echo_ms=98.0, flip_degrees=90.0, acquisition_type="2D", fat_suppression="none"
        ),
    )
    found = exam_flags("T1", wrong, SEEN)
    words = ("repetition time", "echo time", "flip angle", "acquisition type", "fat suppression")
    assert all(w in f.text for w, f in zip(words, found[3:8], strict=True))
    assert [f.code.partition(".")[2] for f in found] == [
        *("manufacturer", "scanner", "field", *["sequence"] * 5, "matrix", "phases", "early", "late"),
        *(*["voxel"] * 3, "timing", "source", "unreviewed"),
    ]


def test_a_model_that_states_nothing_flags_only_the_review():
    other = exam(manufacturer="PHILIPS", field_strength_t=7.0, lesion_source="a SEG", timing_rule="nominal")
    assert exam_flags("T1", other, SILENT) == []
    assert [f.code for f in exam_flags("T1", exam(review=Review(state="edited")), SILENT)] == [
        "mask.unreviewed"
    ]
    none = SILENT.model_copy(update={"exams": 0})
    assert exam_flags("T1", exam(review=Review()), none) == []


def test_an_undefined_value_is_not_another():
    lesion = exam().model_copy(update={"manufacturer": math.nan})
    assert exam_flags("T1", lesion, SEEN) == []


def test_exams_compared_are_those_of_the_patient_where_training_had_any():
    exams = [("a", "T1"), ("a", "T2"), ("b", "T1")]
    assert [compared_exams(exams, case, SEEN) for case in "abc"] == [2, 1, 0]
    assert compared_exams(exams, "a", SILENT.model_copy(update={"exams": 0})) == 0
