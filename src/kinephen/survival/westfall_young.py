"""Adjusting for the choice of the best of several statistics that were computed on the same patients."""

from __future__ import annotations

import numpy as np

from kinephen.types import FloatArray


def max_t(observed: FloatArray, permuted: FloatArray) -> FloatArray:
    """Return step-down adjusted p values, large statistics being the remarkable ones.

    Statistics are ordered from the largest down; each is compared with the largest permuted value among
    itself and those behind it, and no p value is smaller than one before it. The dependence between the
    statistics is that of the permutations, so twenty copies of one recipe cost nothing. For p values hand in
    their negatives (the minP method).

    Parameters
    ----------
    observed : ndarray, shape (m,)
    permuted : ndarray, shape (b, m)
        The same statistics where nothing but chance is at work.

    Returns
    -------
    ndarray, shape (m,)
        (1 + number of permutations at least as large) / (1 + b).

    References
    ----------
    Westfall and Young 1993, Resampling-based multiple testing, algorithms 2.8 and 4.1.
    """
    order = np.argsort(-observed, kind="stable")
    # The largest among the hypotheses that are left at each step.
    largest = np.maximum.accumulate(permuted[:, order[::-1]], axis=1)[:, ::-1]
    reached = largest >= observed[order] - 1e-12
    adjusted = np.empty(observed.size)
    adjusted[order] = np.maximum.accumulate((1.0 + reached.sum(axis=0)) / (1.0 + len(permuted)))
    return adjusted
