"""What headers say of the place and spacing of slices, held against the positions that count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.core.volume import GRID_TOLERANCE, Geometry
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import Phase
from kinephen.io.dicom_stack import jitter_mm

WHERE = "geometry"


def place_issues(phases: Sequence[Phase], geometry: Geometry) -> tuple[Issue, ...]:
    """Return what is odd about the places of slices, though they make a grid.

    Parameters
    ----------
    phases : sequence of Phase
        All on `geometry`.
    geometry : Geometry
        As their positions give it.

    Returns
    -------
    tuple of Issue
        ``dicom.slice_jitter``, ``dicom.spacing_differs``, ``dicom.pixel_spacing_differs``,
        ``dicom.frames_of_reference``.
    """
    first = phases[0].slices[0]
    found = (
        _jitter(phases, geometry),
        _step(first, geometry),
        _pixel_spacing(first),
        _frames_of_reference(phases),
    )
    return tuple(issue for issue in found if issue is not None)


def _jitter(phases: Sequence[Phase], geometry: Geometry) -> Issue | None:
    largest = max(jitter_mm(p.slices) for p in phases)
    if largest == 0.0:
        return None
    text = (
        f"distances of slices differ by up to {largest:.3f} mm from the usual {geometry.spacing[0]:.3f} mm "
        f"(at most {GRID_TOLERANCE:.0%} off its place is read); the nearest even grid is taken"
    )
    return Issue("dicom.slice_jitter", text, WHERE)


def _step(first: Header, geometry: Geometry) -> Issue | None:
    stated, found = first.stated_step, geometry.spacing[0]
    if stated is None or abs(abs(stated) - found) * (geometry.shape[0] - 1) <= GRID_TOLERANCE * found:
        return None
    text = f"SpacingBetweenSlices states {stated:g} mm, slice positions lie {found:.3f} mm apart: they count"
    return Issue("dicom.spacing_differs", text, WHERE, level="warning")


def _pixel_spacing(first: Header) -> Issue | None:
    stated, other = first.spacing, first.imager_spacing
    if stated is None or other is None or np.allclose(stated, other, rtol=1e-3):
        return None
    text = (
        f"ImagerPixelSpacing states {other[0]:g} x {other[1]:g} mm, "
        f"PixelSpacing {stated[0]:g} x {stated[1]:g} mm: it counts"
    )
    return Issue("dicom.pixel_spacing_differs", text, WHERE, level="warning")


def _frames_of_reference(phases: Sequence[Phase]) -> Issue | None:
    stated = {h.frame_of_reference for p in phases for h in p.slices} - {""}
    if len(stated) < 2:
        return None
    text = (
        f"the phases state {counted(len(stated), 'frame')} of reference: the patient may have been moved or "
        "positioned anew between them, and equal positions need not be equal places"
    )
    return Issue("dicom.frames_of_reference", text, WHERE, len(stated), level="warning")
