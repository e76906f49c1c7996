"""A grid in the patient, and arrays that lie on it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kinephen.errors import InputError
from kinephen.types import BoolVolume, FloatArray, FloatVolume

GRID_TOLERANCE = 0.1
"""Share of a voxel by which voxels of one grid may lie off.

That covers the rounding of positions, spacings and directions in headers (a position to 0.1 mm on voxels of
0.7 mm), and is too little to change the voxel that lies nearest.
"""
HALF_VOXEL = 0.5


@dataclass(frozen=True)
class Geometry:
    """Where the voxels of an array lie in the patient.

    Parameters
    ----------
    shape : tuple of int
        ``(nz, ny, nx)``: slices, rows, columns.
    affine : ndarray, shape (4, 4)
        Takes homogeneous array indices ``(slice, row, column, 1)`` of voxel centres to DICOM patient
        coordinates (x to the left, y to the back, z to the head; mm).

    Raises
    ------
    InputError
        ``volume.geometry`` if the affine is not finite or singular, or an axis is empty.
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or _flat(affine[:3, :3]):
            raise InputError("the affine is not an invertible 4 x 4 matrix", code="volume.geometry")
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise InputError(
                f"expected three axes of at least one voxel, found {self.shape}", code="volume.geometry"
            )
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along (slice, row, column) axes, mm."""
        steps = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(steps[0]), float(steps[1]), float(steps[2])

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel, mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def directions(self) -> FloatArray:
        """Unit vectors of the three array axes in the patient, as columns, shape (3, 3)."""
        matrix: FloatArray = self.affine[:3, :3] / np.asarray(self.spacing)
        return matrix

    def index_of(self, position: FloatArray) -> FloatArray:
        """Return where a point of the patient (mm, shape (3,)) lies, in voxels along the array axes."""
        offset = np.asarray(position - self.affine[:3, 3], dtype=np.float64)
        return np.asarray(np.linalg.solve(self.affine[:3, :3], offset), dtype=np.float64)

    def difference(self, other: Geometry) -> str:
        """Name the first difference from `other`, or return an empty string if both are one grid.

        They are one if their shapes are equal and no voxel lies more than `GRID_TOLERANCE` of a voxel off.
        """
        if self.shape != other.shape:
            return f"shape {self.shape} against {other.shape} (slices, rows, columns)"
        if _far(other, self) <= GRID_TOLERANCE:
            return ""
        moved = Geometry(self.shape, np.column_stack([other.affine[:, :3], self.affine[:, 3]]))
        if _far(moved, self) <= GRID_TOLERANCE:
            return f"origin, by {offset_text(self.index_of(other.affine[:3, 3]), self.spacing)}"
        size = np.asarray(self.shape) * np.abs(np.asarray(other.spacing) / np.asarray(self.spacing) - 1.0)
        if size.max() > GRID_TOLERANCE:
            return f"spacing {_mm(self.spacing)} against {_mm(other.spacing)} mm"
        return "direction of the axes"

    def half_voxel_off(self, other: Geometry) -> str:
        """Return how far `other` lies off if that is half a voxel along some axes, else an empty text.

        Positions of voxels name their centres in DICOM and NIfTI; a grid that is half a voxel off was written
        by who took their corners, and its voxels are the same ones by index.
        """
        offset = self.index_of(other.affine[:3, 3])
        halves = np.rint(2.0 * offset) / 2.0
        if self.shape != other.shape or np.abs(halves).max() != HALF_VOXEL:
            return ""
        moved = np.array(other.affine)
        moved[:3, 3] -= self.affine[:3, :3] @ halves
        same = _far(Geometry(self.shape, moved), self) <= GRID_TOLERANCE
        return offset_text(halves, self.spacing) if same else ""

    def crop(self, start: tuple[int, int, int], stop: tuple[int, int, int]) -> Geometry:
        """Return the grid of ``array[start[0]:stop[0], start[1]:stop[1], start[2]:stop[2]]``."""
        affine = np.array(self.affine)
        affine[:3, 3] = (self.affine @ np.array([*start, 1.0]))[:3]
        return Geometry((stop[0] - start[0], stop[1] - start[1], stop[2] - start[2]), affine)


@dataclass(frozen=True)
class Volume:
    """An image on a grid.

    Parameters
    ----------
    array : ndarray, shape (nz, ny, nx)
        Made read-only.
    geometry : Geometry
    unit : str
        For example ``"scanner units"``, ``"1"`` (fraction), ``"1/min"``.
    """

    array: FloatVolume
    geometry: Geometry
    unit: str = "scanner units"

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", _checked(self.array, self.geometry))


@dataclass(frozen=True)
class Mask:
    """A region on a grid.

    Parameters
    ----------
    array : ndarray of bool, shape (nz, ny, nx)
        Made read-only. May be empty: an FTV of zero is a result.
    geometry : Geometry
    source : str
        How the mask came about, for example ``"ftv"`` or ``"file"``.
    """

    array: BoolVolume
    geometry: Geometry
    source: str = "file"

    def __post_init__(self) -> None:
        if self.array.dtype != np.bool_:
            raise InputError(f"a mask must be boolean, found {self.array.dtype}", code="mask.dtype")
        object.__setattr__(self, "array", _checked(self.array, self.geometry))

    @property
    def voxels(self) -> int:
        """Number of voxels inside."""
        return int(np.count_nonzero(self.array))

    @property
    def volume_cc(self) -> float:
        """Volume, cm3."""
        return self.voxels * self.geometry.voxel_volume_mm3 / 1000.0


def offset_text(offset: FloatArray, spacing: tuple[float, ...]) -> str:
    """Name an offset in voxels (along slices, rows, columns) in voxels and in mm.

    Parameters
    ----------
    offset : ndarray, shape (3,)
    spacing : tuple of float
        Of the voxels, mm.
    """
    voxels = ", ".join(f"{v + 0.0:.2f}" for v in np.round(offset, 2))
    millimetres = ", ".join(f"{v + 0.0:.3f}" for v in np.round(offset * np.asarray(spacing), 3))
    return f"({voxels}) voxels, ({millimetres}) mm along slices, rows, columns"


def require_same_grid(first: Geometry, second: Geometry, *, what: str) -> None:
    """Raise ``InputError`` (``geometry.mismatch``) naming the difference if two grids are not one."""
    difference = first.difference(second)
    if difference:
        raise InputError(
            f"{what} lie on different grids: {difference}",
            code="geometry.mismatch",
            hint="give files of one exam, or resample onto one grid (a mask with nearest neighbour)",
        )


def _far(other: Geometry, own: Geometry) -> float:
    """Return how far a corner voxel of `other` lies from the same one of `own`, voxels of `own`."""
    corners = np.array(list(product(*[(0, n - 1) for n in own.shape])), dtype=np.float64)
    points = np.column_stack([corners, np.ones(len(corners))])
    places = np.linalg.solve(own.affine, other.affine @ points.T)[:3].T
    return float(np.abs(places - corners).max())


def _checked(array: NDArray[np.generic], geometry: Geometry) -> NDArray[np.generic]:
    if array.shape != geometry.shape:
        raise InputError(
            f"array of shape {array.shape} on a grid of shape {geometry.shape}", code="volume.shape"
        )
    view = array.view()
    view.setflags(write=False)
    return view


def _flat(axes: FloatArray) -> bool:
    """Tell whether three axes lie in one plane, whatever their unit."""
    steps = np.linalg.norm(axes, axis=0)
    return not (np.isfinite(steps).all() and steps.min() > 0) or abs(np.linalg.det(axes / steps)) < 1e-9


def _mm(values: tuple[float, float, float]) -> str:
    return " x ".join(f"{v:.4f}" for v in values)
