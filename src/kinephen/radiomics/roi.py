"""One map inside one mask: the voxels that have a value, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.region import Region
from kinephen.radiomics.sample import Sample
from kinephen.types import BoolArray, FloatArray, FloatVolume


@dataclass(frozen=True)
class Roi:
    """The intensity mask of a map and the values in it.

    Parameters
    ----------
    context : MaskContext
        The lesion.
    region : Region
        Voxels of the lesion that hold a finite value.
    values : ndarray, shape (region.size,)
        Raster order, map unit.
    """

    context: MaskContext
    region: Region
    values: FloatArray

    @cached_property
    def sample(self) -> Sample:
        """The values as a sample."""
        return Sample.of(self.values)

    @property
    def left_out(self) -> int:
        """Voxels of the lesion without a finite value."""
        return self.context.voxels - self.region.size


class RoiMaker:
    """Makes the `Roi` of each map of a context; maps with the same valid voxels share one region.

    Parameters
    ----------
    context : MaskContext
    """

    def __init__(self, context: MaskContext) -> None:
        self._context = context
        self._made: list[tuple[BoolArray, Region]] = []

    def __call__(self, image: FloatVolume) -> Roi:
        """Return the Roi of a map on the grid of the mask."""
        values = self._context.values(image)
        finite = np.isfinite(values)
        if finite.all():
            return Roi(self._context, self._context.region, values)
        return Roi(self._context, self._region(finite), values[finite])

    def _region(self, finite: BoolArray) -> Region:
        for seen, region in self._made:
            if np.array_equal(seen, finite):
                return region
        region = self._context.region.subset(finite)
        self._made.append((finite, region))
        return region
