"""How long each phase took: by the first attribute that fits the distance of the phases, or that distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import (
    EQUAL_SHARE,
    LONGER,
    WHERE,
    fits_distance,
    phase_distance,
    stand_in_words,
)
from kinephen.io.dicom_phases import Phase
from kinephen.io.phase_times.starts import LEAST_SHARE
from kinephen.io.phase_times.table import DURATION_SOURCES, DurationSource
from kinephen.types import FloatArray

ALONE_S = (5.0, 600.0)
"""A stated duration that no distance can confirm is believed within this."""


@dataclass(frozen=True)
class Durations:
    """Duration of each phase, s (NaN throughout where unknown), and where it comes from."""

    seconds: FloatArray
    source: str
    issues: tuple[Issue, ...] = ()


def durations(phases: Sequence[Phase], starts: FloatArray, *, first_post: int = 1) -> Durations:
    """Return how long each phase took.

    An attribute counts if the shortest phase after contrast lies within 10 % of their smallest distance; one
    that may be of a whole series is also tried shared among the phases of that series. If none fits, the
    distance of `phase_distance` stands in. With one phase after contrast there is no distance: a stated
    duration of 5 to 600 s is taken as it is.

    Parameters
    ----------
    phases : sequence of Phase
    starts : ndarray, shape (n_phases,)
        s; NaN before contrast where unknown.
    first_post : int
    """
    distance, stand_in = phase_distance(starts, first_post=first_post)
    shares = _phases_of_series(phases)
    span = float(np.nanmax(starts) - np.nanmin(starts))
    refused = []
    for source in DURATION_SOURCES:
        stated = _stated(source, phases)
        if np.isnan(stated[first_post:]).any():
            continue
        for label, seconds in _readings(source, stated, shares, span):
            if _fits(seconds[first_post:], starts[first_post:]):
                return Durations(_before(seconds, starts, first_post), label)
        refused.append(f"{source.name} ({float(np.median(stated[first_post:])):.0f} s)")
    if np.isnan(distance):
        text = "one phase after contrast, and no duration of it is stated"
        return Durations(np.full(len(phases), np.nan), "", (Issue("dicom.duration", text, WHERE),))
    return Durations(np.full(len(phases), distance), stand_in, (_stands_in(refused, starts, first_post),))


def _stands_in(refused: Sequence[str], starts: FloatArray, first_post: int) -> Issue:
    text, level = stand_in_words(starts, refused, first_post=first_post)
    if refused:
        return Issue("dicom.duration_differs", text, WHERE, level=level)
    return Issue("dicom.duration", text, WHERE, level=level)


def _phases_of_series(phases: Sequence[Phase]) -> FloatArray:
    own = [p.slices[0].series for p in phases]
    counts = Counter(own)
    return np.array([float(counts[s]) for s in own])


def _stated(source: DurationSource, phases: Sequence[Phase]) -> FloatArray:
    found = []
    for phase in phases:
        values = [v for h in phase.slices if (v := source.value(h.times)) is not None]
        enough = len(values) >= LEAST_SHARE * len(phase.slices)
        found.append(float(np.median(values)) if enough else np.nan)
    return np.array(found)


def _readings(
    source: DurationSource, stated: FloatArray, shares: FloatArray, span: float
) -> list[tuple[str, FloatArray]]:
    whole = (source.name, stated)
    # What took less time than lies between the starts of its phases does not hold them all.
    if not source.of_series or (shares == 1.0).all() or float(np.nanmax(stated)) < span:
        return [whole]
    return [(f"{source.name} shared among the phases of its series", stated / shares), whole]


def _fits(seconds: FloatArray, starts: FloatArray) -> bool:
    distances = np.diff(starts)
    if not distances.size:
        return bool(((seconds >= ALONE_S[0]) & (seconds <= ALONE_S[1])).all())
    room = bool((seconds[:-1] <= (1.0 + EQUAL_SHARE) * distances).all())
    return room and fits_distance(float(seconds.min()), float(distances.min()))


def _before(seconds: FloatArray, starts: FloatArray, first_post: int) -> FloatArray:
    """Return durations with that of a phase after contrast for those before it that have none that fits.

    No phase lasts much longer than until the next one begins.
    """
    distances = np.append(np.diff(starts), np.inf)
    odd = np.isnan(seconds) | (seconds > (1.0 + EQUAL_SHARE) * distances)
    odd[first_post:] = False
    usual = np.full(len(seconds), np.median(seconds[first_post:]))
    usual = np.where(usual >= LONGER * distances, distances, usual)
    return np.where(odd, usual, seconds)
