"""Similarity of samples with profiles, over the genes that both have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import rankdata
from scipy.stats import t as student_t

from kinephen.types import FloatArray

Similarity: TypeAlias = Literal["spearman", "pearson", "cosine"]
MIN_PAIRS = 4
"""With three or fewer genes in common a similarity is undefined (as in genefu)."""


def similarity(samples: FloatArray, profiles: FloatArray, *, kind: Similarity) -> FloatArray:
    """Similarity of every sample with every profile.

    Parameters
    ----------
    samples : ndarray, shape (n_samples, n_genes)
        Log ratios; NaN where missing. A sample's missing genes are left out for that sample, and ranks are
        taken again over what remains.
    profiles : ndarray, shape (n_genes, n_profiles)
        Without missing values.
    kind : {"spearman", "pearson", "cosine"}
        Spearman with mean ranks for ties. Cosine takes no mean off.

    Returns
    -------
    ndarray, shape (n_samples, n_profiles)
        Range -1 to 1; NaN with fewer than `MIN_PAIRS` genes, or without variation.
    """
    result = np.full((samples.shape[0], profiles.shape[1]), np.nan)
    present = np.isfinite(samples)
    patterns, group = np.unique(present, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if int(pattern.sum()) < MIN_PAIRS:
            continue
        rows = np.flatnonzero(group.ravel() == number)
        left, right = _TRANSFORM[kind](samples[np.ix_(rows, pattern)], profiles[pattern])
        result[rows] = _cosine(left, right)
    return result


def spearman_p_value(rho: FloatArray, n_genes: FloatArray) -> FloatArray:
    """Two-sided p value of Spearman correlations by Student's t with n - 2 degrees of freedom.

    Parameters
    ----------
    rho : ndarray
        Correlations, -1 to 1.
    n_genes : ndarray
        Genes that each correlation was taken over, same shape.

    Returns
    -------
    ndarray
        0 to 1; NaN where `rho` is.
    """
    df = np.maximum(n_genes - 2.0, 1.0)
    with np.errstate(divide="ignore"):
        statistic = np.abs(rho) * np.sqrt(df / np.maximum(1.0 - rho**2, 0.0))
    return np.asarray(2.0 * student_t.sf(statistic, df), dtype=np.float64)


def _ranks(samples: FloatArray, profiles: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _deviations(rankdata(samples, axis=1), rankdata(profiles, axis=0))


def _deviations(samples: FloatArray, profiles: FloatArray) -> tuple[FloatArray, FloatArray]:
    return samples - samples.mean(axis=1, keepdims=True), profiles - profiles.mean(axis=0, keepdims=True)


def _as_given(samples: FloatArray, profiles: FloatArray) -> tuple[FloatArray, FloatArray]:
    return samples, profiles


def _cosine(left: FloatArray, right: FloatArray) -> FloatArray:
    norm = np.sqrt(np.sum(left**2, axis=1))[:, None] * np.sqrt(np.sum(right**2, axis=0))[None, :]
    product = left @ right
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(norm > 0, product / norm, np.nan)
    return np.clip(value, -1.0, 1.0)


_TRANSFORM: dict[str, Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]] = {
    "spearman": _ranks,
    "pearson": _deviations,
    "cosine": _as_given,
}
