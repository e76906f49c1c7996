"""Arrays on a grid: cut to a region, resampled in plane or to cubes.

All interpolation is linear. Values that are not finite never spread: values and weights are interpolated
and divided, so that a sample is undefined only where no finite voxel contributes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.types import BoolVolume, FloatArray, FloatVolume

Kind: TypeAlias = Literal["linear", "mask"]
Corner: TypeAlias = tuple[int, int, int]

WEIGHT_FLOOR = 1e-6
"""Below this share of finite voxels a sample is undefined."""
HALF_TOLERANCE = 1e-9
"""Rounding of interpolation weights must not turn an exact half of a mask into outside."""
MAX_SAMPLES = 2**30
"""A resampled grid larger than this (voxels) is refused."""


def bounding_box(mask: BoolVolume, *, margin: int = 0) -> tuple[Corner, Corner]:
    """Return the smallest box that holds a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    margin : int
        Voxels added on every side, as far as the array reaches.

    Returns
    -------
    start, stop : tuple of int
        First voxel and one past the last, along (slice, row, column). Both ``(0, 0, 0)`` for an empty mask.
    """
    if not mask.any():
        return (0, 0, 0), (0, 0, 0)
    ends = [_extent(mask, axis, margin) for axis in range(3)]
    return (ends[0][0], ends[1][0], ends[2][0]), (ends[0][1], ends[1][1], ends[2][1])


def box_slices(start: Corner, stop: Corner) -> tuple[slice, slice, slice]:
    """Return the index expression of a box."""
    return slice(start[0], stop[0]), slice(start[1], stop[1]), slice(start[2], stop[2])


@overload
def resample_in_plane(
    array: BoolVolume, geometry: Geometry, size: int, *, kind: Literal["mask"]
) -> tuple[BoolVolume, Geometry]: ...
@overload
def resample_in_plane(
    array: FloatVolume, geometry: Geometry, size: int, *, kind: Literal["linear"]
) -> tuple[FloatVolume, Geometry]: ...
def resample_in_plane(
    array: NDArray[np.generic], geometry: Geometry, size: int, *, kind: Kind
) -> tuple[NDArray[np.generic], Geometry]:
    """Resample rows and columns to `size` x `size`; slices stay as acquired.

    The outer edges of the image stay where they are: new spacing = n spacing / size, and the origin moves by
    half the difference of the spacings along each in-plane axis. An array that already has `size` rows and
    columns is returned as it is.

    Parameters
    ----------
    array : ndarray, shape (nz, ny, nx)
        Image or map (floating), or mask (bool).
    geometry : Geometry
    size : int
        Rows and columns of the result, at least 1; the paper uses 256.
    kind : {"linear", "mask"}
        ``mask`` is interpolated linearly and then cut at >= 0.5.

    Returns
    -------
    array : ndarray, shape (nz, size, size)
        Type of the input for floating arrays and masks, float64 for integers.
    geometry : Geometry

    Raises
    ------
    InputError
        ``grid.shape``, ``grid.kind`` or ``grid.size``.

    References
    ----------
    Chitalia et al. 2023, Methods (256 x 256, linear interpolation of maps and masks).
    """
    _check(array, geometry, kind)
    if size < 1:
        raise InputError(f"expected a size of at least 1, found {size}", code="grid.size")
    nz, ny, nx = geometry.shape
    if (ny, nx) == (size, size):
        return array, geometry
    target = _edges_kept(geometry, (nz, size, size))
    return _resampled(array, geometry, target, kind), target


@overload
def resample_isotropic(
    array: BoolVolume, geometry: Geometry, spacing_mm: float, *, kind: Literal["mask"]
) -> tuple[BoolVolume, Geometry]: ...
@overload
def resample_isotropic(
    array: FloatVolume, geometry: Geometry, spacing_mm: float, *, kind: Literal["linear"]
) -> tuple[FloatVolume, Geometry]: ...
def resample_isotropic(
    array: NDArray[np.generic], geometry: Geometry, spacing_mm: float, *, kind: Kind
) -> tuple[NDArray[np.generic], Geometry]:
    """Resample all three axes to cubes of `spacing_mm`; the centres of both grids coincide.

    Parameters
    ----------
    array : ndarray, shape (nz, ny, nx)
        Image or map (floating), or mask (bool).
    geometry : Geometry
    spacing_mm : float
        Edge of a voxel, mm, > 0.
    kind : {"linear", "mask"}

    Returns
    -------
    array : ndarray
        Each axis holds ``ceil(n spacing / spacing_mm)`` voxels; beyond the outer voxel centres the outer
        value is repeated.
    geometry : Geometry

    Raises
    ------
    InputError
        ``grid.shape``, ``grid.kind`` or ``grid.size``.

    References
    ----------
    Zwanenburg et al. 2016, Image biomarker standardisation initiative, 2.4 (grids aligned by centre).
    """
    _check(array, geometry, kind)
    if not (np.isfinite(spacing_mm) and spacing_mm > 0.0):
        raise InputError(f"expected a spacing above 0 mm, found {spacing_mm}", code="grid.size")
    target = _centred_cubes(geometry, spacing_mm)
    return _resampled(array, geometry, target, kind), target


def _check(array: NDArray[np.generic], geometry: Geometry, kind: str) -> None:
    if array.shape != geometry.shape:
        raise InputError(
            f"array of shape {array.shape} on a grid of shape {geometry.shape}", code="grid.shape"
        )
    if kind not in ("linear", "mask"):
        raise InputError(f"expected kind linear or mask, found {kind!r}", code="grid.kind")
    if (kind == "mask") != (array.dtype == np.bool_):
        raise InputError(
            f"kind {kind!r} does not fit an array of type {array.dtype}",
            code="grid.kind",
            hint="masks are boolean and use kind='mask'; images and maps use kind='linear'",
        )


def _edges_kept(geometry: Geometry, shape: Corner) -> Geometry:
    affine = np.array(geometry.affine)
    for axis, (old, new) in enumerate(zip(geometry.shape, shape, strict=True)):
        step = affine[:3, axis] * (old / new)
        affine[:3, 3] += 0.5 * (step - affine[:3, axis])
        affine[:3, axis] = step
    return Geometry(shape, affine)


def _centred_cubes(geometry: Geometry, spacing_mm: float) -> Geometry:
    affine = np.array(geometry.affine)
    counts = [
        max(1, int(np.ceil(n * s / spacing_mm - 1e-6)))
        for n, s in zip(geometry.shape, geometry.spacing, strict=True)
    ]
    if float(np.prod(np.asarray(counts, dtype=np.float64))) > MAX_SAMPLES:
        raise InputError(
            f"a spacing of {spacing_mm} mm gives {' x '.join(map(str, counts))} voxels",
            code="grid.size",
            hint="choose a larger spacing",
        )
    for axis, (n, m, s) in enumerate(zip(geometry.shape, counts, geometry.spacing, strict=True)):
        step = affine[:3, axis] * (spacing_mm / s)
        affine[:3, 3] += 0.5 * ((n - 1) * affine[:3, axis] - (m - 1) * step)
        affine[:3, axis] = step
    return Geometry((counts[0], counts[1], counts[2]), affine)


def _resampled(
    array: NDArray[np.generic], source: Geometry, target: Geometry, kind: Kind
) -> NDArray[np.generic]:
    positions = _positions(source, target)
    if kind == "mask":
        weight = _interpolate_part(array.astype(np.float64), array.astype(np.bool_), positions)
        return weight >= 0.5 - HALF_TOLERANCE
    dtype = array.dtype if np.issubdtype(array.dtype, np.floating) else np.dtype(np.float64)
    values: FloatArray = array.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        return _interpolate(values, positions).astype(dtype)
    total = _interpolate_part(np.where(finite, values, 0.0), finite, positions)
    weight = _interpolate_part(finite.astype(np.float64), finite, positions)
    out = np.full(total.shape, np.nan)
    np.divide(total, weight, out=out, where=weight > WEIGHT_FLOOR)
    return out.astype(dtype)


def _interpolate_part(values: FloatArray, support: BoolVolume, positions: list[FloatArray]) -> FloatArray:
    # Maps of a lesion fill a small part of the image; only samples near it can differ from 0.
    out = np.zeros([p.size for p in positions])
    start, stop = bounding_box(support, margin=1)
    places = [np.clip(p, 0.0, n - 1.0) for p, n in zip(positions, values.shape, strict=True)]
    near = [np.flatnonzero((p >= a) & (p <= b - 1)) for p, a, b in zip(places, start, stop, strict=True)]
    if all(n.size for n in near):
        inside = [p[n] - a for p, n, a in zip(places, near, start, strict=True)]
        out[np.ix_(*near)] = _interpolate(values[box_slices(start, stop)], inside)
    return out


def _positions(source: Geometry, target: Geometry) -> list[FloatArray]:
    # Both grids share their axes, so the position along each axis depends on that axis alone.
    origin = np.linalg.solve(source.affine, target.affine[:, 3])[:3]
    return [
        origin[axis] + np.arange(target.shape[axis]) * (target.spacing[axis] / source.spacing[axis])
        for axis in range(3)
    ]


def _interpolate(values: FloatArray, positions: list[FloatArray]) -> FloatArray:
    for axis, position in enumerate(positions):
        n = values.shape[axis]
        if position.size == n and np.allclose(position, np.arange(n), rtol=0.0, atol=1e-12):
            continue
        place = np.clip(position, 0.0, n - 1.0)
        low = np.minimum(place.astype(np.int64), max(n - 2, 0))
        weight = (place - low).reshape([-1 if a == axis else 1 for a in range(3)])
        below = np.take(values, low, axis=axis)
        above = np.take(values, np.minimum(low + 1, n - 1), axis=axis)
        values = below + weight * (above - below)
    return values


def _extent(mask: BoolVolume, axis: int, margin: int) -> tuple[int, int]:
    inside = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    return max(int(inside[0]) - margin, 0), min(int(inside[-1]) + 1 + margin, mask.shape[axis])
