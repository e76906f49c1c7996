"""Intensity-volume histogram: what share of the lesion reaches an intensity (IBSI section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.radiomics.discretise import edge_tolerance
from kinephen.radiomics.undefined import EMPTY, NO_SPREAD, Undefined, Value, all_undefined
from kinephen.types import FloatArray, IntArray

FEATURES = ("v10", "v90", "i10", "i90", "v10_minus_v90", "i10_minus_i90")
"""Volume fractions at 10 % and 90 % intensity BC2M, intensities at 10 % and 90 % volume GBPN, DDTU, CNV2."""
CROWDED = Undefined("more of the lesion than that lies in its highest level")
FINE = Undefined(
    "the axis of the intensity-volume histogram would have over a million steps: give a wider one"
)
MOST_STEPS = 1_000_000
"""An axis of more intensities is not made."""


@dataclass(frozen=True)
class IntensityAxis:
    """Evenly spaced intensities, and the place of each voxel on them.

    Parameters
    ----------
    places : ndarray of int64, shape (voxels,)
        0 .. `size` - 1. Empty for an axis of more than `MOST_STEPS` intensities.
    size : int
    start, step : float
        Intensity of place 0, and distance of places.
    """

    places: IntArray
    size: int
    start: float
    step: float

    @classmethod
    def of_width(
        cls,
        values: FloatArray,
        width: float,
        low: float | None = None,
        high: float | None = None,
        *,
        centred: bool = True,
    ) -> IntensityAxis:
        """Return the axis of bins of a width; an intensity is that of the bin's centre.

        Parameters
        ----------
        values : ndarray, shape (voxels,)
            Not empty.
        width : float
            Map unit.
        low, high : float, optional
            Ends of the axis: the re-segmentation range. By default those of the values.
        centred : bool
            False if values are multiples of the width already, so that bins are single intensities.
        """
        start = float(values.min()) if low is None else low
        stop = float(values.max()) if high is None else high
        reach = max(float(values.max()), stop) - start
        if not reach / width < MOST_STEPS:
            return cls(np.empty(0, np.int64), MOST_STEPS + 1, start, width)
        shift = edge_tolerance(float(np.abs(values).max()), width) if centred else 0.5
        places = np.floor((values - start) / width + shift).astype(np.int64)
        size = int(np.ceil((stop - start) / width - 1e-9)) if centred else round((stop - start) / width) + 1
        size = max(size, int(places.max()) + 1)
        return cls(places, size, start + (width / 2.0 if centred else 0.0), width)

    @classmethod
    def of_levels(cls, levels: IntArray, n_levels: int) -> IntensityAxis:
        """Return the axis of 1-based grey levels."""
        return cls(levels - 1, n_levels, 1.0, 1.0)


def ivh_features(axis: IntensityAxis) -> dict[str, Value]:
    """Return the six features.

    Parameters
    ----------
    axis : IntensityAxis

    Notes
    -----
    The volume fraction at an intensity is the share of voxels of at least that intensity; v10 is the share
    where the intensity has risen by 10 % of the axis. i10 is the lowest intensity that at most 10 % reach.
    """
    if axis.size > MOST_STEPS:
        return all_undefined(FEATURES, FINE)
    if not axis.places.size:
        return all_undefined(FEATURES, EMPTY)
    if axis.size == 1:
        return all_undefined(FEATURES, NO_SPREAD)
    counts = np.bincount(axis.places, minlength=axis.size)
    reaching = counts[::-1].cumsum()[::-1] / axis.places.size
    v10, v90 = (float(reaching[int(np.ceil(share * (axis.size - 1) - 1e-9))]) for share in (0.1, 0.9))
    i10, i90 = (_intensity(axis, reaching, share) for share in (0.1, 0.9))
    difference = i10 - i90 if isinstance(i10, float) and isinstance(i90, float) else CROWDED
    values: tuple[Value, ...] = (v10, v90, i10, i90, v10 - v90, difference)
    return dict(zip(FEATURES, values, strict=True))


def _intensity(axis: IntensityAxis, reaching: FloatArray, share: float) -> Value:
    found = np.flatnonzero(reaching <= share)
    return axis.start + axis.step * float(found[0]) if found.size else CROWDED
