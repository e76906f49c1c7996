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

from kinephen.core.enhancement import USUAL_PE_PERCENT
from kinephen.imaging.arrival import asymmetry, drift, region_values, rising_and_falling, tissue_rise
from kinephen.types import BoolVolume, FloatArray, FrameStack

Verdict = Literal["right", "several_pre", "reversed", "swapped", "identical", "no_arrival", "lost"]
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
"""Two frames without contrast have an A below this; where it is more,"""
SLIGHT_PERCENT = 20.0
"""contrast is on its way if as much tissue as on arrival rises by this: no change of gain does that."""
SLIGHT_RATIO = 10.0
"""Or if so many times more tissue rises than falls by it."""
PARTIAL_SHARE = 0.0005
"""Between two frames without contrast less tissue than this rises more than falls (0.000 in 42 exams)."""
SWAPPED_DRIFT = -0.03
"""Below this the tissue that should go on rising falls (swapped: -0.07 to -0.19 in 42 exams)."""
DOUBTFUL_DRIFT = 0.03
"""Up to this the drift tells nothing (right order: 0.07 to 0.19)."""
IDENTICAL_SHARE = 0.99
"""Two frames with more equal voxels than this are one."""
WEAK_ASYMMETRY = 0.93
"""Least A over tissue of a phase with contrast where little rises (early to late: up to 0.90 in 42 exams),"""
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
        before contrast, are one; ``lost``: a phase after one with contrast holds none;
        ``no_arrival``: no phase holds contrast that the first one lacks.
    pre : int
        The last phase without contrast; 0 where that is not known.
    first_post : int or None
        The first phase with contrast.
    partial : tuple of int
        The first phases with contrast, as long as it is on its way: little rises above the threshold yet.
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
    early_partial : bool
        Whether the early phase is one of `partial`.
    weak : bool
        Whether contrast is seen in normal tissue alone: next to nothing enhances above the threshold, as
        after a complete response.
    lost : tuple of int
        Phases after the first clear one that hold no contrast: it does not go within an exam.
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
    early_partial: bool = False
    lost: tuple[int, ...] = ()

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
    pe_threshold: float = USUAL_PE_PERCENT,
    early: int = 1,
    late: int | None = None,
    times_s: Sequence[float] | None = None,
    injection_told: bool = False,
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
    injection_told : bool
        Whether these rest on an injection that somebody stated: a phase that lies after it is none before
        contrast, however little rises in it.

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
        holds = _weakly([tissue_rise(values[0], v) for v in values])
    without = next((i for i, a in enumerate(against) if _arrived(-a, falls[i], rises[i])), None)
    clear = next((i for i, held in enumerate(holds) if held), None) if without is None else None
    partial = _partial(values, clear, against, changes)
    if clear is not None and injection_told and times_s:
        last_pre = max((k for k in range(clear) if times_s[k] <= 0.0), default=0)
        partial = tuple(range(min(last_pre + 1, partial[0] if partial else clear), clear))
    first_post = partial[0] if partial else clear
    lost = () if weak else _lost(values, clear, against)
    found = float("nan")
    if first_post is not None and (pair := _early_late(first_post, early, late, len(values))):
        triple = [smooth[i] for i in (0, *pair)]
        found = drift(triple, inside, spacing, strong_percent=pe_threshold)
    return PhaseRoles(
        _verdict(_misplaced(identical, first_post), without, lost, first_post, found),
        first_post - 1 if first_post else 0,
        first_post,
        partial,
        without,
        tuple(against),
        tuple(rises),
        tuple(falls),
        found,
        identical,
        _late_missing(first_post, len(values), times_s),
        weak and first_post is not None,
        early in partial,
        lost,
    )


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


def _weakly(seen: Sequence[tuple[float, float]]) -> list[bool]:
    """Tell the phases with contrast from A and the rise of normal tissue; none where that is not clear."""
    if not any(a >= WEAK_ASYMMETRY and t >= WEAK_RISE for a, t in seen):
        return [False] * len(seen)
    most = max(t for _, t in seen)
    return [a >= ARRIVAL_ASYMMETRY and 2.0 * t >= most for a, t in seen]


def _partial(
    values: FloatArray,
    clear: int | None,
    against: Sequence[float],
    changes: Sequence[tuple[float, float]],
) -> tuple[int, ...]:
    """Return the phases right before the first clear one in which some tissue rises already."""
    first = clear or 0
    while first > 1 and _on_its_way(values[0], values[first - 1], against[first - 1], changes[first - 1]):
        first -= 1
    return tuple(range(first, clear or 0))


def _on_its_way(before: FloatArray, frame: FloatArray, against: float, strong: tuple[float, float]) -> bool:
    rises, falls = strong
    if against >= MOVED_ASYMMETRY and rises >= max(PARTIAL_SHARE, MOVED_RATIO * falls):
        return True
    slightly, lower = rising_and_falling(before, frame, percent=SLIGHT_PERCENT)
    # A looks at all of the breast, and a small lesion does not move it.
    one_sided = slightly >= PARTIAL_SHARE and slightly >= SLIGHT_RATIO * lower
    return one_sided or (against >= PARTIAL_ASYMMETRY and slightly >= ARRIVAL_SHARE)


def _lost(values: FloatArray, clear: int | None, against: Sequence[float]) -> tuple[int, ...]:
    """Return phases after the first clear one that look like the one before contrast, and unlike that one."""
    return tuple(
        k
        for k in range((clear or 0) + 1, len(values))
        if clear
        and against[k] < ARRIVAL_ASYMMETRY
        and asymmetry(values[clear], values[k]) <= -ARRIVAL_ASYMMETRY
    )


def _early_late(first_post: int, early: int, late: int | None, phases: int) -> tuple[int, int] | None:
    last = phases - 1 if late is None else late
    start = max(early, first_post)
    return (start, last) if start < last else None


def _verdict(
    identical: bool, without: int | None, lost: tuple[int, ...], first_post: int | None, found: float
) -> Verdict:
    if identical:
        return "identical"
    if without is not None:
        return "reversed"
    if lost:
        return "lost"
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
