"""How many clusters: readings of the area rule, ambiguity, and ambiguity against Gaussian reference sets.

How often each rule finds the planted number is measured by ``bench/choice_of_k.py`` and stands in
docs/reference/choice-of-k.md: the ambiguity rule sees one group in a Gaussian cloud, the published one
(``last_gain``) answers four for one Gaussian and for two groups alike. Skewed scores look like groups to the
ambiguity rule: where it and the tree disagree, the model says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kinephen.core.options import Linkage
from kinephen.phenotype.consensus import Consensus, consensus_cluster, draw_subsets
from kinephen.types import FloatArray, IntArray, Rng

GAIN = 0.10
"""Relative gain of the area under the CDF below which the published rule stops."""


@dataclass(frozen=True)
class AreaReadings:
    """Three readings of "the last k before the area under the CDF grows by less than 10 %".

    Parameters
    ----------
    gains : dict of int to float
        A(2) at 2, then (A(k) - A(k-1)) / A(k-1).
    shifted_gains : dict of int to float
        A(2) at 2, then (A(k+1) - A(k)) / A(k).
    first_below : int or None
        (a) the first k whose gain is below 10 %; None if there is none up to k_max.
    last_gain : int
        (b) the k before it, the last that still gained at least 10 % (k_max if all did);
        the article's reading.
    first_below_shifted : int or None
        (c) the first k whose shifted gain is below 10 %.
    """

    gains: dict[int, float]
    shifted_gains: dict[int, float]
    first_below: int | None
    last_gain: int
    first_below_shifted: int | None


def area_readings(consensus: Consensus, *, gain: float = GAIN) -> AreaReadings:
    """Return the gains of the area under the CDF and the three readings of the rule.

    None of them measures stability: the area is 1 minus the mean consensus and so follows the cluster sizes.
    """
    ks = list(consensus.ks)
    area = [consensus.area(k) for k in ks]
    relative = [(b - a) / a for a, b in pairwise(area)]
    gains = dict(zip(ks, [area[0], *relative], strict=True))
    shifted = dict(zip(ks, [area[0], *relative[1:]], strict=False))
    below = next((k for k in ks if gains[k] < gain), None)
    last = ks[-1] if below is None else max(below - 1, 2)
    return AreaReadings(gains, shifted, below, last, next((k for k, v in shifted.items() if v < gain), None))


@dataclass(frozen=True)
class NullReference:
    """Ambiguity (PAC) of the data against sets drawn from one Gaussian.

    Parameters
    ----------
    ks : tuple of int
    pac : ndarray, shape (len(ks),)
        Of the data, from as many subsets as each reference set has.
    null_pac : ndarray, shape (sets, len(ks))
    rcsi : ndarray, shape (len(ks),)
        Mean log PAC of the reference minus log PAC of the data.
    p_each : ndarray, shape (len(ks),)
        (1 + sets at most as ambiguous) / (1 + sets), at each k alone.
    k_best : int
        k of the largest RCSI.
    p : float
        `p_each` at `k_best`.
    p_any : float
        Of the largest standardised difference over all k, against the same maximum of each reference set: a
        test that allows for the choice among the k, stricter and less powerful.
    alpha : float
    """

    ks: tuple[int, ...]
    pac: FloatArray
    null_pac: FloatArray
    rcsi: FloatArray
    p_each: FloatArray
    k_best: int
    p: float
    p_any: float
    alpha: float

    @property
    def k(self) -> int:
        """`k_best` if `p` is below `alpha`, otherwise 1: no evidence for more than one group."""
        return self.k_best if self.p < self.alpha else 1

    @property
    def k_strict(self) -> int:
        """The same by `p_any`."""
        return self.k_best if self.p_any < self.alpha else 1


DistanceOf = Callable[[FloatArray], FloatArray]


def null_reference(
    items: FloatArray,
    distance: DistanceOf,
    *,
    linkage: Linkage,
    k_max: int,
    subsets: IntArray,
    sets: int,
    alpha: float = 0.05,
    rng: Rng,
) -> NullReference:
    """Compare the ambiguity of a consensus clustering with that of one Gaussian of the same shape.

    Parameters
    ----------
    items : ndarray, shape (n, p)
        What is clustered, items in rows.
    distance : callable
        From items to condensed distances.
    linkage, k_max
        As in the consensus clustering.
    subsets : ndarray of int, shape (resamples, m)
        Subsets of the data; each reference set gets as many of its own.
    sets : int
        Reference sets: Gaussian scores with the SDs of the principal components of `items`, rotated back.
    alpha : float
    rng : Generator

    Returns
    -------
    NullReference
        `k` is `k_best` if `p` is below `alpha`, otherwise 1.

    References
    ----------
    John et al. 2020, Sci Rep 10:1816 (reference sets, RCSI); Senbabaoglu et al. 2014, Sci Rep 4:6207 (PAC);
    `p_any` follows Westfall and Young 1993.
    """
    ks = tuple(range(2, k_max + 1))
    draw = gaussian_like(items)
    n, (resamples, m) = len(items), subsets.shape

    def ambiguity(x: FloatArray, chosen: IntArray) -> list[float]:
        consensus = consensus_cluster(distance(x), chosen, k_max=k_max, linkage=linkage)
        return [consensus.pac(k) for k in ks]

    pac = np.array(ambiguity(items, subsets))
    null = np.array(
        [
            ambiguity(draw(rng), draw_subsets(n, resamples=resamples, fraction=m / n, rng=rng))
            for _ in range(sets)
        ]
    )
    return _compare(ks, pac, null, floor=1.0 / (n * (n - 1)), alpha=alpha)


def _compare(
    ks: tuple[int, ...], pac: FloatArray, null: FloatArray, *, floor: float, alpha: float
) -> NullReference:
    every = np.log(np.maximum(np.vstack([pac, null]), floor))
    centre = every[1:].mean(axis=0)
    rcsi = centre - every[0]
    # Standardised together, the data and the reference sets are exchangeable under the null: an exact test.
    together = np.maximum(every.std(axis=0, ddof=1), 1e-12)
    largest = ((every.mean(axis=0) - every) / together).max(axis=1)
    p_any = (1.0 + (largest[1:] >= largest[0]).sum()) / len(largest)
    p_each = (1.0 + (null <= pac).sum(axis=0)) / len(largest)
    best = int(np.argmax(rcsi))
    return NullReference(ks, pac, null, rcsi, p_each, ks[best], float(p_each[best]), float(p_any), alpha)


def gaussian_like(items: FloatArray) -> Callable[[Rng], FloatArray]:
    """Return a function that draws sets of the shape of `items` from one Gaussian with its moments."""
    centre = items.mean(axis=0)
    _, singular, rotation = np.linalg.svd(items - centre, full_matrices=False)
    sd = singular / np.sqrt(len(items) - 1)

    def draw(rng: Rng) -> FloatArray:
        scores = rng.standard_normal((len(items), len(sd))) * sd
        drawn: FloatArray = scores @ rotation + centre
        return drawn

    return draw
