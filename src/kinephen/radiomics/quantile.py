"""Quantiles of a binned sample in the unit of the map."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.discretise import Discretised
from kinephen.radiomics.sample import Sample
from kinephen.radiomics.undefined import Undefined, Value
from kinephen.types import FloatArray

NO_TAIL = Undefined("no voxel lies beyond the quantile")


def binned_quantile(frequencies: FloatArray, edges: FloatArray, q: float) -> float:
    """Return the quantile, linear inside the bin that holds it.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,)
    edges : ndarray, shape (bins + 1,)
        Ascending.
    q : float
        0 .. 1. Below 0.5 the bins are added up from the lowest, from 0.5 on from the highest.

    Notes
    -----
    The rule of ITK's histogram; the two directions agree unless empty bins lie at the quantile.
    """
    if q < 0.5:
        return _from_below(frequencies, edges, q)
    return -_from_below(frequencies[::-1], -edges[::-1], 1.0 - q)


def _from_below(frequencies: FloatArray, edges: FloatArray, q: float) -> float:
    target = q * frequencies.sum()
    reached = np.cumsum(frequencies)
    filled = np.flatnonzero((reached >= target) & (frequencies > 0))[0]
    share = (target - reached[filled] + frequencies[filled]) / frequencies[filled]
    return float(edges[filled] + share * (edges[filled + 1] - edges[filled]))


def histogram_quantiles(sample: Sample, levels: Sample, discretised: Discretised) -> dict[str, Value]:
    """Return the 5 % and 95 % quantile from the bins, and the means of the raw values beyond them.

    Parameters
    ----------
    sample : Sample
        Raw values.
    levels : Sample
        1-based levels of the same voxels.
    discretised : Discretised
        For the edges of the bins.
    """
    frequencies = np.zeros(discretised.n_levels)
    frequencies[levels.values.astype(np.int64) - 1] = levels.counts
    edges = np.linspace(*discretised.edges, discretised.n_levels + 1)
    low, high = binned_quantile(frequencies, edges, 0.05), binned_quantile(frequencies, edges, 0.95)
    return {
        "Histogram_FifthPercentile": low,
        "Histogram_NinetyFifthPercentile": high,
        "Histogram_FifthPercentileMean": _tail(sample, -np.inf, low),
        "Histogram_NinetyFifthPercentileMean": _tail(sample, high, np.inf),
    }


def _tail(sample: Sample, low: float, high: float) -> Value:
    kept = sample.between(low, high)
    return kept.mean if kept.size else NO_TAIL
