"""How far the patient moved between the phases: a shift of each frame, and whether it was one.

Cross-correlation of edges, which stay where contrast changes the signal. It needs no registration library.
Rotation and deformation are not found; halves of the image that moved differently tell of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.imaging.correlation import (
    Peak,
    Target,
    Template,
    Voxels,
    locate,
    target,
    template,
    whole_displacement,
)
from kinephen.imaging.edges import FINE_VOXEL_MM, Spacing, Window, capped, cut, edge_strength, window
from kinephen.types import BoolVolume, FrameStack

WARN_MM, MARK_MM, ASK_MM = 0.5, 1.0, 2.0
"""A shift above these is said to cost several percent, 10 % and more, and a look at the frames. Measured on
two exams: 0.5 mm between pre and early moves the volume by up to 7 %, 1 mm by 14 %, 2 mm by 24 %."""
HALVES_MM = 0.5
"""Halves of the image that moved more differently than this did not move by one shift,"""
HALVES_VOXELS = 0.15
"""or than this part of the longest side of a voxel, which is as well as thick slices can be placed."""
CLOSURE_MM = 0.3
"""The way round over the early frame may differ this much from the straight one, or a shift is unsure."""
LEAST_MATCH = 0.2
"""Below this correlation of their edges two frames do not show the same."""
REACH_MM = 30.0
"""Shifts beyond this are not sought."""
COARSE_VOXEL_MM = 1.5
"""Voxels up to this apart are close enough for the first round, and for halves."""
NEAR_VOXELS = 2
"""Reach once a frame is set off by whole voxels."""
PARTS = 20
"""The peak is told in this part of a voxel,"""
FINEST_MM = 0.05
"""or in steps of this, if they are finer."""
MOST_PARTS = 200
OUTWARD = 0.5
"""Weight of halves moving apart: contrast alone moves outer edges outwards, by 0.2 mm in simulated exams. A
rotation moves halves across the line between them."""
HALF_VOXELS, HALF_MM = 4, 10.0
"""A half of less than this has too little to be compared."""

Shift = tuple[float, float, float]


@dataclass(frozen=True)
class FrameShift:
    """Where one frame lies against the frame before contrast.

    Parameters
    ----------
    frame : int
    shift_mm : tuple of float or None
        Along (slice, row, column), mm; positive where the anatomy lies at higher indices than before
        contrast. None where it is not known, with the reason.
    match : float
        Correlation of the edges after the shift, up to 1.
    closure_mm : float or None
        Difference between the shift and the way over the early frame (for that: over the late one). None with
        one frame after contrast.
    halves_mm : float or None
        Largest difference between the shifts of two halves of the image, over the axes. None where no axis is
        long enough.
    halves_limit_mm : float
        Above this the image did not move as one.
    reason : str
    """

    frame: int
    shift_mm: Shift | None
    match: float
    closure_mm: float | None = None
    halves_mm: float | None = None
    halves_limit_mm: float = HALVES_MM
    reason: str = ""

    @property
    def size_mm(self) -> float | None:
        """Length of the shift."""
        return None if self.shift_mm is None else float(np.linalg.norm(self.shift_mm))

    @property
    def rigid(self) -> bool:
        """Whether all of the image moved alike, as far as that was seen."""
        return self.halves_mm is None or self.halves_mm <= self.halves_limit_mm

    @property
    def sure(self) -> bool:
        """Whether the shift agrees with the way round over another frame, as far as there is one."""
        return self.closure_mm is None or self.closure_mm <= CLOSURE_MM

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {**asdict(self), "size_mm": self.size_mm}


def measure_shifts(
    frames: FrameStack,
    spacing: Spacing,
    *,
    mask: BoolVolume | None = None,
    early: int = 1,
    late: int | None = None,
) -> tuple[FrameShift, ...]:
    """Measure the shift of every frame against the first.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        Frame 0 is before contrast. Voxels that are not finite count as 0.
    spacing : tuple of float
        Along (slice, row, column), mm.
    mask : ndarray of bool, shape (nz, ny, nx), optional
        Where edges are compared, best the breast; by default the whole image.
    early, late : int
        Frames by which the way round is closed.

    Returns
    -------
    tuple of FrameShift
        One for each frame but the first. Never an error: what cannot be measured has a reason.

    Notes
    -----
    Gaussian of 1 mm, magnitude of the gradient in mm, no edge above the 99th percentile in the mask, less the
    mean, times the mask blurred by 3 mm; cross-correlation with zeros around, refined between voxels.
    """
    area = np.ones(frames.shape[1:], dtype=np.bool_) if mask is None else mask
    part, coarse = (window(area, spacing, voxel_mm=v) for v in (FINE_VOXEL_MM, COARSE_VOXEL_MM))
    if part is None or coarse is None:
        return tuple(FrameShift(k, None, 0.0, reason="the mask is empty") for k in range(1, len(frames)))
    strengths = [capped(edge_strength(f, spacing), area) for f in frames]
    whole = _whole_voxels(strengths, coarse)
    full = _Comparison(part, strengths, whole)
    halves = {
        axis: [_Comparison(coarse.half(axis, upper=upper), strengths, whole) for upper in (False, True)]
        for axis in range(3)
        if _can_be_halved(coarse, axis)
    }
    return tuple(
        _frame_shift(k, full, halves, over=late if k == early else early) for k in range(1, len(frames))
    )


def _whole_voxels(strengths: list[NDArray[np.float32]], part: Window) -> list[Voxels]:
    """Return how many voxels of the image each frame lies off, roughly, and as far as `REACH_MM`."""
    z, y, x = (
        min(n - 1, int(np.ceil(REACH_MM / s))) for n, s in zip(part.weight.shape, part.spacing, strict=True)
    )
    wanted = template(cut(strengths[0], part), part.weight, (z, y, x))
    found: list[Voxels] = [(0, 0, 0)]
    for strength in strengths[1:]:
        values = cut(strength, part)
        # Only what lies in the window: far away something brighter may look alike.
        rest = (values - np.float32(np.average(values, weights=part.weight))) * part.weight
        place = whole_displacement(wanted, rest)
        z, y, x = (v * s for v, s in zip(place, part.step, strict=True))
        found.append((z, y, x))
    return found


def _can_be_halved(part: Window, axis: int) -> bool:
    n = part.weight.shape[axis] / 2
    return bool(n >= HALF_VOXELS and n * part.spacing[axis] >= HALF_MM)


class _Comparison:
    """Compares frames in one window, each set off by its whole voxels."""

    def __init__(self, part: Window, strengths: list[NDArray[np.float32]], whole: list[Voxels]) -> None:
        self.part, self._strengths, self._whole = part, strengths, whole
        z, y, x = (min(n - 1, NEAR_VOXELS) for n in part.weight.shape)
        self._reach: Voxels = (z, y, x)
        steps = (int(np.clip(np.rint(s / FINEST_MM), PARTS, MOST_PARTS)) for s in part.spacing)
        z, y, x = (p if r else 0 for p, r in zip(steps, self._reach, strict=True))
        self._parts: Voxels = (z, y, x)
        self._templates: dict[int, Template] = {}
        self._target: tuple[int, Target] | None = None

    def peak(self, first: int, second: int) -> Peak | None:
        """Return where the second frame lies against the first, in mm; None if either has no edges."""
        wanted = self._wanted(first)
        found = locate(wanted, self._place(second, wanted), self._parts)
        if found is None:
            return None
        off = np.subtract(self._whole[second], self._whole[first]) / self.part.step
        z, y, x = ((found.voxels + off) * self.part.spacing).tolist()
        return Peak((z, y, x), found.match)

    def _wanted(self, frame: int) -> Template:
        if frame not in self._templates:
            values = cut(self._strengths[frame], self.part, off=self._whole[frame])
            self._templates[frame] = template(values, self.part.weight, self._reach)
        return self._templates[frame]

    def _place(self, frame: int, wanted: Template) -> Target:
        # The frame is compared with that before contrast and with the early one, one after the other.
        if self._target is None or self._target[0] != frame:
            values = cut(self._strengths[frame], self.part, off=self._whole[frame], around=self._reach)
            self._target = frame, target(values, wanted.shape)
        return self._target[1]


def _frame_shift(
    k: int, full: _Comparison, halves: dict[int, list[_Comparison]], *, over: int | None
) -> FrameShift:
    peak = full.peak(0, k)
    if peak is None:
        return FrameShift(k, None, 0.0, reason="a frame has no edges to compare")
    if peak.match < LEAST_MATCH:
        text = f"its edges are not those of the frame before contrast (correlation {peak.match:.2f})"
        return FrameShift(k, None, peak.match, reason=text)
    shift = peak.voxels
    apart = [_apart(lower.peak(0, k), upper.peak(0, k), axis) for axis, (lower, upper) in halves.items()]
    known = [a for a in apart if a is not None]
    return FrameShift(
        frame=k,
        shift_mm=shift,
        match=peak.match,
        closure_mm=None if over in (None, k) else _closure(full, k, over, shift),
        halves_mm=max(known) if known else None,
        halves_limit_mm=max(HALVES_MM, HALVES_VOXELS * max(full.part.spacing)),
    )


def _closure(full: _Comparison, k: int, over: int, shift: Shift) -> float | None:
    rest, step = full.peak(over, k), full.peak(0, over)
    if rest is None or step is None:
        return None
    return float(np.linalg.norm(np.add(step.voxels, rest.voxels) - shift))


def _apart(first: Peak | None, second: Peak | None, axis: int) -> float | None:
    if first is None or second is None:
        return None
    difference = np.subtract(first.voxels, second.voxels)
    difference[axis] *= OUTWARD
    return float(np.linalg.norm(difference))


def shift_issues(shifts: tuple[FrameShift, ...]) -> tuple[Issue, ...]:
    """Return what is to be said of the shifts of an exam.

    Codes ``shift.unknown``, ``shift.halves``, ``shift.small``, ``shift.marked``, ``shift.large``,
    ``shift.unsure`` (warnings).
    """
    return (*_unknown(shifts), *(i for s in shifts for i in _issues(s)))


def _unknown(shifts: tuple[FrameShift, ...]) -> Iterator[Issue]:
    """Yield one warning for all frames whose shift is not known for the same reason."""
    for reason in dict.fromkeys(s.reason for s in shifts if s.size_mm is None):
        frames = [s.frame for s in shifts if s.size_mm is None and s.reason == reason]
        where = f"frame {', '.join(map(str, frames))}"
        text = f"the shift against the frame before contrast is not known: {reason}"
        yield Issue("shift.unknown", text, where=where, count=len(frames), level="warning")


def _issues(found: FrameShift) -> list[Issue]:
    where, size = f"frame {found.frame}", found.size_mm
    if size is None:
        return []
    issues = []
    if size > WARN_MM and found.sure:
        issues.append(_off(size, where))
    if not found.rigid:
        text = (
            f"halves of the image moved {found.halves_mm:.1f} mm differently, limit "
            f"{found.halves_limit_mm:g}: the patient turned or the breast changed its shape, which no shift "
            "undoes; try rigid registration"
        )
        issues.append(Issue("shift.halves", text, where=where, level="warning"))
    if not found.sure and size > WARN_MM:
        text = (
            f"the frame may lie {size:.1f} mm off, but the shift is unsure: over another frame it differs by "
            f"{found.closure_mm:.1f} mm, limit {CLOSURE_MM}; look at the frames"
        )
        issues.append(Issue("shift.unsure", text, where=where, level="warning"))
    return issues


def _off(size: float, where: str) -> Issue:
    if size > ASK_MM:
        text = (
            f"the frame lies {size:.1f} mm off: look at the frames; the volume is too small and the ratio "
            "too large unless the frame is moved back"
        )
        return Issue("shift.large", text, where=where, level="warning")
    if size > MARK_MM:
        text = (
            f"the frame lies {size:.1f} mm off: the volume may be too small by 10 % and more unless it is "
            "moved back"
        )
        return Issue("shift.marked", text, where=where, level="warning")
    text = (
        f"the frame lies {size:.1f} mm off: the volume may be too small by several percent unless it is "
        "moved back"
    )
    return Issue("shift.small", text, where=where, level="warning")
