"""Connected components by faces."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.offsets import FACES_3D
from kinephen.radiomics.region import Region
from kinephen.radiomics.zones import join


def largest_component(region: Region) -> Region:
    """Return the largest component of voxels that share faces; of equals the first in raster order.

    Parameters
    ----------
    region : Region
        Not empty.
    """
    from kinephen.radiomics.kernels.zones import measure_zones

    parents = join(region, region.inside.astype(np.uint16).ravel(), FACES_3D)
    sizes, nearest, distances = np.zeros((3, region.size), dtype=np.int32)
    measure_zones(parents, distances, sizes, nearest)
    root = int(np.argmax(sizes))
    return region if sizes[root] == region.size else region.subset(parents == root)
