"""What does not fit at edges that contrast leaves alone: large where a frame moved."""

from __future__ import annotations

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.imaging.edges import Spacing, edge_strength, smoothed
from kinephen.types import BoolVolume, FloatVolume

STRONGEST_PERCENT = 5.0
QUIET_PE = 0.4
"""Voxels that enhance less than this (40 %) are taken as not enhancing."""
RESIDUAL_LIMIT = 0.30
"""Edge residual of the early frame above which something is wrong: 0.17 to 0.24 in two exams without motion,
0.30 and more from a shift of 1 mm on. Late frames reach 0.46 by enhancement alone, so they have no limit."""
LEAST_EDGES = 50
"""Fewer voxels tell nothing."""


def quiet_edges(
    pre: FloatVolume, frames: tuple[FloatVolume, ...], spacing: Spacing, mask: BoolVolume
) -> BoolVolume:
    """Return the strongest 5 % of the edges before contrast, where no frame enhances by 40 % or more.

    Parameters
    ----------
    pre : ndarray, shape (nz, ny, nx)
    frames : tuple of ndarray
        Several versions of a frame (moved and not) are to be compared on the same voxels, so that neither
        chooses them.
    spacing : tuple of float
        Along (slice, row, column), mm.
    mask : ndarray of bool, shape (nz, ny, nx)
        The breast.
    """
    base = smoothed(pre, spacing)
    quiet = mask & (base > 0.0)
    for frame in frames:
        quiet &= smoothed(frame, spacing) - base < QUIET_PE * base
    if not quiet.any():
        return quiet
    strength = edge_strength(pre, spacing)
    limit = np.percentile(strength[quiet], 100.0 - STRONGEST_PERCENT)
    found: BoolVolume = quiet & (strength >= limit) & (strength > 0.0)
    return found


def edge_residual(pre: FloatVolume, frame: FloatVolume, edges: BoolVolume, *, gain: bool = False) -> float:
    """Return mean abs(frame - pre) / mean pre on some edges; NaN on too few or dark ones.

    Parameters
    ----------
    pre, frame : ndarray, shape (nz, ny, nx)
    edges : ndarray of bool, shape (nz, ny, nx)
        Of `quiet_edges`.
    gain : bool
        Bring the frame to the mean of `pre` on the edges first. Skin and gland go on enhancing: without this
        the late frame's residual is mostly enhancement, and hardly falls when its motion is undone.
    """
    if np.count_nonzero(edges) < LEAST_EDGES:
        return float("nan")
    first = pre[edges].astype(np.float64)
    second = frame[edges].astype(np.float64)
    mean, other = float(first.mean()), float(second.mean())
    if not mean > 0.0 or (gain and not other > 0.0):
        return float("nan")
    return float(np.mean(np.abs(second * (mean / other if gain else 1.0) - first))) / mean


def residual_issues(residual: float, *, frame: int) -> tuple[Issue, ...]:
    """Return ``shift.residual`` (warning) where the early frame's residual is above its limit."""
    if not residual > RESIDUAL_LIMIT:
        return ()
    text = (
        f"edges that do not enhance differ by {100 * residual:.0f} % from those before contrast, limit "
        f"{100 * RESIDUAL_LIMIT:.0f} %: motion, or another scaling of the frame"
    )
    return (Issue("shift.residual", text, where=f"frame {frame}", level="warning"),)
