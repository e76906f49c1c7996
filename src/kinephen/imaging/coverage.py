"""Whether the grid is one of a breast exam, and the image holds all of the breast."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.imaging.breast import BreastMask
from kinephen.imaging.orient import anatomical
from kinephen.types import BoolVolume

VOXEL_MM = (0.2, 10.0)
"""Spacing of a breast exam, mm; outside, the unit may be wrong."""
MOST_ANISOTROPY = 8.0
"""Largest spacing over smallest."""
FIELD_MM = (80.0, 600.0)
"""Field of view in the plane of the slices, mm."""
LEAST_SLICES, LEAST_COVERAGE_MM = 8, 20.0
"""Fewer slices, or a thinner slab, hold no breast."""
OBLIQUE_DEGREES = 20.0
"""Angle of an axis to the nearest axis of the patient, above which front, side and head are approximate."""
FRONT_CUT_SHARE = 0.005
"""Share of the front face of the image that is body, above which the breast is cut in front."""
END_SHARE = 0.8
"""Area of the breast in an outermost sagittal plane over its largest: above this it goes on outside."""


@dataclass(frozen=True)
class Coverage:
    """What the image holds.

    Parameters
    ----------
    spacing_mm, extent_mm : tuple of float
        Along (slice, row, column).
    slices : int
    oblique_degrees : float
        Largest angle of an axis to the nearest axis of the patient.
    front_cut : float
        Share of the front face of the image that is breast, 0 to 1.
    end_share : float
        Area of the breast in the outermost sagittal planes over its largest, 0 to 1; 0 without a breast.
    """

    spacing_mm: tuple[float, float, float]
    extent_mm: tuple[float, float, float]
    slices: int
    oblique_degrees: float
    front_cut: float
    end_share: float

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return asdict(self)


def check_coverage(geometry: Geometry, breast: BreastMask) -> Coverage:
    """Measure what the image holds.

    Parameters
    ----------
    geometry : Geometry
    breast : BreastMask
    """
    spacing = geometry.spacing
    turned = anatomical(geometry).turn(breast.mask)
    extent = [n * s for n, s in zip(geometry.shape, spacing, strict=True)]
    cosines = np.abs(geometry.directions).max(axis=0)
    return Coverage(
        spacing,
        (extent[0], extent[1], extent[2]),
        geometry.shape[0],
        float(np.degrees(np.arccos(np.clip(cosines.min(), 0.0, 1.0)))),
        float(np.mean(turned[:, :, 0])) if breast.found else 0.0,
        _end_share(turned) if breast.found else 0.0,
    )


def coverage_issues(coverage: Coverage) -> tuple[Issue, ...]:
    """Return what is unusual about the grid and the field of view.

    Returns
    -------
    tuple of Issue
        Warnings ``coverage.voxel_size``, ``coverage.anisotropy``, ``coverage.slices``, ``coverage.front``;
        notes ``coverage.field_of_view``, ``coverage.oblique``, ``coverage.side``.
    """
    c = coverage
    size = " x ".join(f"{s:.3g}" for s in c.spacing_mm)
    plane = f"{c.extent_mm[1]:.0f} x {c.extent_mm[2]:.0f} mm"
    slab = c.extent_mm[0]
    found = [
        (
            not VOXEL_MM[0] <= min(c.spacing_mm) <= max(c.spacing_mm) <= VOXEL_MM[1],
            Issue(
                "coverage.voxel_size",
                f"voxels of {size} mm; {VOXEL_MM[0]:g} to {VOXEL_MM[1]:g} mm are expected: the unit may be "
                "wrong",
                level="warning",
            ),
        ),
        (
            max(c.spacing_mm) > MOST_ANISOTROPY * min(c.spacing_mm),
            Issue(
                "coverage.anisotropy",
                f"voxels of {size} mm: one side is more than {MOST_ANISOTROPY:g} times another",
                level="warning",
            ),
        ),
        (
            c.slices < LEAST_SLICES or slab < LEAST_COVERAGE_MM,
            Issue(
                "coverage.slices",
                f"{c.slices} slice(s) cover {slab:.0f} mm: too few to hold a breast",
                level="warning",
            ),
        ),
        (
            c.front_cut > FRONT_CUT_SHARE,
            Issue(
                "coverage.front",
                f"the breast reaches the front of the image ({100 * c.front_cut:.1f} % of it): it is cut "
                "there",
                level="warning",
            ),
        ),
        (
            not FIELD_MM[0] <= min(c.extent_mm[1:]) <= max(c.extent_mm[1:]) <= FIELD_MM[1],
            Issue(
                "coverage.field_of_view",
                f"slices of {plane}; {FIELD_MM[0]:g} to {FIELD_MM[1]:g} mm are usual in a breast exam",
            ),
        ),
        (
            c.oblique_degrees > OBLIQUE_DEGREES,
            Issue(
                "coverage.oblique",
                f"the grid is turned by {c.oblique_degrees:.0f} degrees against the patient: front and side "
                "are approximate",
            ),
        ),
        (
            c.end_share > END_SHARE,
            Issue(
                "coverage.side",
                f"the outermost plane still holds {100 * c.end_share:.0f} % of the largest section of the "
                "breast",
            ),
        ),
    ]
    return tuple(issue for holds, issue in found if holds)


def _end_share(turned: BoolVolume) -> float:
    areas = np.count_nonzero(turned, axis=(1, 2))
    return float(max(areas[0], areas[-1]) / areas.max()) if areas.any() else 0.0
