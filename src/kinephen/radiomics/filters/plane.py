"""Large kernels in the planes of a volume, through the Fourier transform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kinephen.radiomics.filters.base import Boundary
from kinephen.types import AnyArray, FloatArray


def pad(image: FloatArray, widths: Sequence[tuple[int, int]], boundary: Boundary) -> FloatArray:
    """Return the image continued beyond its borders."""
    if boundary == "zero":
        return np.pad(image, widths)
    if boundary == "nearest":
        return np.pad(image, widths, mode="edge")
    return np.pad(image, widths, mode="wrap" if boundary == "periodic" else "symmetric")


def convolve_planes(
    image: FloatArray, kernels: Sequence[AnyArray], axis: int, boundary: Boundary
) -> Iterator[FloatArray]:
    """Return the modulus of the convolution of every plane with each kernel in turn.

    Parameters
    ----------
    image : ndarray of float64, shape (nz, ny, nx)
    kernels : sequence of complex ndarray, shape (odd, odd)
        The middle lies on the voxel.
    axis : int
        Axis across which the planes are stacked.
    boundary : {"zero", "nearest", "periodic", "mirror"}
    """
    from scipy.fft import fft2, next_fast_len

    planes = np.moveaxis(image, axis, 0)
    reach = tuple(max(k.shape[n] for k in kernels) // 2 for n in (0, 1))
    shape = [next_fast_len(n + 2 * r) for n, r in zip(planes.shape[1:], reach, strict=True)]
    spectra = fft2(pad(planes, [(0, 0), *((r, r) for r in reach)], boundary), shape)
    for kernel in kernels:
        found = _moduli(spectra, fft2(kernel, shape), [k // 2 for k in kernel.shape], reach, planes.shape)
        yield np.ascontiguousarray(np.moveaxis(found, 0, axis))


def _moduli(
    spectra: AnyArray, kernel: AnyArray, middle: list[int], reach: tuple[int, ...], shape: tuple[int, ...]
) -> FloatArray:
    """Return the moduli in the unpadded planes, plane by plane to spare memory."""
    from scipy.fft import ifft2

    rows, columns = (slice(m + r, m + r + n) for m, r, n in zip(middle, reach, shape[1:], strict=True))
    return np.stack([np.abs(ifft2(spectrum * kernel)[rows, columns]) for spectrum in spectra])
