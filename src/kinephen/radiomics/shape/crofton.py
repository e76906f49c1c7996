"""Surface area by counting where lines enter and leave the mask."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.offsets import FORWARD_3D, Step
from kinephen.radiomics.region import Region
from kinephen.types import BoolVolume

# Share of the sphere of directions nearest to an axis, a face diagonal and a body diagonal of a cubic grid.
WEIGHTS = {1: 0.0915558, 2: 0.0739613, 3: 0.0703913}


def crofton_area(region: Region, spacing: tuple[float, float, float]) -> float:
    """Return the surface area, mm2.

    Parameters
    ----------
    region : Region
        With a border of at least one voxel.
    spacing : tuple of float
        mm along (slice, row, column).

    Notes
    -----
    ``4 sum_d w_d (voxel volume / step length) (changes_d / 2)`` over the 13 directions. The weights hold for
    cubic voxels and are used for others as they are, which biases the area on anisotropic grids.

    References
    ----------
    Lehmann G, Legland D. Efficient N-dimensional surface estimation using Crofton formula and run-length
    encoding. Insight Journal 2012.
    """
    volume = float(np.prod(spacing))
    area = 0.0
    for step in FORWARD_3D:
        length = float(np.linalg.norm(np.asarray(step) * spacing))
        weight = WEIGHTS[sum(abs(s) for s in step)]
        area += 4.0 * weight * volume / length * crossings(region.inside, step) / 2.0
    return area


def crossings(inside: BoolVolume, step: Step) -> int:
    """Count the neighbours along `step` of which one is inside and one outside."""
    here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, inside.shape, strict=True))
    there = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(step, inside.shape, strict=True))
    return int(np.count_nonzero(inside[here] != inside[there]))
