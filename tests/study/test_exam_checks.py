"""What was found in an exam has a level; a stop ends the measurement until its code is accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import exam_small

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.records.plausibility import Finding, Plausibility, findings, level_of
from kinephen.study.exam_checks import check_exam, require_believable

STOP = Issue("exam.stop_a", "the first stop", level="stop")
OTHER = Issue("exam.stop_b", "the second stop", level="stop")
WARNING = Issue("exam.warning", "a warning", level="warning")
NOTE = Issue("exam.note", "a note")


def record(*issues, accepted=()):
    return Plausibility(findings=findings(issues), accepted=accepted)


def test_findings_stand_by_weight_and_once():
    found = findings((NOTE, WARNING, STOP, NOTE, OTHER))
    assert [f.code for f in found] == ["exam.stop_a", "exam.stop_b", "exam.warning", "exam.note"]
    assert [f.level for f in found] == ["stop", "stop", "warning", "note"]
    assert [level_of(f) for f in found] == [f.level for f in found]


def test_warnings_and_notes_end_nothing():
    require_believable(record(NOTE, WARNING))


def test_all_stops_are_said_at_once_with_the_way_out():
    with pytest.raises(InputError) as caught:
        require_believable(record(STOP, NOTE, OTHER))
    error = caught.value
    assert error.code == "exam.stop_a"
    assert error.message == "the first stop; the second stop"
    assert "--accept exam.stop_a --accept exam.stop_b" in error.hint
    assert 'accept = ["exam.stop_a", "exam.stop_b"]' in error.hint


@pytest.mark.parametrize(
    ("by_option", "by_manifest", "stops"),
    [
        ((), (), {"exam.stop_a", "exam.stop_b"}),
        (("exam.stop_a",), (), {"exam.stop_b"}),
        ((), ("exam.stop_b",), {"exam.stop_a"}),
        (("exam.stop_a",), ("exam.stop_b",), set()),
        (("exam.other",), (), {"exam.stop_a", "exam.stop_b"}),
    ],
)
def test_only_the_accepted_codes_are_passed(by_option, by_manifest, stops):
    checks = record(STOP, OTHER, accepted=by_manifest)
    try:
        require_believable(checks, by_option)
        said = ""
    except InputError as error:
        said = error.message
    assert {f.code for f in checks.stops if f.message in said} == stops


def test_findings_of_the_reader_are_part_of_the_record():
    exam = replace(exam_small.exam(), issues=(WARNING,), accepted=("exam.stop_a",))
    checks = check_exam(exam).plausibility
    assert Finding(code="exam.warning", message="a warning", level="warning") in checks.findings
    assert checks.accepted == ("exam.stop_a",)


def test_shifts_are_told_by_the_number_of_the_phase_as_read():
    exam = exam_small.exam()
    first = exam.series.frames[:1]
    frames = np.concatenate([first + 1e-3, exam.series.frames])
    series = replace(exam.series, frames=frames, times_s=(-150.0, *exam.series.times_s), early=2, late=4)
    checked = check_exam(replace(exam, series=series))
    assert checked.plausibility.order.first_post == 2
    assert [s.frame for s in checked.plausibility.shifts] == [2, 3, 4]
    assert [s.frame for s in checked.shifts] == [1, 2, 3]
    assert checked.exam.series.n_phases == 4
