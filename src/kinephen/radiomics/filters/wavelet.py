"""Separable wavelets (IBSI 25BO), undecimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import POOLINGS, Filter, Pooling, Spacing, require_one_of, require_size
from kinephen.radiomics.filters.separable import Kernels, convolve, pooled_response
from kinephen.radiomics.filters.wavelet_families import FAMILIES, scaling_filter
from kinephen.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class Wavelet(Filter):
    """One subband of a stationary wavelet transform.

    Parameters
    ----------
    family : str
        ``haar``, ``db1`` to ``db10`` (Daubechies, by vanishing moments) or ``coif1`` (Coiflet).
    subband : str
        L (low-pass) or H (high-pass) for each axis, x (columns) first, such as ``LLH``; two letters work
        slice by slice.
    level : int
        Level of decomposition, 1 to 6.
    invariant : bool
        Pool the responses to all right-angled rotations of the filter (4 in the plane, 24 in space).
    pooling : {"mean", "max", "min"}
    boundary : {"mirror", "zero", "nearest", "periodic"}
        Applied anew at each level.

    Notes
    -----
    The à trous algorithm: the image passes the low-pass filter along all axes at levels 1 to level - 1, then
    the subband's filters; at level j there are ``2^(j-1) - 1`` zeros between the weights. Weights have unit
    Euclidean norm; a kernel of even length gets a zero at its end, so its centre is right of the middle.

    References
    ----------
    IBSI 2 reference manual, arXiv:2006.05470. Shensa MJ. IEEE Trans Signal Process
    1992;40:2464-2482.
    """

    kind: ClassVar[str] = "wavelet"

    family: str
    subband: str
    level: int = 1
    invariant: bool = True
    pooling: Pooling = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_one_of("family", self.family, FAMILIES)
        require_one_of("pooling", self.pooling, POOLINGS)
        require_one_of("level", self.level, range(1, 7))
        if len(self.subband) not in (2, 3) or not set(self.subband) <= {"L", "H"}:
            raise ConfigError(
                f"subband is {self.subband!r}",
                code="radiomics.filter",
                hint="two or three of the letters L and H, such as LLH",
            )
        widest = scaling_filter(self.family).size // 2 * 2 ** (self.level - 1)
        require_size(widest, "the wavelet")

    @property
    def name(self) -> str:
        """Such as ``wavelet-db3-LLH-level1-mean``."""
        rotated = self.pooling if self.invariant else ""
        return self.named("wavelet", self.family, self.subband, f"level{self.level}", rotated)

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the subband."""
        stages = self._stages()
        if self.invariant:
            return pooled_response(image, stages, self.boundary, self.pooling)
        for kernels in stages:
            image = convolve(image, kernels, self.boundary)
        return image

    def _stages(self) -> tuple[Kernels, ...]:
        weights = {"L": _low(self.family), "H": _high(self.family)}
        before = ["L" * len(self.subband)] * (self.level - 1)
        return tuple(
            tuple(_with_holes(weights[letter], 2**n) for letter in reversed(letters))
            for n, letters in enumerate([*before, self.subband])
        )


def _low(family: str) -> FloatArray:
    """Return the decomposition low-pass filter, of odd length."""
    return _odd(scaling_filter(family)[::-1])


def _high(family: str) -> FloatArray:
    """Return the decomposition high-pass filter, the quadrature mirror of the low-pass, of odd length."""
    scaling = scaling_filter(family)
    return _odd(scaling * (-1.0) ** (np.arange(scaling.size) + 1))


def _odd(kernel: FloatArray) -> FloatArray:
    return kernel if kernel.size % 2 else np.append(kernel, 0.0)


def _with_holes(kernel: FloatArray, step: int) -> FloatArray:
    spread = np.zeros((kernel.size - 1) * step + 1)
    spread[::step] = kernel
    return spread
