"""The 25 morphological features of IBSI (section 3.1)."""

from __future__ import annotations

import numpy as np

from kinephen.core.options import Mesh
from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.shape.autocorrelation import FEATURES as AUTOCORRELATION
from kinephen.radiomics.shape.autocorrelation import autocorrelation_features
from kinephen.radiomics.shape.clean import EMPTY_MASK, FLAT, POINT, THIN, axis_lengths
from kinephen.radiomics.shape.hull import convex_hull
from kinephen.radiomics.shape.mesh import mesh_volume_area
from kinephen.radiomics.undefined import EMPTY, SHEARED, Undefined, Value, all_undefined, ratio

ON_REQUEST = Undefined("computed on request only")
AXES = (
    "major_axis_length", "minor_axis_length", "least_axis_length", "elongation", "flatness",
    "volume_density_ellipsoid", "area_density_ellipsoid",
)  # fmt: skip
MASK_FEATURES = (
    "volume_mesh", "volume_voxels", "surface_area", "surface_to_volume", "compactness_1", "compactness_2",
    "spherical_disproportion", "sphericity", "asphericity", "maximum_diameter", *AXES,
    "volume_density_box", "area_density_box", "volume_density_hull", "area_density_hull",
)  # fmt: skip
MAP_FEATURES = ("centre_of_mass_shift", "integrated_intensity", *AUTOCORRELATION)


def mask_morphology(context: MaskContext, mesh: Mesh = "separated") -> dict[str, Value]:
    """Return the 21 features that depend on the morphological mask alone, lengths in mm.

    Parameters
    ----------
    context : MaskContext
    mesh : {"separated", "lewiner"}
        See `mesh_volume_area`.
    """
    if context.voxels == 0:
        return all_undefined(MASK_FEATURES, EMPTY_MASK)
    if context.sheared:
        volume_voxels = context.voxels * context.voxel_volume
        return {**all_undefined(MASK_FEATURES, SHEARED), "volume_voxels": volume_voxels}
    volume, area = mesh_volume_area(context.region, context.spacing, mesh)
    hull = convex_hull(context.region, context.spacing)
    box = np.asarray(context.region.inside[context.region.core].shape) * context.spacing
    return {
        **_surface(volume, area),
        "volume_voxels": context.voxels * context.voxel_volume,
        "maximum_diameter": hull.diameter,
        **_ellipsoid(context, volume, area),
        "volume_density_box": volume / float(np.prod(box)),
        "area_density_box": area / float(2.0 * (box[0] * box[1] + box[1] * box[2] + box[0] * box[2])),
        "volume_density_hull": volume / hull.volume,
        "area_density_hull": area / hull.area,
    }


def map_morphology(roi: Roi, volume: float, *, autocorrelation: bool) -> dict[str, Value]:
    """Return the features that need the intensities as well.

    Parameters
    ----------
    roi : Roi
    volume : float
        Of the mesh, mm3.
    autocorrelation : bool
        Whether to compute Moran's I and Geary's C.
    """
    if roi.region.size == 0:
        return all_undefined(MAP_FEATURES, EMPTY)
    if roi.context.sheared:
        return all_undefined(MAP_FEATURES, SHEARED)
    spacing = roi.context.spacing
    return {
        "centre_of_mass_shift": _shift(roi),
        "integrated_intensity": roi.sample.mean * volume,
        **(
            autocorrelation_features(roi.region, roi.values, spacing)
            if autocorrelation
            else all_undefined(AUTOCORRELATION, ON_REQUEST)
        ),
    }


def _surface(volume: float, area: float) -> dict[str, Value]:
    """Return mesh volume and area and their six combinations."""
    pi = float(np.pi)
    sphere = (36.0 * pi * volume**2) ** (1.0 / 3.0)
    return {
        "volume_mesh": volume,
        "surface_area": area,
        "surface_to_volume": area / volume,
        "compactness_1": volume / (pi**0.5 * area**1.5),
        "compactness_2": (sphere / area) ** 3,
        "spherical_disproportion": area / sphere,
        "sphericity": sphere / area,
        "asphericity": area / sphere - 1.0,
    }


def _ellipsoid(context: MaskContext, volume: float, area: float) -> dict[str, Value]:
    if context.voxels == 1:
        return all_undefined(AXES, POINT)
    least, minor, major = axis_lengths(context.axes, context.voxels)
    values: dict[str, Value] = {
        "major_axis_length": major,
        "minor_axis_length": minor,
        "least_axis_length": least,
        "elongation": minor / major,
        "flatness": least / major,
        "volume_density_ellipsoid": ratio(volume, float(np.pi) / 6.0 * least * minor * major, FLAT),
        "area_density_ellipsoid": THIN,
    }
    if minor > 0:
        values["area_density_ellipsoid"] = area / ellipsoid_area(major / 2, minor / 2, least / 2)
    return values


def ellipsoid_area(a: float, b: float, c: float) -> float:
    """Return the area of an ellipsoid with half axes a >= b >= c, by the series of IBSI (20 terms).

    Notes
    -----
    ``4 pi a b sum_v (alpha beta)^v / (1 - 4 v^2) P_v((alpha^2 + beta^2) / (2 alpha beta))``.
    """
    alpha, beta = np.sqrt(1.0 - (b / a) ** 2), np.sqrt(1.0 - (c / a) ** 2)
    if alpha == 0.0:
        return _oblate_area(a, c)
    order = np.arange(21)
    terms = (alpha * beta) ** order / (1.0 - 4.0 * order**2)
    legendre = np.polynomial.legendre.legval((alpha**2 + beta**2) / (2.0 * alpha * beta), terms)
    return float(4.0 * np.pi * a * b * legendre)


def _oblate_area(a: float, c: float) -> float:
    """Return the area for half axes a, a and c <= a, the case the series cannot take."""
    e = float(np.sqrt(1.0 - (c / a) ** 2))
    if e == 0.0:
        return 4.0 * float(np.pi) * a**2
    rim = (1.0 - e**2) / e * float(np.arctanh(e)) if e < 1.0 else 0.0
    return 2.0 * float(np.pi) * a**2 * (1.0 + rim)


def _shift(roi: Roi) -> Value:
    """Return the distance of the intensities' centre of mass from that of the morphological mask, mm."""
    total = float(roi.values.sum())
    if total == 0:
        return Undefined("the intensities add up to zero")
    grid = np.zeros(roi.region.inside.shape)
    grid.ravel()[roi.region.positions] = roi.values
    rows = grid.sum(axis=2)
    shares = (line / total for line in (rows.sum(axis=1), rows.sum(axis=0), grid.sum(axis=(0, 1))))
    weighted = np.array([float(np.arange(share.size) @ share) for share in shares])
    return float(np.linalg.norm(weighted * roi.context.spacing - roi.context.axes.centre))
