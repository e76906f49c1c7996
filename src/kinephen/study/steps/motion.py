"""Motion between the frames of an exam, undone as the settings ask: before anything is measured."""

from __future__ import annotations

from dataclasses import replace

from kinephen.config.schema import Motion
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.imaging.breast import body_and_breast
from kinephen.imaging.motion import correct_motion
from kinephen.imaging.shift import shift_issues
from kinephen.imaging.shift_correction import ShiftCorrection, correct_shifts
from kinephen.records.motion import FrameMotion
from kinephen.study.exam_checks import CheckedExam
from kinephen.types import FrameStack


def aligned(checked: CheckedExam, settings: Motion) -> CheckedExam:
    """Return the exam with frames moved as the settings ask, and the record of it.

    Parameters
    ----------
    checked : CheckedExam
    settings : Motion

    Returns
    -------
    CheckedExam
        As given with ``correct = "none"``.

    Raises
    ------
    ConfigError, InputError
        As `kinephen.imaging.motion.correct_motion`, with ``correct = "rigid"``.
    """
    if settings.correct == "none":
        return checked
    series = checked.exam.series
    frames, motions, issues = _rigid(series) if settings.correct == "rigid" else _shifted(checked)
    exam = replace(checked.exam, series=replace(series, frames=frames))
    found = replace(checked, exam=exam, motion=motions, motion_issues=issues)
    if not any(m.applied for m in motions):
        return found
    body, breast = body_and_breast(frames, series.geometry)
    return replace(found, body=body, breast=breast)


Outcome = tuple[FrameStack, tuple[FrameMotion, ...], tuple[Issue, ...]]


def _shifted(checked: CheckedExam) -> Outcome:
    series = checked.exam.series
    frames, done = correct_shifts(
        series.frames, series.geometry.spacing, checked.shifts, mask=checked.breast.mask
    )
    said = tuple(i for d in done for i in _said(d, checked.plausibility.phase_as_read(d.shift.frame)))
    return frames, tuple(map(_shift_record, done)), said


def _shift_record(done: ShiftCorrection) -> FrameMotion:
    shift = done.shift
    return FrameMotion(
        frame=shift.frame,
        method="shift",
        applied=done.applied,
        reason=done.reason,
        shift_mm=shift.shift_mm,
        largest_mm=shift.size_mm,
        closure_mm=shift.closure_mm,
        halves_mm=shift.halves_mm,
        residual_before=done.residual_before,
        residual_after=done.residual_after,
    )


def _said(done: ShiftCorrection, as_read: int) -> list[Issue]:
    where = f"frame {as_read}"
    if done.applied:
        text = f"moved back by {done.shift.size_mm:.1f} mm"
        return [Issue("motion.shifted", text, where=where)]
    if not shift_issues((done.shift,)):
        return []
    # What was not undone is as serious as without the correction.
    return [Issue("motion.left", f"not moved back: {done.reason}", where=where, level="warning")]


def _rigid(series: DynamicSeries) -> Outcome:
    result = correct_motion(series.frames, series.geometry.spacing)
    motions = tuple(FrameMotion.model_validate({**m.to_dict(), "method": "rigid"}) for m in result.motions)
    return result.frames, motions, result.issues
