"""Where a part of one image lies in another: the peak of their correlation, between voxels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from kinephen.types import FloatArray, FloatVolume

NEIGHBOURHOOD = 1.0
"""How far from the best whole voxel the peak is sought, voxels."""
COARSE = 10
"""Parts of a voxel in a first round; the second goes round the best of these."""
EXACT = 1.0 - 1e-5
"""Above this correlation at a whole voxel the images are equal there."""
TINY = 1e-6
"""Share of the largest variance below which a place has no edges to compare."""

Voxels = tuple[int, int, int]
Complex = NDArray[np.complex64]
Score = Callable[[list[FloatArray]], FloatArray]


@dataclass(frozen=True)
class Template:
    """What is looked for: values with weights, transformed.

    Parameters
    ----------
    values : ndarray of complex64
        Of weight times (value less the weighted mean).
    weight : ndarray of complex64
    shape : tuple of int
        Of the grid of the transforms.
    reach : tuple of int
    total : float
        Sum of the weights.
    norm : float
        Root of the weighted sum of squares of value less mean.
    """

    values: Complex
    weight: Complex
    shape: Voxels
    reach: Voxels
    total: float
    norm: float


@dataclass(frozen=True)
class Target:
    """Where it is looked for: values and their squares, transformed, and whether they are all one."""

    values: Complex
    squares: Complex
    flat: bool


@dataclass(frozen=True)
class Peak:
    """Where the template lies in the target.

    Parameters
    ----------
    voxels : tuple of float
        Along (slice, row, column); positive at higher indices.
    match : float
        Weighted correlation there, -1 to 1.
    """

    voxels: tuple[float, float, float]
    match: float


def template(values: FloatVolume, weight: FloatVolume, reach: Voxels) -> Template:
    """Prepare a template to be looked for up to `reach` voxels away.

    Parameters
    ----------
    values, weight : ndarray, shape (nz, ny, nx)
    reach : tuple of int
        Along (slice, row, column).
    """
    z, y, x = (fft.next_fast_len(n + 2 * r, real=True) for n, r in zip(values.shape, reach, strict=True))
    rest = values - np.float32(np.average(values, weights=weight))
    weighted = rest * weight
    norm = float(np.sqrt(np.sum(weighted * rest, dtype=np.float64)))
    transformed = [fft.rfftn(v.astype(np.float32), s=(z, y, x)) for v in (weighted, weight)]
    total = float(np.sum(weight, dtype=np.float64))
    return Template(transformed[0], transformed[1], (z, y, x), reach, total, norm)


def target(values: FloatVolume, shape: Voxels) -> Target:
    """Prepare values that reach as far around the template's place as it is looked for.

    Parameters
    ----------
    values : ndarray, shape (nz + 2 rz, ny + 2 ry, nx + 2 rx)
        Begin `reach` voxels before the template.
    shape : tuple of int
        Of the template's grid.
    """
    # Less their mean, so that the sums that are taken from each other are small.
    rest = np.asarray(values - np.mean(values), dtype=np.float32)
    return Target(fft.rfftn(rest, s=shape), fft.rfftn(rest * rest, s=shape), bool(np.ptp(values) == 0.0))


def whole_displacement(wanted: Template, values: FloatVolume) -> Voxels:
    """Return the whole voxels by which values lie off the template, as far as its reach.

    Parameters
    ----------
    wanted : Template
    values : ndarray
        On the template's own voxels, weighted, their mean 0; outside of them there is nothing.
    """
    other = fft.rfftn(np.asarray(values, dtype=np.float32), s=wanted.shape)
    correlation = fft.irfftn(np.conj(wanted.values) * other, s=wanted.shape)
    # The grid has twice the room of the reach, so that what leaves on one side does not come in on the other.
    steps = [np.arange(-r, r + 1) for r in wanted.reach]
    near = correlation[np.ix_(*steps)]
    place = np.unravel_index(int(np.argmax(near)), near.shape)
    z, y, x = (int(s[i]) for s, i in zip(steps, place, strict=True))
    return z, y, x


def locate(wanted: Template, place: Target, parts: Voxels) -> Peak | None:
    """Return where the template lies, or None where it or the target holds one value only.

    Parameters
    ----------
    wanted : Template
    place : Target
    parts : tuple of int
        Steps of a voxel in which the place is told along each axis; 0 leaves the axis to whole voxels.

    Notes
    -----
    The weighted correlation coefficient at each displacement, so that neither brighter surroundings nor the
    window itself attract the peak. Not whitened: strong edges decide, noise does not. Between whole voxels it
    comes from its Fourier series, by one small matrix product along each axis.

    References
    ----------
    Guizar-Sicairos, Thurman and Fienup 2008, Optics Letters 33:156 (the refinement).
    """
    if place.flat or not wanted.norm > 0.0:
        return None
    score, reach = _score(wanted, place), np.array(wanted.reach)
    whole, height = _best(score, [np.arange(2.0 * r + 1.0) for r in reach])
    # Along an axis without structure nothing stops the peak: it stays where it is.
    held = np.abs(whole - reach) == reach
    if held.any():
        places = [np.array([r]) if h else np.arange(2.0 * r + 1.0) for r, h in zip(reach, held, strict=True)]
        whole, height = _best(score, places)
    # One image twice: between voxels nothing can be better.
    best, fine = whole, np.where(held | (height > EXACT), 0, parts)
    for around, steps in ((NEIGHBOURHOOD, np.where(fine > 0, COARSE, 0)), (1.0 / COARSE, fine)):
        best, height = _best(score, [_places(b, around, int(s)) for b, s in zip(best, steps, strict=True)])
    z, y, x = (best - wanted.reach).tolist()
    return Peak((z, y, x), min(1.0, height))


def _best(score: Score, places: list[FloatArray]) -> tuple[FloatArray, float]:
    found = score(places)
    index = np.unravel_index(int(np.argmax(found)), found.shape)
    return np.array([p[i] for p, i in zip(places, index, strict=True)], dtype=np.float64), float(found[index])


def _score(wanted: Template, place: Target) -> Score:
    products = [
        np.conj(wanted.values) * place.values,
        np.conj(wanted.weight) * place.values,
        np.conj(wanted.weight) * place.squares,
    ]

    def score(places: list[FloatArray]) -> FloatArray:
        both, mean, square = (_between(p, wanted.shape, places).astype(np.float64) for p in products)
        variance = square - mean**2 / wanted.total
        least = TINY * float(np.abs(square).max())
        safe = np.maximum(variance, least if least > 0.0 else 1.0)
        found: FloatArray = both / (wanted.norm * np.sqrt(safe))
        return found

    return score


def _places(best: float, around: float, parts: int) -> FloatArray:
    if not parts:
        return np.array([best])
    count = int(np.ceil(around * parts))
    # Whole steps, so that no shift is told as none.
    places: FloatArray = (np.rint(best * parts) + np.arange(-count, count + 1)) / parts
    return places


def _between(product: Complex, shape: Voxels, places: list[FloatArray]) -> NDArray[np.float32]:
    """Return the correlation at all combinations of `places`."""
    z, y = (_waves(fft.fftfreq(n), p) for n, p in zip(shape[:2], places[:2], strict=True))
    frequencies = fft.rfftfreq(shape[2])
    # Only half of the columns' frequencies are kept: the others are their conjugates.
    twice = np.where((frequencies == 0.0) | (frequencies == 0.5), 1.0, 2.0).astype(np.float32)
    small = product @ (_waves(frequencies, places[2]) * twice).T
    small = np.matmul(y, small)
    return np.asarray(np.tensordot(z, small, axes=(1, 0)).real / np.prod(shape), dtype=np.float32)


def _waves(frequencies: FloatArray, places: FloatArray) -> Complex:
    waves: Complex = np.exp(2j * np.pi * places[:, None] * frequencies[None, :]).astype(np.complex64)
    return waves
