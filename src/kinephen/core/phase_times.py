"""Times of phases: middles from starts, what they rest on, and what is unusual in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kinephen.core.cohort import Issue, Level
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
AFTER_CONTRAST = "the distance of the phases after contrast"
ACROSS_INJECTION = "the distance of the phases before and after the injection"
STAND_INS = (AFTER_CONTRAST, ACROSS_INJECTION)
LONGER = 2.0
"""The distance after contrast stands in below this many times the one across the injection: from there on the
middle of the phase before contrast would lie after the injection."""
ROUGH = 1.25
"""From here on it is said that no phase can have lasted as long."""
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


def phase_distance(starts_s: Sequence[float] | FloatArray, *, first_post: int = 1) -> tuple[float, str]:
    """Return what stands in for an unknown duration of a phase, s, and where it comes from.

    The smallest distance of the phases after contrast, as UCSF's analysis of the public collections takes it.
    No phase lasts longer than until the next one begins: where the phase before contrast and the first one
    after it lie nearer by half or more, there was a pause after contrast, and their distance stands in.

    Parameters
    ----------
    starts_s : sequence of float
        In order of time; NaN before contrast where unknown.
    first_post : int
        Index of the first phase after contrast.

    Returns
    -------
    distance_s : float
        NaN with one phase after contrast: nothing tells how long it took.
    source : str
        `AFTER_CONTRAST` or `ACROSS_INJECTION`.
    """
    starts = np.asarray(starts_s, dtype=np.float64)
    after = smallest_distance(starts[first_post:])
    across = float(starts[first_post] - starts[first_post - 1]) if first_post else float("nan")
    return (across, ACROSS_INJECTION) if across * LONGER <= after else (after, AFTER_CONTRAST)


def stand_in_words(
    starts_s: Sequence[float] | FloatArray, refused: Sequence[str], *, first_post: int = 1
) -> tuple[str, Level]:
    """Return what is said of the distance that stands in for the duration of a phase, and how it weighs.

    Parameters
    ----------
    starts_s, first_post
        As of `phase_distance`.
    refused : sequence of str
        Stated durations that do not fit it.
    """
    starts = np.asarray(starts_s, dtype=np.float64)
    distance, source = phase_distance(starts, first_post=first_post)
    if refused:
        fit = f"{', '.join(refused)} does not fit {source} ({distance:.0f} s), which stands in for the "
        return f"{fit}duration of a phase", "warning"
    text = f"phase duration is not stated; {source} stands in for it"
    after, across = smallest_distance(starts[first_post:]), starts[first_post] - starts[first_post - 1]
    if not after >= ROUGH * across:
        return text, "note"
    text += (
        f" ({distance:.0f} s). The phases lie {across:.0f} s apart across the injection and {after:.0f} s "
        "after it, and no phase lasts longer than until the next one begins: middles and slopes are rough; "
        "state the times in a manifest if they are known"
    )
    return text, "warning"


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
