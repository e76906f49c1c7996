"""The primary lesion: the largest connected part of a mask, and what a reader should look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from kinephen.core.cohort import Issue
from kinephen.core.grid import bounding_box, box_slices
from kinephen.core.options import Connectivity
from kinephen.errors import ConfigError
from kinephen.types import BoolVolume

_RANK: dict[int, int] = {6: 1, 18: 2, 26: 3}

LARGE_LESION_CC = 200.0
"""A lesion above this is probably merged with enhancing parenchyma."""


@dataclass(frozen=True)
class PrimaryLesion:
    """Largest component of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    sizes : tuple of int
        Voxels of all components, largest first.
    connectivity : int
    tied : int
        How many components share the largest size.
    """

    mask: BoolVolume
    sizes: tuple[int, ...]
    connectivity: int
    tied: int

    @property
    def voxels(self) -> int:
        """Voxels of the lesion; 0 if the mask was empty."""
        return self.sizes[0] if self.sizes else 0

    @property
    def components(self) -> int:
        """Number of components of the mask."""
        return len(self.sizes)

    @property
    def share(self) -> float:
        """Share of the mask's voxels that lie in the lesion, 0 to 1; NaN for an empty mask."""
        return self.sizes[0] / sum(self.sizes) if self.sizes else float("nan")


def primary_lesion(mask: BoolVolume, *, connectivity: Connectivity = 26) -> PrimaryLesion:
    """Return the largest connected component of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
    connectivity : {26, 18, 6}
        Neighbours that join voxels: those sharing a corner, an edge or a face.

    Returns
    -------
    PrimaryLesion
        Of components of equal size the one whose first voxel comes first in (slice, row, column) order is
        taken, and `tied` tells.

    Raises
    ------
    ConfigError
        ``lesion.connectivity``.
    """
    if connectivity not in _RANK:
        raise ConfigError(
            f"expected connectivity 6, 18 or 26, found {connectivity}", code="lesion.connectivity"
        )
    out = np.zeros(mask.shape, dtype=np.bool_)
    if not mask.any():
        return PrimaryLesion(out, (), connectivity, 0)
    region = box_slices(*bounding_box(mask))
    labels, _ = ndimage.label(
        mask[region], structure=ndimage.generate_binary_structure(3, _RANK[connectivity])
    )
    counts = np.bincount(labels.ravel())[1:]
    # Labels are given in raster order, and argmax returns the first of equals: the tie rule.
    out[region] = labels == int(np.argmax(counts)) + 1
    sizes = tuple(int(n) for n in np.sort(counts)[::-1])
    return PrimaryLesion(out, sizes, connectivity, sizes.count(sizes[0]))


def voxels_on_faces(mask: BoolVolume, voi: BoolVolume) -> int:
    """Count the voxels of `mask` that lie on the faces of the region `voi` (or of the image)."""
    start, stop = bounding_box(voi)
    region = box_slices(start, stop)
    inner = ndimage.binary_erosion(voi[region], border_value=0)
    return int(np.count_nonzero(mask[region] & voi[region] & ~inner))


def touches_border(voi: BoolVolume) -> bool:
    """Tell whether a region reaches the border of the image."""
    start, stop = bounding_box(voi)
    return any(a == 0 or b == n for a, b, n in zip(start, stop, voi.shape, strict=True)) and stop != (0, 0, 0)


def lesion_issues(
    mask: BoolVolume, component: PrimaryLesion | None, *, voi: BoolVolume, voxel_volume_mm3: float
) -> tuple[Issue, ...]:
    """Return what a reader should look at before the lesion is used.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The lesion.
    component : PrimaryLesion, optional
        Where the lesion is the largest component of the volume.
    voi : ndarray of bool, shape (nz, ny, nx)
        The region inside which the lesion was looked for.
    voxel_volume_mm3 : float

    Returns
    -------
    tuple of Issue
        ``lesion.on_faces``, ``lesion.below_half``, ``lesion.large``, ``lesion.tied``.
    """
    voxels = int(np.count_nonzero(mask))
    if not voxels:
        return ()
    found = []
    on_faces = voxels_on_faces(mask, voi)
    if on_faces:
        text = f"the lesion touches the faces of the box in {on_faces} voxel(s): it may go on outside"
        found.append(Issue("lesion.on_faces", text, count=on_faces, level="warning"))
    cc = voxels * voxel_volume_mm3 / 1000.0
    if cc > LARGE_LESION_CC:
        text = f"the lesion measures {cc:.1f} cm3: it may be merged with enhancing parenchyma"
        found.append(Issue("lesion.large", text, count=voxels, level="warning"))
    return (*found, *(() if component is None else _component_issues(component)))


def _component_issues(lesion: PrimaryLesion) -> list[Issue]:
    found = []
    if lesion.share < 0.5:
        text = f"the largest of {lesion.components} components holds {100 * lesion.share:.1f} % of the volume"
        found.append(Issue("lesion.below_half", text, count=lesion.components, level="warning"))
    if lesion.tied > 1:
        text = f"{lesion.tied} components of {lesion.voxels} voxel(s) are the largest; the first was taken"
        found.append(Issue("lesion.tied", text, count=lesion.tied, level="warning"))
    return found
