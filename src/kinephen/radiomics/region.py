"""Voxels of a mask in a crop with an empty border, so that neighbours are read without bounds checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.boxes import box_sum
from kinephen.types import BoolVolume, FloatArray, FloatVolume

Levels = NDArray[np.uint16]
Positions = NDArray[np.int32]


@dataclass(frozen=True)
class Region:
    """Voxels of a mask in raster order, inside its bounding box plus a border.

    Parameters
    ----------
    inside : ndarray of bool, shape (nz, ny, nx)
        The padded crop.
    start : tuple of int
        Index in the full image of the first voxel of the bounding box.
    pad : int
        Width of the empty border, voxels.
    """

    inside: BoolVolume
    start: tuple[int, int, int]
    pad: int = 1

    @classmethod
    def of(cls, mask: BoolVolume, *, pad: int = 1) -> Region:
        """Return the region of `mask`, shape (nz, ny, nx); an empty mask gives an empty region."""
        box = bounding_box(mask)
        if box is None:
            return cls(np.zeros((2 * pad + 1,) * 3, dtype=np.bool_), (0, 0, 0), pad)
        return cls(np.pad(mask[box], pad), tuple(s.start for s in box), pad)

    @cached_property
    def positions(self) -> Positions:
        """Flat indices into the padded crop, raster order, shape (size,)."""
        return np.flatnonzero(self.inside).astype(np.int32)

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(self.positions.size)

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """The bounding box in the full image."""
        z, y, x = (slice(s, s + n - 2 * self.pad) for s, n in zip(self.start, self.inside.shape, strict=True))
        return z, y, x

    @property
    def core(self) -> tuple[slice, slice, slice]:
        """The bounding box in the padded crop."""
        z, y, x = (slice(self.pad, n - self.pad) for n in self.inside.shape)
        return z, y, x

    @cached_property
    def strides(self) -> tuple[int, int, int]:
        """Steps of the flat index along (slice, row, column)."""
        _, ny, nx = self.inside.shape
        return ny * nx, nx, 1

    @cached_property
    def coordinates(self) -> NDArray[np.int64]:
        """Index of each voxel in the full image, shape (size, 3)."""
        index = np.stack(np.unravel_index(self.positions, self.inside.shape), axis=1)
        shifted: NDArray[np.int64] = index + (np.asarray(self.start) - self.pad)
        return shifted

    @cached_property
    def ranks(self) -> Positions:
        """Place of each voxel in `positions`, -1 outside; flat, shape (padded crop size,)."""
        ranks = np.full(self.inside.size, -1, dtype=np.int32)
        ranks[self.positions] = np.arange(self.size, dtype=np.int32)
        return ranks

    @cached_property
    def neighbours(self) -> NDArray[np.int32]:
        """Number of the 26 neighbours of each voxel that belong to the region, shape (size,)."""
        return self.neighbours_within((1, 1, 1))

    def neighbours_within(self, radii: tuple[int, int, int]) -> NDArray[np.int32]:
        """Return the number of other voxels of the region in the box around each voxel, shape (size,)."""
        return box_sum(self.inside.view(np.uint8), radii).ravel()[self.positions] - 1

    @cached_property
    def whole(self) -> Positions:
        """Bounds in `positions` of the one group that holds the whole region, shape (2,)."""
        return np.array([0, self.size], dtype=np.int32)

    @cached_property
    def slices(self) -> Positions:
        """Bounds in `positions` of the voxels of each slice of the crop that holds any."""
        bounds = np.searchsorted(self.positions, np.arange(self.inside.shape[0] + 1) * self.strides[0])
        return np.unique(bounds).astype(np.int32)

    def values(self, image: FloatVolume) -> FloatArray:
        """Return the values of the full image at the region's voxels, raster order, shape (size,)."""
        if self.size == 0:
            return np.empty(0)
        return image[self.box][self.inside[self.core]].astype(np.float64)

    def grid(self, levels: NDArray[np.integer]) -> Levels:
        """Return one level for each voxel as a flat padded crop, 0 outside."""
        grid = np.zeros(self.inside.size, dtype=np.uint16)
        grid[self.positions] = levels
        return grid

    def subset(self, keep: NDArray[np.bool_]) -> Region:
        """Return the region of the voxels where `keep` (shape (size,)) is true, in the same crop."""
        inside = np.zeros_like(self.inside)
        inside.ravel()[self.positions[keep]] = True
        return Region(inside, self.start, self.pad)


def bounding_box(mask: BoolVolume) -> tuple[slice, slice, slice] | None:
    """Return the smallest box that holds all true voxels, None for an empty mask."""
    rows = np.asarray(mask.any(axis=2))
    spans = []
    for line in (np.asarray(rows.any(axis=1)), np.asarray(rows.any(axis=0))):
        found = np.flatnonzero(line)
        if not found.size:
            return None
        spans.append(slice(int(found[0]), int(found[-1]) + 1))
    columns = np.flatnonzero(mask[spans[0], spans[1]].any(axis=(0, 1)))
    return spans[0], spans[1], slice(int(columns[0]), int(columns[-1]) + 1)
