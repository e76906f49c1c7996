"""The start of each phase by one attribute, or why the attribute does not tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.io.dicom_phases import Phase
from kinephen.io.phase_times.clock import time_line
from kinephen.io.phase_times.table import SAME_S, Kind, TimeSource
from kinephen.types import FloatArray

LONGEST_EXAM_S = 7200.0
"""Phases further apart are of two exams, or their clock is wrong."""
FALLS = "falls from one phase to the next"
LEAST_SHARE = 0.5
"""Of the images of a phase that must have an attribute."""


@dataclass(frozen=True)
class Starts:
    """Start of each phase by one attribute.

    Parameters
    ----------
    source : TimeSource
    seconds : ndarray, shape (n_phases,)
        From a zero of the source's own: midnight, or the start of a series. NaN for phases before contrast
        that it does not tell.
    missing : int
        Images without the attribute.
    """

    source: TimeSource
    seconds: FloatArray
    missing: int = 0

    def from_post(self, first_post: int) -> FloatArray:
        """Return the starts, seconds from the start of the first phase after contrast."""
        shifted: FloatArray = self.seconds - self.seconds[first_post]
        return shifted


@dataclass(frozen=True)
class Unusable:
    """Why an attribute does not tell the times; `far_s` where it puts phases into different exams."""

    source: TimeSource
    reason: str
    far_s: float = 0.0


def starts_by(source: TimeSource, phases: Sequence[Phase], *, first_post: int = 1) -> Starts | Unusable:
    """Return the start of each phase by one attribute.

    A phase starts with its earliest image. The attribute is not used where it is missing from all images of a
    phase or from more than half, where phases overlap or do not rise, where images of one phase differ too
    much, where all phases lie within the time of an export, or hours apart.

    Parameters
    ----------
    source : TimeSource
    phases : sequence of Phase
        In order of time.
    first_post : int
        Index of the first phase after contrast.
    """
    values = _values(source, phases)
    known = [~np.isnan(v) for v in values]
    if not any(k.any() for k in known):
        return Unusable(source, "absent")
    short = next((i for i, k in enumerate(known) if k.mean() < LEAST_SHARE), None)
    if short is not None:
        return Unusable(source, f"missing in most images of phase {short}")
    early = np.array([np.nanmin(v) for v in values])
    late = np.array([np.nanmax(v) for v in values])
    told = _told(source, phases, first_post)
    reason = _reason(source, early[told], late[told])
    if reason:
        return Unusable(source, reason)
    span = float(early[told].max() - early[told].min())
    if span > LONGEST_EXAM_S:
        return Unusable(source, f"phases lie {span / 3600.0:.1f} h apart", far_s=span)
    seconds = np.full(len(phases), np.nan)
    seconds[told] = early[told]
    return Starts(source, seconds, missing=int(sum((~k).sum() for k in known)))


def _values(source: TimeSource, phases: Sequence[Phase]) -> list[FloatArray]:
    sizes = [len(p.slices) for p in phases]
    flat = [source.value(h.times) for p in phases for h in p.slices]
    if source.kind is Kind.CLOCK:
        line = time_line([v if not isinstance(v, float) else None for v in flat])
    else:
        line = np.array([v if isinstance(v, float) else np.nan for v in flat])
    return np.split(line, np.cumsum(sizes)[:-1])


def _told(source: TimeSource, phases: Sequence[Phase], first_post: int) -> slice:
    """Return the phases whose distances the source tells.

    Offsets count from the start of a series: those of a series of its own before contrast cannot be compared.
    """
    posts = slice(first_post, None)
    if source.kind is Kind.STEPS:
        return posts
    series = [p.slices[0].series for p in phases]
    apart = len(set(series)) == len(series)
    if source.kind is Kind.OFFSET and len(set(series)) > 1 and not apart:
        return posts
    return slice(None)


def _reason(source: TimeSource, early: FloatArray, late: FloatArray) -> str:
    if early.size < 2:
        return "one phase tells no distance"
    steps = np.diff(early)
    if float(np.ptp(early)) < SAME_S:
        return "the same in all phases"
    if (steps <= -SAME_S).any():
        return FALLS
    if (steps < SAME_S).any():
        return "the same in several phases"
    if source.within_s is not None and (late - early >= source.within_s).any():
        return "differs inside a phase"
    if (late[:-1] >= early[1:]).any():
        return "images of different phases overlap in time"
    if float(np.ptp(early)) < source.least_span_s:
        return "all phases lie within a minute, as after an export"
    return ""
