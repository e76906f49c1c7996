"""Laplacian of Gaussian (IBSI L6PA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kinephen.radiomics.filters.base import (
    DIMENSIONS,
    Filter,
    Spacing,
    axes_of,
    planar_suffix,
    require_one_of,
    require_positive,
    require_reach,
    short,
)
from kinephen.radiomics.filters.separable import convolve_axis
from kinephen.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class LaplacianOfGaussian(Filter):
    """Blobs and edges of one scale: the Laplacian of the image smoothed by a Gaussian.

    Parameters
    ----------
    sigma_mm : float
        Standard deviation of the Gaussian, mm.
    cutoff : float
        Half the width of the kernel, in standard deviations.
    dimensions : {3, 2}
        Volume, or each slice by itself.
    boundary : {"mirror", "zero", "nearest", "periodic"}

    Notes
    -----
    ``g(k) = -1/s^2 (2 pi s^2)^(-D/2) (D - |k|^2/s^2) exp(-|k|^2 / (2 s^2))`` with s = sigma / spacing, in
    voxels. On a grid of unequal spacing ``|k|^2/s^2`` is the squared distance in mm over sigma squared, and
    the factors before it take the geometric mean of the spacings, so that the filter has no direction. The
    kernel is cut at ``floor(cutoff * s + 0.5)`` voxels and not corrected afterwards: its sum is not exactly
    0, and an image of constant value c answers with up to ``-1.1e-3 D c / s^2`` at a cut-off of 4.

    References
    ----------
    IBSI 2 reference manual, arXiv:2006.05470.
    """

    kind: ClassVar[str] = "log"

    sigma_mm: float
    cutoff: float = 4.0
    dimensions: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(sigma_mm=self.sigma_mm, cutoff=self.cutoff)
        require_one_of("dimensions", self.dimensions, DIMENSIONS)

    @property
    def name(self) -> str:
        """Such as ``log-3mm``."""
        cut = "" if self.cutoff == 4.0 else f"cut{short(self.cutoff)}"
        return self.named("log", f"{short(self.sigma_mm)}mm", cut, planar_suffix(self.dimensions))

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the response in units of the image per voxel squared.

        The kernel is a sum of products of one-dimensional kernels, one product for each axis that the second
        derivative is taken along: each pass carries the smoothed image and the sum so far.
        """
        axes = axes_of(self.dimensions)
        sizes = [spacing[axis] for axis in axes]
        voxel = float(np.prod(sizes)) ** (1.0 / len(sizes))
        smooth, derived = image, None
        for axis, size in zip(axes, sizes, strict=True):
            gauss, second = self._kernels(self.sigma_mm / size)
            bent = convolve_axis(smooth, second, axis, self.boundary)
            if derived is not None:
                bent += convolve_axis(derived, gauss, axis, self.boundary)
            derived = bent
            if axis != axes[-1]:
                smooth = convolve_axis(smooth, gauss, axis, self.boundary)
        if derived is None:
            raise AssertionError("a filter has at least one axis")
        derived *= (voxel / self.sigma_mm) ** 2
        return derived

    def _kernels(self, sigma: float) -> tuple[FloatArray, FloatArray]:
        """Return the Gaussian and its second derivative over -1/sigma^2, for sigma in voxels."""
        # Headers hold spacings in 32 bits: a width that ends half way between voxels must not lose one.
        radius = require_reach(np.floor(self.cutoff * sigma + 0.5 + 1e-6), "the Laplacian of Gaussian")
        square = (np.arange(-radius, radius + 1) / sigma) ** 2
        gauss = np.exp(-square / 2.0) / (np.sqrt(2.0 * np.pi) * sigma)
        return gauss, -(1.0 - square) * gauss
