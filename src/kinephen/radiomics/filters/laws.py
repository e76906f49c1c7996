"""Laws kernels (IBSI JTXT) and their texture energy (IBSI PQSD)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import (
    POOLINGS,
    Filter,
    Pooling,
    Spacing,
    require_one_of,
    require_size,
)
from kinephen.radiomics.filters.separable import Kernels, convolve, pooled_response
from kinephen.types import FloatArray

KERNELS: dict[str, tuple[float, ...]] = {
    "L3": (1, 2, 1),
    "E3": (-1, 0, 1),
    "S3": (-1, 2, -1),
    "L5": (1, 4, 6, 4, 1),
    "E5": (-1, -2, 0, 2, 1),
    "S5": (-1, 0, 2, 0, -1),
    "W5": (-1, 2, 0, -2, 1),
    "R5": (1, -4, 6, -4, 1),
}
"""Level, edge, spot, wave and ripple; divided by their Euclidean norm before use."""


@dataclass(frozen=True, kw_only=True)
class Laws(Filter):
    """Level, edge, spot, wave or ripple along each axis.

    Parameters
    ----------
    kernels : str
        One kernel for each axis, x (columns) first, such as ``L5E5E5``; two work slice by slice.
    invariant : bool
        Pool the responses to all right-angled rotations of the filter (4 in the plane, 24 in space).
    pooling : {"max", "mean", "min"}
        How.
    energy : int
        Chebyshev distance in voxels within which the absolute response is averaged afterwards; 0 gives the
        response itself.
    boundary : {"mirror", "zero", "nearest", "periodic"}
        Also of the average.

    Notes
    -----
    Kernels of unit Euclidean norm. Energy ``e(x) = (2 d + 1)^-D sum over |k|_inf <= d of |h(x + k)|`` of the
    pooled response h.

    References
    ----------
    Laws KI. Textured image segmentation, 1980. IBSI 2 reference manual, arXiv:2006.05470.
    """

    kind: ClassVar[str] = "laws"

    kernels: str
    invariant: bool = True
    pooling: Pooling = "max"
    energy: int = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        letters = re.findall("..", self.kernels)
        if "".join(letters) != self.kernels or len(letters) not in (2, 3) or not set(letters) <= set(KERNELS):
            raise ConfigError(
                f"kernels is {self.kernels!r}",
                code="radiomics.filter",
                hint=f"two or three of {', '.join(KERNELS)}, such as L5E5E5",
            )
        require_one_of("pooling", self.pooling, POOLINGS)
        if self.energy < 0:
            raise ConfigError(f"energy must be 0 or more, found {self.energy}", code="radiomics.filter")
        require_size(self.energy, "the texture energy")

    @property
    def name(self) -> str:
        """Such as ``laws-L5E5E5-max-energy7``."""
        rotated = self.pooling if self.invariant else ""
        return self.named("laws", self.kernels, rotated, f"energy{self.energy}" if self.energy else "")

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the response, or its energy."""
        kernels = self._kernels()
        if self.invariant:
            found = pooled_response(image, (kernels,), self.boundary, self.pooling)
        else:
            found = convolve(image, kernels, self.boundary)
        if not self.energy:
            return found
        width = 2 * self.energy + 1
        return convolve(np.abs(found), (np.full(width, 1.0 / width),) * len(kernels), self.boundary)

    def _kernels(self) -> Kernels:
        weights = [np.array(KERNELS[k], dtype=np.float64) for k in re.findall("..", self.kernels)]
        return tuple(w / np.sqrt(w @ w) for w in reversed(weights))
