"""The breast around the lesion: skin, fat, gland, vessels and chest wall, on any grid and any day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.simulate.fields import Coordinates, NoiseField, draw_field
from kinephen.simulate.lesion import NECROSIS, LesionMaps
from kinephen.types import BoolArray, FloatArray, Rng

GLAND_LENGTH_MM = 6.0
GRAIN_LENGTH_MM = 2.5
EXTENT_MM = 100.0
SKIN_MM = 2.0
WALL_MM = 46.0
"""Front of the chest wall, mm behind the middle of the field of view."""
MUSCLE_MM = 18.0


@dataclass(frozen=True)
class Breast:
    """What stays with a patient: size and shape of the breast, its gland pattern and its vessels.

    Parameters
    ----------
    semi_axes_mm : tuple of float
        Half-ellipsoid on the chest wall: across slices, up and down, and from wall to nipple.
    gland, grain : NoiseField
        Where gland lies, and the fine grain of all tissue.
    gland_level : float
        Level of the field above which there is gland.
    vessels : ndarray, shape (n, 6)
        For each vessel: middle across slices and rows, swing of each, wavelength, phase (mm, mm, mm, mm, mm,
        rad).
    """

    semi_axes_mm: tuple[float, float, float]
    gland: NoiseField
    grain: NoiseField
    gland_level: float
    vessels: FloatArray


@dataclass(frozen=True)
class TissueMaps:
    """What the physics needs, each of shape (nz, ny, nx).

    Parameters
    ----------
    m0 : ndarray
        Signal of relaxed spins, gland 1; fat is suppressed; air 0.
    t10_s, ktrans, ve, vp : ndarray
        s; 1/min; fractions.
    """

    m0: FloatArray
    t10_s: FloatArray
    ktrans: FloatArray
    ve: FloatArray
    vp: FloatArray


# m0 (after fat suppression), T1 (s), Ktrans (1/min), ve, vp at 1.5 T. Muscle is as bright as gland: a wall a
# little darker at one side of the image would look like a receive field to any correction.
_FAT = (0.20, 0.35, 0.006, 0.10, 0.005)
_GLAND = (1.00, 1.30, 0.028, 0.30, 0.010)
_SKIN = (0.55, 0.90, 0.040, 0.30, 0.010)
_MUSCLE = (0.82, 1.05, 0.045, 0.15, 0.015)
_VESSEL = (0.80, 1.45, 0.050, 0.30, 0.500)
_LESION_M0 = 1.08
_LESION_T10 = 1.35
_NECROSIS_T10 = 1.60


def draw_breast(rng: Rng, *, lesion_centre_mm: tuple[float, float, float]) -> Breast:
    """Draw a patient's breast; vessels keep their distance from the lesion's centre."""
    scale = np.exp(0.06 * rng.standard_normal(3))
    side = -1.0 if lesion_centre_mm[1] > 0 else 1.0
    vessels = np.column_stack(
        [
            rng.uniform(-24, 24, 3),
            side * rng.uniform(24, 44, 3),
            rng.uniform(2, 6, 3),
            rng.uniform(2, 5, 3),
            rng.uniform(30, 60, 3),
            rng.uniform(0, 2 * np.pi, 3),
        ]
    )
    return Breast(
        (44.0 * float(scale[0]), 64.0 * float(scale[1]), 105.0 * float(scale[2])),
        gland=draw_field(rng, extent_mm=EXTENT_MM, length_mm=GLAND_LENGTH_MM),
        grain=draw_field(rng, extent_mm=EXTENT_MM, length_mm=GRAIN_LENGTH_MM),
        gland_level=float(rng.uniform(0.1, 0.7)),
        vessels=vessels,
    )


def breast_tissue(breast: Breast, where: Coordinates) -> BoolArray:
    """Return the voxels inside the skin and in front of the chest wall."""
    depth = _depth(breast, where)
    return (depth > SKIN_MM) & (_wall(where) < -2.0)


def tissue_maps(breast: Breast, where: Coordinates, lesion: LesionMaps) -> TissueMaps:
    """Return the tissue parameters of one exam, shape of `where`.

    Parameters
    ----------
    breast : Breast
    where : Coordinates
        Already moved with the patient's position on the day.
    lesion : LesionMaps
    """
    depth, wall = _depth(breast, where), _wall(where)
    layers = [np.zeros(where.shape) for _ in range(5)]
    layers[1] += 1.0
    layers[3] += 0.1
    gland = np.clip(
        0.5 + 1.5 * (breast.gland.on(where, length_mm=GLAND_LENGTH_MM) - breast.gland_level), 0, 1
    )
    inside = (depth > 0) & (wall < 0)
    for layer, fat, fibro in zip(layers, _FAT, _GLAND, strict=True):
        np.copyto(layer, fat + (fibro - fat) * gland, where=inside)
    _fill(layers, inside & (depth <= SKIN_MM), _SKIN)
    _fill(layers, (wall >= 0) & (wall < MUSCLE_MM), _MUSCLE)
    _fill(layers, inside & _vessel_mask(breast, where), _VESSEL)
    maps = TissueMaps(*layers)
    _insert(maps, lesion)
    maps.m0[...] *= 1.0 + 0.03 * breast.grain.on(where, length_mm=GRAIN_LENGTH_MM)
    return maps


def _insert(maps: TissueMaps, lesion: LesionMaps) -> None:
    inside = lesion.regions > 0
    maps.m0[lesion.box][inside] = _LESION_M0
    maps.t10_s[lesion.box][inside] = np.where(lesion.regions[inside] == NECROSIS, _NECROSIS_T10, _LESION_T10)
    for whole, local in ((maps.ktrans, lesion.ktrans), (maps.ve, lesion.ve), (maps.vp, lesion.vp)):
        whole[lesion.box][inside] = local[inside]


def _fill(layers: list[FloatArray], mask: BoolArray, values: tuple[float, ...]) -> None:
    for layer, value in zip(layers, values, strict=True):
        layer[mask] = value


def _wall(where: Coordinates) -> FloatArray:
    """Distance behind the front of the chest wall, mm; negative inside the breast."""
    slices, rows, columns = where.axes()
    return columns - (WALL_MM + 0.002 * rows**2 + 0.001 * slices**2)


def _depth(breast: Breast, where: Coordinates) -> FloatArray:
    """Approximate depth under the skin, mm."""
    slices, rows, columns = where.axes()
    a, b, c = breast.semi_axes_mm
    radius = np.sqrt((slices / a) ** 2 + (rows / b) ** 2 + ((columns - WALL_MM) / c) ** 2)
    return (1.0 - radius) * 50.0


def _vessel_mask(breast: Breast, where: Coordinates) -> BoolArray:
    slices, rows, columns = where.axes()
    mask = np.zeros(where.shape, dtype=np.bool_)
    for x, y, swing_x, swing_y, wavelength, phase in breast.vessels:
        angle = 2 * np.pi * columns / wavelength + phase
        distance = (slices - x - swing_x * np.sin(angle)) ** 2 + (rows - y - swing_y * np.cos(angle)) ** 2
        mask |= distance < 1.3**2
    return mask
