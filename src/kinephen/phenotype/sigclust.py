"""SigClust: tests whether a split into two is better than a single Gaussian would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kinephen.core.options import NullCovariance
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import InputError
from kinephen.phenotype.tables import require_patients
from kinephen.types import FloatArray, IntArray, Rng

COVARIANCES: tuple[NullCovariance, ...] = ("sample", "soft", "hard")
MAD_TO_SD = 1.4826
CHUNK = 4_000_000
"""Numbers drawn at a time for the null sets."""


@dataclass(frozen=True)
class SigClust(Printable):
    """Test of one split against a single Gaussian.

    Parameters
    ----------
    covariance : str
    background_variance : float
        Square of the MAD (x 1.4826) of all entries pooled.
    eigenvalues, null_eigenvalues : ndarray, shape (p,)
        Of the sample covariance, and of the Gaussian of the null.
    labels : ndarray of int, shape (n,)
        The split that was tested, 1 and 2.
    cluster_index : float
        Within-cluster sum of squares over the total.
    null_mean, null_sd : float
    p_empirical : float
        (1 + null indices at most as large) / (1 + simulations).
    p_normal : float
        From the normal approximation of the null indices.
    simulations : int
    notes : tuple of str
        What limits the result.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"labels"})

    covariance: NullCovariance
    background_variance: float
    eigenvalues: FloatArray
    null_eigenvalues: FloatArray
    labels: IntArray
    cluster_index: float
    null_mean: float
    null_sd: float
    p_empirical: float
    p_normal: float
    simulations: int
    notes: tuple[str, ...] = ()

    def table(self) -> ResultTable:
        """Return the test's numbers."""
        return replace(super().table(), notes=self.notes)

    def __str__(self) -> str:
        n = self.labels.size
        return (
            f"SigClust ({self.covariance} covariance, {self.simulations} simulations): cluster index "
            f"{self.cluster_index:.4g}, p = {self.p_normal:.2g} (empirical {self.p_empirical:.2g}; n = {n})"
        )


def sigclust(
    x: FloatArray,
    *,
    covariance: NullCovariance = "sample",
    labels: IntArray | None = None,
    simulations: int = 1000,
    starts: int = 20,
    null_starts: int = 5,
    rng: Rng,
) -> SigClust:
    """Test whether two clusters are more than one Gaussian.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    covariance : {"sample", "soft", "hard"}
        How the eigenvalues of the null are estimated (R: icovest 2, 1, 3).
    labels : ndarray of int, optional
        The split to test; by default the best of `starts` 2-means runs.
    simulations : int
    starts, null_starts : int
        Starts of 2-means for the data and for each null set. R uses one start for the null.
    rng : Generator

    Returns
    -------
    SigClust
        A small p says "not one Gaussian"; it does not say "two groups".

    Raises
    ------
    InputError
        Undefined values, labels that are not two clusters, or data without any spread.
    CohortError
        Fewer than four rows.

    References
    ----------
    Liu et al. 2008, JASA 103:1281; Huang et al. 2015, J Comput Graph Stat 24:975.
    """
    require_patients(len(x), needed=4, what="SigClust")
    if not np.isfinite(x).all() or not np.ptp(x, axis=0).any():
        raise InputError("SigClust needs finite data with some spread", code="sigclust.data")
    if labels is None:
        labels, index = two_means(x, starts=starts, rng=rng)
    else:
        index = cluster_index(x, labels)
    eigen = sample_eigenvalues(x)
    variance = background_variance(x)
    null_eigen = null_eigenvalues(eigen, variance, covariance)
    null = np.concatenate(
        [
            _null_indices(sets, null_starts, rng)
            for sets in gaussian_sets(len(x), null_eigen, simulations=simulations, rng=rng)
        ]
    )
    mean, sd, empirical, normal = p_values(index, null)
    notes = _notes(x, variance, covariance)
    return SigClust(
        covariance,
        variance,
        eigen,
        null_eigen,
        labels,
        index,
        mean,
        sd,
        empirical,
        normal,
        simulations,
        notes,
    )


def cluster_index(x: FloatArray, labels: IntArray) -> float:
    """Return the within-cluster sum of squares of two clusters over the total sum of squares."""
    values = np.unique(labels)
    if len(values) != 2 or len(labels) != len(x):
        raise InputError(
            f"expected one label a row and two clusters; found {len(labels)} of {len(values)} clusters",
            code="sigclust.labels",
        )
    within = sum(float(_scatter(x[labels == v])) for v in values)
    return within / float(_scatter(x))


def two_means(x: FloatArray, *, starts: int, rng: Rng) -> tuple[IntArray, float]:
    """Return labels (1, 2; 1 holds the first row) and cluster index of the best of several 2-means runs."""
    from kinephen.phenotype.kernels.twomeans import best_split

    best = np.zeros(len(x), dtype=np.int64)
    rows = np.ascontiguousarray(x, dtype=np.float64)
    within = best_split(rows, _seeds(len(x), (starts,), rng), best)
    return np.where(best == best[0], 1, 2), float(within / _scatter(x))


def background_variance(x: FloatArray) -> float:
    """Return the squared MAD (x 1.4826) of all entries pooled."""
    return float((MAD_TO_SD * np.median(np.abs(x - np.median(x)))) ** 2)


def sample_eigenvalues(x: FloatArray) -> FloatArray:
    """Return the eigenvalues of the sample covariance (ddof 1), largest first; shape (p,)."""
    n, p = x.shape
    values = np.zeros(p)
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    values[: len(singular)] = singular**2 / (n - 1)
    return values


def null_eigenvalues(eigen: FloatArray, variance: float, covariance: NullCovariance) -> FloatArray:
    """Return the eigenvalues of the Gaussian of the null.

    Parameters
    ----------
    eigen : ndarray, shape (p,)
        Sample eigenvalues, largest first.
    variance : float
        Background variance.
    covariance : {"sample", "soft", "hard"}
        ``max(l, 0)``; ``max(l - tau, variance)`` with the tau that makes the first share largest while the
        total power is kept; ``max(l, variance)``.
    """
    if covariance == "sample":
        return np.maximum(eigen, 0.0)
    if covariance == "hard":
        return np.maximum(eigen, variance)
    taus = _largest_shift(eigen, variance) * np.arange(100) / 100.0
    shifted = np.maximum(eigen[None, :] - taus[:, None], variance)
    return np.asarray(shifted[int(np.argmax(shifted[:, 0] / shifted.sum(axis=1)))])


def _largest_shift(eigen: FloatArray, variance: float) -> float:
    """Return the shift of the large eigenvalues that pays for raising the small ones to the background."""
    p = len(eigen)
    excess = eigen - variance
    cut = int((excess > 0.0).sum())
    if cut == p or eigen.sum() <= p * variance:
        return 0.0
    excess = excess[:cut]
    missing = variance * (p - cut) - float(eigen[cut:].sum())
    below = np.append(np.cumsum(excess[::-1])[::-1], 0.0)
    paid = np.arange(cut) * excess + below[:cut]
    less = np.flatnonzero(paid < missing)
    if not len(less):
        return missing / cut
    j = int(less[0])
    share = (missing - paid[j]) / (paid[j - 1] - paid[j])
    return float(excess[j] + share * (excess[j - 1] - excess[j]))


def gaussian_sets(n: int, eigen: FloatArray, *, simulations: int, rng: Rng) -> Iterator[FloatArray]:
    """Yield Gaussian data sets, shape (some, n, p), with these variances; `simulations` in all."""
    sd = np.sqrt(eigen[eigen > 0.0])
    at_once = max(1, CHUNK // (n * len(sd)))
    for start in range(0, simulations, at_once):
        yield rng.standard_normal((min(at_once, simulations - start), n, len(sd))) * sd


def p_values(index: float, null: FloatArray) -> tuple[float, float, float, float]:
    """Return mean and SD of the null indices, and the empirical and the normal p of `index`."""
    from scipy.special import ndtr

    mean, sd = float(null.mean()), float(null.std(ddof=1))
    empirical = (1.0 + float((null <= index).sum())) / (1.0 + len(null))
    return mean, sd, empirical, float(ndtr((index - mean) / sd)) if sd > 0.0 else float("nan")


def _null_indices(sets: FloatArray, starts: int, rng: Rng) -> FloatArray:
    from kinephen.phenotype.kernels.twomeans import split_many

    within = split_many(sets, _seeds(sets.shape[1], (len(sets), starts), rng))
    indices: FloatArray = within / total_scatter(sets)
    return indices


def total_scatter(sets: FloatArray) -> FloatArray:
    """Return the total sum of squares of every set, shape (sets,)."""
    centred = sets - sets.mean(axis=1, keepdims=True)
    total: FloatArray = np.einsum("snp,snp->s", centred, centred)
    return total


def _seeds(n: int, shape: tuple[int, ...], rng: Rng) -> IntArray:
    first = rng.integers(0, n, size=shape)
    second = (first + rng.integers(1, n, size=shape)) % n
    return np.stack([first, second], axis=-1)


def _scatter(x: FloatArray) -> float:
    return float(((x - x.mean(axis=0)) ** 2).sum())


def _notes(x: FloatArray, variance: float, covariance: NullCovariance) -> tuple[str, ...]:
    n, p = x.shape
    notes = []
    if covariance != "sample" and variance > float(x.var(ddof=1)):
        notes.append(
            "the background variance (MAD) exceeds the total variance: its estimate is not meaningful here"
        )
    if covariance != "sample" and p < n / 5:
        notes.append("few variables for the number of rows: the background noise of the null has no meaning")
    return tuple(notes)
