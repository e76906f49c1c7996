"""How far one image lies from another: the peak of their cross-correlation, between voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from kinephen.types import FloatArray, FloatVolume

NEIGHBOURHOOD = 1.0
"""How far from the best whole voxel the peak is sought, voxels."""

Reach = tuple[int, int, int]


@dataclass(frozen=True)
class Spectrum:
    """The transform of one image on a grid with room for every shift that is sought.

    Parameters
    ----------
    values : ndarray of complex64, shape (mz, my, mx // 2 + 1)
    shape : tuple of int
        Of the padded grid.
    reach : tuple of int
        Largest shift that is sought along each axis, voxels; there is as much padding, so that what leaves on
        one side does not come in on the other.
    norm : float
        Root of the sum of squares of the image.
    """

    values: NDArray[np.complex64]
    shape: tuple[int, int, int]
    reach: Reach
    norm: float


@dataclass(frozen=True)
class Peak:
    """Where the second image lies against the first.

    Parameters
    ----------
    voxels : tuple of float
        Along (slice, row, column); positive where the second image lies at higher indices.
    match : float
        Correlation there, up to 1 for images that are equal but for the shift and a factor.
    """

    voxels: tuple[float, float, float]
    match: float


def spectrum(image: FloatVolume, reach: Reach) -> Spectrum:
    """Transform an image with zeros around it for shifts of up to `reach` voxels."""
    values = np.asarray(image, dtype=np.float32)
    z, y, x = (fft.next_fast_len(n + r, real=True) for n, r in zip(image.shape, reach, strict=True))
    norm = float(np.linalg.norm(values.ravel()))
    return Spectrum(fft.rfftn(values, s=(z, y, x)), (z, y, x), reach, norm)


def displacement(first: Spectrum, second: Spectrum, *, finest: Reach | None = None) -> Peak | None:
    """Return where the second image lies against the first, or None if either is empty.

    Parameters
    ----------
    first, second : Spectrum
        Of one shape and reach.
    finest : tuple of int, optional
        Parts of a voxel along each axis in which the peak is told; by default whole voxels.

    Notes
    -----
    The correlation is not whitened: strong edges decide, noise does not. Between whole voxels it is computed
    from its Fourier series, by one small matrix product along each axis.

    References
    ----------
    Guizar-Sicairos, Thurman and Fienup 2008, Optics Letters 33:156 (the refinement by matrix products).
    """
    if not (first.norm > 0.0 and second.norm > 0.0):
        return None
    product = np.conj(first.values) * second.values
    correlation = fft.irfftn(product, s=first.shape)
    wanted = [np.arange(-r, r + 1) for r in first.reach]
    near = correlation[np.ix_(*wanted)]
    place = np.unravel_index(int(np.argmax(near)), near.shape)
    match = min(1.0, float(near[place]) / (first.norm * second.norm))
    steps: list[FloatArray] = [w[i : i + 1].astype(np.float64) for w, i in zip(wanted, place, strict=True)]
    if finest is not None:
        steps = [_fine(s, n, r) for s, n, r in zip(steps, finest, first.reach, strict=True)]
        fine = _between(product, first.shape, steps)
        place = np.unravel_index(int(np.argmax(fine)), fine.shape)
    z, y, x = (float(s[i if finest is not None else 0]) for s, i in zip(steps, place, strict=True))
    return Peak((z, y, x), match)


def _fine(best: FloatArray, parts: int, reach: int) -> FloatArray:
    if reach == 0:
        return best
    count = int(NEIGHBOURHOOD * parts)
    steps: FloatArray = best + np.arange(-count, count + 1) / parts
    return steps


def _between(
    product: NDArray[np.complex64], shape: tuple[int, int, int], steps: list[FloatArray]
) -> NDArray[np.float32]:
    """Return the correlation at all combinations of `steps`, up to a factor."""
    z, y = (_waves(fft.fftfreq(n), s) for n, s in zip(shape[:2], steps[:2], strict=True))
    frequencies = fft.rfftfreq(shape[2])
    # Only half of the columns' frequencies are kept: the others are their conjugates.
    twice = np.where((frequencies == 0.0) | (frequencies == 0.5), 1.0, 2.0).astype(np.float32)
    small = product @ (_waves(frequencies, steps[2]) * twice).T
    small = np.matmul(y, small)
    return np.asarray(np.tensordot(z, small, axes=(1, 0)).real)


def _waves(frequencies: FloatArray, steps: FloatArray) -> NDArray[np.complex64]:
    return np.exp(2j * np.pi * steps[:, None] * frequencies[None, :]).astype(np.complex64)
