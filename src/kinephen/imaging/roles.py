"""Are the phases in the order that the header says? The header orders, the curve vetoes.

Nothing is ever reordered by the curve: it only finds where contrast arrives, and says where that contradicts
the order of the phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.imaging.arrival import asymmetry, drift, region_values, rising_and_falling, typical_rise
from kinephen.types import BoolVolume, FrameStack

Verdict = Literal["right", "several_pre", "reversed", "swapped", "identical", "no_arrival"]
STOPS = ("identical", "reversed", "swapped", "no_arrival")

ARRIVAL_ASYMMETRY = 0.6
"""Least A of a frame with contrast against one without (0.83 to 0.99 in 42 exams; two frames without: at most
0.04)."""
ARRIVAL_SHARE = 0.003
"""Least share of tissue that rises by more than the threshold (0.8 to 20 % in 42 exams)."""
MOVED_ASYMMETRY = 0.1
"""Where edges moved by some mm, A is small in spite of contrast, but no smaller than this (without: 0.05)."""
MOVED_RATIO = 5.0
"""So many times more tissue must rise than fall, where edges moved."""
PARTIAL_ASYMMETRY = 0.5
"""Two frames without contrast have an A below this, whatever rises."""
PARTIAL_SHARE = 0.0005
"""Between two frames without contrast less tissue than this rises more than falls (0.000 in 42 exams)."""
SWAPPED_DRIFT = -0.03
"""Below this the tissue that should go on rising falls (swapped: -0.07 to -0.19 in 42 exams)."""
DOUBTFUL_DRIFT = 0.03
"""Up to this the drift tells nothing (right order: 0.07 to 0.19)."""
IDENTICAL_SHARE = 0.99
"""Two frames with more equal voxels than this are one."""
WEAK_ASYMMETRY = 0.93
"""Least A of a phase with contrast where less tissue rises (early against late: at most 0.90 in 42 exams),"""
WEAK_RISE = 0.1
"""with at least this median rise of all tissue (0.18 to 0.29 in 17 exams; a copy of the first phase: 0)."""
LATE_LEAST_S = 300.0
"""Middle of the last phase, seconds after injection, below which there is no late phase."""


@dataclass(frozen=True)
class PhaseRoles:
    """What the curve says of the order of the phases; phases count from 0.

    Parameters
    ----------
    verdict : str
        ``right``; ``several_pre``: contrast arrives after phase 1; ``reversed``: the first phase holds
        contrast and a later one does not; ``swapped``: early and late; ``identical``: two phases, not both
        before contrast, are one;
        ``no_arrival``: no phase holds contrast that the first one lacks.
    pre : int
        The last phase without contrast; 0 where that is not known.
    first_post : int or None
        The first phase with contrast.
    partial : tuple of int
        Phases before `first_post` in which contrast is on its way.
    without : int or None
        With ``reversed``, the phase that looks like the one before contrast.
    asymmetry, rises, falls : tuple of float
        Of every phase against the first: A, share of tissue that rises, and that falls, by more than the
        threshold.
    drift : float
        Median of (late - early) / pre in normal tissue; NaN with one phase after contrast or little tissue.
    identical : tuple of pairs of int
    late_missing : str
        Why no late phase is there; empty if there is one.
    weak : bool
        Whether contrast is seen in normal tissue alone: next to nothing enhances above the threshold, as
        after a complete response.
    """

    verdict: Verdict
    pre: int
    first_post: int | None
    partial: tuple[int, ...]
    without: int | None
    asymmetry: tuple[float, ...]
    rises: tuple[float, ...]
    falls: tuple[float, ...]
    drift: float
    identical: tuple[tuple[int, int], ...]
    late_missing: str
    weak: bool = False

    @property
    def drift_doubtful(self) -> bool:
        """Whether normal tissue neither rises nor falls from the early to the late phase."""
        return SWAPPED_DRIFT <= self.drift <= DOUBTFUL_DRIFT

    def to_dict(self) -> dict[str, object]:
        """Return plain fields; a drift that is not known is None."""
        return asdict(self) | {"drift": self.drift if np.isfinite(self.drift) else None}


def check_roles(
    frames: FrameStack,
    region: BoolVolume,
    spacing: tuple[float, float, float],
    *,
    pe_threshold: float = 70.0,
    early: int = 1,
    late: int | None = None,
    times_s: Sequence[float] | None = None,
) -> PhaseRoles:
    """Compare the order of the phases with what contrast does to the signal.

    Parameters
    ----------
    frames : ndarray, shape (n, nz, ny, nx)
        In the order of the header; any unit.
    region : ndarray of bool, shape (nz, ny, nx)
        The breast, or what stands in for it.
    spacing : tuple of float
        Along (slice, row, column), mm.
    pe_threshold : float
        The site's threshold of enhancement, percent.
    early, late : int
        Phases of the signal enhancement ratio as the header gives them; `late` is None if there is none.
    times_s : sequence of float, optional
        Middle of every phase, seconds after injection.

    Returns
    -------
    PhaseRoles

    Notes
    -----
    Thresholds were measured on two exams of one scanner family and 40 simulated ones; a phase holds contrast
    if A >= 0.6 and at least 0.3 % of tissue rises by more than the site's threshold.
    """
    smooth, inside, _ = region_values(frames, region, spacing)
    values = smooth[:, inside]
    against = [asymmetry(values[0], v) for v in values]
    changes = [rising_and_falling(values[0], v, percent=pe_threshold) for v in values]
    rises, falls = [c[0] for c in changes], [c[1] for c in changes]
    identical = _identical(frames, region, rises)
    holds = [_arrived(*seen) for seen in zip(against, rises, falls, strict=True)]
    weak = not any(holds)
    if weak:
        holds = _weakly(against, [typical_rise(values[0], v) for v in values])
    without = next((i for i, a in enumerate(against) if _arrived(-a, falls[i], rises[i])), None)
    first_post = next((i for i, held in enumerate(holds) if held), None) if without is None else None
    between = range(first_post or 0)
    partial = [i for i in between if _on_its_way(against[i], rises[i], falls[i])]
    found = float("nan")
    if first_post is not None and (pair := _early_late(first_post, early, late, len(values))):
        triple = [smooth[i] for i in (0, *pair)]
        found = drift(triple, inside, spacing, strong_percent=pe_threshold)
    pre = min([*partial, first_post]) - 1 if first_post else 0
    return PhaseRoles(
        _verdict(_misplaced(identical, first_post), without, first_post, found),
        max(pre, 0),
        first_post,
        tuple(partial),
        without,
        tuple(against),
        tuple(rises),
        tuple(falls),
        found,
        identical,
        _late_missing(first_post, len(values), times_s),
        weak and first_post is not None,
    )


def role_issues(roles: PhaseRoles) -> tuple[Issue, ...]:
    """Return what is to be said of the phases.

    Parameters
    ----------
    roles : PhaseRoles

    Returns
    -------
    tuple of Issue
        Stops ``roles.identical``, ``roles.reversed``, ``roles.swapped``, ``roles.no_arrival``; warnings
        ``roles.several_pre``, ``roles.partial_arrival``, ``roles.drift``, ``roles.late``.
    """
    found = [_stop(roles)] if roles.verdict in STOPS else []
    if roles.first_post is not None and roles.first_post > 1:
        text = (
            f"contrast arrives in phase {roles.first_post}, not in phase 1; phase {roles.pre} is taken as "
            "the last one before contrast"
        )
        found.append(Issue("roles.several_pre", text, count=roles.pre + 1, level="warning"))
    if roles.identical and roles.verdict != "identical":
        pairs = " and ".join(f"{i} = {j}" for i, j in roles.identical)
        text = f"phases before contrast hold the same image ({pairs})"
        found.append(Issue("roles.same_pre", text, level="warning"))
    if roles.partial:
        names = ", ".join(map(str, roles.partial))
        text = f"contrast is on its way in phase {names}, which is neither before nor after it"
        found.append(Issue("roles.partial_arrival", text, count=len(roles.partial), level="warning"))
    if roles.verdict in ("right", "several_pre") and roles.drift_doubtful:
        text = (
            f"normal tissue changes by {100 * roles.drift:+.1f} % from the early to the late phase, where it "
            f"goes on rising in most women (7 to 19 %): the order of early and late is not confirmed"
        )
        found.append(Issue("roles.drift", text, level="warning"))
    if roles.late_missing:
        text = f"{roles.late_missing}: SER and wash-out are not those of exams with a late phase"
        found.append(Issue("roles.late", text, level="warning"))
    if roles.weak:
        text = (
            f"contrast is seen in normal tissue, but only {100 * max(roles.rises):.2f} % of it rises above "
            "the threshold: hardly anything enhances, as after a complete response; look whether that is so"
        )
        found.append(Issue("roles.weak_arrival", text, level="warning"))
    return tuple(found)


def _identical(frames: FrameStack, region: BoolVolume, rises: Sequence[float]) -> tuple[tuple[int, int], ...]:
    # In an image without noise a small lesion may be all that differs.
    values = [frame[region] for frame in frames]
    return tuple(
        (i, j)
        for i, j in combinations(range(len(values)), 2)
        if values[i].size
        and abs(rises[i] - rises[j]) < PARTIAL_SHARE
        and float(np.mean(values[i] == values[j])) > IDENTICAL_SHARE
    )


def _misplaced(identical: Sequence[tuple[int, int]], first_post: int | None) -> bool:
    """Tell whether a phase stands twice where that changes numbers: two copies before contrast do not."""
    return any(first_post is None or second >= first_post for _, second in identical)


def _arrived(against: float, rises: float, falls: float) -> bool:
    moved = against >= MOVED_ASYMMETRY and rises >= MOVED_RATIO * falls
    return rises >= ARRIVAL_SHARE and (against >= ARRIVAL_ASYMMETRY or moved)


def _weakly(against: Sequence[float], typical: Sequence[float]) -> list[bool]:
    """Tell the phases with contrast from the rise of normal tissue; none where that is not clear."""
    if not any(a >= WEAK_ASYMMETRY and t >= WEAK_RISE for a, t in zip(against, typical, strict=True)):
        return [False] * len(against)
    return [a >= ARRIVAL_ASYMMETRY and 2.0 * t >= max(typical) for a, t in zip(against, typical, strict=True)]


def _on_its_way(against: float, rises: float, falls: float) -> bool:
    some = against >= MOVED_ASYMMETRY and rises >= max(PARTIAL_SHARE, MOVED_RATIO * falls)
    return some or against >= PARTIAL_ASYMMETRY


def _early_late(first_post: int, early: int, late: int | None, phases: int) -> tuple[int, int] | None:
    last = phases - 1 if late is None else late
    start = max(early, first_post)
    return (start, last) if start < last else None


def _verdict(identical: bool, without: int | None, first_post: int | None, found: float) -> Verdict:
    if identical:
        return "identical"
    if without is not None:
        return "reversed"
    if first_post is None:
        return "no_arrival"
    if found < SWAPPED_DRIFT:
        return "swapped"
    return "several_pre" if first_post > 1 else "right"


def _late_missing(first_post: int | None, phases: int, times_s: Sequence[float] | None) -> str:
    if first_post is not None and first_post == phases - 1:
        return "only one phase after contrast is there"
    if times_s and times_s[-1] < LATE_LEAST_S:
        return (
            f"the last phase lies {times_s[-1]:.0f} s after the injection, at least {LATE_LEAST_S:.0f} s "
            "are expected"
        )
    return ""


def _stop(roles: PhaseRoles) -> Issue:
    if roles.verdict == "identical":
        pairs = " and ".join(f"{i} = {j}" for i, j in roles.identical)
        return Issue("roles.identical", f"phases hold the same image ({pairs})", level="stop")
    if roles.verdict == "reversed":
        k = roles.without or 0
        text = (
            f"phase 0 holds contrast and phase {k} does not: from 0 to {k} the signal falls in "
            f"{100 * roles.falls[k]:.1f} % of the tissue (A = {roles.asymmetry[k]:.2f}); phase 0 should be "
            "the one before contrast"
        )
        return Issue("roles.reversed", text, level="stop")
    if roles.verdict == "swapped":
        text = (
            f"normal tissue falls by {-100 * roles.drift:.1f} % from the early to the late phase, where it "
            "goes on rising in most women (7 to 19 %): early and late may be swapped"
        )
        return Issue("roles.swapped", text, level="stop")
    text = (
        f"no contrast arrival seen in {len(roles.rises)} phases: at most {100 * max(roles.rises):.2f} % of "
        f"the tissue rises above the threshold, at least {100 * ARRIVAL_SHARE:.1f} % are expected; the "
        "phases are not in order, one is missing, or this breast hardly enhances"
    )
    return Issue("roles.no_arrival", text, level="stop")
