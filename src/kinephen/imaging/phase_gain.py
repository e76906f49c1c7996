"""Whether all phases have one gain: contrast brightens no air, and hardly any fat.

A scanner that adjusts itself again after the injection, or a conversion that drops a rescale slope of its own
for each phase, multiplies a whole phase. Enhancement is then too high or too low everywhere.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from kinephen.core.cohort import Issue, Level
from kinephen.imaging.areas import shrunk, sigma_voxels
from kinephen.types import BoolVolume, FloatVolume, FrameStack

Spacing = tuple[float, float, float]

SMOOTHING_MM = 2.0
"""Standard deviation of the Gaussian on the frames, so that the ratio of two voxels is not that of noise."""
AIR_DISTANCE_MM = 5.0
"""Air nearer to the body than this is left out: skin that enhances and moves shines into it."""
LEAST_AIR = 1000
AIR_ERROR = 0.03
"""Fewer voxels of air, or a mean with a larger standard error (as its share), tell nothing: some scanners set
air to 0, or store its noise as a few ones."""
QUIET_PERCENTILE = 5.0
"""Of frame / first over the body: what takes up least (1.02 early, 1.04 late in a real exam)."""
WARNED, STOPPED = 1.10, 1.25
"""Factor of the air, up or down, from which a phase has another gain, if tissue agrees by at least half of it
(air 1.02, tissue 1.01 and 1.04 in a real exam)."""
TISSUE_ALONE = 1.35
"""The same without air, by tissue alone: then a warning, whatever its size."""


@dataclass(frozen=True)
class FrameGain:
    """Signal of one frame over that of the first one where contrast changes nothing; NaN: not known.

    Parameters
    ----------
    air : float
        Mean of the air over that of the first frame.
    tissue : float
        The 5th percentile of frame / first over the body.
    """

    air: float
    tissue: float


def frame_gains(frames: FrameStack, body: BoolVolume, spacing: Spacing) -> tuple[FrameGain, ...]:
    """Compare the air and the quiet tissue of every frame with those of the first one.

    Parameters
    ----------
    frames : ndarray, shape (n, nz, ny, nx)
        Any unit.
    body : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    """
    air = _air(frames, body, spacing)
    base = _smoothed(frames[0], spacing)
    inside = body & (base > 0.0)
    first = _mean(frames[0], air)
    found = []
    for frame in frames:
        ratio = _smoothed(frame, spacing)[inside] / base[inside]
        tissue = float(np.percentile(ratio, QUIET_PERCENTILE)) if ratio.size else float("nan")
        found.append(FrameGain(_ratio(_mean(frame, air), first), tissue))
    return tuple(found)


def gain_issues(found: Sequence[FrameGain], *, no_phases: Container[int] = ()) -> tuple[Issue, ...]:
    """Return ``signal.gain`` for every frame whose gain is another one.

    Parameters
    ----------
    found : sequence of FrameGain
    no_phases : container of int
        Frames that are no phases at all, of which their gain says nothing more.

    Returns
    -------
    tuple of Issue
        A stop where air and tissue both say so and air by a quarter or more, otherwise a warning.
    """
    issues = []
    for number, gain in enumerate(found):
        level = _level(gain)
        if level is None or number in no_phases:
            continue
        air = f"air {gain.air:.2f}, " if np.isfinite(gain.air) else ""
        text = (
            f"where contrast changes nothing its signal is another ({air}quiet tissue {gain.tissue:.2f} "
            "times that of the first phase): another gain or rescale slope, and enhancement is off by as much"
        )
        issues.append(Issue("signal.gain", text, where=f"phase {number}", level=level))
    return tuple(issues)


def _level(gain: FrameGain) -> Level | None:
    air, tissue = _log(gain.air), _log(gain.tissue)
    if not np.isfinite(air):
        return "warning" if abs(tissue) > np.log(TISSUE_ALONE) else None
    if abs(air) < np.log(WARNED) or not np.sign(air) * tissue >= 0.5 * abs(air):
        return None
    return "stop" if abs(air) >= np.log(STOPPED) else "warning"


def _log(ratio: float) -> float:
    return float(np.log(ratio)) if ratio > 0.0 else float("nan")


def _air(frames: FrameStack, body: BoolVolume, spacing: Spacing) -> BoolVolume:
    found: BoolVolume = shrunk(~body, spacing, AIR_DISTANCE_MM) & np.isfinite(frames).all(axis=0)
    return found if np.count_nonzero(found) >= LEAST_AIR else np.zeros_like(body)


def _smoothed(frame: FloatVolume, spacing: Spacing) -> FloatVolume:
    values = np.nan_to_num(frame.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    smooth: FloatVolume = ndimage.gaussian_filter(values, sigma_voxels(spacing, SMOOTHING_MM))
    return smooth


def _mean(frame: FloatVolume, where: BoolVolume) -> float:
    if not where.any():
        return float("nan")
    values = frame[where].astype(np.float64)
    mean, error = float(values.mean()), float(values.std() / np.sqrt(values.size))
    return mean if error < AIR_ERROR * mean else float("nan")


def _ratio(value: float, first: float) -> float:
    return value / first if first > 0.0 else float("nan")
