"""Size, form and place of a lesion: the numbers that are read beside its volume."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from kinephen.core.dynamic import DynamicSeries
from kinephen.core.volume import Geometry
from kinephen.imaging.extent import longest_in_plane_mm, longest_mm
from kinephen.imaging.lesion_place import background_enhancement, lesion_place
from kinephen.radiomics.region import Region
from kinephen.radiomics.shape.mesh import mesh_volume_area
from kinephen.records.lesion import LesionNumbers
from kinephen.study.exam_checks import CheckedExam
from kinephen.types import BoolVolume

Found = tuple[str, float, str]
"""Name of a number, its value, and why it has none."""


def lesion_numbers(mask: BoolVolume, checked: CheckedExam) -> LesionNumbers:
    """Return size, form and place of a lesion.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    checked : CheckedExam
    """
    series = checked.exam.series
    found = [*_form(mask, series.geometry), *_place(mask, checked, series)]
    values = {name: value for name, value, _ in found if math.isfinite(value)}
    reasons = {name: reason for name, _, reason in found if name not in values}
    return LesionNumbers.model_validate({**values, "reasons": reasons})


def _form(mask: BoolVolume, geometry: Geometry) -> Iterator[Found]:
    """Yield what follows from the mask and its grid; surface and volume are of one mesh."""
    why = "" if mask.any() else "there is no lesion"
    volume, area = mesh_volume_area(Region.of(mask), geometry.spacing) if mask.any() else (np.nan, np.nan)
    own = np.count_nonzero(mask) * geometry.voxel_volume_mm3 or np.nan
    yield "longest_mm", longest_mm(mask, geometry.spacing), why
    yield "longest_in_plane_mm", longest_in_plane_mm(mask, geometry.spacing), why
    yield "sphere_mm", float(np.cbrt(6.0 * own / np.pi)), why
    yield "surface_mm2", area, why
    yield "sphericity", float(np.cbrt(36.0 * np.pi * volume**2)) / area, why
    yield "surface_per_volume", area / volume, why


def _place(mask: BoolVolume, checked: CheckedExam, series: DynamicSeries) -> Iterator[Found]:
    geometry, frames = series.geometry, series.frames
    place = lesion_place(mask, checked.body, checked.breast, geometry)
    background = background_enhancement(frames[0], frames[series.early], mask, checked.breast, geometry)
    yield "skin_mm", place.skin_mm, place.reason
    yield "nipple_mm", place.nipple_mm, place.reason
    yield "bpe_percent", background.percent, background.reason
