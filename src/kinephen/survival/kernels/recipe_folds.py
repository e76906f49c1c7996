"""Cross-validated concordance of one design as one compiled loop over its folds."""

from __future__ import annotations

import numpy as np
from numba import njit

from kinephen.survival.kernels.cox_folds import CONVERGED, count_pairs, fit_rows
from kinephen.types import BoolArray, FloatArray, IntArray


@njit(cache=True, error_model="numpy")
def fit_rule(
    x: FloatArray, event: BoolArray, group: IntArray, train: BoolArray, firth: bool, coef: FloatArray
) -> None:
    """Fill `coef` (p,) with the Cox coefficients of the training rows.

    Rows are in descending order of time, columns divided by their SD, as `cox_folds` wants them; a fit that
    does not converge is repeated under Firth's penalty if that is allowed.
    """
    p = x.shape[1]
    own = np.flatnonzero(train)
    z = np.ones((own.size, p + 1))
    for a in range(p):
        mean = 0.0
        for i in range(own.size):
            mean += x[own[i], a]
        mean /= own.size
        for i in range(own.size):
            z[i, a + 1] = x[own[i], a] - mean
    status = fit_rows(z, event[own], group[own], False, coef)
    if status != CONVERGED and firth:
        fit_rows(z, event[own], group[own], True, coef)


@njit(cache=True, error_model="numpy")
def predict_folds(
    x: FloatArray,
    event: BoolArray,
    group: IntArray,
    fold: IntArray,
    without: int,
    count: int,
    firth: bool,
    predictor: FloatArray,
) -> None:
    """Fill `predictor` (n,) fold by fold with the rule of the other folds.

    Fold `without` (-1 for none) is left out altogether: it trains no rule and gets no prediction.
    """
    n, p = x.shape
    coef, train = np.zeros(p), np.zeros(n, dtype=np.bool_)
    for k in range(count):
        if k == without:
            continue
        for i in range(n):
            train[i] = fold[i] != k and fold[i] != without
        fit_rule(x, event, group, train, firth, coef)
        for i in range(n):
            if fold[i] == k:
                predictor[i] = 0.0
                for a in range(p):
                    predictor[i] += x[i, a] * coef[a]


@njit(cache=True, error_model="numpy")
def fold_pairs(
    x: FloatArray,
    event: BoolArray,
    group: IntArray,
    fold: IntArray,
    count: int,
    firth: bool,
    by_fold: FloatArray,
) -> None:
    """Add to `by_fold` (count, 2) the concordant share and the number of pairs within each fold."""
    predictor = np.zeros(x.shape[0])
    counts, by_row = np.zeros((count + 1, 2)), np.zeros((x.shape[0], 2))
    predict_folds(x, event, group, fold, -1, count, firth, predictor)
    count_pairs(predictor, event, group, fold, counts, by_row)
    for k in range(count):
        by_fold[k, 0] += counts[k, 0]
        by_fold[k, 1] += counts[k, 1]
