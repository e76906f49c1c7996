"""Image and masks on the grid of a protocol (IBSI sections 2.4 and 2.5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.interpolate import Regrid, interpolate_image, interpolate_mask, resegment
from kinephen.radiomics.protocol import Protocol
from kinephen.radiomics.roi import Roi
from kinephen.types import BoolVolume, FloatVolume


@dataclass(frozen=True)
class Prepared:
    """Image and masks after interpolation and re-segmentation.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    context : MaskContext
        The morphological mask.
    keep : ndarray of bool, shape (nz, ny, nx)
        The intensity mask.
    """

    image: FloatVolume
    context: MaskContext
    keep: BoolVolume

    @cached_property
    def roi(self) -> Roi:
        """The intensity mask with its values."""
        region = self.context.region
        inside = region.subset(self.keep[region.box][region.inside[region.core]])
        return Roi(self.context, inside, inside.values(self.image))


def on_grid(context: MaskContext, protocol: Protocol) -> MaskContext:
    """Return the morphological mask on the protocol's grid; the same object if the grid stays.

    Raises
    ------
    InputError
        ``radiomics.grid`` if the new grid has too many voxels, or the axes of the old one are not at right
        angles.
    """
    how = protocol.resampling
    grid = _regrid(context, protocol)
    if grid.old == grid.new:
        return context
    context.require_square("resampling")
    mask = interpolate_mask(context.mask, grid, order=how.mask_interpolation, threshold=how.mask_threshold)
    return MaskContext(mask, grid.new)


def prepare(
    image: FloatVolume, context: MaskContext, protocol: Protocol, *, target: MaskContext | None = None
) -> Prepared:
    """Return image and masks on the protocol's grid.

    Parameters
    ----------
    image : ndarray, shape of the mask
        Voxels without a finite value do not belong to the intensity mask.
    context : MaskContext
        The lesion on the grid of the image.
    protocol : Protocol
    target : MaskContext, optional
        What `on_grid` gave, where several maps share it.

    Raises
    ------
    InputError
        As `on_grid`; ``geometry.mismatch`` if image and mask have other shapes.
    """
    context.require_shape(image)
    how, moved = protocol.resampling, target or on_grid(context, protocol)
    values = interpolate_image(
        image, _regrid(context, protocol), order=how.interpolation, whole=how.round_intensities
    )
    keep = resegment(values, moved.mask, **asdict(protocol.resegmentation))
    return Prepared(values, moved, keep)


def _regrid(context: MaskContext, protocol: Protocol) -> Regrid:
    how = protocol.resampling
    return Regrid(context.spacing, how.grid(context.spacing), how.alignment)
