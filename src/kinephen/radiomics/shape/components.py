"""Connected components by faces."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.offsets import FACES_3D, flat
from kinephen.radiomics.region import Region


def largest_component(region: Region) -> Region:
    """Return the largest component of voxels that share faces; of equals the first in raster order.

    Parameters
    ----------
    region : Region
        Not empty.
    """
    from kinephen.radiomics.kernels.zones import join_zones

    parents = np.arange(region.size, dtype=np.int32)
    sizes, nearest, distances = np.zeros((3, region.size), dtype=np.int32)
    levels = region.inside.astype(np.uint16).ravel()
    steps = flat(region, FACES_3D)
    join_zones(levels, region.positions, region.ranks, steps, distances, parents, sizes, nearest)
    root = int(np.argmax(sizes))
    return region if sizes[root] == region.size else region.subset(parents == root)
