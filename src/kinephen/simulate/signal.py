"""From concentration to scanner signal: spoiled gradient echo, point spread, and Rician noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinephen.types import FloatArray, Rng

RELAXIVITY = 4.5
"""Longitudinal relaxivity of gadopentetate at 1.5 T and body temperature, 1/(s mM)."""


def spoiled_gradient_echo(
    m0: NDArray[np.float64],
    t10_s: NDArray[np.float64],
    concentration: NDArray[np.float64],
    *,
    repetition_s: float,
    flip_degrees: float,
    relaxivity: float = RELAXIVITY,
) -> NDArray[np.float64]:
    """Return the steady-state signal of a spoiled gradient echo sequence.

    ``S = M0 sin(a) (1 - E) / (1 - cos(a) E)`` with ``E = exp(-TR / T1)`` and
    ``1 / T1 = 1 / T10 + relaxivity C``; echo times are short, T2* is part of `m0`.

    Parameters
    ----------
    m0 : ndarray
        Signal of fully relaxed spins, scanner units, >= 0.
    t10_s : ndarray
        T1 before contrast, s, > 0.
    concentration : ndarray
        mM, >= 0.
    repetition_s : float
        TR, s.
    flip_degrees : float
    relaxivity : float
        1/(s mM).

    References
    ----------
    Frahm J, Haase A, Matthaei D. Magn Reson Med 1986;3:321-327.
    """
    angle = np.deg2rad(flip_degrees)
    e = np.exp(-repetition_s * (1.0 / t10_s + relaxivity * concentration))
    signal: NDArray[np.float64] = m0 * np.sin(angle) * (1.0 - e) / (1.0 - np.cos(angle) * e)
    return signal


def point_spread(
    image: NDArray[np.float64], *, sigma_voxels: float, shift_voxels: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Blur an image as the scanner does and move it by a fraction of a voxel.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    sigma_voxels : float
        SD of the Gaussian point spread along each axis, voxels, > 0.
    shift_voxels : tuple of float
        Along (slice, row, column); positive moves the content to higher indices.

    Returns
    -------
    ndarray, shape (nz, ny, nx)
        A constant image stays as it is: weights are normalised at the edges.
    """
    moved = image
    for axis, shift in enumerate(shift_voxels):
        kernel = _kernel(image.shape[axis], sigma_voxels, shift)
        moved = np.moveaxis(np.tensordot(kernel, moved, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(moved)


def add_rician_noise(image: NDArray[np.float64], *, sigma: float, rng: Rng) -> NDArray[np.float64]:
    """Return the magnitude of `image` plus complex Gaussian noise of SD `sigma` in each channel.

    References
    ----------
    Gudbjartsson H, Patz S. Magn Reson Med 1995;34:910-914.
    """
    noise = rng.standard_normal((2, *image.shape), dtype=np.float32) * np.float32(sigma)
    magnitude: NDArray[np.float64] = np.hypot(image + noise[0], noise[1])
    return magnitude


def _kernel(n: int, sigma: float, shift: float) -> FloatArray:
    index = np.arange(n, dtype=np.float64)
    weights: FloatArray = np.exp(-0.5 * ((index[None, :] + shift - index[:, None]) / sigma) ** 2)
    total: FloatArray = weights.sum(axis=1, keepdims=True)
    return weights / total
