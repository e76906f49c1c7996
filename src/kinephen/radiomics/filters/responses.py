"""Responses of several maps to several filters, also of maps that have no value in some voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.radiomics.filters.apply import filtered
from kinephen.radiomics.filters.base import Filter, Spacing
from kinephen.types import FloatVolume


@dataclass(frozen=True)
class Responses:
    """Responses of maps.

    Parameters
    ----------
    arrays : dict of str to ndarray
        ``MAP.FILTER``, such as ``PE.log-3mm``, to the response.
    names : dict of str to tuple of str
        The same keys to map and filter.
    issues : tuple of Issue
        Maps that were continued.
    """

    arrays: dict[str, FloatVolume]
    names: dict[str, tuple[str, str]]
    issues: tuple[Issue, ...] = ()


def responses(maps: Mapping[str, FloatVolume], spacing: Spacing, filters: Mapping[str, Filter]) -> Responses:
    """Return the response of each map to each filter.

    Parameters
    ----------
    maps : mapping of str to ndarray, shape (nz, ny, nx)
        A voxel without a finite value takes that of the nearest voxel (in mm) that has one, so that a map of
        the lesion is continued beyond its border as ``boundary = "nearest"`` continues an image; the voxel
        has no response itself. A map without any value has no response anywhere.
    spacing : tuple of float
        mm along (slice, row, column).
    filters : mapping of str to Filter
        By the name of their response.

    Raises
    ------
    InputError
        As `filtered`.
    """
    if not filters:
        return Responses({}, {})
    arrays: dict[str, FloatVolume] = {}
    names: dict[str, tuple[str, str]] = {}
    issues: list[Issue] = []
    for name, image in maps.items():
        known = np.isfinite(image)
        if not known.all():
            issues.append(_continued(name, known.size, int(np.count_nonzero(~known))))
        whole = continued(image, spacing)
        for response, settings in filters.items():
            found = filtered(whole, spacing, settings) if known.any() else np.full(image.shape, np.nan)
            found[~known] = np.nan
            full = f"{name}.{response}"
            arrays[full], names[full] = found, (name, response)
    return Responses(arrays, names, tuple(issues))


def continued(image: FloatVolume, spacing: Spacing) -> FloatVolume:
    """Return the image with the value of the nearest voxel that has one wherever there is none."""
    from scipy.ndimage import distance_transform_edt

    known = np.isfinite(image)
    if known.all() or not known.any():
        return image
    nearest = distance_transform_edt(~known, sampling=spacing, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)])


def _continued(name: str, voxels: int, without: int) -> Issue:
    return Issue(
        "radiomics.filter_continued",
        f"{without} of {voxels} voxels have no value; for the filters they took that of the nearest voxel",
        where=name,
        count=without,
    )
