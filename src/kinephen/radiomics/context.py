"""What depends on the mask alone: computed once, shared by all maps of the mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kinephen.errors import InputError
from kinephen.radiomics.offsets import FACES_2D, FACES_3D
from kinephen.radiomics.region import Positions, Region
from kinephen.radiomics.shape.axes import PrincipalAxes, principal_axes
from kinephen.radiomics.zones import edge_distances
from kinephen.types import BoolVolume, FloatArray, FloatVolume

SHEAR = 1e-6
"""Share of the volume that a shear may take: 0.08 degrees, by which lengths are off by 0.1 % at most."""


@dataclass(frozen=True)
class MaskContext:
    """A lesion mask on its grid, and what follows from it.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The lesion (IBSI's morphological mask). May be empty: every feature is then NaN with a reason.
    spacing : sequence of float
        Distance of voxel centres along (slice, row, column), mm.
    voxel_volume : float
        mm3; less than the product of the distances where the axes are not at right angles. By default that
        product.

    Raises
    ------
    InputError
        ``radiomics.dimensions`` if the mask has not three axes, ``radiomics.mask_values`` if it is neither
        boolean nor made of 0 and 1, ``radiomics.spacing`` if a spacing is not a positive number.
    """

    mask: BoolVolume
    spacing: tuple[float, float, float]
    voxel_volume: float

    def __init__(self, mask: ArrayLike, spacing: Sequence[float], voxel_volume: float | None = None) -> None:
        view = _as_mask(np.asarray(mask)).view()
        view.setflags(write=False)
        object.__setattr__(self, "mask", view)
        object.__setattr__(self, "spacing", _checked_spacing(spacing))
        object.__setattr__(self, "voxel_volume", voxel_volume or float(np.prod(self.spacing)))

    @classmethod
    def from_labels(cls, labels: ArrayLike, label: int, spacing: Sequence[float]) -> MaskContext:
        """Return the context of the voxels of `labels` that equal `label` exactly."""
        return cls(np.asarray(labels) == label, spacing)

    def require_square(self, step: str) -> None:
        """Raise ``InputError`` (``radiomics.grid``) for a step that works along axes at right angles."""
        if self.sheared:
            raise InputError(
                f"the axes of the grid are not at right angles, which {step} along them would pass over",
                code="radiomics.grid",
                hint=f"resample image and mask onto a rectangular grid first, or leave {step} out",
            )

    @cached_property
    def region(self) -> Region:
        """The mask's voxels in a crop with a border of one voxel."""
        return Region.of(self.mask)

    @cached_property
    def axes(self) -> PrincipalAxes:
        """Centre and principal axes of the voxel centres; the mask must not be empty."""
        return principal_axes(self.region, self.spacing)

    @cached_property
    def depths(self) -> Positions:
        """City-block distance of the voxels of the flat padded crop to the outside; 1 on the edge."""
        return edge_distances(self.region, FACES_3D)

    @cached_property
    def depths_in_slice(self) -> Positions:
        """The same within the slice."""
        return edge_distances(self.region, FACES_2D)

    @property
    def sheared(self) -> bool:
        """Whether the axes of the grid are not at right angles, so that lengths along them mislead."""
        return self.voxel_volume < (1.0 - SHEAR) * float(np.prod(self.spacing))

    @property
    def voxels(self) -> int:
        """Number of voxels inside."""
        return self.region.size

    def values(self, image: FloatVolume) -> FloatArray:
        """Return the values of `image` inside the mask in raster order, shape (voxels,).

        Raises
        ------
        InputError
            ``geometry.mismatch`` if the shapes differ.
        """
        self.require_shape(image)
        return self.region.values(image)

    def require_shape(self, image: FloatVolume) -> None:
        """Raise ``InputError`` (``geometry.mismatch``) if the image has another shape than the mask."""
        if image.shape != self.mask.shape:
            raise InputError(
                f"the map has shape {image.shape}, the mask {self.mask.shape} (slices, rows, columns)",
                code="geometry.mismatch" if image.ndim == 3 else "radiomics.dimensions",
                hint="give one 3-D map on the grid of the mask",
            )


def _as_mask(mask: NDArray[np.generic]) -> BoolVolume:
    if mask.ndim != 3:
        raise InputError(
            f"a mask of three axes (slices, rows, columns) is needed, found {mask.ndim}",
            code="radiomics.dimensions",
            hint="give one frame or one label volume at a time",
        )
    if mask.dtype == np.bool_:
        return mask.astype(np.bool_, copy=False)
    found = np.unique(mask)
    if not np.isin(found, (0, 1)).all():
        raise InputError(
            f"a mask holds 0 and 1 only, found {found.size} different values up to {found[-1]}",
            code="radiomics.mask_values",
            hint="choose a label with MaskContext.from_labels",
        )
    inside: BoolVolume = mask == 1
    return inside


def _checked_spacing(spacing: Sequence[float]) -> tuple[float, float, float]:
    values = tuple(float(s) for s in spacing)
    if len(values) != 3 or not all(np.isfinite(s) and s > 0 for s in values):
        raise InputError(
            f"expected three positive distances in mm (slice, row, column), found {values}",
            code="radiomics.spacing",
        )
    return values[0], values[1], values[2]
