"""Smooth fields: least-squares tensor B-splines on a sampled grid, factored once and fitted often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.linalg import cho_factor, cho_solve

from kinephen.types import BoolVolume, FloatArray, IntArray

Numbers: TypeAlias = NDArray[np.floating[Any]]
Bases: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]

MIN_SAMPLES = 8
"""Subsampling is lowered on axes that would keep fewer samples."""
RIDGE = 1e-9


@dataclass(frozen=True)
class SampledGrid:
    """Every `steps`-th voxel of a full grid, from half a step on.

    Parameters
    ----------
    shape : tuple of int
        Full grid (nz, ny, nx).
    steps : tuple of int
        Subsampling along each axis.
    """

    shape: tuple[int, int, int]
    steps: tuple[int, int, int]

    @classmethod
    def every(cls, shape: tuple[int, int, int], step: int) -> SampledGrid:
        """Return the grid of every `step`-th voxel, less on short axes."""
        a, b, c = (max(1, min(step, n // MIN_SAMPLES)) for n in shape)
        return cls(shape, (a, b, c))

    def take(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the samples of a full array; no averaging."""
        a, b, c = (slice(s // 2, None, s) for s in self.steps)
        return array[a, b, c]

    def counts(self) -> tuple[int, int, int]:
        """Return the number of samples along each axis."""
        a, b, c = (len(range(s // 2, n, s)) for n, s in zip(self.shape, self.steps, strict=True))
        return a, b, c

    def sample_positions(self, axis: int) -> FloatArray:
        """Return where the samples of an axis lie in [0, 1]."""
        m = self.counts()[axis]
        return (np.arange(m) + 0.5) / m

    def voxel_positions(self, axis: int) -> FloatArray:
        """Return where the voxels of the full axis lie in [0, 1], clipped to it."""
        step, m = self.steps[axis], self.counts()[axis]
        place = ((np.arange(self.shape[axis]) - step // 2) / step + 0.5) / m
        return np.clip(place, 0.0, 1.0)


@dataclass(frozen=True)
class SplineSmoother:
    """Penalised least-squares fit of a spline to values on the masked samples of a grid.

    The normal matrix depends on the mask alone: it is built by separable sums and factored once.

    Parameters
    ----------
    grid : SampledGrid
    mask : ndarray of bool
        On the samples of `grid`; not empty.
    extent_mm : tuple of float
        Length of the full grid along each axis, mm.
    distance_mm : float
        Largest distance of knots, mm. An axis of n pieces has n + 3 coefficients.
    penalty : float
        Weight of squared second differences of the coefficients, relative to voxels per coefficient.
    """

    grid: SampledGrid
    mask: BoolVolume
    extent_mm: tuple[float, float, float]
    distance_mm: float
    penalty: float

    @cached_property
    def inside(self) -> IntArray:
        """Flat positions of the masked samples."""
        return np.flatnonzero(self.mask)

    @cached_property
    def spans(self) -> tuple[int, int, int]:
        """Polynomial pieces along each axis."""
        a, b, c = (max(1, int(np.ceil(e / self.distance_mm - 1e-9))) for e in self.extent_mm)
        return a, b, c

    @cached_property
    def bases(self) -> Bases:
        """Basis values at the samples of each axis, shape (samples, coefficients)."""
        z, y, x = (basis(self.grid.sample_positions(a), self.spans[a]) for a in range(3))
        return z, y, x

    @cached_property
    def factor(self) -> FloatArray:
        """Cholesky factor of the normal matrix."""
        normal = _normal_matrix(self.mask, self.bases)
        size = normal.shape[0]
        scale = self.inside.size / size
        counts = tuple(n + 3 for n in self.spans)
        normal += scale * (self.penalty * _roughness(counts) + RIDGE * np.eye(size))
        factor: FloatArray = cho_factor(normal, lower=True)[0]
        return factor

    def with_distance(self, distance_mm: float) -> SplineSmoother:
        """Return the smoother of the same mask with knots at another distance."""
        return replace(self, distance_mm=distance_mm)

    def with_penalty(self, penalty: float) -> SplineSmoother:
        """Return the smoother of the same mask and knots, stiffer or freer."""
        return replace(self, penalty=penalty)

    def fit(self, values: FloatArray) -> FloatArray:
        """Return the coefficients that fit `values`, one for each masked sample."""
        field = np.zeros(self.grid.counts())
        field.ravel()[self.inside] = values
        z, y, x = self.bases
        right = contract(field, z.T, y.T, x.T)
        solved = cho_solve((self.factor, True), right.ravel(), check_finite=False)
        coefficients: FloatArray = solved.reshape(right.shape)
        return coefficients

    def at_samples(self, coefficients: FloatArray) -> FloatArray:
        """Return the spline at the masked samples."""
        return contract(coefficients, *self.bases).astype(np.float64, copy=False).ravel()[self.inside]

    def at_voxels(self, coefficients: FloatArray) -> NDArray[np.float32]:
        """Return the spline at every voxel of the full grid, float32."""
        z, y, x = (basis(self.grid.voxel_positions(a), self.spans[a]).astype(np.float32) for a in range(3))
        return contract(coefficients.astype(np.float32), z, y, x).astype(np.float32, copy=False)


def basis(positions: FloatArray, spans: int) -> FloatArray:
    """Return cubic B-splines with clamped uniform knots on [0, 1], shape (positions, spans + 3)."""
    knots = np.concatenate([np.zeros(3), np.linspace(0.0, 1.0, spans + 1), np.ones(3)])
    values: FloatArray = BSpline.design_matrix(positions, knots, 3).toarray()
    return values


def contract(array: Numbers, z: Numbers, y: Numbers, x: Numbers) -> Numbers:
    """Apply one matrix along each axis: ``sum of z[k, a] y[j, b] x[i, c] array[a, b, c]``.

    Shrinking contractions start with the longest axis, growing ones end with it, so that the large array is
    passed over once.
    """
    if array.shape[2] >= x.shape[0]:
        array = array @ x.T
        array = np.matmul(y, array)
        return np.asarray(np.tensordot(z, array, axes=(1, 0)))
    array = np.tensordot(z, array, axes=(1, 0))
    array = np.matmul(y, array)
    return array @ x.T


def _normal_matrix(mask: BoolVolume, bases: Bases) -> FloatArray:
    pairs: list[FloatArray] = [np.einsum("ia,ib->abi", b, b).reshape(-1, b.shape[0]) for b in bases]
    k = [b.shape[1] for b in bases]
    sums = contract(mask.astype(np.float64), *pairs).reshape(k[0], k[0], k[1], k[1], k[2], k[2])
    size = k[0] * k[1] * k[2]
    return np.ascontiguousarray(sums.transpose(0, 2, 4, 1, 3, 5), dtype=np.float64).reshape(size, size)


def _roughness(counts: tuple[int, ...]) -> FloatArray:
    total: FloatArray = np.zeros((1, 1))
    for axis in range(3):
        product: FloatArray = np.ones((1, 1))
        for other, n in enumerate(counts):
            second = np.diff(np.eye(n), n=2, axis=0)
            part = second.T @ second if other == axis else np.eye(n)
            product = np.kron(product, part).astype(np.float64)
        total = total + product
    return total
