"""Contact of a mask with the border of the image."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.region import Region


def border_contact(
    region: Region, shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> tuple[int, float]:
    """Return the voxels that lie on the border of the image, and the area of their faces there, mm2.

    Parameters
    ----------
    region : Region
        Not empty.
    shape : tuple of int
        Of the full image.
    spacing : tuple of float
        mm along (slice, row, column).
    """
    core = region.inside[region.core]
    touching = np.zeros(core.shape, dtype=np.bool_)
    area = 0.0
    for axis in range(3):
        face = float(np.prod(spacing)) / spacing[axis]
        for index, at_border in (
            (0, region.box[axis].start == 0),
            (-1, region.box[axis].stop == shape[axis]),
        ):
            if at_border:
                area += face * int(np.count_nonzero(np.take(core, index, axis=axis)))
                np.moveaxis(touching, axis, 0)[index] = True
    return int(np.count_nonzero(touching & core)), area
