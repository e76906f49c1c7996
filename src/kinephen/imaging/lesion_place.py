"""Where a lesion lies in the breast, and how the other breast enhances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from kinephen.core.volume import Geometry
from kinephen.imaging.body import BodyMask
from kinephen.imaging.breast import BreastMask
from kinephen.imaging.orient import anatomical
from kinephen.types import BoolVolume, FloatVolume

TISSUE_SHARE = 0.35
"""Tissue holds at least this share of the 95th percentile of the signal before contrast in the breast."""
SKIN_MM = 4.0
"""Thickness of skin, which enhances and is no gland."""
BOTH_LEAST_MM = 220.0
"""A field narrower than this from left to right does not show both breasts."""
SIDE_SHARE = 0.2
"""Each side holds at least this share of the breast where both are there."""


@dataclass(frozen=True)
class LesionPlace:
    """Distances of a lesion, mm; NaN with the reason where they are not known.

    Parameters
    ----------
    skin_mm : float
        Least distance of a voxel's centre to the air in front.
    nipple_mm : float
        Least distance to the most forward point of the breast, which stands for the nipple.
    reason : str
    """

    skin_mm: float
    nipple_mm: float
    reason: str = ""


def lesion_place(mask: BoolVolume, body: BodyMask, breast: BreastMask, geometry: Geometry) -> LesionPlace:
    """Return how far a lesion lies from skin and nipple.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The lesion.
    body, breast : BodyMask, BreastMask
    geometry : Geometry
    """
    if not mask.any():
        return LesionPlace(np.nan, np.nan, "there is no lesion")
    if not body.found or not np.isfinite(breast.depth_mm).any():
        return LesionPlace(np.nan, np.nan, "the body was not told from air")
    skin = float(breast.depth_mm[mask & body.mask].min(initial=np.inf))
    if not breast.found:
        return LesionPlace(skin if np.isfinite(skin) else np.nan, np.nan, breast.reason)
    axes = anatomical(geometry)
    inside = axes.turn(_side(breast.mask, mask, geometry))
    front = np.argwhere(inside[:, :, : 1 + int(np.flatnonzero(inside.any(axis=(0, 1)))[0])])
    tip = front.mean(axis=0)
    apart = (np.argwhere(axes.turn(mask)) - tip) * np.asarray(axes.spacing)
    return LesionPlace(skin if np.isfinite(skin) else np.nan, float(np.linalg.norm(apart, axis=1).min()))


@dataclass(frozen=True)
class BackgroundEnhancement:
    """Mean early enhancement of the gland of the other breast, percent; NaN with the reason.

    Parameters
    ----------
    percent : float
    voxels : int
        Of tissue that was averaged.
    reason : str
    """

    percent: float
    voxels: int
    reason: str = ""


def background_enhancement(
    pre: FloatVolume, early: FloatVolume, mask: BoolVolume, breast: BreastMask, geometry: Geometry
) -> BackgroundEnhancement:
    """Return the background parenchymal enhancement (BPE) of the breast without the lesion.

    Parameters
    ----------
    pre, early : ndarray, shape (nz, ny, nx)
    mask : ndarray of bool, shape (nz, ny, nx)
        The lesion.
    breast : BreastMask
    geometry : Geometry

    Notes
    -----
    Gland is told from suppressed fat by the signal before contrast alone (at or above 0.35 of its 95th
    percentile in that breast, skin left out): a bias field and fat that is not suppressed move it, so the
    number is experimental. Exams of one breast have none.
    """
    if not breast.found:
        return BackgroundEnhancement(np.nan, 0, breast.reason)
    if not mask.any():
        return BackgroundEnhancement(np.nan, 0, "there is no lesion that tells the side")
    if not _both(breast.mask, geometry):
        return BackgroundEnhancement(np.nan, 0, "the exam shows one breast only")
    other = breast.mask & ~_side(breast.mask, mask, geometry) & (breast.depth_mm > SKIN_MM)
    values = pre[other].astype(np.float64)
    gland = (
        values >= TISSUE_SHARE * np.percentile(values, 95.0) if values.size else np.zeros(0, dtype=np.bool_)
    )
    gland &= values > 0.0
    if not gland.any():
        return BackgroundEnhancement(np.nan, 0, "the other breast holds no tissue")
    rise = 100.0 * (early[other].astype(np.float64)[gland] / values[gland] - 1.0)
    return BackgroundEnhancement(float(rise.mean()), int(gland.sum()))


def _both(breast: BoolVolume, geometry: Geometry) -> bool:
    axes = anatomical(geometry)
    inside = axes.turn(breast)
    if inside.shape[0] * axes.spacing[0] < BOTH_LEAST_MM:
        return False
    middle = _middle(inside)
    right = int(np.count_nonzero(inside[:middle])) / max(1, int(np.count_nonzero(inside)))
    return bool(SIDE_SHARE <= right <= 1.0 - SIDE_SHARE)


def _middle(inside: BoolVolume) -> int:
    """Return the left-right index half way between the borders of the breast (index 0 is right)."""
    across = np.flatnonzero(inside.any(axis=(1, 2)))
    return int(across[0] + across[-1] + 1) // 2


def _side(breast: BoolVolume, mask: BoolVolume, geometry: Geometry) -> BoolVolume:
    """Return the breast that holds the lesion: its side of the middle where both are there."""
    if not _both(breast, geometry):
        return breast
    axes = anatomical(geometry)
    inside, middle = axes.turn(breast).copy(), _middle(axes.turn(breast))
    centre = ndimage.center_of_mass(axes.turn(mask))[0]
    if centre < middle:
        inside[middle:] = False
    else:
        inside[:middle] = False
    return axes.back(inside)
