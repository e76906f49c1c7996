"""An exam is believed only after it has been checked: the checks, and what a stop does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.phase_times import TimeEvidence, time_findings
from kinephen.errors import InputError
from kinephen.imaging.body import BodyMask, body_issues, body_mask
from kinephen.imaging.breast import BreastMask, breast_issues, breast_mask
from kinephen.imaging.coverage import check_coverage, coverage_issues
from kinephen.imaging.edge_residual import early_residual, residual_issues
from kinephen.imaging.phase_likeness import FrameLikeness, likeness_issues, phase_likeness
from kinephen.imaging.role_issues import role_issues
from kinephen.imaging.roles import PhaseRoles, check_roles
from kinephen.imaging.shift import FrameShift, measure_shifts, shift_issues
from kinephen.imaging.signal_checks import check_signal, signal_issues
from kinephen.io.exam import Exam
from kinephen.records.motion import FrameMotion
from kinephen.records.plausibility import (
    Finding,
    PhaseLikeness,
    PhaseOrder,
    PhaseTimes,
    Plausibility,
    Region,
    Shift,
    findings,
)
from kinephen.study.placement import from_last_pre

VERSION = 5
"""Raised when the checks find something else in the same exam, or hand on other frames of it."""
USUAL_PE_THRESHOLD = 70.0
"""Enhancement by which contrast is told, percent, where the exam states no threshold of its own."""


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
    body = body_mask(np.mean(series.frames, axis=0, dtype=np.float64), series.geometry.spacing)
    breast = breast_mask(body, series.geometry)
    roles = check_roles(
        series.frames,
        breast.mask,
        series.geometry.spacing,
        pe_threshold=series.header.pe_threshold_percent or USUAL_PE_THRESHOLD,
        early=series.early,
        late=series.late,
        times_s=series.times_s,
    )
    likeness = phase_likeness(series.frames, body.mask, series.geometry.spacing)
    placed, read_as = series, list(range(series.n_phases))
    if roles.first_post is not None and roles.first_post > 1:
        placed = from_last_pre(series, roles.pre, roles.first_post)
        read_as = [roles.pre, *range(roles.first_post, series.n_phases)]
    spacing = series.geometry.spacing
    shifts = measure_shifts(placed.frames, spacing, mask=breast.mask, early=placed.early, late=placed.late)
    residual = early_residual(placed.frames, spacing, early=placed.early, mask=breast.mask)
    # What is said counts the phases as they were read, whatever was left out before the first of these.
    numbered = tuple(replace(s, frame=read_as[s.frame]) for s in shifts)
    found: list[Issue] = [
        *_read(exam, placed),
        *placed.gaps,
        *coverage_issues(check_coverage(series.geometry, breast)),
        *signal_issues(check_signal(series.frames, body.mask), body),
        *body_issues(body),
        *breast_issues(breast),
        *role_issues(roles),
        *likeness_issues(likeness),
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
            times=None if exam.times is None else _times(exam.times),
            order=_order(roles),
            region=_region(body, breast),
            likeness=tuple(_likeness(seen) for seen in likeness),
            shifts=tuple(Shift.model_validate(_shift(s)) for s in numbered),
            edge_residual=residual.plain,
        ),
    )


def _times(found: TimeEvidence) -> PhaseTimes:
    return PhaseTimes(
        rule=found.rule,
        attribute=found.attribute,
        rank=found.rank,
        durations_from=found.durations_from,
        injection_from=found.injection_from,
        passed_over=found.passed_over,
        checked_against=found.checked_against,
        difference_s=found.difference_s,
        agreed=found.agreed,
    )


def _read(exam: Exam, placed: DynamicSeries) -> tuple[Issue, ...]:
    """Return what the reader noticed; of times it said so before the injection was placed by the signal."""
    if placed is exam.series or placed.times_s is None:
        return exam.issues
    others = (i for i in exam.issues if not i.code.startswith("times."))
    return (*others, *time_findings(placed.times_s))


def _order(roles: PhaseRoles) -> PhaseOrder:
    return PhaseOrder(
        verdict=roles.verdict,
        pre=roles.pre,
        first_post=roles.first_post,
        asymmetry=roles.asymmetry,
        rises=roles.rises,
        falls=roles.falls,
        drift=roles.drift,
    )


def _likeness(found: FrameLikeness) -> PhaseLikeness:
    return PhaseLikeness(
        verdict=found.verdict,
        mean_ratio=found.mean_ratio,
        zeros=found.zeros,
        correlation=found.correlation,
        difference=found.difference,
    )


def _shift(found: FrameShift) -> dict[str, object]:
    return {name: getattr(found, name) for name in Shift.model_fields}


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
    stops = [f for f in plausibility.stops if f.code not in known]
    if not stops:
        return
    raise InputError(
        "; ".join(f.message for f in stops),
        code=stops[0].code,
        where="exam folder",
        hint=_way_out(stops),
    )


def _way_out(stops: Collection[Finding]) -> str:
    codes = list(dict.fromkeys(f.code for f in stops))
    options = " ".join(f"--accept {code}" for code in codes)
    named = ", ".join(f'"{code}"' for code in codes)
    return (
        f"look at the exam (`kinephen inspect`); if it is right all the same: {options}, "
        f"or accept = [{named}] in its manifest or in [settings.exam] of the study"
    )
