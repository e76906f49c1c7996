"""What a model has seen: ranges, mixes and protocols, each from exams and patients that are all different."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests import exam_records

from kinephen.model.training import column_ranges, most_outside, seen_cohort, seen_exams
from kinephen.records.lesion import Review
from kinephen.records.protocol import Protocol


def exam(**changes):
    return exam_records.lesion(**changes)


def exams():
    """Three exams; the third states nothing of its scanner or sequence."""
    return [
        exam(
            manufacturer="SIEMENS",
            scanner_model="avanto",
            field_strength_t=3.0,
            shape=(60, 256, 240),
            spacing_mm=(2.2, 0.8, 0.75),
            phase_times_s=(-60.0, 150.0, 450.0),
            timing_rule="private header",
            lesion_source="file",
            review=Review(state="unreviewed"),
            protocol=Protocol(
                repetition_ms=9.0,
                echo_ms=4.2,
                flip_degrees=30.0,
                acquisition_type="3D",
                fat_suppression="fat suppressed",
            ),
        ),
        exam(
            manufacturer="GE",
            scanner_model="Signa",
            field_strength_t=1.5,
            shape=(50, 512, 384),
            spacing_mm=(2.0, 0.9, 0.7),
            phase_times_s=(-75.0, 120.0, 300.0, 540.0),
            late=3,
            timing_rule="content times",
            lesion_source="a SEG",
            review=Review(state="confirmed"),
            protocol=Protocol(
                repetition_ms=7.5,
                echo_ms=3.2,
                flip_degrees=20.0,
                acquisition_type="2D",
                fat_suppression="none",
            ),
        ),
        exam(
            shape=(50, 512, 384), spacing_mm=(2.4, 0.85, 0.72), phase_times_s=(-60.0, 140.0, 460.0), early=1
        ),
    ]


def test_every_field_of_the_exams_is_the_range_or_the_sorted_kinds():
    found = seen_exams(iter(exams()))
    assert found.model_dump() == {
        "exams": 3,
        "manufacturers": ("GE", "SIEMENS"),
        "scanner_models": ("Signa", "avanto"),
        "field_strengths_t": (1.5, 3.0),
        "matrices": ((256, 240), (512, 384)),
        "phases": (3, 4),
        "voxel_mm": ((2.0, 2.4), (0.8, 0.9), (0.7, 0.75)),
        "early_s": (120.0, 150.0),
        "late_s": (450.0, 540.0),
        "timing_rules": ("content times", "private header"),
        "lesion_sources": ("a SEG", "file"),
        "review_states": ("confirmed", "unreviewed"),
        "repetition_ms": (7.5, 9.0),
        "echo_ms": (3.2, 4.2),
        "flip_degrees": (20.0, 30.0),
        "acquisition_types": ("2D", "3D"),
        "fat_suppression": ("fat suppressed", "none"),
    }


def test_exams_that_tell_nothing_leave_their_fields_empty():
    silent = seen_exams(exams()[2:])
    assert (silent.exams, silent.manufacturers, silent.scanner_models) == (1, (), ())
    assert (silent.field_strengths_t, silent.acquisition_types, silent.fat_suppression) == ((), (), ())
    assert (silent.repetition_ms, silent.echo_ms, silent.flip_degrees) == (None, None, None)
    assert silent.early_s == (140.0, 140.0)
    nothing = seen_exams([])
    assert (nothing.exams, nothing.voxel_mm, nothing.early_s, nothing.late_s) == (0, None, None, None)
    assert (nothing.matrices, nothing.phases, nothing.review_states) == ((), (), ())


def test_the_cohort_counts_patients_rows_events_and_hides_small_phenotypes():
    phenotypes = pd.Series(["2"] * 4 + ["1"] * 5 + ["3"] * 6)
    rows = pd.DataFrame({"event": [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]})
    found = seen_cohort(phenotypes, rows, 4.5)
    assert (found.patients, found.analysed, found.events, found.median_follow_up) == (15, 7, 3, 4.5)
    assert list(found.phenotypes.items()) == [("1", 5), ("2", None), ("3", 6)]
    assert seen_cohort(phenotypes, rows, None).median_follow_up is None


def test_ranges_are_of_the_columns_asked_for_and_leave_out_what_is_undefined():
    frame = pd.DataFrame(
        {"a": [3.0, -1.0, 2.0], "b": [np.nan, 5.0, np.nan], "c": [np.nan] * 3, "d": [1.0, 2.0, 3.0]}
    )
    assert column_ranges(frame, ("b", "a", "c")) == {"b": (5.0, 5.0), "a": (-1.0, 3.0)}
    assert list(column_ranges(frame, ("b", "a"))) == ["b", "a"]


def outside_by_hand(values):
    counts = []
    for i, row in enumerate(values):
        others = [r for j, r in enumerate(values) if j != i]
        counts.append(
            sum(v < min(o[c] for o in others) or v > max(o[c] for o in others) for c, v in enumerate(row))
        )
    return max(counts)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0, 9.0], [1.0, 1.0], [2.0, 2.0], [1.5, 1.5]], 2),  # lowest of one column, highest of the other
        ([[0.0, 3.0], [1.0, 2.0], [2.0, 2.5], [1.5, 9.0]], 1),
        ([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], 0),
        ([[1.0, 1.0], [1.0, 1.0], [5.0, 1.0]], 1),
        ([[5.0, 1.0], [5.0, 1.0], [1.0, 1.0]], 1),
        ([[1.0, 1.0, 2.0], [1.0, 4.0, 2.0], [5.0, 1.0, 2.0], [5.0, 4.0, 2.0]], 0),
    ],
)
def test_most_outside_is_how_many_values_of_one_row_lie_beyond_all_others(values, expected):
    assert outside_by_hand(values) == expected
    assert most_outside(pd.DataFrame(values)) == expected


def test_most_outside_of_many_rows_by_plain_code():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(9, 14))
    assert most_outside(pd.DataFrame(values)) == outside_by_hand(values.tolist()) > 1
