"""Riesz transforms of other responses (IBSI AYRS)."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, prod
from typing import ClassVar

import numpy as np

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import Spacing, axes_of
from kinephen.radiomics.filters.laplacian import LaplacianOfGaussian
from kinephen.radiomics.filters.simoncelli import Simoncelli
from kinephen.types import FloatArray

MOST_DERIVATIVES = 4


class _Riesz:
    """What makes of a filter its Riesz transform: stands before that filter among the bases of a class.

    It is no `Filter` itself, as its defaults would count before those of the filter that is transformed.
    """

    order: str
    dimensions: int

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[misc]
        require_order(self.order, self.dimensions)

    @property
    def name(self) -> str:
        """The name of the filter with the order, such as ``riesz-100-log-3mm``."""
        return f"riesz-{self.order}-{super().name}"  # type: ignore[misc]

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the transform of the filter's response."""
        plain: FloatArray = super().response(image, spacing)  # type: ignore[misc]
        return riesz_transform(plain, spacing, self.order)


@dataclass(frozen=True, kw_only=True)
class RieszLaplacian(_Riesz, LaplacianOfGaussian):
    """Directed edges and ridges of one scale: the Riesz transform of the Laplacian of Gaussian.

    Parameters
    ----------
    order : str
        Order of the derivative along each axis, x (columns) first, such as ``100``; two digits with
        ``dimensions = 2``.
    sigma_mm, cutoff, dimensions, boundary
        Of the `LaplacianOfGaussian`. The transform itself works on the frequencies of its response, as if
        that were periodic.

    Notes
    -----
    See `riesz_transform`.
    """

    kind: ClassVar[str] = "riesz-log"

    order: str


@dataclass(frozen=True, kw_only=True)
class RieszSimoncelli(_Riesz, Simoncelli):
    """Directed edges and ridges of one octave: the Riesz transform of a Simoncelli wavelet.

    Parameters
    ----------
    order : str
        Order of the derivative along each axis, x (columns) first, such as ``020``; two digits with
        ``dimensions = 2``.
    level, dimensions, boundary
        Of the `Simoncelli` wavelet.

    Notes
    -----
    See `riesz_transform`.
    """

    kind: ClassVar[str] = "riesz-simoncelli"

    order: str


def require_order(order: str, dimensions: int) -> None:
    """Refuse what is no order of a derivative along each axis."""
    if not (order.isascii() and order.isdigit() and len(order) == dimensions):
        raise ConfigError(
            f"order is {order!r}", code="radiomics.filter", hint=f"{dimensions} digits, columns first"
        )
    if not 1 <= sum(map(int, order)) <= MOST_DERIVATIVES:
        raise ConfigError(
            f"the digits of order {order} add up to {sum(map(int, order))}",
            code="radiomics.filter",
            hint=f"1 to {MOST_DERIVATIVES}",
        )


def riesz_transform(image: FloatArray, spacing: Spacing, order: str) -> FloatArray:
    """Return the Riesz transform of an image.

    Parameters
    ----------
    image : ndarray of float64, shape (nz, ny, nx)
    spacing : tuple of float
        mm along (slice, row, column).
    order : str
        One digit for each axis, x (columns) first; two digits transform slice by slice.

    Notes
    -----
    ``(-i)^L sqrt(L! / (l1! l2! ..)) v1^l1 v2^l2 .. / |v|^L`` times the spectrum, with v the frequency in 1/mm
    and L the sum of the order l; 0 at v = 0. An all-pass derivative: it keeps the strength of a wave and
    weighs its direction. The transforms of one L together keep the energy of the image but for its mean. Of
    the highest frequency of an axis of even length, which has no direction, an odd derivative is 0.

    References
    ----------
    Unser M, Van De Ville D. IEEE Trans Image Process 2010;19:636-652. IBSI 2 reference manual,
    arXiv:2006.05470.
    """
    from scipy.fft import irfftn, rfftn

    powers = [int(digit) for digit in reversed(order)]
    axes = axes_of(len(powers))
    shape = [image.shape[axis] for axis in axes]
    frequencies = [np.fft.fftfreq(n, spacing[axis]) for n, axis in zip(shape, axes, strict=True)]
    frequencies[-1] = np.abs(frequencies[-1][: shape[-1] // 2 + 1])
    square = sum((v**2 for v in np.ix_(*frequencies)), start=np.zeros(()))
    for v, n, power in zip(frequencies, shape, powers, strict=True):
        if power % 2 and n % 2 == 0:
            v[n // 2] = 0.0
    total = sum(powers)
    weight = np.sqrt(factorial(total) / prod(map(factorial, powers)))
    for v, power in zip(np.ix_(*frequencies), powers, strict=True):
        weight = weight * v**power
    scale = np.divide(weight, square ** (total / 2.0), out=np.zeros_like(square), where=square > 0)
    spectrum = rfftn(image, axes=axes) * ((-1j) ** total * scale)
    return np.asarray(irfftn(spectrum, s=shape, axes=axes))
