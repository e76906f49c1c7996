"""When each phase was acquired, and which are the early and late ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import (
    ASSUMED,
    NOMINAL,
    STAND_INS,
    WHERE,
    TimeEvidence,
    middles,
    time_findings,
)
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import SAME_PHASE_S, Phase, unwrapped
from kinephen.io.phase_times.agreement import Agreement, compare
from kinephen.io.phase_times.duration import Durations, durations
from kinephen.io.phase_times.injection import RECORDED, injection
from kinephen.io.phase_times.starts import FALLS, Starts, Unusable, starts_by
from kinephen.io.phase_times.table import ACQUISITION_CLOCK, TIME_SOURCES, rank
from kinephen.io.ucsf_header import PrivateRecord
from kinephen.types import FloatArray

GIVEN_S, GIVEN_SHARE = 15.0, 0.05
"""Given times agree with those of headers within this, or this share of the span: durations are rough."""
EARLY_S, LATE_S = 150.0, 450.0
"""Nominal middles of the early and late phase after injection (ACRIN 6657 protocol; Hylton 2016)."""

_ORDER: tuple[tuple[str, Callable[[Header], float | None]], ...] = (
    ("AcquisitionTime", lambda h: h.acquired),
    ("ContentTime", lambda h: h.content),
    ("TriggerTime", lambda h: h.trigger),
    ("SeriesTime", lambda h: h.series_start),
)


@dataclass(frozen=True)
class Timing:
    """Middle of each phase, seconds after injection (None if the exam does not tell), and what gave it."""

    times_s: tuple[float, ...] | None
    evidence: TimeEvidence
    issues: tuple[Issue, ...] = ()

    @property
    def assumed(self) -> bool:
        """Whether nothing told the injection."""
        return self.evidence.injection_from in (ASSUMED, NOMINAL)

    @property
    def rule(self) -> str:
        """The rule that gave the times."""
        return self.evidence.rule


def given_times(times_s: Sequence[float], *, by: str = "manifest", stated: Timing | None = None) -> Timing:
    """Return times that the user gave, checked like those of headers.

    Parameters
    ----------
    times_s : sequence of float
        Middle of each phase, seconds after injection.
    by : str
    stated : Timing, optional
        What the exam says. Its distances of phases are compared with the given ones: they count, and
        ``dicom.times_differ`` (warning) says where the two contradict each other.
    """
    times = tuple(float(t) for t in times_s)
    evidence = TimeEvidence(by, by, durations_from=by, injection_from=by)
    found = time_findings(times)
    if stated is None or stated.times_s is None or len(stated.times_s) != len(times):
        return Timing(times, evidence, found)
    own, other = (np.subtract(t, t[1]) for t in (times, stated.times_s))
    difference = float(np.abs(own - other).max())
    agreed = difference <= max(GIVEN_S, GIVEN_SHARE * float(np.ptp(other)))
    evidence = replace(
        evidence, checked_against=stated.evidence.attribute, difference_s=difference, agreed=agreed
    )
    if not agreed:
        text = (
            f"{by} puts the phases at {_listed(own)} s from the first after contrast, "
            f"{stated.evidence.attribute} at {_listed(other)} s; {by} counts"
        )
        found = (*found, Issue("dicom.times_differ", text, WHERE, level="warning"))
    return Timing(times, evidence, found)


def _listed(seconds: FloatArray) -> str:
    return ", ".join(f"{s:.0f}" for s in seconds)


def phase_starts(phases: Sequence[Phase]) -> tuple[tuple[float, ...], str] | None:
    """Return when phases of unknown order start, in seconds from an arbitrary zero, and the attribute used.

    The first attribute that every slice has and that tells all phases apart is taken. None if none does.
    """
    for name, value in _ORDER:
        starts = _starts(phases, value)
        if starts is None:
            continue
        starts = starts if name == "TriggerTime" else unwrapped(starts)
        if (np.diff(np.sort(starts)) >= SAME_PHASE_S).all():
            return tuple(float(s) for s in starts), name
    return None


def _starts(phases: Sequence[Phase], value: Callable[[Header], float | None]) -> np.ndarray | None:
    found = [[value(h) for h in phase.slices] for phase in phases]
    if any(v is None for phase in found for v in phase):
        return None
    return np.array([unwrapped([v for v in phase if v is not None]).min() for phase in found])


def phase_timing(
    phases: Sequence[Phase],
    *,
    record: PrivateRecord | None = None,
    dropped: int = 0,
    nominal_times_s: Sequence[float] | None = None,
    first_post: int = 1,
) -> Timing:
    """Return the phase times by the first rule that answers, and how far other attributes agree with it.

    In this order: times in the private header; the attributes of `kinephen.io.phase_times.table`, with the
    injection and duration that the private header or other attributes state; nominal times, where they are
    given. A middle is the start and half of the phase's own duration.

    Parameters
    ----------
    phases : sequence of Phase
        In order of time.
    record : PrivateRecord, optional
    dropped : int
        Phases before the first of these, which the header's times may count.
    nominal_times_s : sequence of float, optional
        Used only where the exam is silent.
    first_post : int
        Index of the first phase after contrast.

    Returns
    -------
    Timing

    Raises
    ------
    InputError
        ``dicom.times`` if the exam tells no times and the nominal times do not fit the number of phases.
    """
    found = [starts_by(source, phases, first_post=first_post) for source in TIME_SOURCES]
    usable = [s for s in found if isinstance(s, Starts)]
    refused = [s for s in found if isinstance(s, Unusable)]
    recorded = _recorded(record, len(phases), dropped, usable, first_post)
    timing = recorded or _from_images(phases, usable, record, first_post)
    if timing.times_s is None and nominal_times_s is not None:
        timing = _nominal(len(phases), nominal_times_s)
    passed_over = tuple((s.source.name, s.reason) for s in refused if s.reason != "absent")
    return replace(
        timing,
        evidence=replace(timing.evidence, passed_over=passed_over),
        issues=(
            *timing.issues,
            *(() if recorded else _record_refused(record)),
            *_contradictions(refused, stated=bool(usable) or timing.evidence.rank == 1),
            *time_findings(timing.times_s or (), first_post=first_post),
        ),
    )


def _recorded(
    record: PrivateRecord | None, count: int, dropped: int, usable: Sequence[Starts], first_post: int
) -> Timing | None:
    for skip in (0, dropped):
        times = record.times_s[skip:] if record and record.times_s else ()
        if len(times) == count and (np.diff(times) > 0.0).all() and times[first_post] > 0.0:
            checked = compare(RECORDED, RECORDED, np.array(times), usable, first_post=first_post)
            evidence = TimeEvidence(RECORDED, RECORDED, 1, RECORDED, RECORDED)
            return _with(Timing(times, evidence), checked)
    return None


def _from_images(
    phases: Sequence[Phase], usable: Sequence[Starts], record: PrivateRecord | None, first_post: int
) -> Timing:
    if not usable:
        return _no_times("the exam does not tell when its phases were acquired")
    chosen, *others = usable
    starts = chosen.from_post(first_post)
    lasting = _lasting(phases, starts, record, first_post)
    if np.isnan(lasting.seconds[first_post]):
        return _no_times("with one phase after contrast, and its duration not stated, its middle is unknown")
    recorded = record.injection_s if record else None
    injected = injection(phases, usable, lasting.seconds, recorded_s=recorded, first_post=first_post)
    starts, before = _with_pre(starts, others, lasting.seconds, first_post)
    times = middles(starts, lasting.seconds, injected.seconds)
    rule = _rule(chosen.source.name, lasting.source, injected.source)
    evidence = TimeEvidence(
        rule, chosen.source.name, rank(chosen.source.name), lasting.source, injected.source
    )
    issues = (*lasting.issues, *injected.issues, *before, *_missing(chosen))
    name, origin = chosen.source.name, chosen.source.origin
    return _with(
        Timing(times, evidence, issues),
        compare(name, origin, chosen.from_post(first_post), others, first_post=first_post),
    )


def _lasting(
    phases: Sequence[Phase], starts: FloatArray, record: PrivateRecord | None, first_post: int
) -> Durations:
    if record is not None and record.duration_s and record.injection_s is not None:
        return Durations(np.full(len(phases), record.duration_s), RECORDED)
    return durations(phases, starts, first_post=first_post)


def _rule(starts: str, lasting: str, injected: str) -> str:
    if lasting == injected == RECORDED:
        return f"private header: injection and duration, with {starts}"
    rule = f"{starts} + half {'' if lasting in STAND_INS else 'of '}{lasting}"
    return rule if injected.startswith("assumed") else f"{rule}, injection by {injected}"


def _with_pre(
    starts: FloatArray, others: Sequence[Starts], seconds: FloatArray, first_post: int
) -> tuple[FloatArray, tuple[Issue, ...]]:
    """Return starts of all phases; those before contrast, where not told, by another source or a stand-in.

    No map uses the time before contrast; it only has to lie before the injection.
    """
    if not np.isnan(starts[:first_post]).any():
        return starts, ()
    for other in others:
        pre = other.from_post(first_post)[:first_post]
        if not np.isnan(pre).any():
            return np.concatenate([pre, starts[first_post:]]), ()
    steps = np.arange(-first_post, 0) * float(seconds[first_post])
    text = "the time of the phase before contrast is not told; it is taken as one duration before the next"
    return np.concatenate([steps, starts[first_post:]]), (Issue("dicom.pre_time", text, WHERE),)


def _missing(chosen: Starts) -> tuple[Issue, ...]:
    if not chosen.missing:
        return ()
    text = f"{chosen.source.name} is missing in some images; the others of each phase tell its time"
    return (Issue("dicom.time_missing", text, WHERE, chosen.missing),)


def _with(timing: Timing, checked: Agreement) -> Timing:
    evidence = replace(
        timing.evidence,
        checked_against=checked.against,
        difference_s=checked.difference_s,
        agreed=checked.agreed,
    )
    return replace(timing, evidence=evidence, issues=(*timing.issues, *checked.issues))


def _contradictions(refused: Sequence[Unusable], *, stated: bool) -> tuple[Issue, ...]:
    """Return issues of attributes that contradict the order of the phases, or that these are of one exam."""
    found = []
    for source, reason in ((s.source, s.reason) for s in refused if s.reason == FALLS):
        text = f"{source.name} {reason}, against the order of the phases, and is not used"
        found.append(Issue("dicom.times_order", text, WHERE, level="warning"))
    far = [s for s in refused if s.far_s]
    if far:
        firm = not stated or any(s.source.origin == ACQUISITION_CLOCK for s in far)
        text = f"by {far[0].source.name} the {far[0].reason}: images of several visits, or a wrong clock"
        found.append(Issue("dicom.times_far_apart", text, WHERE, level="stop" if firm else "warning"))
    return tuple(found)


def _record_refused(record: PrivateRecord | None) -> tuple[Issue, ...]:
    if record is None or not record.times_s:
        return ()
    text = (
        f"the {len(record.times_s)} times of the private header are not used: they do not increase, put the "
        "first phase after contrast before the injection, or are not one for each phase"
    )
    return (Issue("dicom.recorded_times", text, WHERE, level="warning"),)


def _no_times(reason: str) -> Timing:
    text = f"{reason}; the order of the phases is known, their times are not"
    return Timing(None, TimeEvidence("order only"), (Issue("dicom.no_times", text, WHERE, level="warning"),))


def _nominal(count: int, given: Sequence[float]) -> Timing:
    times = tuple(float(t) for t in given)
    if len(times) != count:
        raise InputError(
            f"the exam does not tell the times of its {count} phases; {len(times)} nominal times are given",
            code="dicom.times",
            hint="give times_s in a manifest, one for each phase, seconds after injection",
        )
    text = f"the exam does not tell when its phases were acquired; nominal times {list(times)} s are used"
    issue = Issue("dicom.nominal_times", text, WHERE, level="warning")
    return Timing(times, TimeEvidence(NOMINAL, NOMINAL, 0, NOMINAL, NOMINAL), (issue,))


def early_and_late(times_s: Sequence[float] | None, count: int) -> tuple[int, int | None, str]:
    """Return the indices of the early and late phase after contrast, and the rule that chose them.

    Without times the first and the last phase after contrast; with one phase after contrast no late one.
    """
    if count <= 2:
        return 1, None, "the one phase after contrast"
    if times_s is None:
        rule = "the two phases after contrast" if count == 3 else "first and last phase after contrast"
        return 1, count - 1, rule
    return *choose_early_late(times_s), "nearest to 150 s and 450 s after injection"


def choose_early_late(times_s: Sequence[float]) -> tuple[int, int]:
    """Return the indices of the phases after contrast that lie nearest to 150 s and 450 s after injection.

    With two phases after contrast these are 1 and 2. If one phase is nearest to both, the late one is the
    phase after it (or, if it is the last, the early one is the phase before it).
    """
    n = len(times_s)
    if n <= 3:
        return 1, 2
    posts = np.asarray(times_s[1:], dtype=np.float64)
    early = int(np.argmin(np.abs(posts - EARLY_S))) + 1
    late = int(np.argmin(np.abs(posts - LATE_S))) + 1
    if late <= early:
        early, late = (early, early + 1) if early + 1 < n else (n - 2, n - 1)
    return early, late
