"""Run lengths of the `captk` mode."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.joint import JointTable
from kinephen.radiomics.offsets import cube
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import EMPTY, NO_SPREAD, Undefined
from kinephen.types import FloatVolume


def captk_run_table(roi: Roi, image: FloatVolume, *, bins: int, radius: int = 1) -> JointTable | Undefined:
    """Return the run length matrices, one a direction.

    Parameters
    ----------
    roi : Roi
    image : ndarray, shape (nz, ny, nx)
        The whole map.
    bins : int
        Of the grey levels, and of the run lengths.
    radius : int
        Directions are the neighbours in a cube of this radius.

    Notes
    -----
    As ITK 4.13's run length filter: a run starts in the mask, goes on while values stay in the bin of the
    first one, and may leave the mask. Its length is the distance in mm of its first and last voxel, put into
    bins from 0 to the diagonal of the bounding box; longer runs are dropped. The diagonal is taken over whole
    voxels. Opposite directions give the same runs, so that each is counted once here and twice there.
    """
    from kinephen.radiomics.kernels.captk_runs import physical_runs

    if roi.region.size == 0:
        return EMPTY
    low, high = float(roi.values.min()), float(roi.values.max())
    if low == high:
        return NO_SPREAD
    spacing = np.asarray(roi.context.spacing)
    extent = [s.stop - s.start for s in roi.context.region.box]
    diagonal = float(np.linalg.norm(extent * spacing))
    steps = np.array(cube(radius), dtype=np.int32)
    edges = np.append(low + (high - low) / bins * np.arange(bins), high)
    counts = np.zeros((len(steps), bins, bins), dtype=np.int32)
    physical_runs(
        np.ascontiguousarray(image, dtype=np.float64),
        roi.region.coordinates.astype(np.int32),
        _inside(roi, image.shape),
        edges,
        steps,
        np.linalg.norm(steps * spacing, axis=1),
        diagonal,
        counts,
    )
    table = JointTable.of_dense(counts, np.full(len(steps), float(roi.region.size)))
    return table or Undefined("every run is longer than the diagonal of the lesion's box")


def _inside(roi: Roi, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    inside = np.zeros(shape, dtype=np.bool_)
    inside[tuple(roi.region.coordinates.T)] = True
    return inside
