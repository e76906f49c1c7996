"""Simoncelli wavelet, non-separable (IBSI LODD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kinephen.errors import ConfigError, InputError
from kinephen.radiomics.filters.base import (
    DIMENSIONS,
    Boundary,
    Filter,
    Spacing,
    axes_of,
    planar_suffix,
    require_one_of,
)
from kinephen.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class Simoncelli(Filter):
    """One octave of frequencies, of all directions alike.

    Parameters
    ----------
    level : int
        Level of decomposition, 1 (finest) to 6.
    dimensions : {3, 2}
        Volume, or each slice by itself.
    boundary : {"periodic"}
        The filter is as large as the image and is applied to its discrete Fourier transform.

    Notes
    -----
    ``G(r) = cos(pi / 2 log2(2 r 2^(level - 1)))`` for ``r 2^(level - 1)`` from 1/4 to 1, else 0, with r the
    Euclidean norm of the frequency in units of the highest one of each axis. As in the reference maps, an
    axis of N voxels is sampled at N places from -1 to 1, both ends included: on an axis of even length the
    places lie half a step beside the frequencies of the transform. The real part of the result is returned,
    which is the response to the mean of G at a frequency and at its opposite. Frequencies are relative to the
    grid, so the response has no direction in mm only where the spacing is equal.

    References
    ----------
    Simoncelli EP, Freeman WT. ICIP 1995;3:444-447. IBSI 2 reference manual, arXiv:2006.05470.
    """

    kind: ClassVar[str] = "simoncelli"

    boundary: Boundary = "periodic"
    level: int = 1
    dimensions: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_one_of("level", self.level, range(1, 7))
        require_one_of("dimensions", self.dimensions, DIMENSIONS)
        if self.boundary != "periodic":
            raise ConfigError(
                f"boundary is {self.boundary!r}; this filter works on the whole image's frequencies",
                code="radiomics.filter",
                hint="leave it out: periodic",
            )

    @property
    def name(self) -> str:
        """Such as ``simoncelli-level1``."""
        return "-".join(
            part for part in ("simoncelli", f"level{self.level}", planar_suffix(self.dimensions)) if part
        )

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the octave.

        Raises
        ------
        InputError
            ``radiomics.filter_image`` if an axis is shorter than ``2^(level + 1)`` voxels: the octave has
            hardly a frequency there.
        """
        from scipy.fft import irfftn, rfftn

        axes = axes_of(self.dimensions)
        shape = [image.shape[axis] for axis in axes]
        if min(shape) < 2 ** (self.level + 1):
            raise InputError(
                f"level {self.level} needs {2 ** (self.level + 1)} voxels along each axis, "
                f"found {' x '.join(map(str, shape))}",
                code="radiomics.filter_image",
            )
        spectrum = rfftn(image, axes=axes) * self._weights(shape)
        return np.asarray(irfftn(spectrum, s=shape, axes=axes))

    def _weights(self, shape: list[int]) -> FloatArray:
        """Return the mean of G at each frequency of the real transform and at its opposite."""
        places = [np.fft.ifftshift(np.linspace(-1.0, 1.0, n)) for n in shape]
        opposite = [np.roll(place[::-1], 1) for place in places]
        half = shape[-1] // 2 + 1
        found = [self._band(*grid[:-1], grid[-1][:half]) for grid in (places, opposite)]
        return (found[0] + found[1]) / 2.0

    def _band(self, *places: FloatArray) -> FloatArray:
        """Return G on the grid of the places of each axis."""
        radius = np.sqrt(sum((place**2 for place in np.ix_(*places)), start=np.zeros(())))
        scaled = radius * 2.0 ** (self.level - 1)
        inside = (scaled >= 0.25) & (scaled <= 1.0)
        octaves = np.log2(2.0 * scaled, where=inside, out=np.zeros_like(scaled))
        return np.where(inside, np.cos(np.pi / 2.0 * octaves), 0.0)
