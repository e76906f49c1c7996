"""What was found in an exam has a level; a stop ends the measurement until its code is accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import exam_small
from tests.breast_exams import simulated

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.records.plausibility import Finding, Plausibility, findings, level_of
from kinephen.records.protocol import Protocol
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


def test_phases_acquired_differently_are_a_warning():
    protocol = Protocol(differences=("flip angle 10, 20 degrees", "echo time 2, 3 ms"))
    found = check_exam(replace(exam_small.exam(), protocol=protocol)).plausibility.findings
    (warning,) = (f for f in found if f.code == "protocol.differs")
    assert (warning.level, warning.count) == ("warning", 2)
    assert "(flip angle 10, 20 degrees; echo time 2, 3 ms)" in warning.message
    alike = check_exam(exam_small.exam()).plausibility.findings
    assert "protocol.differs" not in {f.code for f in alike}


@pytest.mark.parametrize(("gain", "level"), [(1.0, None), (1.15, "warning"), (1.4, "stop"), (0.7, "stop")])
def test_a_phase_of_another_gain_is_told_and_measured(gain, level):
    stored, simulated_exam = simulated(1)
    frames = np.array(stored)
    frames[1] *= np.float32(gain)
    series = replace(
        exam_small.exam().series,
        frames=frames,
        geometry=simulated_exam.geometry,
        times_s=tuple(150.0 * (i - 0.5) for i in range(len(frames))),
        early=1,
        late=len(frames) - 1,
    )
    checks = check_exam(replace(exam_small.exam(), series=series)).plausibility
    told = [(f.where, f.level) for f in checks.findings if f.code == "signal.gain"]
    assert told == ([("phase 1", level)] if level else [])
    assert checks.gains[1].air == pytest.approx(gain, abs=0.03)
    assert len(checks.gains) == len(frames)


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


@pytest.mark.parametrize(
    ("early", "late", "said"),
    [
        (2, 4, []),
        (1, 4, ["phase 1 was named as the early one, and cannot be it by the signal; phase 2 is taken"]),
        (2, 3, []),
    ],
)
def test_a_named_phase_that_lies_before_contrast_is_said(early, late, said):
    exam = exam_small.exam()
    first = exam.series.frames[:1]
    series = replace(
        exam.series,
        frames=np.concatenate([first + 1e-3, exam.series.frames]),
        times_s=(-150.0, *exam.series.times_s),
        early=early,
        late=late,
        phases_named=True,
    )
    checked = check_exam(replace(exam, series=series))
    assert [f.message for f in checked.plausibility.findings if f.code == "roles.named"] == said
    assert checked.plausibility.phase_as_read(checked.exam.series.late) == late
    assert [checked.plausibility.phase_as_read(k) for k in range(4)] == [1, 2, 3, 4]


def test_a_phase_is_numbered_as_read_where_none_was_left_out():
    assert [check_exam(exam_small.exam()).plausibility.phase_as_read(k) for k in range(4)] == [0, 1, 2, 3]
    assert Plausibility().phase_as_read(2) == 2


def test_the_body_is_that_of_the_frames_that_are_measured():
    stored, made = simulated(2)
    frames = np.array(stored)
    moved = np.roll(frames[:1], 6, axis=2)
    series = replace(
        exam_small.exam().series,
        frames=frames,
        geometry=made.geometry,
        times_s=made.protocol.middles_s,
        early=made.protocol.early,
        late=made.protocol.late,
    )
    more = replace(
        series,
        frames=np.concatenate([moved, frames]),
        times_s=(series.times_s[0] - 120.0, *series.times_s),
        early=series.early + 1,
        late=series.late + 1,
    )
    alone, dropped = (check_exam(replace(exam_small.exam(), series=s)) for s in (series, more))
    assert dropped.exam.series.n_phases == len(frames)
    assert np.array_equal(dropped.body.mask, alone.body.mask)
    assert np.array_equal(dropped.breast.mask, alone.breast.mask)
