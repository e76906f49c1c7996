"""Separable kernels: one-dimensional convolutions axis by axis, and their right-angled rotations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from typing import TypeAlias

import numpy as np

from kinephen.radiomics.filters.base import Boundary, Pooling, axes_of
from kinephen.types import FloatArray

Kernels: TypeAlias = tuple[FloatArray, ...]
"""One kernel of odd length for each filtered axis, in the order of the array."""
Step: TypeAlias = tuple[int, FloatArray]
"""Axis of the array and the kernel along it."""
Turn: TypeAlias = tuple[tuple[int, ...], tuple[bool, ...]]
"""For each axis: whose kernel comes to lie along it, and whether that is reversed."""

NDIMAGE_MODES: dict[Boundary, str] = {
    "zero": "constant",
    "nearest": "nearest",
    "periodic": "wrap",
    "mirror": "reflect",
}


def convolve_axis(image: FloatArray, kernel: FloatArray, axis: int, boundary: Boundary) -> FloatArray:
    """Return the convolution along one axis; the kernel's middle lies on the voxel."""
    from scipy.ndimage import convolve1d

    return np.asarray(convolve1d(image, kernel, axis=axis, mode=NDIMAGE_MODES[boundary]))


def convolve(image: FloatArray, kernels: Kernels, boundary: Boundary) -> FloatArray:
    """Return the convolution with the outer product of kernels.

    Parameters
    ----------
    image : ndarray of float64, shape (nz, ny, nx)
    kernels : tuple of ndarray
        Three for (slice, row, column), two for (row, column) of each slice.
    """
    for axis, kernel in zip(axes_of(len(kernels)), kernels, strict=True):
        image = convolve_axis(image, kernel, axis, boundary)
    return image


def rotations(dimensions: int) -> Iterator[Turn]:
    """Return the 4 rotations of a square or the 24 of a cube: signed permutations of determinant 1."""
    for order in permutations(range(dimensions)):
        odd = sum(a > b for n, a in enumerate(order) for b in order[n + 1 :]) % 2
        for flips in product((False, True), repeat=dimensions):
            if sum(flips) % 2 == odd:
                yield order, flips


def pooled_response(
    image: FloatArray, stages: tuple[Kernels, ...], boundary: Boundary, pooling: Pooling
) -> FloatArray:
    """Return the responses to all rotations of a filter, pooled voxel by voxel.

    Parameters
    ----------
    image : ndarray of float64, shape (nz, ny, nx)
    stages : tuple of tuple of ndarray
        Kernels that are applied one after the other and are rotated together.
    boundary : {"zero", "nearest", "periodic", "mirror"}
    pooling : {"max", "mean", "min"}

    Notes
    -----
    Rotations that give the same kernels are computed once, and so are those that differ in sign only. The
    distinct ones occur equally often among all, so their mean is the mean over all.
    """
    found: dict[tuple[bytes, ...], tuple[list[Step], set[float]]] = {}
    for turn in rotations(len(stages[0])):
        steps, sign = _without_sign([step for kernels in stages for step in _turned(kernels, turn)])
        key = tuple(kernel.tobytes() for _, kernel in steps)
        found.setdefault(key, (steps, set()))[1].add(sign)
    signs = [found[key][1] for key in sorted(found)]
    pooled: FloatArray | None = None
    for response, both in zip(_responses(image, found, boundary), signs, strict=True):
        for sign in sorted(both):
            pooled = sign * response if pooled is None else pool(pooled, sign * response, pooling)
    if pooled is None:
        raise AssertionError("a filter has at least one rotation")
    return pooled / sum(map(len, signs)) if pooling == "mean" else pooled


def pool(total: FloatArray, response: FloatArray, pooling: Pooling) -> FloatArray:
    """Return the extreme of two images, or their sum for ``"mean"``."""
    combine = {"max": np.maximum, "min": np.minimum, "mean": np.add}[pooling]
    return np.asarray(combine(total, response, out=total))


def _turned(kernels: Kernels, turn: Turn) -> list[Step]:
    order, flips = turn
    along = zip(axes_of(len(kernels)), order, flips, strict=True)
    return [(axis, kernels[n][::-1] if flip else kernels[n]) for axis, n, flip in along]


def _without_sign(steps: list[Step]) -> tuple[list[Step], float]:
    """Return the steps with kernels whose first weight other than zero is positive, and the sign lost."""
    kept, total = [], 1.0
    for axis, kernel in steps:
        sign = float(np.sign(kernel[np.flatnonzero(kernel)[0]]))
        # Adding 0 makes -0 to 0: the bytes of equal kernels are equal.
        kept.append((axis, kernel * sign + 0.0))
        total *= sign
    return kept, total


def _responses(
    image: FloatArray, found: dict[tuple[bytes, ...], tuple[list[Step], set[float]]], boundary: Boundary
) -> Iterator[FloatArray]:
    """Return the responses by ascending key; steps shared with the one before are not taken again."""
    before: tuple[bytes, ...] = ()
    partial = [image]
    for key in sorted(found):
        shared = next((n for n, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), 0)
        del partial[shared + 1 :]
        for axis, kernel in found[key][0][shared:]:
            partial.append(convolve_axis(partial[-1], kernel, axis, boundary))
        before = key
        yield partial[-1]
