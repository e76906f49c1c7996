"""Undoing a shift of a frame, only where it helps. Frames are moved, never masks."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from kinephen.imaging.edge_residual import edge_residual, quiet_edges
from kinephen.imaging.edges import Spacing
from kinephen.imaging.shift import CLOSURE_MM, WARN_MM, FrameShift, Shift
from kinephen.types import BoolVolume, FloatVolume, FrameStack

LEAST_FALL = 0.15
"""The edge residual must fall by this share: undoing the 0.4 mm of a real exam made it rise by a fifth."""
NO_PART = 1e-3
"""A part of a voxel below this is none: the values stay exactly as they were."""
GUARD = 2
"""Neighbours on each side along the axis whose range no moved value leaves."""
CHUNK = 2**22
"""Voxels that are transformed at a time."""


@dataclass(frozen=True)
class ShiftCorrection:
    """What was done about the shift of one frame.

    Parameters
    ----------
    shift : FrameShift
    residual_before, residual_after : float or None
        Edge residual at one gain, as it is and after the correction that was tried; None where none was.
    applied : bool
    reason : str
        Why the frame was left as it was; empty if it was moved.
    """

    shift: FrameShift
    residual_before: float | None = None
    residual_after: float | None = None
    applied: bool = False
    reason: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {**asdict(self), "shift": self.shift.to_dict()}


def correct_shifts(
    frames: FrameStack, spacing: Spacing, shifts: tuple[FrameShift, ...], *, mask: BoolVolume | None = None
) -> tuple[FrameStack, tuple[ShiftCorrection, ...]]:
    """Move the frames back whose shift is large, sure and one, and whose edges then fit better.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    shifts : tuple of FrameShift
        Of `kinephen.imaging.shift.measure_shifts`.
    mask : ndarray of bool, shape (nz, ny, nx), optional
        The breast, where edges are compared; by default the whole image.

    Returns
    -------
    frames : ndarray of float32
        The frames as given if none was moved.
    corrections : tuple of ShiftCorrection
        One for each shift.
    """
    area = np.ones(frames.shape[1:], dtype=np.bool_) if mask is None else mask
    found, moved = [], {}
    for shift in shifts:
        correction, frame = _tried(frames, spacing, shift, area)
        found.append(correction)
        if frame is not None:
            moved[shift.frame] = frame
    if not moved:
        return frames, tuple(found)
    out = np.array(frames, dtype=np.float32)
    for number, frame in moved.items():
        out[number] = frame
    return out, tuple(found)


def _tried(
    frames: FrameStack, spacing: Spacing, shift: FrameShift, area: BoolVolume
) -> tuple[ShiftCorrection, NDArray[np.float32] | None]:
    reason = _forbidden(shift)
    if reason or shift.shift_mm is None:
        return ShiftCorrection(shift, reason=reason), None
    pre, frame = frames[0], frames[shift.frame]
    z, y, x = shift.shift_mm
    moved = moved_by(frame, (-z, -y, -x), spacing)
    edges = quiet_edges(pre, (frame, moved), spacing, area)
    before, after = (edge_residual(pre, f, edges, gain=True) for f in (frame, moved))
    if not (np.isfinite(before) and np.isfinite(after)):
        return ShiftCorrection(shift, reason="too few edges tell whether it helps"), None
    if after > (1.0 - LEAST_FALL) * before:
        text = f"the edges fit no better: residual {before:.3f}, after the shift {after:.3f}"
        return ShiftCorrection(shift, before, after, reason=text), None
    return ShiftCorrection(shift, before, after, applied=True), moved


def _forbidden(shift: FrameShift) -> str:
    size = shift.size_mm
    if size is None:
        return shift.reason
    if size <= WARN_MM:
        return f"{size:.2f} mm is not above {WARN_MM} mm"
    if not shift.rigid:
        return (
            f"halves of the image moved {shift.halves_mm:.1f} mm differently, limit {shift.halves_limit_mm:g}"
        )
    if not shift.sure:
        return f"over another frame the shift differs by {shift.closure_mm:.1f} mm, limit {CLOSURE_MM}"
    return ""


def moved_by(image: FloatVolume, shift_mm: Shift, spacing: Spacing) -> NDArray[np.float32]:
    """Return an image moved to higher indices by a shift.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    shift_mm : tuple of float
        Along (slice, row, column), mm.
    spacing : tuple of float
        mm.

    Returns
    -------
    ndarray of float32, shape (nz, ny, nx)
        What comes from outside the field of view holds the nearest value.

    Notes
    -----
    Whole voxels are moved as they are; the part of a voxel by the Fourier shift along each axis, the axis
    continued by its mirror image. A magnitude image is close to band limited, so the Fourier shift neither
    blurs nor quietens it, as interpolation does: moved there and back, the volume by SER of a real exam keeps
    0.6 %, with cubic splines 2 %, linearly it loses 8 %. No value leaves the range of its five nearest
    neighbours along the axis, so that sharp edges and rims of zeros do not ring.
    """
    out = np.asarray(image, dtype=np.float32)
    for axis, (shift, step) in enumerate(zip(shift_mm, spacing, strict=True)):
        whole = int(np.rint(shift / step))
        part = shift / step - whole
        if whole:
            n = out.shape[axis]
            out = out.take(np.clip(np.arange(n) - whole, 0, n - 1), axis=axis)
        if abs(part) > NO_PART and out.shape[axis] > 1:
            out = _part_moved(out, part, axis)
    return np.ascontiguousarray(out)


def _part_moved(image: NDArray[np.float32], part: float, axis: int) -> NDArray[np.float32]:
    lines = np.moveaxis(image, axis, -1)
    out = np.empty(lines.shape, dtype=np.float32)
    rows = max(1, CHUNK // (lines.shape[1] * lines.shape[2]))
    for start in range(0, len(lines), rows):
        out[start : start + rows] = _lines_moved(lines[start : start + rows], part)
    return np.moveaxis(out, -1, axis)


def _lines_moved(lines: NDArray[np.float32], part: float) -> NDArray[np.float32]:
    n = lines.shape[-1]
    mirrored = np.concatenate([lines, lines[..., ::-1]], axis=-1)
    waves = np.exp(-2j * np.pi * part * fft.rfftfreq(2 * n)).astype(np.complex64)
    moved = fft.irfft(fft.rfft(mirrored) * waves, n=2 * n)[..., :n]
    around = (1,) * (lines.ndim - 1) + (2 * GUARD + 1,)
    low = ndimage.minimum_filter(lines, around, mode="nearest")
    high = ndimage.maximum_filter(lines, around, mode="nearest")
    found: NDArray[np.float32] = np.clip(moved, low, high)
    return found
