"""Foci: the connected parts of the functional tumour volume, with their volumes and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist

from kinephen.core.grid import bounding_box, box_slices
from kinephen.core.volume import Geometry
from kinephen.types import BoolVolume, FloatArray

FOCUS_CC = 0.1
"""A part below this is no focus: a voxel or two of noise or of a vessel."""
LARGE_FOCUS_CC = 0.5
"""The second size at which foci are counted."""
MM3_PER_CC = 1000.0


@dataclass(frozen=True)
class Focus:
    """One connected part.

    Parameters
    ----------
    voxels : int
    cc : float
        Volume, cm3.
    centre_mm : tuple of float
        Mean position of its voxels, DICOM patient coordinates, mm.
    """

    voxels: int
    cc: float
    centre_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Foci:
    """The foci of one exam, largest first.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        All of them.
    foci : tuple of Focus
    left_out : int
        Parts below the size.
    """

    mask: BoolVolume
    foci: tuple[Focus, ...]
    left_out: int

    def at_least(self, cc: float) -> int:
        """Return how many have at least this volume, cm3."""
        return sum(f.cc >= cc for f in self.foci)

    @property
    def largest_share(self) -> float:
        """Share of the largest in the volume of all foci, 0 to 1; NaN without any."""
        total = sum(f.voxels for f in self.foci)
        return self.foci[0].voxels / total if total else float("nan")

    @property
    def spread_mm(self) -> float:
        """Largest distance between the centres of two foci, mm; 0 for one focus, NaN without any."""
        if not self.foci:
            return float("nan")
        centres = np.array([f.centre_mm for f in self.foci])
        return float(pdist(centres).max()) if len(centres) > 1 else 0.0


def find_foci(mask: BoolVolume, geometry: Geometry, *, least_cc: float = FOCUS_CC) -> Foci:
    """Return the parts of a mask that hold at least a volume.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The functional tumour volume.
    geometry : Geometry
    least_cc : float
        cm3. Parts are joined by corners, edges or faces, whatever joins the lesion's voxels.
    """
    empty = np.zeros(mask.shape, dtype=np.bool_)
    if not mask.any():
        return Foci(empty, (), 0)
    start, stop = bounding_box(mask)
    region = box_slices(start, stop)
    labels, count = ndimage.label(mask[region], structure=np.ones((3, 3, 3), dtype=np.bool_))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    volumes = sizes * geometry.voxel_volume_mm3 / MM3_PER_CC
    kept = np.flatnonzero(volumes >= least_cc) + 1
    # Largest first; of equals the one whose first voxel comes first.
    kept = kept[np.argsort(-sizes[kept - 1], kind="stable")]
    empty[region] = np.isin(labels, kept)
    centres = _centres(labels, kept, np.asarray(start, dtype=np.float64), geometry)
    foci = tuple(
        Focus(int(sizes[label - 1]), float(volumes[label - 1]), (float(x), float(y), float(z)))
        for label, (x, y, z) in zip(kept, centres, strict=True)
    )
    return Foci(empty, foci, count - len(kept))


def _centres(
    labels: NDArray[np.int32], kept: NDArray[np.intp], start: FloatArray, geometry: Geometry
) -> FloatArray:
    if not kept.size:
        return np.empty((0, 3))
    inside = np.asarray(ndimage.center_of_mass(labels > 0, labels, kept), dtype=np.float64)
    places: FloatArray = (inside + start) @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    return places
