"""A complete IBSI-1 extraction: from image and mask through grid, range and levels to all features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from kinephen.radiomics.aggregate import DirectionalAggregation, Levelled, ZonalAggregation
from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.discretise import Discretised, fixed_bin_number, fixed_bin_size
from kinephen.radiomics.ibsi import Key, directional_features, first_order_features, zonal_features
from kinephen.radiomics.ibsi_codes import IBSI_CODES
from kinephen.radiomics.interpolate import Order, interpolate_image, interpolate_mask, resegment
from kinephen.radiomics.ivh import IntensityAxis
from kinephen.radiomics.local_intensity import local_intensity_features
from kinephen.radiomics.roi import Roi, RoiMaker
from kinephen.radiomics.shape.morphology import MASK_FEATURES, map_morphology, mask_morphology
from kinephen.radiomics.undefined import EMPTY, Value
from kinephen.types import BoolVolume, FloatVolume


@dataclass(frozen=True)
class Protocol:
    """Settings of a complete extraction.

    Parameters
    ----------
    spacing : tuple of float, optional
        New spacing (slice, row, column), mm; None keeps the grid.
    order : {"linear", "cubic"}
        Interpolation of the image.
    whole : bool
        Whether intensities are whole numbers (Hounsfield units): rounded after interpolation.
    low, high : float, optional
        Re-segmentation range.
    deviations : float, optional
        Outlier filter, standard deviations.
    bins : int, optional
        Fixed bin number; otherwise `width`.
    width : float, optional
        Fixed bin size, from `low` or the smallest value on.
    ivh : {"whole", "width", "levels"}
        Intensity axis of the intensity-volume histogram: whole units, bins of `ivh_width`, or `ivh_bins`
        levels.
    ivh_width : float
    ivh_bins : int
    directional, zonal : tuple of str
        Aggregations.
    autocorrelation, local_intensity : bool
        Whether to compute Moran's I and Geary's C, and the local intensity peaks.
    """

    spacing: tuple[float, float, float] | None = None
    order: Order = "linear"
    whole: bool = False
    low: float | None = None
    high: float | None = None
    deviations: float | None = None
    bins: int | None = 32
    width: float | None = None
    ivh: Literal["whole", "width", "levels"] = "levels"
    ivh_width: float = 1.0
    ivh_bins: int = 1000
    directional: tuple[DirectionalAggregation, ...] = ("3D_avg", "3D_mrg")
    zonal: tuple[ZonalAggregation, ...] = ("3D",)
    autocorrelation: bool = False
    local_intensity: bool = False


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


def prepare(
    image: FloatVolume, mask: BoolVolume, spacing: tuple[float, float, float], protocol: Protocol
) -> Prepared:
    """Return image and masks on the protocol's grid.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
        Finite.
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        mm along (slice, row, column).
    """
    new = protocol.spacing or spacing
    on_grid = interpolate_image(image, spacing, new, order=protocol.order, whole=protocol.whole)
    context = MaskContext(interpolate_mask(mask, spacing, new), new)
    keep = resegment(
        on_grid, context.mask, low=protocol.low, high=protocol.high, deviations=protocol.deviations
    )
    return Prepared(on_grid, context, keep)


def ibsi_features(prepared: Prepared, protocol: Protocol) -> dict[Key, Value]:
    """Return all features of IBSI-1 by family, name and aggregation.

    References
    ----------
    Zwanenburg A, et al. Image biomarker standardisation initiative, arXiv:1612.07003.
    """
    shape = mask_morphology(prepared.context)
    return {**_of_shape(shape), **_of_map(prepared.roi, prepared.image, shape, protocol)}


def extract_complete(
    context: MaskContext, maps: Mapping[str, FloatVolume], protocol: Protocol = Protocol()
) -> dict[str, dict[Key, Value]]:
    """Return all features of IBSI-1 of several maps of one mask, what depends on the mask computed once.

    Parameters
    ----------
    context : MaskContext
    maps : mapping of str to ndarray, shape of the mask
        Voxels without a finite value are left out of that map's intensity mask.
    protocol : Protocol
        Its interpolation and re-segmentation are not applied: see `prepare`.
    """
    shape, roi_of = mask_morphology(context), RoiMaker(context)
    return {
        name: {**_of_shape(shape), **_of_map(roi_of(image), image, shape, protocol)}
        for name, image in maps.items()
    }


def _of_map(roi: Roi, image: FloatVolume, shape: dict[str, Value], protocol: Protocol) -> dict[Key, Value]:
    if roi.region.size == 0:
        return _empty(protocol)
    discretised = discretise(roi, protocol)
    levelled = Levelled(roi.region, roi.region.grid(discretised.levels), discretised.n_levels)
    return {
        **_of_shape_and_map(roi, image, shape, protocol),
        **first_order_features(roi, discretised, intensity_axis(roi, protocol)),
        **directional_features(levelled, protocol.directional),
        **zonal_features(levelled, roi, protocol.zonal),
    }


def _empty(protocol: Protocol) -> dict[Key, Value]:
    """Return every feature as undefined."""
    how = dict.fromkeys(("glcm", "glrlm"), protocol.directional)
    zonal = dict.fromkeys(("glszm", "gldzm", "ngtdm", "ngldm"), protocol.zonal)
    return {
        (family, name, aggregation): EMPTY
        for family, names in IBSI_CODES.items()
        for name in names
        if (family, name) not in _SHAPE_ONLY
        for aggregation in {**how, **zonal}.get(family, ("",))
    }


def discretise(roi: Roi, protocol: Protocol) -> Discretised:
    """Return the grey levels for histogram and textures."""
    if protocol.width is not None:
        return fixed_bin_size(roi.values, protocol.width, lower=protocol.low)
    return fixed_bin_number(roi.values, protocol.bins or 32)


def intensity_axis(roi: Roi, protocol: Protocol) -> IntensityAxis:
    """Return the axis of the intensity-volume histogram."""
    if protocol.ivh == "whole":
        return IntensityAxis.of_width(roi.values, 1.0, protocol.low, protocol.high, centred=False)
    if protocol.ivh == "width":
        return IntensityAxis.of_width(roi.values, protocol.ivh_width, protocol.low, protocol.high)
    return IntensityAxis.of_levels(fixed_bin_number(roi.values, protocol.ivh_bins).levels, protocol.ivh_bins)


def _of_shape(shape: dict[str, Value]) -> dict[Key, Value]:
    return {("morphology", name, ""): value for name, value in shape.items()}


def _of_shape_and_map(
    roi: Roi, image: FloatVolume, shape: dict[str, Value], protocol: Protocol
) -> dict[Key, Value]:
    volume = shape["volume_mesh"]
    found = map_morphology(
        roi, volume if isinstance(volume, float) else np.nan, autocorrelation=protocol.autocorrelation
    )
    if not protocol.local_intensity:
        return _of_shape(found)
    peaks = local_intensity_features(image, roi.region, roi.context.spacing)
    return {**_of_shape(found), **{("local_intensity", name, ""): value for name, value in peaks.items()}}


_SHAPE_ONLY = {("morphology", name) for name in MASK_FEATURES}
