"""When each phase was acquired, and which are the early and late ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import SAME_PHASE_S, Phase, unwrapped
from kinephen.io.dicom_values import SECONDS_PER_DAY
from kinephen.io.ucsf_header import PrivateRecord

EARLY_S, LATE_S = 150.0, 450.0
"""Nominal middles of the early and late phase after injection (ACRIN 6657 protocol; Hylton 2016)."""

_STARTS: tuple[tuple[str, Callable[[Header], float | None]], ...] = (
    ("AcquisitionTime", lambda h: h.acquired),
    ("ContentTime", lambda h: h.content),
    ("TriggerTime", lambda h: h.trigger),
    ("SeriesTime", lambda h: h.series_start),
)


@dataclass(frozen=True)
class Timing:
    """Middle of each phase, seconds after injection, and the rule that gave it."""

    times_s: tuple[float, ...]
    rule: str
    issues: tuple[Issue, ...] = ()


def phase_starts(phases: Sequence[Phase], *, prefer: str = "") -> tuple[tuple[float, ...], str] | None:
    """Return the start of each phase in seconds from an arbitrary zero, and the attribute they came from.

    The first attribute that every slice has and that tells all phases apart is taken; `prefer` is tried
    first. None if no attribute does.
    """
    for name, value in sorted(_STARTS, key=lambda s: s[0] != prefer):
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
    key: str,
    record: PrivateRecord | None = None,
    dropped: int = 0,
    nominal_times_s: Sequence[float] | None = None,
) -> Timing:
    """Return the phase times by the first rule that answers.

    In this order: times in the private header; injection and duration in the private header with the images'
    own times; the images' times with injection at the start of the first phase after contrast and, where the
    duration of a phase is not stated, the smallest distance of two phases after contrast in its place;
    nominal times.

    Parameters
    ----------
    phases : sequence of Phase
        In order of time.
    key : str
        Header value that told the phases apart; its times are tried first.
    record : PrivateRecord, optional
    dropped : int
        Phases before the first of these, which the header's times may count.
    nominal_times_s : sequence of float, optional
        Used only where the exam is silent; by default 150 s and 450 s after injection for three phases.

    Returns
    -------
    Timing

    Raises
    ------
    InputError
        ``dicom.times`` if the exam tells no times and no nominal times fit the number of phases.
    """
    found = phase_starts(phases, prefer="TriggerTime" if key == "TemporalPositionIdentifier" else key)
    measured = _from_images(phases, found) if found else None
    for skip in (0, dropped):
        if record and record.times_s and len(record.times_s) - skip == len(phases):
            stated = record.times_s[skip:]
            return Timing(stated, "private header", _disagreement(stated, measured))
    if (
        found
        and record
        and record.injection_s is not None
        and record.duration_s
        and found[1] != "TriggerTime"
    ):
        starts = np.array(found[0]) % SECONDS_PER_DAY - record.injection_s
        starts = (starts + SECONDS_PER_DAY / 2) % SECONDS_PER_DAY - SECONDS_PER_DAY / 2
        times = tuple(float(t) for t in starts + record.duration_s / 2)
        return Timing(times, f"private header: injection and duration, with {found[1]}")
    if measured:
        return measured
    return _nominal(len(phases), nominal_times_s)


def _from_images(phases: Sequence[Phase], found: tuple[tuple[float, ...], str]) -> Timing:
    starts = np.array(found[0])
    starts = starts - starts[1] if len(starts) > 1 else starts
    durations = [h.duration for phase in phases for h in phase.slices]
    stated = [d for d in durations if d is not None and d > 0]
    gaps = np.diff(starts[1:])
    issues: tuple[Issue, ...] = ()
    rule = found[1]
    if len(stated) == len(durations) and gaps.size and max(stated) <= gaps.min() * 1.5:
        duration = float(np.median(stated))
        rule += " + half the stated duration"
    elif gaps.size and gaps.min() > 0:
        duration = float(gaps.min())
        rule += " + half the distance of the phases after contrast"
        text = "phase duration is not stated; the distance of the phases after contrast stands in for it"
        issues = (Issue("dicom.duration", text, "times"),)
    else:
        duration = 0.0
        issues = (Issue("dicom.duration", "duration of a phase is unknown; times are starts", "times"),)
    return Timing(tuple(float(s + duration / 2) for s in starts), rule, issues)


def _disagreement(stated: Sequence[float], measured: Timing | None) -> tuple[Issue, ...]:
    if measured is None:
        return ()
    difference = np.diff(stated) - np.diff(measured.times_s)
    worst = float(np.abs(difference).max())
    if worst <= SAME_PHASE_S:
        return ()
    text = f"distances of phase times in the private header and in the images differ by up to {worst:.0f} s"
    return (Issue("dicom.times_differ", text, "times"),)


def _nominal(n: int, given: Sequence[float] | None) -> Timing:
    # The nominal time before contrast only has to lie before the injection; no map uses it.
    times = tuple(float(t) for t in given) if given is not None else (-EARLY_S, EARLY_S, LATE_S)
    if len(times) != n:
        raise InputError(
            f"the exam does not tell the times of its {n} phases, and {len(times)} nominal times are given",
            code="dicom.times",
            hint="give times_s in a manifest, one for each phase, seconds after injection",
        )
    text = f"the exam does not tell when its phases were acquired; nominal times {list(times)} s are used"
    return Timing(times, "nominal", (Issue("dicom.nominal_times", text, "times"),))


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
