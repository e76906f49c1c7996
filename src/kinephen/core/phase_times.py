"""Times of phases: middles from starts, what they rest on, and what is unusual in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.types import FloatArray

AGREE_S = 2.0
"""Two sources of times agree within this."""
EQUAL_SHARE = 0.10
"""Distances of phases after contrast that differ by less are equal; a duration that fits them likewise."""
FIRST_POST_S = (60.0, 200.0)
"""Middle of the first phase after contrast, after injection; 150 s is nominal (ACRIN 6657)."""
LAST_POST_S = (300.0, 700.0)
"""Middle of the last phase; 450 s is nominal."""
LONGEST_S = 1200.0
"""From the first to the last phase."""
WHERE = "times"
NOMINAL = "nominal"
"""Times that the user gave for exams that tell none."""
ASSUMED = "assumed at the start of the first phase after contrast"


@dataclass(frozen=True)
class TimeEvidence:
    """What the times of an exam's phases rest on.

    Parameters
    ----------
    rule : str
        As in `DynamicSeries.timing_rule`.
    attribute : str
        That told the starts (or middles); empty if none did.
    rank : int
        Its place in the order of precedence, 1 first; 0 for none, or for times that were given.
    durations_from : str
        Attribute, or what stood in for it.
    injection_from : str
    checked_against : str
        An independent source of the same distances; empty where the exam has none.
    difference_s : float, optional
        Largest difference of the two, counted from the first phase after contrast.
    agreed : bool, optional
        None where nothing could be compared.
    passed_over : tuple of tuple of str
        Attributes of higher or lower rank that the exam has and that do not tell its times, each with why.
    """

    rule: str
    attribute: str = ""
    rank: int = 0
    durations_from: str = ""
    injection_from: str = ""
    checked_against: str = ""
    difference_s: float | None = None
    agreed: bool | None = None
    passed_over: tuple[tuple[str, str], ...] = ()

    @property
    def check(self) -> str:
        """The cross-check in words."""
        if not self.checked_against or self.difference_s is None:
            return "no other source"
        verdict = "agrees" if self.agreed else "contradicts"
        return f"{self.checked_against} {verdict}, largest difference {self.difference_s:.1f} s"

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {**asdict(self), "passed_over": [list(p) for p in self.passed_over]}

    def rows(self) -> list[tuple[str, str]]:
        """Return what the times rest on, in words: what, and how it is known."""
        known = [
            ("starts of phases", self.attribute),
            ("duration of a phase", self.durations_from),
            ("injection", self.injection_from),
            ("check of times", self.check),
            *((f"not used: {name}", why) for name, why in self.passed_over),
        ]
        return [(what, how) for what, how in known if how]


def middles(
    starts_s: Sequence[float] | FloatArray,
    durations_s: float | Sequence[float] | FloatArray,
    injection_s: float,
) -> tuple[float, ...]:
    """Return the middle of each phase, seconds after injection: start + half of its own duration.

    Parameters
    ----------
    starts_s : sequence of float
    durations_s : float or sequence of float
        Of all phases, or of each.
    injection_s : float
        On the clock of `starts_s`.
    """
    half = np.asarray(durations_s, dtype=np.float64) / 2.0
    times = np.asarray(starts_s, dtype=np.float64) - injection_s + half
    return tuple(float(t) for t in times)


def smallest_distance(starts_s: Sequence[float] | FloatArray) -> float:
    """Return the smallest distance of neighbouring starts after contrast; NaN for fewer than two."""
    gaps = np.diff(np.sort(np.asarray(starts_s, dtype=np.float64)))
    return float(gaps.min()) if gaps.size else float("nan")


def fits_distance(duration_s: float, distance_s: float) -> bool:
    """Return True if a duration lies within 10 % of the distance of phases."""
    return bool(abs(duration_s - distance_s) <= EQUAL_SHARE * distance_s)


def time_findings(times_s: Sequence[float], *, first_post: int = 1) -> tuple[Issue, ...]:
    """Return what is unusual in the times of phases.

    Parameters
    ----------
    times_s : sequence of float
        Middles, seconds after injection.
    first_post : int
        Index of the first phase after contrast.
    """
    pre, posts = list(times_s[:first_post]), list(times_s[first_post:])
    found = []
    if pre and pre[-1] >= 0.0:
        text = f"the phase before contrast lies {pre[-1]:.0f} s after the injection; expected one before it"
        found.append(Issue("times.pre", text, WHERE, level="warning"))
    if posts and not FIRST_POST_S[0] <= posts[0] <= FIRST_POST_S[1]:
        text = (
            f"the middle of the first phase after contrast lies {posts[0]:.0f} s after the injection; "
            f"expected {_range(FIRST_POST_S)}"
        )
        found.append(Issue("times.first_post", text, WHERE, level="warning"))
    if len(posts) > 1 and not LAST_POST_S[0] <= posts[-1] <= LAST_POST_S[1]:
        text = (
            f"the middle of the last phase lies {posts[-1]:.0f} s after the injection; "
            f"expected {_range(LAST_POST_S)}"
        )
        found.append(Issue("times.last_post", text, WHERE, level="warning"))
    if len(times_s) > 1 and times_s[-1] - times_s[0] >= LONGEST_S:
        text = (
            f"the phases span {(times_s[-1] - times_s[0]) / 60.0:.0f} min; "
            f"expected less than {LONGEST_S / 60.0:.0f} min"
        )
        found.append(Issue("times.span", text, WHERE, level="warning"))
    return (*found, *_unequal(posts))


def _unequal(posts: Sequence[float]) -> tuple[Issue, ...]:
    gaps = np.diff(np.asarray(posts, dtype=np.float64))
    if gaps.size < 2 or float(np.ptp(gaps)) <= EQUAL_SHARE * float(np.median(gaps)):
        return ()
    text = f"distances of the phases after contrast are unequal, {gaps.min():.0f} to {gaps.max():.0f} s"
    return (Issue("times.unequal", text, WHERE),)


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.0f} to {limits[1]:.0f} s"
