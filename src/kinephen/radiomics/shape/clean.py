"""The 21 mask-only features of the catalogue in clean definitions."""

from __future__ import annotations

import numpy as np

from kinephen.core.options import Mesh
from kinephen.radiomics.catalogue import MASK_ONLY
from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.shape.axes import PrincipalAxes, oriented_box
from kinephen.radiomics.shape.border import border_contact
from kinephen.radiomics.shape.components import largest_component
from kinephen.radiomics.shape.mesh import mesh_volume_area
from kinephen.radiomics.undefined import SHEARED, Undefined, Value, all_undefined, ratio

BOX = "Morphologic_OrientedBoundingBoxSize_Axis"
EMPTY_MASK = Undefined("the mask is empty")
FLAT = Undefined("the lesion is flat: it has no extent of voxel centres along its least axis")
THIN = Undefined("the voxel centres lie on one line")
POINT = Undefined("the mask is a single voxel, which has no axes")


def clean_shape(context: MaskContext, mesh: Mesh = "separated") -> dict[str, Value]:
    """Return the features by ``Family_Name``.

    Parameters
    ----------
    context : MaskContext
    mesh : {"separated", "lewiner"}
        See `mesh_volume_area`.

    Notes
    -----
    Perimeter, Roundness and the ellipse diameters are IBSI's mesh area (C0JK), sphericity (QCFX) and axis
    lengths (TDIC, P9VJ, 7J51). Elongation and Flatness stay ratios >= 1, so that their heterogeneity sign is
    +1 in both modes; IBSI's own ratios (Q3CK, N17B) are in `kinephen.radiomics.ibsi`. All but
    LargestComponentSize are computed on the whole mask. A sheared grid leaves volumes and counts only.
    """
    if context.voxels == 0:
        return all_undefined(MASK_ONLY, EMPTY_MASK)
    values = _sizes(context)
    if not context.sheared:
        values |= _surface(context, mesh) | _axes(context)
    return {name: values.get(name, SHEARED) for name in MASK_ONLY}


def axis_lengths(axes: PrincipalAxes, voxels: int) -> tuple[float, float, float]:
    """Return the least, minor and major axis length ``4 sqrt(lambda)``, mm; moments divided by N - 1."""
    lengths = 4.0 * np.sqrt(axes.moments * voxels / (voxels - 1))
    return float(lengths[0]), float(lengths[1]), float(lengths[2])


def equivalent_radius(volume: float) -> float:
    """Return the radius of the sphere of a volume."""
    return float((3.0 * volume / (4.0 * np.pi)) ** (1.0 / 3.0))


def _sizes(context: MaskContext) -> dict[str, Value]:
    volume = context.voxels * context.voxel_volume
    radius = equivalent_radius(volume)
    return {
        "Volumetric_Pixels": float(context.voxels),
        "Volumetric_Volume": volume,
        "Morphologic_LargestComponentSize": float(largest_component(context.region).size),
        "Morphologic_PhysicalSize": volume,
        "Morphologic_NumberOfPixels": float(context.voxels),
        "Morphologic_EquivalentSphericalRadius": radius,
        "Morphologic_EquivalentSphericalPerimeter": 4.0 * float(np.pi) * radius**2,
    }


def _surface(context: MaskContext, mesh: Mesh) -> dict[str, Value]:
    shape = context.mask.shape
    mesh_volume, area = mesh_volume_area(context.region, context.spacing, mesh)
    on_border, border_area = border_contact(context.region, (shape[0], shape[1], shape[2]), context.spacing)
    return {
        "Morphologic_Perimeter": area,
        "Morphologic_Roundness": (36.0 * float(np.pi) * mesh_volume**2) ** (1.0 / 3.0) / area,
        "Morphologic_PixelsOnBorder": float(on_border),
        "Morphologic_PerimeterOnBorder": border_area,
        "Morphologic_PerimeterOnBorderRatio": border_area / area,
    }


def _axes(context: MaskContext) -> dict[str, Value]:
    axes = context.axes
    box = oriented_box(context.region, context.spacing, axes)
    extents: dict[str, Value] = {f"{BOX}-{i}": float(box[i]) for i in range(3)}
    ratios = ("Morphologic_Eccentricity", "Morphologic_Elongation", "Morphologic_Flatness")
    diameters = tuple(f"Morphologic_EllipseDiameter_Axis-{i}" for i in range(3))
    if context.voxels == 1:
        return extents | all_undefined((*diameters, *ratios), POINT)
    least, minor, major = axis_lengths(axes, context.voxels)
    return {
        **extents,
        **dict(zip(diameters, (least, minor, major), strict=True)),
        "Morphologic_Eccentricity": float(np.sqrt(1.0 - least * minor / major**2)),
        "Morphologic_Elongation": ratio(major, minor, THIN),
        "Morphologic_Flatness": ratio(minor, least, FLAT),
    }
