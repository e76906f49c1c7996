"""Whether the signal of the frames is whole: no ceiling, no coarse steps, no constant frame, no rim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kinephen.core.cohort import Issue, Level
from kinephen.imaging.body import BodyMask
from kinephen.types import BoolVolume, FloatVolume, FrameStack

CEILING_SHARE = 0.001
"""Share of the body at the largest value of a frame, above which the signal was cut off there."""
CEILING_SPIKE = 5.0
"""So many times more voxels lie at the largest value than at any value of the 2 % below it."""
CEILING_BELOW = 0.02
STEP_NOTED, STEP_WARNED = 0.10, 0.25
"""Step between stored values over the median of the body (0.08 in a real exam of 1995): the rounding of
enhancement."""
NEGATIVE_SHARE, NEGATIVE_DEPTH = 0.01, 0.02
"""Share of a frame that lies below 0 by more than this part of the body's 95th percentile, above which an
offset was subtracted: magnitudes have none, and interpolation leaves only few and small ones."""
RIM_NOTED = 0.02
"""Share of the image that is a zero-filled rim, above which it is worth a note."""


@dataclass(frozen=True)
class FrameSignal:
    """The signal of one frame in the body.

    Parameters
    ----------
    not_finite : int
        Voxels of the image that are NaN or infinite.
    constant : bool
        Whether the whole frame holds one value.
    at_ceiling : float
        Share of the body at the largest value, 0 to 1, if they make a spike; otherwise 0.
    step : float
        Median distance between neighbouring values over the median of the body; NaN if that is not above 0.
    negative : float
        Share of the frame that lies clearly below 0, 0 to 1.
    """

    not_finite: int
    constant: bool
    at_ceiling: float
    step: float
    negative: float = 0.0

    def to_dict(self) -> dict[str, float | int | bool | None]:
        """Return plain fields; a step that is not known is None."""
        fields: dict[str, float | int | bool] = asdict(self)
        return {**fields, "step": self.step if np.isfinite(self.step) else None}


def check_signal(frames: FrameStack, body: BoolVolume) -> tuple[FrameSignal, ...]:
    """Measure the signal of every frame, shape (n, nz, ny, nx), inside the body."""
    return tuple(_frame(frame, body) for frame in frames)


def signal_issues(found: Sequence[FrameSignal], body: BodyMask) -> tuple[Issue, ...]:
    """Return what is unusual about the signal.

    Returns
    -------
    tuple of Issue
        Stop ``signal.negative``; warnings ``signal.not_finite``, ``signal.constant``, ``signal.ceiling``;
        ``signal.steps`` (note or warning); note ``signal.rim``.
    """
    issues: list[Issue] = []
    for number, frame in enumerate(found):
        issues += _frame_issues(frame, f"phase {number}")
    if body.rim_share > RIM_NOTED:
        text = f"{100 * body.rim_share:.0f} % of the image is a rim filled with zeros"
        issues.append(Issue("signal.rim", text))
    return tuple(issues)


def _frame(frame: FloatVolume, body: BoolVolume) -> FrameSignal:
    finite = np.isfinite(frame)
    missing = int(frame.size - np.count_nonzero(finite))
    values = frame[body & finite] if missing else frame[body]
    constant = bool(missing == frame.size or np.ptp(frame[finite] if missing else frame) == 0.0)
    if constant or values.size == 0:
        return FrameSignal(missing, constant, 0.0, float("nan"))
    return FrameSignal(missing, constant, _at_ceiling(values), _step(values), _negative(frame, values))


def _negative(frame: FloatVolume, body: FloatVolume) -> float:
    depth = NEGATIVE_DEPTH * abs(float(np.percentile(body, 95.0)))
    return float(np.mean(frame < -depth))


def _at_ceiling(values: FloatVolume) -> float:
    top = float(values.max())
    _, counts = np.unique(values[values >= top - CEILING_BELOW * abs(top)], return_counts=True)
    spike = counts[-1]
    below = counts[:-1].max(initial=1)
    return float(spike / values.size) if spike > CEILING_SPIKE * below else 0.0


def _step(values: FloatVolume) -> float:
    low, middle, high = np.percentile(values, (5.0, 50.0, 95.0))
    levels = np.unique(values[(values >= low) & (values <= high)])
    if levels.size < 2 or not middle > 0.0:
        return float("nan")
    return float(np.median(np.diff(levels)) / middle)


def _frame_issues(frame: FrameSignal, where: str) -> list[Issue]:
    found = []
    if frame.not_finite:
        text = f"{frame.not_finite} voxel(s) are not finite"
        found.append(Issue("signal.not_finite", text, where=where, count=frame.not_finite, level="warning"))
    if frame.constant:
        found.append(
            Issue("signal.constant", "the whole frame holds one value", where=where, level="warning")
        )
    if frame.negative > NEGATIVE_SHARE:
        text = (
            f"{100 * frame.negative:.0f} % of the frame lies below 0, where magnitudes have no values: an "
            "offset was subtracted (as for z-scores, or by a rescale intercept); enhancement is relative to "
            "0, and wrong"
        )
        found.append(Issue("signal.negative", text, where=where, level="stop"))
    if frame.at_ceiling > CEILING_SHARE:
        text = (
            f"{100 * frame.at_ceiling:.1f} % of the body lies at the largest value: the signal may be cut "
            "off there, and enhancement with it"
        )
        found.append(Issue("signal.ceiling", text, where=where, level="warning"))
    if frame.step > STEP_NOTED:
        text = (
            f"values are stored in steps of {100 * frame.step:.0f} % of the body's median: enhancement is "
            "rounded as coarsely"
        )
        level: Level = "warning" if frame.step > STEP_WARNED else "note"
        found.append(Issue("signal.steps", text, where=where, level=level))
    return found
