"""Mean filter (IBSI S60F)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import (
    DIMENSIONS,
    Filter,
    Spacing,
    planar_suffix,
    require_one_of,
    require_size,
)
from kinephen.radiomics.filters.separable import convolve
from kinephen.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class Mean(Filter):
    """Mean of a square or cube of voxels.

    Parameters
    ----------
    support : int
        Voxels along each edge, odd.
    dimensions : {3, 2}
        Cube, or square in each slice.
    boundary : {"mirror", "zero", "nearest", "periodic"}

    Notes
    -----
    ``h(x) = M^-D sum over |k|_inf <= (M - 1) / 2 of f(x + k)`` for support M in D dimensions.

    References
    ----------
    IBSI 2 reference manual, arXiv:2006.05470.
    """

    kind: ClassVar[str] = "mean"

    support: int
    dimensions: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_one_of("dimensions", self.dimensions, DIMENSIONS)
        if self.support < 1 or self.support % 2 == 0:
            raise ConfigError(
                f"support must be an odd number of voxels, found {self.support}", code="radiomics.filter"
            )
        require_size(self.support // 2, "the mean filter")

    @property
    def name(self) -> str:
        """Such as ``mean-5``."""
        return self.named("mean", str(self.support), planar_suffix(self.dimensions))

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the local mean."""
        kernel = np.full(self.support, 1.0 / self.support)
        return convolve(image, (kernel,) * self.dimensions, self.boundary)
