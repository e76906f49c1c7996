"""What does not fit at edges that contrast leaves alone: large where a frame moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.imaging.edges import Spacing, edge_strength, smoothed
from kinephen.types import BoolVolume, FloatVolume, FrameStack

STRONGEST_PERCENT = 5.0
QUIET_EDGE_PE = 0.4
"""Voxels that enhance less than this (40 %) are taken as not enhancing."""
RESIDUAL_LIMIT, MATCHED_LIMIT = 0.30, 0.20
"""Edge residuals of the early frame, as it is and at one gain, above which (both) something is wrong: 0.17 to
0.24 and 0.14 in exams without motion, 0.26 to 0.38 and 0.22 to 0.42 from a shift of 1 mm on. The first alone
also rises with much enhancement of skin. Late frames reach 0.46 by enhancement alone: they have no limit."""
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
        quiet &= smoothed(frame, spacing) - base < QUIET_EDGE_PE * base
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


@dataclass(frozen=True)
class EarlyResidual:
    """Edge residual of the early frame as it is, and at the gain of the frame before; NaN: unknown."""

    frame: int
    plain: float
    matched: float

    def to_dict(self) -> dict[str, float | int | None]:
        """Return plain fields."""
        plain, matched = (v if np.isfinite(v) else None for v in (self.plain, self.matched))
        return {"frame": self.frame, "plain": plain, "matched": matched}


def early_residual(frames: FrameStack, spacing: Spacing, *, early: int, mask: BoolVolume) -> EarlyResidual:
    """Return the edge residual of the early frame in a mask of the breast."""
    edges = quiet_edges(frames[0], (frames[early],), spacing, mask)
    plain, matched = (edge_residual(frames[0], frames[early], edges, gain=g) for g in (False, True))
    return EarlyResidual(early, plain, matched)


def residual_issues(found: EarlyResidual) -> tuple[Issue, ...]:
    """Return ``shift.residual`` (warning) where both residuals are above their limits."""
    if not (found.plain > RESIDUAL_LIMIT and found.matched > MATCHED_LIMIT):
        return ()
    text = (
        f"edges that do not enhance differ by {100 * found.plain:.0f} % from those before contrast "
        f"({100 * found.matched:.0f} % at one gain), limits {100 * RESIDUAL_LIMIT:.0f} and "
        f"{100 * MATCHED_LIMIT:.0f} %: the frame moved, or is of another kind"
    )
    return (Issue("shift.residual", text, where=f"frame {found.frame}", level="warning"),)
