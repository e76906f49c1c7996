"""What was done about the motion between the frames of one exam."""

from __future__ import annotations

from typing import Literal

from kinephen.records.base import Number, Record


class FrameMotion(Record):
    """Motion of one frame against the first, and whether it was undone. Masks are never moved.

    Parameters
    ----------
    frame : int
        Of the series that is measured, from 0: it begins with the last frame before contrast, so that the
        same frame may have a larger number as read.
    method : {"shift", "rigid"}
        Cross-correlation of edges, or registration; see `kinephen.imaging.shift_correction` and
        `kinephen.imaging.motion`.
    applied : bool
        Whether the frame was moved.
    reason : str
        Why it was not.
    shift_mm : tuple of float, optional
        Found along (slice, row, column).
    rotation_deg : tuple of float, optional
        About these axes; None for a shift.
    largest_mm : float, optional
        Largest displacement of a corner of the volume; of a shift its length.
    closure_mm, halves_mm : float, optional
        Disagreement of a shift with the way round over another frame, and of two halves of the image.
    residual_before, residual_after : float, optional
        Edge residual of a shift that was tried.
    difference_before, difference_after : float, optional
        Mean absolute difference to the first frame, scanner units, of a registration.
    iterations : int, optional
    """

    frame: int
    method: Literal["shift", "rigid"]
    applied: bool
    reason: str = ""
    shift_mm: tuple[float, float, float] | None
    rotation_deg: tuple[float, float, float] | None = None
    largest_mm: Number
    closure_mm: Number = None
    halves_mm: Number = None
    residual_before: Number = None
    residual_after: Number = None
    difference_before: Number = None
    difference_after: Number = None
    iterations: int | None = None
