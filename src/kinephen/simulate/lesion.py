"""The lesion on a grid: outline, necrosis, rim and habitats, and what each does to the contrast agent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kinephen.simulate.fields import Coordinates, NoiseField, draw_field
from kinephen.simulate.tumour import LesionState
from kinephen.types import BoolArray, FloatArray, Rng

RIM_MM = 2.5
HABITAT_LENGTH = 2.5
"""Length of the habitats in units of the fine texture's length."""
BODY, RIM, NECROSIS = 1, 2, 3


@dataclass(frozen=True)
class LesionPlan:
    """What stays with a patient's lesion over time: where it lies, its axes and its noise.

    Parameters
    ----------
    centre_mm : tuple of float
        Along (slice, row, column), mm from the middle of the field of view.
    axes : tuple of float
        Semi-axes relative to the sphere of the same volume; their product is 1.
    outline, habitats, exchange, texture : NoiseField
        Fields around the lesion's centre.
    """

    centre_mm: tuple[float, float, float]
    axes: tuple[float, float, float]
    outline: NoiseField
    habitats: NoiseField
    exchange: NoiseField
    texture: NoiseField


@dataclass(frozen=True)
class LesionMaps:
    """The lesion's voxels in a box of the grid.

    Parameters
    ----------
    box : tuple of slice
        Where the arrays lie in the whole grid.
    regions : ndarray of uint8
        0 outside, `BODY`, `RIM`, `NECROSIS`.
    ktrans, ve, vp : ndarray
        1/min, fraction, fraction; valid inside.
    """

    box: tuple[slice, slice, slice]
    regions: NDArray[np.uint8]
    ktrans: FloatArray
    ve: FloatArray
    vp: FloatArray


def plan_lesion(rng: Rng) -> LesionPlan:
    """Draw position, axes and noise of a patient's lesion; the breast's middle lies near the origin."""
    centre = (float(rng.uniform(-8, 8)), float(rng.uniform(-14, 14)), float(rng.uniform(-12, 12)))
    raw = np.exp(0.12 * rng.standard_normal(3))
    axes = raw / np.prod(raw) ** (1.0 / 3.0)
    return LesionPlan(
        centre,
        (float(axes[0]), float(axes[1]), float(axes[2])),
        outline=draw_field(rng, extent_mm=45.0, length_mm=4.0),
        habitats=draw_field(rng, extent_mm=45.0, length_mm=3.5),
        exchange=draw_field(rng, extent_mm=45.0, length_mm=3.5),
        texture=draw_field(rng, extent_mm=45.0, length_mm=1.5),
    )


def place_lesion(
    plan: LesionPlan, state: LesionState, where: Coordinates, *, voxel_mm3: float, allowed: BoolArray
) -> LesionMaps:
    """Realise a lesion on a grid.

    The outline is the level set that holds exactly the planned number of voxels, and necrosis takes the
    planned share of them, so the planted volumes hold on every grid.

    Parameters
    ----------
    plan, state
        The patient's lesion and its state at the visit.
    where : Coordinates
    voxel_mm3 : float
    allowed : ndarray of bool, shape of `where`
        Breast tissue.
    """
    reach = 2.0 * state.radius_mm
    box = _box(where, plan.centre_mm, reach)
    local = where.crop(box).moved(plan.centre_mm)
    count = max(8, round(state.volume_cc * 1000.0 / voxel_mm3))
    mask = _outline(plan, state, local, allowed[box], count)
    spacing = tuple(_step(axis) for axis in (where.slices, where.rows, where.columns))
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    habitat = _levels(plan.habitats.on(local, length_mm=max(3.5, HABITAT_LENGTH * state.texture_mm)))
    exchange = _levels(plan.exchange.on(local, length_mm=max(3.5, HABITAT_LENGTH * state.texture_mm)))
    texture = plan.texture.on(local, length_mm=max(1.5, state.texture_mm))
    regions = _regions(mask, depth, habitat, state)
    ktrans, ve = _exchange_maps(state, regions, habitat, exchange, texture)
    vp = np.where(regions == NECROSIS, 0.0, 0.03)
    return LesionMaps(box, regions, ktrans, ve, vp)


def _outline(
    plan: LesionPlan, state: LesionState, local: Coordinates, allowed: BoolArray, count: int
) -> BoolArray:
    squares = [(x / (a * state.radius_mm)) ** 2 for x, a in zip(local.axes(), plan.axes, strict=True)]
    distance = np.sqrt(sum(squares, start=np.zeros(1)))
    bumps = plan.outline.on(local, length_mm=max(4.0, 0.4 * state.radius_mm))
    level = np.where(allowed, distance - state.irregularity * bumps, np.inf)
    return _lowest(level, np.isfinite(level), count)


def _regions(
    mask: BoolArray, depth: FloatArray, habitat: FloatArray, state: LesionState
) -> NDArray[np.uint8]:
    regions = np.where(mask, BODY, 0).astype(np.uint8)
    regions[mask & (depth <= RIM_MM)] = RIM
    dead = round(state.necrotic_fraction * int(mask.sum()))
    if dead:
        order = -depth / state.radius_mm + 0.15 * habitat
        regions[_lowest(order, mask, dead)] = NECROSIS
    return regions


def _exchange_maps(
    state: LesionState,
    regions: NDArray[np.uint8],
    habitat: FloatArray,
    exchange: FloatArray,
    texture: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    log_k = state.contrast * (0.8 * habitat + 0.6 * texture) + state.rim * (regions == RIM)
    log_v = state.contrast * (0.7 * exchange - 0.3 * texture)
    dead = regions == NECROSIS
    ktrans = np.where(dead, 0.01, state.ktrans * np.exp(np.clip(log_k, -1.6, 1.6)))
    ve = np.where(dead, 0.6, np.clip(state.ve * np.exp(log_v), 0.08, 0.85))
    return ktrans, ve


def _levels(field: FloatArray) -> FloatArray:
    """Turn a smooth field into three habitats of equal share, -1, 0 and 1."""
    levels: FloatArray = (field > 0.431).astype(np.float64) - (field < -0.431)
    return levels


def _lowest(values: FloatArray, among: BoolArray, count: int) -> BoolArray:
    """Return the `count` voxels of `among` with the smallest values; ties by position."""
    flat = np.flatnonzero(among)
    chosen = flat[np.argsort(values.ravel()[flat], kind="stable")[:count]]
    mask = np.zeros(values.size, dtype=np.bool_)
    mask[chosen] = True
    return mask.reshape(values.shape)


def _box(where: Coordinates, centre: tuple[float, float, float], reach: float) -> tuple[slice, slice, slice]:
    cuts = []
    for axis, middle in zip((where.slices, where.rows, where.columns), centre, strict=True):
        inside = np.flatnonzero(np.abs(axis - middle) <= reach)
        cuts.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return cuts[0], cuts[1], cuts[2]


def _step(axis: FloatArray) -> float:
    return float(abs(axis[1] - axis[0]))
