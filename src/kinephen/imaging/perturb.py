"""Small changes of image and mask, such as another scan or another reader would make.

Features that do not survive them are not worth modelling. The chain noise, rotation, shift, volume, contour
follows Zwanenburg et al. 2019, Scientific Reports 9:614.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from kinephen.core.grid import bounding_box, box_slices
from kinephen.errors import ConfigError, InputError
from kinephen.types import BoolVolume, FloatArray, FloatVolume, FrameStack, Rng

Spacing = tuple[float, float, float]

MARGIN_MM = 12.0
"""How far around the mask the image is changed; farther voxels enter no feature."""


@dataclass(frozen=True)
class PerturbSettings:
    """Largest size of each change; 0 switches it off.

    Parameters
    ----------
    noise : float
        Standard deviation of the added noise, as a multiple of the noise found in the frame.
    rotation_deg : float
        Largest angle about the slice axis, degrees.
    shift_voxels : float
        Largest shift along each axis, voxels.
    volume : float
        Largest relative change of the mask's volume, below 1.
    contour_mm : float
        Standard deviation of the contour's displacement, mm.
    contour_length_mm : float
        Over which the displacement varies, mm, > 0.

    Raises
    ------
    ConfigError
        ``perturb.settings``.
    """

    noise: float = 1.0
    rotation_deg: float = 6.0
    shift_voxels: float = 0.5
    volume: float = 0.15
    contour_mm: float = 0.7
    contour_length_mm: float = 5.0

    def __post_init__(self) -> None:
        sizes = (self.noise, self.rotation_deg, self.shift_voxels, self.volume, self.contour_mm)
        if (
            not all(0.0 <= s < np.inf for s in sizes)
            or self.volume >= 1.0
            or not self.contour_length_mm > 0.0
        ):
            raise ConfigError(
                "expected sizes of 0 or more, volume below 1 and contour_length_mm above 0",
                code="perturb.settings",
            )


def perturb(
    frames: FrameStack,
    mask: BoolVolume,
    spacing: Spacing,
    *,
    settings: PerturbSettings | None = None,
    rng: Rng,
) -> tuple[FrameStack, BoolVolume]:
    """Change image and mask at random, once.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
    mask : ndarray of bool, shape (nz, ny, nx)
        Not empty.
    spacing : tuple of float
        Along (slice, row, column), mm.
    settings : PerturbSettings, optional
    rng : Generator

    Returns
    -------
    frames : ndarray of float32
        All frames are turned and shifted alike, with the mask; noise is drawn for each.
    mask : ndarray of bool
        At least one voxel.

    Raises
    ------
    InputError
        ``perturb.mask`` for an empty mask or another shape.
    """
    settings = settings or PerturbSettings()
    if mask.shape != frames.shape[1:] or not mask.any():
        raise InputError(
            f"expected a mask of shape {frames.shape[1:]} with at least one voxel, found {mask.shape} with "
            f"{np.count_nonzero(mask)}",
            code="perturb.mask",
        )
    region = box_slices(*bounding_box(mask, margin=int(np.ceil(MARGIN_MM / min(spacing)))))
    angle = float(rng.uniform(-settings.rotation_deg, settings.rotation_deg))
    shift = rng.uniform(-settings.shift_voxels, settings.shift_voxels, 3) * spacing
    inside = mask[region]
    centre = np.argwhere(inside).mean(axis=0)
    out = np.array(frames, dtype=np.float32)
    for frame in out:
        part = add_noise(frame[region], sigma=settings.noise * noise_level(frame[region]), rng=rng)
        frame[region] = move(part, spacing, rotation_deg=angle, shift_mm=shift, centre=centre)
    moved = move(inside.astype(np.float64), spacing, rotation_deg=angle, shift_mm=shift, centre=centre) >= 0.5
    changed = moved if moved.any() else inside
    factor = 1.0 + float(rng.uniform(-settings.volume, settings.volume))
    changed = scale_volume(changed, spacing, factor=factor)
    changed = randomise_contour(
        changed, spacing, amplitude_mm=settings.contour_mm, length_mm=settings.contour_length_mm, rng=rng
    )
    new = np.zeros(mask.shape, dtype=np.bool_)
    new[region] = changed
    return out, new


def signed_distance(mask: BoolVolume, spacing: Spacing) -> FloatArray:
    """Return the distance to the contour, mm: negative inside, positive outside.

    The contour runs half-way between voxel centres, so every voxel is at least half a voxel away from it.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        Neither empty nor full.
    spacing : tuple of float
    """
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    inside = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    distance: FloatArray = np.where(mask, 0.5 * min(spacing) - inside, outside - 0.5 * min(spacing))
    return distance


def offset_mask(mask: BoolVolume, spacing: Spacing, *, distance_mm: float) -> BoolVolume:
    """Grow a mask by a distance, or shrink it by a negative one; it may vanish.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
    distance_mm : float
        A voxel joins if its centre lies within this distance of a voxel of the mask, and leaves if it lies
        within it of a voxel outside. Distances below the spacing change nothing.
    """
    if not mask.any():
        return mask.copy()
    if distance_mm >= 0.0:
        grown: BoolVolume = ndimage.distance_transform_edt(~mask, sampling=spacing) <= distance_mm
        return grown
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    shrunk: BoolVolume = depth > -distance_mm
    return shrunk


def scale_volume(mask: BoolVolume, spacing: Spacing, *, factor: float) -> BoolVolume:
    """Grow or shrink a mask to `factor` times its volume, the nearest voxels first.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
    factor : float
        Of the voxel count, > 0; the result keeps at least one voxel and at most all of the array.
    """
    wanted = min(max(1, round(factor * np.count_nonzero(mask))), mask.size)
    if mask.all() or not mask.any() or wanted == np.count_nonzero(mask):
        return mask.copy()
    order = np.argsort(signed_distance(mask, spacing), axis=None, kind="stable")
    out = np.zeros(mask.size, dtype=np.bool_)
    out[order[:wanted]] = True
    return out.reshape(mask.shape)


def randomise_contour(
    mask: BoolVolume, spacing: Spacing, *, amplitude_mm: float, length_mm: float, rng: Rng
) -> BoolVolume:
    """Move the contour in and out by a smooth random field, as a second reader would.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
    amplitude_mm : float
        Standard deviation of the displacement.
    length_mm : float
        Width (standard deviation of the Gaussian) over which it is smooth.
    rng : Generator

    Returns
    -------
    ndarray of bool
        The mask itself if nothing would be left.
    """
    field = ndimage.gaussian_filter(rng.normal(size=mask.shape), [length_mm / s for s in spacing])
    spread = float(field.std())
    if amplitude_mm == 0.0 or spread == 0.0 or mask.all() or not mask.any():
        return mask.copy()
    moved: BoolVolume = signed_distance(mask, spacing) <= amplitude_mm / spread * field
    return moved if moved.any() else mask.copy()


def add_noise(image: FloatVolume, *, sigma: float, rng: Rng) -> FloatVolume:
    """Return the image with Gaussian noise of standard deviation `sigma` (scanner units)."""
    return image + sigma * rng.normal(size=image.shape).astype(image.dtype)


def noise_level(image: FloatVolume) -> float:
    """Estimate the standard deviation of the noise from second differences in plane.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)

    Returns
    -------
    float
        0 if a slice is smaller than 3 x 3 voxels.

    References
    ----------
    Immerkaer 1996, Computer Vision and Image Understanding 64:300.
    """
    if min(image.shape[1:]) < 3:
        return 0.0
    rows = image[:, :-2] - 2.0 * image[:, 1:-1] + image[:, 2:]
    both = rows[:, :, :-2] - 2.0 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return float(np.sqrt(np.pi / 2.0) / 6.0 * np.mean(np.abs(both), dtype=np.float64))


def move(
    image: FloatVolume,
    spacing: Spacing,
    *,
    rotation_deg: float,
    shift_mm: FloatArray,
    centre: FloatArray,
) -> FloatVolume:
    """Turn an image about the slice axis through a point, then shift it; linear, edges repeated.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    spacing : tuple of float
    rotation_deg : float
        From the row axis towards the column axis.
    shift_mm : ndarray, shape (3,)
        Along (slice, row, column).
    centre : ndarray, shape (3,)
        Voxel position of the axis.
    """
    angle = np.deg2rad(rotation_deg)
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]], dtype=np.float64
    )
    steps = np.asarray(spacing, dtype=np.float64)
    # From an output voxel back to the input voxel, through millimetres.
    matrix = turn * steps[None, :] / steps[:, None]
    offset = centre - matrix @ (centre + np.asarray(shift_mm) / steps)
    moved: FloatVolume = ndimage.affine_transform(image, matrix, offset, order=1, mode="nearest")
    return moved
