"""The breast: the part of the body in front of the plane of the chest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.imaging.body import BodyMask, body_mask
from kinephen.imaging.orient import Anatomical, anatomical
from kinephen.types import BoolVolume, FloatArray, FrameStack

BEHIND_PLANE_MM = 10.0
"""The breast goes on this far behind the plane of the chest."""
REACH_MM = 110.0
"""The chest is looked for this far above and below the tip of the breast."""
REWEIGHTED = 10
"""Rounds of the robust plane."""
LEAST_POINTS = 8
"""Fewer points of the surface give no plane."""
LEAST_PROMINENCE_MM = 15.0
"""A surface that stands out less than this in front of its plane is no breast."""
CUT_SLOPE = 1.0
"""A surface that falls back more steeply than this at the border of the image is a breast that is cut."""
CUT_MM = 5.0
"""Length at the border over which that slope is taken."""
STEEPEST = 1.5
"""Slope of the plane, mm back per mm across or up; a steeper one is no chest wall."""
SCATTER_LIMIT_MM = 15.0
"""The plane is doubtful where its points scatter by more than this."""
TUKEY = 4.685
"""Points further than this many robust standard deviations from the plane have no weight."""
LEAST_SCATTER_MM = 1.0


@dataclass(frozen=True)
class ChestPlane:
    """``front-back = offset + across left-right + up up-down``, in mm from the corner (right, foot, front).

    Parameters
    ----------
    offset_mm, across, up : float
    scatter_mm : float
        Robust standard deviation of the points about the plane.
    points : int
    """

    offset_mm: float
    across: float
    up: float
    scatter_mm: float
    points: int


@dataclass(frozen=True)
class BreastMask:
    """The breast of one exam, or what stands in for it.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The body where no plane of the chest was found; with no body, the whole image.
    depth_mm : ndarray of float, shape (nz, ny, nx)
        Distance of every body voxel to the air in front; 0 outside the body; NaN everywhere without air in
        front.
    plane : ChestPlane or None
    share : float
        Share of the image, 0 to 1.
    prominence_mm : float
        How far the surface stands out in front of the plane; NaN without a plane.
    reason : str
        Why the mask is the body or the image; empty where the breast was found.
    """

    mask: BoolVolume
    depth_mm: FloatArray
    plane: ChestPlane | None
    share: float
    prominence_mm: float = float("nan")
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether a chest plane was found."""
        return not self.reason

    def to_dict(self) -> dict[str, float | str | None]:
        """Return plain fields, without the arrays."""
        return {
            "share": self.share,
            "prominence_mm": self.prominence_mm if np.isfinite(self.prominence_mm) else None,
            "plane_scatter_mm": self.plane.scatter_mm if self.plane else None,
            "reason": self.reason,
        }


def breast_mask(
    body: BodyMask, geometry: Geometry, *, behind_plane_mm: float = BEHIND_PLANE_MM
) -> BreastMask:
    """Cut the breast out of the body.

    Parameters
    ----------
    body : BodyMask
    geometry : Geometry
        Its directions say where the front is: the lowest y of DICOM patient coordinates.
    behind_plane_mm : float
        How far behind the plane of the chest the breast goes on.

    Returns
    -------
    BreastMask
        Never an error: where no plane is found the body, with the reason.

    Notes
    -----
    The front surface is the first body voxel from the front. In every sagittal plane of voxels the rearmost
    points of the surface above and below the tip, up to 110 mm away, lie on the chest; a robust plane is laid
    through them all (Tukey's biweight, 10 rounds), so that an arm, a shoulder or the flank has no weight.
    """
    axes = anatomical(geometry)
    inside = axes.turn(body.mask)
    surface = _front_surface(inside, axes.spacing[2])
    depth = _depth(inside, surface, axes.spacing)
    whole = float(np.mean(body.mask))
    if not body.found:
        return BreastMask(body.mask, axes.back(depth), None, whole, reason="the body was not told from air")
    plane, reason = _chest_plane(surface, axes)
    if plane is None:
        return BreastMask(body.mask, axes.back(depth), None, whole, reason=reason)
    behind = _behind(plane, axes, inside.shape)
    prominence = float(np.nanmax(behind - surface))
    if prominence < LEAST_PROMINENCE_MM:
        text = f"the front stands out by {prominence:.0f} mm only"
        return BreastMask(body.mask, axes.back(depth), plane, whole, prominence, text)
    positions = np.arange(inside.shape[2]) * axes.spacing[2]
    mask = axes.back(inside & (positions <= behind[:, :, None] + behind_plane_mm))
    return BreastMask(mask, axes.back(depth), plane, float(np.mean(mask)), prominence)


def body_and_breast(frames: FrameStack, geometry: Geometry) -> tuple[BodyMask, BreastMask]:
    """Return the body of an exam, by the mean of its frames, and the breast in front of it.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
    geometry : Geometry
    """
    body = body_mask(np.mean(frames, axis=0, dtype=np.float64), geometry.spacing)
    return body, breast_mask(body, geometry)


def breast_issues(breast: BreastMask) -> tuple[Issue, ...]:
    """Return ``breast.not_found`` (note) or ``breast.plane`` (warning, a plane that fits badly)."""
    if not breast.found:
        text = f"no breast was told from the chest ({breast.reason}); the checks use all that is body"
        return (Issue("breast.not_found", text),)
    if breast.plane is not None and breast.plane.scatter_mm > SCATTER_LIMIT_MM:
        text = (
            f"the plane of the chest fits badly: its points scatter by {breast.plane.scatter_mm:.0f} mm, "
            f"at most {SCATTER_LIMIT_MM:.0f} mm are usual"
        )
        return (Issue("breast.plane", text, level="warning"),)
    return ()


def _front_surface(inside: BoolVolume, step: float) -> FloatArray:
    """Return the place of the first body voxel, mm from the front, NaN where there is none."""
    first = np.argmax(inside, axis=2) * step
    return np.where(inside.any(axis=2), first, np.nan)


def _depth(inside: BoolVolume, surface: FloatArray, spacing: tuple[float, float, float]) -> FloatArray:
    positions = np.arange(inside.shape[2]) * spacing[2]
    air = ~inside & ~(positions >= surface[:, :, None])
    if not air.any():
        return np.full(inside.shape, np.nan)
    return np.where(inside, ndimage.distance_transform_edt(~air, sampling=spacing), 0.0)


def _chest_plane(surface: FloatArray, axes: Anatomical) -> tuple[ChestPlane | None, str]:
    points = _chest_points(surface, axes)
    if len(points) < LEAST_POINTS or np.unique(points[:, 0]).size < 3:
        return None, "the front surface is seen in too few places"
    plane = _robust_plane(points)
    if max(abs(plane.across), abs(plane.up)) > STEEPEST:
        return None, "the points behind the breast lie on no plane across the chest"
    return plane, ""


def _chest_points(surface: FloatArray, axes: Anatomical) -> FloatArray:
    """Return (left-right, up-down, front-back), mm, of the rearmost points above and below the tips."""
    up = np.arange(surface.shape[1], dtype=np.float64) * axes.spacing[1]
    points = []
    for index, profile in enumerate(surface):
        if not np.isfinite(profile).any():
            continue
        tip = _place(profile, up, np.nanmin(profile))
        for side in (up < tip, up > tip):
            near = side & (np.abs(up - tip) <= REACH_MM) & np.isfinite(profile)
            if not near.any():
                continue
            rear = float(profile[near].max())
            place = _place(profile[near], up[near], rear)
            if not _is_cut(profile, up, place):
                points.append((index * axes.spacing[0], place, rear))
    return np.array(points, dtype=np.float64).reshape(-1, 3)


def _place(profile: FloatArray, up: FloatArray, value: float) -> float:
    # The mean of equals, so that turning an axis changes nothing.
    return float(up[profile == value].mean())


def _is_cut(profile: FloatArray, up: FloatArray, place: float) -> bool:
    """Tell whether the border of the image cuts the breast at this point, so that the chest is not seen."""
    if CUT_MM / 2 < place < up[-1] - CUT_MM / 2:
        return False
    near = profile[(np.abs(up - place) <= CUT_MM) & np.isfinite(profile)]
    return float(np.ptp(near)) > CUT_SLOPE * CUT_MM


def _robust_plane(points: FloatArray) -> ChestPlane:
    design = np.column_stack([np.ones(len(points)), points[:, 0], points[:, 1]])
    weights = np.ones(len(points))
    for _ in range(REWEIGHTED):
        root = np.sqrt(weights)
        found, *_ = np.linalg.lstsq(design * root[:, None], points[:, 2] * root, rcond=None)
        residual = points[:, 2] - design @ found
        scatter = 1.4826 * float(np.median(np.abs(residual)))
        scaled = residual / (TUKEY * max(scatter, LEAST_SCATTER_MM))
        weights = np.where(np.abs(scaled) < 1.0, (1.0 - scaled**2) ** 2, 0.0)
    return ChestPlane(float(found[0]), float(found[1]), float(found[2]), scatter, len(points))


def _behind(plane: ChestPlane, axes: Anatomical, shape: tuple[int, ...]) -> NDArray[np.float64]:
    across = np.arange(shape[0])[:, None] * axes.spacing[0]
    up = np.arange(shape[1])[None, :] * axes.spacing[1]
    place: NDArray[np.float64] = plane.offset_mm + plane.across * across + plane.up * up
    return place
