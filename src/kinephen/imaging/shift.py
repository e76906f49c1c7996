"""How far the patient moved between the phases: a shift of each frame, and whether it was one.

Cross-correlation of edges, which stay where contrast changes the signal. It needs no registration library.
Rotation and deformation are not found; halves of the image that moved differently tell of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.imaging.correlation import Peak, Reach, Spectrum, displacement, spectrum
from kinephen.imaging.edges import Spacing, Window, capped, edge_strength, window, windowed
from kinephen.types import BoolVolume, FrameStack

WARN_MM, MARK_MM, ASK_MM = 0.5, 1.0, 2.0
"""A shift above these: warning, the exam is marked, its numbers should not be used as they are. Measured on two
exams: 0.5 mm between pre and early moves the volume by up to 7 %, 1 mm by 14 %, 2 mm by 24 %."""
HALVES_MM = 0.5
"""Halves of the image that moved more differently than this did not move by one shift."""
CLOSURE_MM = 0.3
"""The way round over the early frame may differ this much from the straight one; beyond, the shift is unsure."""
LEAST_MATCH = 0.2
"""Below this correlation of their edges two frames do not show the same."""
REACH_MM = 30.0
"""Shifts beyond this are not sought."""
NEAR_VOXELS = 3
"""Reach once a frame is set off by whole voxels."""
PARTS = 20
"""The peak is told in this part of a voxel,"""
FINEST_MM = 0.05
"""or in steps of this, if they are finer."""
MOST_PARTS = 200
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
        Along (slice, row, column), mm; positive where the anatomy lies at higher indices than before contrast.
        None where it is not known, with the reason.
    match : float
        Correlation of the edges after the shift, up to 1.
    closure_mm : float or None
        Difference between the shift and the way over the early frame (for the early frame: over the late one).
        None with one frame after contrast.
    halves_mm : float or None
        Largest difference between the shifts of two halves of the image, over the axes. None where no axis is
        long enough.
    reason : str
    """

    frame: int
    shift_mm: Shift | None
    match: float
    closure_mm: float | None = None
    halves_mm: float | None = None
    reason: str = ""

    @property
    def size_mm(self) -> float | None:
        """Length of the shift."""
        return None if self.shift_mm is None else float(np.linalg.norm(self.shift_mm))

    @property
    def rigid(self) -> bool:
        """Whether all of the image moved alike, as far as that was seen."""
        return self.halves_mm is None or self.halves_mm <= HALVES_MM

    @property
    def sure(self) -> bool:
        """Whether the shift agrees with the way round over another frame, as far as there is one."""
        return self.closure_mm is None or self.closure_mm <= CLOSURE_MM

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {**asdict(self), "size_mm": self.size_mm}


@dataclass(frozen=True)
class _Seen:
    """A frame's edges in the window, set off by whole voxels to lie where those before contrast lie."""

    strength: NDArray[np.float32]
    whole: Reach
    near: Spectrum


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
    part = window(area, spacing)
    if part is None:
        return tuple(
            FrameShift(k, None, 0.0, reason="the mask is empty") for k in range(1, len(frames))
        )
    far, near = _reaches(part)
    strengths = [capped(edge_strength(f, spacing), area) for f in frames]
    start = spectrum(windowed(strengths[0], part), far)
    seen = [_seen(s, part, start, near) for s in strengths]
    peaks = [_between(seen[0], s, part) for s in seen]
    return tuple(
        _frame_shift(k, peaks, seen, part, over=late if k == early else early) for k in range(1, len(frames))
    )


def _reaches(part: Window) -> tuple[Reach, Reach]:
    shape = part.weight.shape
    z, y, x = (
        min(n - 1, int(np.ceil(REACH_MM / s))) for n, s in zip(shape, part.spacing, strict=True)
    )
    return (z, y, x), (min(z, NEAR_VOXELS), min(y, NEAR_VOXELS), min(x, NEAR_VOXELS))


def _seen(strength: NDArray[np.float32], part: Window, start: Spectrum, near: Reach) -> _Seen | None:
    found = displacement(start, spectrum(windowed(strength, part), start.reach))
    if found is None:
        return None
    z, y, x = (int(v) for v in found.voxels)
    return _Seen(strength, (z, y, x), spectrum(windowed(strength, part, whole=(z, y, x)), near))


def _between(first: _Seen | None, second: _Seen | None, part: Window) -> Peak | None:
    """Return where the second frame lies against the first, mm and correlation."""
    if first is None or second is None:
        return None
    return _peak_mm(first.near, second.near, part, np.subtract(second.whole, first.whole))


def _peak_mm(first: Spectrum, second: Spectrum, part: Window, whole: NDArray[np.int64]) -> Peak | None:
    parts = [int(np.clip(np.ceil(s / FINEST_MM), PARTS, MOST_PARTS)) for s in part.spacing]
    found = displacement(first, second, finest=(parts[0], parts[1], parts[2]))
    if found is None:
        return None
    z, y, x = (np.add(found.voxels, whole) * part.spacing).tolist()
    return Peak((z, y, x), found.match)


def _frame_shift(
    k: int, peaks: list[Peak | None], seen: list[_Seen | None], part: Window, *, over: int | None
) -> FrameShift:
    peak, first, own = peaks[k], seen[0], seen[k]
    if peak is None or first is None or own is None:
        return FrameShift(k, None, 0.0, reason="a frame has no edges to compare")
    if peak.match < LEAST_MATCH:
        text = f"its edges are not those of the frame before contrast (correlation {peak.match:.2f})"
        return FrameShift(k, None, peak.match, reason=text)
    if any(abs(w) == r > 0 for w, r in zip(own.whole, _reaches(part)[0], strict=True)):
        return FrameShift(k, None, peak.match, reason=f"it lies {REACH_MM:g} mm away or more")
    closure = None
    if over is not None and over != k:
        step, rest = peaks[over], _between(seen[over], own, part)
        if step is not None and rest is not None:
            closure = float(np.linalg.norm(np.add(step.voxels, rest.voxels) - peak.voxels))
    return FrameShift(k, peak.voxels, peak.match, closure, _halves(first, own, part))


def _halves(first: _Seen, own: _Seen, part: Window) -> float | None:
    largest = None
    for axis in range(3):
        n = part.weight.shape[axis] / 2
        if n < HALF_VOXELS or n * part.spacing[axis] < HALF_MM:
            continue
        found = [_half_peak(first, own, part.half(axis, upper=upper)) for upper in (False, True)]
        if found[0] is not None and found[1] is not None:
            apart = float(np.linalg.norm(np.subtract(found[0].voxels, found[1].voxels)))
            largest = apart if largest is None else max(largest, apart)
    return largest


def _half_peak(first: _Seen, own: _Seen, part: Window) -> Peak | None:
    near = _reaches(part)[1]
    one = spectrum(windowed(first.strength, part), near)
    two = spectrum(windowed(own.strength, part, whole=own.whole), near)
    return _peak_mm(one, two, part, np.array(own.whole))


def shift_issues(shifts: tuple[FrameShift, ...]) -> tuple[Issue, ...]:
    """Return what is to be said of the shifts of an exam.

    Codes ``shift.unknown``, ``shift.halves``, ``shift.small``, ``shift.marked``, ``shift.large`` (warnings),
    ``shift.unsure`` (note).
    """
    return tuple(i for s in shifts for i in _issues(s))


def marked(shifts: tuple[FrameShift, ...]) -> bool:
    """Return whether an exam is marked: a frame moved by more than 1 mm."""
    return any(s.size_mm is not None and s.size_mm > MARK_MM for s in shifts)


def _issues(found: FrameShift) -> list[Issue]:
    where, size = f"frame {found.frame}", found.size_mm
    if size is None:
        text = f"the shift against the frame before contrast is not known: {found.reason}"
        return [Issue("shift.unknown", text, where=where, level="warning")]
    issues = []
    if size > WARN_MM:
        code, text = next(c for limit, *c in _SIZES if size > limit)
        issues.append(Issue(code, f"the frame lies {size:.1f} mm off: {text}", where=where, level="warning"))
    if not found.rigid:
        text = (
            f"halves of the image moved {found.halves_mm:.1f} mm differently, limit {HALVES_MM}: the patient "
            "turned or the breast changed its shape, which no shift undoes; try rigid registration"
        )
        issues.append(Issue("shift.halves", text, where=where, level="warning"))
    if not found.sure and size > WARN_MM:
        text = f"the shift is unsure: over another frame it differs by {found.closure_mm:.1f} mm"
        issues.append(Issue("shift.unsure", text, where=where))
    return issues


_SIZES = (
    (
        ASK_MM,
        "shift.large",
        "look at the frames; the volume is too small and the ratio too large unless the motion is corrected",
    ),
    (MARK_MM, "shift.marked", "the exam is marked, its volume may be too small by 10 % and more"),
    (WARN_MM, "shift.small", "its volume may be too small by several percent"),
)
