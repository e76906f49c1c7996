"""Smooth random fields that can be evaluated anywhere: the same anatomy on any grid and any day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.types import FloatArray, Rng

LATTICE_STEP = 0.8
"""Distance of lattice points in units of the field's length; below 1 the lattice leaves no trace."""
REACH = 3.0
"""The lattice goes on for this many lengths beyond the region, so that edges see no border."""


@dataclass(frozen=True)
class Coordinates:
    """Positions of the voxel centres along the three array axes, mm from the middle of the field of view."""

    slices: FloatArray
    rows: FloatArray
    columns: FloatArray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of slices, rows and columns."""
        return self.slices.size, self.rows.size, self.columns.size

    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the three axes, shaped so that they broadcast to `shape`."""
        return self.slices[:, None, None], self.rows[None, :, None], self.columns[None, None, :]

    def moved(self, offset_mm: tuple[float, float, float]) -> Coordinates:
        """Return the coordinates of the same voxels after the body moved by `offset_mm`."""
        return Coordinates(self.slices - offset_mm[0], self.rows - offset_mm[1], self.columns - offset_mm[2])

    def crop(self, box: tuple[slice, slice, slice]) -> Coordinates:
        """Return the coordinates of ``array[box]``."""
        return Coordinates(self.slices[box[0]], self.rows[box[1]], self.columns[box[2]])


@dataclass(frozen=True)
class NoiseField:
    """White noise on a lattice, blurred by a Gaussian: mean 0, variance 1 at every point.

    Parameters
    ----------
    lattice : ndarray, shape (n, n, n)
        Independent standard normal values; the middle one lies at the origin.

    Notes
    -----
    The value at a point is ``sum_i w_i z_i / sqrt(sum_i w_i^2)`` with Gaussian weights that factor over the
    axes, so that a whole grid needs three small matrix products. With a lattice that is tied to the
    lesion's centre a change of `length_mm` zooms the pattern instead of drawing a new one.
    """

    lattice: FloatArray

    def on(self, where: Coordinates, *, length_mm: float) -> NDArray[np.float64]:
        """Return the field at `where`, shape of `where`; `length_mm` is the SD of the blur, > 0."""
        half = (self.lattice.shape[0] - 1) / 2
        points = (np.arange(self.lattice.shape[0]) - half) * LATTICE_STEP * length_mm
        weights = [_weights(axis, points, length_mm) for axis in (where.slices, where.rows, where.columns)]
        field = np.tensordot(weights[2], self.lattice, axes=(1, 2))  # (columns, z, y)
        field = np.tensordot(weights[1], field, axes=(1, 2))  # (rows, columns, z)
        return np.tensordot(weights[0], field, axes=(1, 2))  # (slices, rows, columns)


def draw_field(rng: Rng, *, extent_mm: float, length_mm: float) -> NoiseField:
    """Return a field that is defined within `extent_mm` of the origin for lengths >= `length_mm`.

    Parameters
    ----------
    rng : Generator
    extent_mm : float
        Largest absolute coordinate that will be asked for.
    length_mm : float
        Smallest SD of the blur that will be asked for, mm.
    """
    half = int(np.ceil(extent_mm / (LATTICE_STEP * length_mm) + REACH / LATTICE_STEP))
    return NoiseField(rng.standard_normal((2 * half + 1,) * 3))


def _weights(positions: FloatArray, points: FloatArray, length: float) -> FloatArray:
    raw: FloatArray = np.exp(-0.5 * ((positions[:, None] - points[None, :]) / length) ** 2)
    norm: FloatArray = np.sqrt((raw**2).sum(axis=1, keepdims=True))
    return raw / norm
