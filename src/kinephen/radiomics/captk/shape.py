"""Shape features of the `captk` mode: ITK's label shape statistics of the largest component."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.catalogue import MASK_ONLY
from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.region import Region
from kinephen.radiomics.shape.axes import principal_axes
from kinephen.radiomics.shape.border import border_contact
from kinephen.radiomics.shape.clean import EMPTY_MASK, equivalent_radius
from kinephen.radiomics.shape.components import largest_component
from kinephen.radiomics.shape.crofton import crofton_area
from kinephen.radiomics.undefined import SHEARED, Undefined, Value, all_undefined
from kinephen.types import FloatArray

OF_VOLUME = (
    "Volumetric_Pixels", "Volumetric_Volume", "Morphologic_LargestComponentSize", "Morphologic_PhysicalSize",
    "Morphologic_NumberOfPixels", "Morphologic_EquivalentSphericalRadius",
    "Morphologic_EquivalentSphericalPerimeter",
)  # fmt: skip
"""What a sheared grid leaves defined."""
NO_DIAMETERS = Undefined("all ellipse diameters are 0: the lesion is one voxel thick")


def captk_shape(context: MaskContext) -> dict[str, Value]:
    """Return the 21 mask-only features.

    Parameters
    ----------
    context : MaskContext

    Notes
    -----
    Morphologic features describe the largest component of voxels that share faces, volumetric ones the whole
    mask. OrientedBoundingBoxSize is never computed there and stays 0. A lesion one slice thick has no moment
    along its least axis, which makes all diameters and Flatness 0, and Eccentricity undefined.
    """
    if context.voxels == 0:
        return all_undefined(MASK_ONLY, EMPTY_MASK)
    component = largest_component(context.region)
    values = _volumetric(context) | _morphologic(context, component)
    if context.sheared:
        values = {name: value for name, value in values.items() if name in OF_VOLUME}
    return {name: values.get(name, SHEARED) for name in MASK_ONLY}


def _volumetric(context: MaskContext) -> dict[str, Value]:
    return {
        "Volumetric_Pixels": float(context.voxels),
        "Volumetric_Volume": context.voxels * context.voxel_volume,
    }


def _morphologic(context: MaskContext, component: Region) -> dict[str, Value]:
    nz, ny, nx = context.mask.shape
    volume = component.size * context.voxel_volume
    radius = equivalent_radius(volume)
    area = crofton_area(component, context.spacing)
    on_border, border_area = border_contact(component, (nz, ny, nx), context.spacing)
    sphere = 4.0 * float(np.pi) * radius**2
    values: dict[str, Value] = {
        "LargestComponentSize": float(component.size),
        "NumberOfPixels": float(component.size),
        "PhysicalSize": volume,
        "EquivalentSphericalRadius": radius,
        "EquivalentSphericalPerimeter": sphere,
        "Perimeter": area,
        "PerimeterOnBorder": border_area,
        "PixelsOnBorder": float(on_border),
        "PerimeterOnBorderRatio": border_area / area,
        "Roundness": sphere / area,
        **{f"OrientedBoundingBoxSize_Axis-{i}": 0.0 for i in range(3)},
        **_ellipsoid(principal_axes(component, context.spacing).moments, radius),
    }
    return {f"Morphologic_{name}": value for name, value in values.items()}


def _ellipsoid(moments: FloatArray, radius: float) -> dict[str, Value]:
    """Return diameters of the ellipsoid with these moments and the volume of the component, and ratios."""
    least, minor, major = (float(m) for m in moments)
    scale = 2.0 * radius / (least * minor * major) ** (1.0 / 6.0) if least > 0 else 0.0
    d0, d1, d2 = (scale * float(np.sqrt(m)) for m in moments)
    return {
        "EllipseDiameter_Axis-0": d0,
        "EllipseDiameter_Axis-1": d1,
        "EllipseDiameter_Axis-2": d2,
        "Flatness": float(np.sqrt(minor / least)) if least > 0 else 0.0,
        "Elongation": float(np.sqrt(major / minor)) if minor > 0 else 0.0,
        "Eccentricity": float(np.sqrt(1.0 - d0 * d1 / d2**2)) if d2 > 0 else NO_DIAMETERS,
    }
