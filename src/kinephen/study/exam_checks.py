"""An exam is believed only after it has been checked: the checks, and what a stop does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.enhancement import USUAL_PE_PERCENT
from kinephen.core.phase_times import WHERE as TIMES
from kinephen.core.phase_times import time_findings
from kinephen.errors import InputError
from kinephen.imaging.body import BodyMask, body_issues
from kinephen.imaging.breast import BreastMask, body_and_breast, breast_issues
from kinephen.imaging.coverage import check_coverage, coverage_issues
from kinephen.imaging.edge_residual import early_residual, residual_issues
from kinephen.imaging.edges import Spacing
from kinephen.imaging.phase_gain import frame_gains, gain_issues
from kinephen.imaging.phase_likeness import likeness_issues, phase_likeness
from kinephen.imaging.role_issues import role_issues
from kinephen.imaging.roles import check_roles
from kinephen.imaging.shift import FrameShift, measure_shifts, shift_issues
from kinephen.imaging.signal_checks import check_signal, signal_issues
from kinephen.io.exam import Exam
from kinephen.records.base import Record
from kinephen.records.motion import FrameMotion
from kinephen.records.plausibility import (
    Finding,
    PhaseGain,
    PhaseLikeness,
    PhaseOrder,
    PhaseTimes,
    Plausibility,
    Region,
    Shift,
    findings,
)
from kinephen.records.protocol import Protocol
from kinephen.study.placement import from_last_pre, phases_kept
from kinephen.types import FrameStack

Kept = TypeVar("Kept", bound=Record)

VERSION = 7
"""Raised when the checks find something else in the same exam, or hand on other frames of it."""
EARLY_S = (30.0, 210.0)
"""Middle of an early phase, s after injection: 150 s is nominal; the first phase of a fast protocol lies at
half its duration."""
PHASES = ("phase", "unsure")
"""Verdicts on the likeness of a frame that leave it a phase."""


@dataclass(frozen=True, kw_only=True)
class CheckedExam:
    """An exam as it is to be measured, and what was checked of it.

    Parameters
    ----------
    exam : Exam
    body : BodyMask
    breast : BreastMask
        Or what stands in for it.
    shifts : tuple of FrameShift
        Of every frame of the series but the first.
    plausibility : Plausibility
        Of the exam as it was read.
    motion : tuple of FrameMotion, optional
        What was done about the motion of its frames; None if nothing was asked for.
    motion_issues : tuple of Issue
    """

    exam: Exam
    body: BodyMask
    breast: BreastMask
    shifts: tuple[FrameShift, ...]
    plausibility: Plausibility
    motion: tuple[FrameMotion, ...] | None = None
    motion_issues: tuple[Issue, ...] = ()


def check_exam(exam: Exam) -> CheckedExam:
    """Check whether an exam is what it says, before any number is made of it.

    Parameters
    ----------
    exam : Exam

    Returns
    -------
    CheckedExam
        Where several phases lie before contrast its series begins with the last of them.
    """
    series = exam.series
    body, breast = body_and_breast(series.frames, series.geometry)
    spacing = series.geometry.spacing
    shifts = measure_shifts(series.frames, spacing, mask=breast.mask, early=series.early, late=series.late)
    # A phase that moved is neither another contrast nor without contrast.
    in_place = _in_place(series.frames, spacing, shifts)
    roles = check_roles(
        in_place,
        breast.mask,
        spacing,
        pe_threshold=series.header.pe_threshold_percent or USUAL_PE_PERCENT,
        early=series.early,
        late=series.late,
        times_s=series.times_s,
        injection_told=not series.injection_assumed,
    )
    likeness = phase_likeness(in_place, body.mask, spacing)
    gains = frame_gains(series.frames, body.mask, spacing)
    placed, read_as = series, list(range(series.n_phases))
    if roles.first_post is not None and roles.first_post > 1:
        exam = _retimed(exam, roles.first_post)
        read_as = phases_kept(series, roles.pre, roles.first_post)
        placed = from_last_pre(exam.series, roles.pre, roles.first_post)
        # Frames that are left out may have moved: they are no part of the body that is measured.
        body, breast = body_and_breast(placed.frames, placed.geometry)
        shifts = measure_shifts(
            placed.frames, spacing, mask=breast.mask, early=placed.early, late=placed.late
        )
    residual = early_residual(placed.frames, spacing, early=placed.early, mask=breast.mask)
    # What is said counts the phases as they were read, whatever was left out before the first of these.
    numbered = tuple(replace(s, frame=read_as[s.frame]) for s in shifts)
    found: list[Issue] = [
        *_of_times(_read(exam, placed), placed),
        *placed.gaps,
        *_of_names(series, placed, read_as),
        *_of_protocol(exam.protocol),
        *coverage_issues(check_coverage(series.geometry, breast)),
        *signal_issues(check_signal(series.frames, body.mask), body),
        *body_issues(body),
        *breast_issues(breast),
        *role_issues(roles),
        *likeness_issues(likeness),
        *gain_issues(gains, no_phases=[i for i, f in enumerate(likeness) if f.verdict not in PHASES]),
        *shift_issues(numbered),
        *residual_issues(replace(residual, frame=read_as[residual.frame])),
    ]
    return CheckedExam(
        exam=exam if placed is series else replace(exam, series=placed),
        body=body,
        breast=breast,
        shifts=shifts,
        plausibility=Plausibility(
            findings=findings(tuple(found)),
            accepted=exam.accepted,
            times=None if exam.times is None else _as_record(PhaseTimes, exam.times),
            order=_as_record(PhaseOrder, roles),
            region=_region(body, breast),
            likeness=tuple(_as_record(PhaseLikeness, seen) for seen in likeness),
            gains=tuple(_as_record(PhaseGain, gain) for gain in gains),
            shifts=tuple(_as_record(Shift, s) for s in numbered),
            edge_residual=residual.plain,
        ),
    )


def _in_place(frames: FrameStack, spacing: Spacing, shifts: tuple[FrameShift, ...]) -> FrameStack:
    """Return the frames set back by whole voxels where they moved."""
    moved = {
        s.frame: whole
        for s in shifts
        if s.shift_mm is not None and (whole := np.rint(np.divide(s.shift_mm, spacing)).astype(int)).any()
    }
    if not moved:
        return frames
    found = np.array(frames)
    for number, whole in moved.items():
        found[number] = np.roll(found[number], tuple(-whole), axis=(0, 1, 2))
    return found


def _retimed(exam: Exam, first_post: int) -> Exam:
    """Return the exam with the times that its headers tell for this first phase after contrast."""
    if len(exam.retimed) < first_post - 1:
        return exam
    timing = exam.retimed[first_post - 2]
    others = tuple(i for i in exam.issues if i.where != TIMES)
    series = replace(
        exam.series, times_s=timing.times_s, timing_rule=timing.rule, injection_assumed=timing.assumed
    )
    return replace(exam, series=series, times=timing.evidence, issues=(*others, *timing.issues))


def _read(exam: Exam, placed: DynamicSeries) -> tuple[Issue, ...]:
    """Return what the reader noticed; of times it said so before the injection was placed by the signal."""
    if exam.retimed or placed is exam.series or placed.times_s is None:
        return exam.issues
    others = (i for i in exam.issues if not i.code.startswith("times."))
    return (*others, *time_findings(placed.times_s))


def _of_times(issues: tuple[Issue, ...], series: DynamicSeries) -> Iterator[Issue]:
    """Yield what was noticed, with what concerns the phases that are used in place of what does not.

    Where the injection is only assumed, at the start of the first phase after contrast, the place of that
    phase follows from the assumption and says nothing.
    """
    yield from (i for i in issues if not (series.injection_assumed and i.code == "times.first_post"))
    if series.times_s is not None and not EARLY_S[0] <= series.times_s[series.early] <= EARLY_S[1]:
        text = (
            f"the early phase lies {series.times_s[series.early]:.0f} s after the injection; expected "
            f"{EARLY_S[0]:.0f} to {EARLY_S[1]:.0f} s: enhancement and volume are of another moment than in "
            "other exams; is a phase missing?"
        )
        yield Issue("times.early", text, TIMES, level="warning")
    guessed = series.times_s is None and series.n_phases > 3 and not series.phases_named
    if guessed and not any(i.code == "nifti.early_late" for i in issues):
        text = (
            f"without times the early phase is taken to be number {series.early} and the late one number "
            f"{series.late} after contrast: name both in a manifest (early, late)"
        )
        yield Issue("dynamic.early_late", text, level="warning")


def _of_names(series: DynamicSeries, placed: DynamicSeries, read_as: list[int]) -> Iterator[Issue]:
    """Yield what was named as the early or late phase and cannot be it, as it lies before contrast."""
    if not series.phases_named:
        return
    for what, named, used in (("early", series.early, placed.early), ("late", series.late, placed.late)):
        taken = None if used is None else read_as[used]
        if named is not None and taken != named:
            instead = "none is left" if taken is None else f"phase {taken} is taken"
            text = f"phase {named} was named as the {what} one, and cannot be it by the signal; {instead}"
            yield Issue("roles.named", text, level="warning")


def _of_protocol(protocol: Protocol) -> Iterator[Issue]:
    if protocol.differences:
        text = (
            f"the phases were acquired differently ({'; '.join(protocol.differences)}): the signal changes "
            "with that, not by contrast alone, and enhancement may be wrong"
        )
        yield Issue("protocol.differs", text, count=len(protocol.differences), level="warning")


def _as_record(kind: type[Kept], found: object) -> Kept:
    """Return what a check found as its record, whose fields have the names of what they are taken from."""
    return kind.model_validate({name: getattr(found, name) for name in kind.model_fields})


def _region(body: BodyMask, breast: BreastMask) -> Region:
    return Region(
        body_share=body.share,
        breast_share=breast.share,
        breast_prominence_mm=breast.prominence_mm,
        plane_scatter_mm=None if breast.plane is None else breast.plane.scatter_mm,
        reason=breast.reason,
    )


def require_believable(plausibility: Plausibility, accepted: Collection[str] = ()) -> None:
    """Refuse an exam with a stop that nobody has accepted.

    Parameters
    ----------
    plausibility : Plausibility
    accepted : collection of str
        Codes that the user accepts, beside those of the exam's own manifest.

    Raises
    ------
    InputError
        With the code of the first stop, and the words of all.
    """
    known = {*accepted, *plausibility.accepted}
    # What is no phase explains whatever else is wrong with the order, so it is said first.
    left = [f for f in plausibility.stops if f.code not in known]
    stops = sorted(left, key=lambda f: not f.code.startswith("likeness."))
    if not stops:
        return
    raise InputError(
        "; ".join(f"{f.where}: {f.message}" if f.where else f.message for f in stops),
        code=stops[0].code,
        where="exam folder",
        hint=_way_out(stops),
    )


def _way_out(stops: Collection[Finding]) -> str:
    codes = list(dict.fromkeys(f.code for f in stops))
    named = ", ".join(f'"{code}"' for code in codes)
    if any(code.startswith("likeness.") for code in codes):
        return (
            "name the series of the phases in a manifest (`kinephen inspect` lists them), so that images of "
            f"another kind stay out; if all are phases: accept = [{named}] in the manifest or in "
            "[settings.exam] of the study, or --accept with each code"
        )
    options = " ".join(f"--accept {code}" for code in codes)
    return (
        f"look at the exam (`kinephen inspect`); if it is right all the same: {options}, "
        f"or accept = [{named}] in its manifest or in [settings.exam] of the study"
    )
