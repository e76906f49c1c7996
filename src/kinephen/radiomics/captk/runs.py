"""Run lengths of the `captk` mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.radiomics.joint import JointTable
from kinephen.radiomics.offsets import cube
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import EMPTY, NO_SPREAD, SHEARED, Undefined
from kinephen.types import BoolVolume, FloatArray, FloatVolume, IntArray

MOST_COUNTS = 10**8


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
    if roi.context.sheared:
        return SHEARED
    spacing = np.asarray(roi.context.spacing)
    extent = [span.stop - span.start for span in roi.context.region.box]
    diagonal = float(np.linalg.norm(extent * spacing))
    surround = _surround(roi, image, np.ceil(diagonal / spacing).astype(np.int64) + 1, radius)
    steps = np.array(cube(radius))
    if len(steps) * bins**2 > MOST_COUNTS:
        return Undefined(f"{bins} bins in {len(steps)} directions need too much memory")
    # The last bin holds its upper edge.
    edges = np.append(low + (high - low) / bins * np.arange(bins), np.nextafter(high, np.inf))
    counts = np.zeros((len(steps), bins, bins), dtype=np.int32)
    physical_runs(
        surround.values.ravel(),
        surround.inside.ravel(),
        np.flatnonzero(surround.inside).astype(np.int32),
        edges,
        (steps @ [surround.inside.strides[axis] for axis in range(3)]).astype(np.int32),
        np.linalg.norm(steps * spacing, axis=1),
        diagonal,
        counts,
    )
    table = JointTable.of_dense(counts, np.full(len(steps), float(roi.region.size)))
    return table or Undefined("every run is longer than the diagonal of the lesion's box")


@dataclass(frozen=True)
class Surround:
    """A crop that no run shorter than the diagonal leaves, with a border that none crosses.

    Parameters
    ----------
    values : ndarray, shape (nz, ny, nx)
        NaN in the border.
    inside : ndarray of bool, shape (nz, ny, nx)
        The intensity mask.
    """

    values: FloatArray
    inside: BoolVolume


def _surround(roi: Roi, image: FloatVolume, reach: IntArray, border: int) -> Surround:
    box = roi.context.region.box
    window = tuple(
        slice(max(0, span.start - r), min(n, span.stop + r))
        for span, r, n in zip(box, reach.tolist(), image.shape, strict=True)
    )
    values = np.pad(image[window].astype(np.float64), border, constant_values=np.nan)
    inside = np.zeros(values.shape, dtype=np.bool_)
    starts = np.array([span.start for span in window])
    inside[tuple((roi.region.coordinates - starts + border).T)] = True
    return Surround(values, inside)
