"""How far one image lies from another: the peak of their cross-correlation, between voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from kinephen.types import FloatArray, FloatVolume

FINEST = 20
"""Steps of a voxel in which the peak is told."""
NEIGHBOURHOOD = 1.0
"""How far from the best whole voxel the peak is sought, voxels: past half of it only where the peak is flat."""

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
    """

    values: NDArray[np.complex64]
    shape: tuple[int, int, int]
    reach: Reach


def spectrum(image: FloatVolume, reach: Reach) -> Spectrum:
    """Transform an image with zeros around it for shifts of up to `reach` voxels."""
    z, y, x = (fft.next_fast_len(n + r, real=True) for n, r in zip(image.shape, reach, strict=True))
    values = fft.rfftn(np.asarray(image, dtype=np.float32), s=(z, y, x))
    return Spectrum(values, (z, y, x), reach)


def displacement(first: Spectrum, second: Spectrum) -> tuple[float, float, float] | None:
    """Return where the second image lies against the first, voxels, or None without a peak.

    Parameters
    ----------
    first, second : Spectrum
        Of one shape and reach.

    Returns
    -------
    tuple of float or None
        Along (slice, row, column), in steps of a twentieth of a voxel; positive where the second image lies at
        higher indices. None if either image is empty.

    Notes
    -----
    The correlation is not whitened: strong edges decide, noise does not. Between whole voxels it is computed
    from its Fourier series, by one small matrix product along each axis.

    References
    ----------
    Guizar-Sicairos, Thurman and Fienup 2008, Optics Letters 33:156 (the refinement by matrix products).
    """
    product = np.conj(first.values) * second.values
    correlation = fft.irfftn(product, s=first.shape)
    best = _whole(correlation, first.reach)
    if best is None:
        return None
    steps = [_steps(b, r) for b, r in zip(best, first.reach, strict=True)]
    fine = _between(product, first.shape, steps)
    place = np.unravel_index(int(np.argmax(fine)), fine.shape)
    z, y, x = (float(s[i]) for s, i in zip(steps, place, strict=True))
    return z, y, x


def _whole(correlation: NDArray[np.float32], reach: Reach) -> tuple[int, ...] | None:
    wanted = [np.arange(-r, r + 1) for r in reach]
    near = correlation[np.ix_(*wanted)]
    # A constant correlation (an axis of one voxel, an empty image) has its peak at no shift.
    place = np.unravel_index(int(np.argmax(near)), near.shape)
    if not near[place] > 0.0:
        return None
    return tuple(int(w[i]) for w, i in zip(wanted, place, strict=True))


def _steps(best: int, reach: int) -> FloatArray:
    if reach == 0:
        return np.zeros(1)
    count = int(NEIGHBOURHOOD * FINEST)
    steps: FloatArray = best + np.arange(-count, count + 1) / FINEST
    return steps


def _between(
    product: NDArray[np.complex64], shape: tuple[int, int, int], steps: list[FloatArray]
) -> NDArray[np.float32]:
    """Return the correlation at all combinations of `steps`, up to a factor."""
    z, y = (_waves(fft.fftfreq(n), s) for n, s in zip(shape[:2], steps[:2], strict=True))
    frequencies = fft.rfftfreq(shape[2])
    x = _waves(frequencies, steps[2])
    # Only half of the columns' frequencies are kept: the others are their conjugates.
    twice = np.where((frequencies == 0.0) | (frequencies == 0.5), 1.0, 2.0).astype(np.float32)
    small = product @ (x * twice).T
    small = np.matmul(y, small)
    return np.asarray(np.tensordot(z, small, axes=(1, 0)).real)


def _waves(frequencies: FloatArray, steps: FloatArray) -> NDArray[np.complex64]:
    return np.exp(2j * np.pi * steps[:, None] * frequencies[None, :]).astype(np.complex64)
