"""When contrast was injected, on the clock that tells the starts of the phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import ASSUMED, WHERE
from kinephen.io.dicom_phases import Phase
from kinephen.io.dicom_values import SECONDS_PER_DAY
from kinephen.io.phase_times.clock import HALF_DAY_S
from kinephen.io.phase_times.starts import Starts
from kinephen.io.phase_times.table import ACQUISITION_CLOCK, Kind
from kinephen.types import FloatArray

BOLUS = "ContrastBolusStartTime"
RECORDED = "private header"
LATEST_S = 60.0
"""A stated injection lies at most this long after the start of the first phase after contrast."""


@dataclass(frozen=True)
class Injection:
    """Injection, seconds from the start of the first phase after contrast; who says so."""

    seconds: float = 0.0
    source: str = ASSUMED
    issues: tuple[Issue, ...] = ()


def injection(
    phases: Sequence[Phase],
    usable: Sequence[Starts],
    seconds: FloatArray,
    *,
    recorded_s: float | None = None,
    first_post: int = 1,
) -> Injection:
    """Return the injection by the private record of UCSF, by ContrastBolusStartTime, or as it is assumed.

    Both count only before the middle of the first phase after contrast. ContrastBolusStartTime is typed by
    hand, so it must also lie between the middle of the last phase before contrast and 60 s into the first
    phase after it.

    Parameters
    ----------
    phases : sequence of Phase
    usable : sequence of Starts
        Sources that tell the starts, in order of precedence; the first clock among them places the injection
        of the private record, the first clock of the acquisition that of ContrastBolusStartTime.
    seconds : ndarray, shape (n_phases,)
        Duration of each phase; NaN if unknown.
    recorded_s : float, optional
        In the private record, s since midnight.
    first_post : int
    """
    clock = next((s for s in usable if s.source.kind is Kind.CLOCK), None)
    middle = float(seconds[first_post]) / 2.0
    issues: tuple[Issue, ...] = ()
    if recorded_s is not None and clock is not None:
        after = _after(recorded_s, clock, first_post)
        if after < middle:
            return Injection(after, RECORDED)
        issues = (_ignored(f"the injection of the {RECORDED}", _late(after)),)
    bolus = {h.times.bolus.seconds for p in phases for h in p.slices if h.times.bolus is not None}
    if not bolus:
        return Injection(issues=issues)
    if len(bolus) > 1:
        return Injection(issues=(*issues, _ignored(BOLUS, "it differs between images")))
    # ContentTime and SeriesTime tell distances; where their zero lies against the injection nobody knows.
    acquired = next((s for s in usable if s.source.origin == ACQUISITION_CLOCK), None)
    if acquired is None:
        why = "no clock of the acquisition tells the starts of the phases"
        return Injection(issues=(*issues, _ignored(BOLUS, why)))
    after = _after(bolus.pop(), acquired, first_post)
    before = float(
        acquired.from_post(first_post)[first_post - 1] + np.nan_to_num(seconds)[first_post - 1] / 2.0
    )
    if not min(before, 0.0) <= after <= LATEST_S or after >= middle:
        return Injection(issues=(*issues, _ignored(BOLUS, _late(after))))
    return Injection(after, BOLUS, issues)


def _after(moment_s: float, clock: Starts, first_post: int) -> float:
    """Return a time of day in seconds from the start of the first phase after contrast, over midnight."""
    after = moment_s - float(clock.seconds[first_post])
    return (after + HALF_DAY_S) % SECONDS_PER_DAY - HALF_DAY_S


def _late(after: float) -> str:
    where = "after" if after >= 0.0 else "before"
    return f"it lies {abs(after):.0f} s {where} the start of the first phase after contrast"


def _ignored(what: str, why: str) -> Issue:
    text = f"{what} is not used: {why}; the injection is {ASSUMED}"
    return Issue("dicom.injection", text, WHERE, level="warning")
