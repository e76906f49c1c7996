"""Small Cox fits and concordances of cross-validation folds, as scalar loops.

One layout: `z` (n, 1 + p) has a leading 1 and then the covariates, centred and divided by their SD; rows are
in descending order of time; `event` (n,); `group` (n,) is the rank of the time from the latest (0) on. The
algorithm is that of `kinephen.survival.newton`; only the loops differ. Plain loops and few functions keep the
compile time (once, then cached) to seconds.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from kinephen.survival.likelihood import UNDERFLOW
from kinephen.survival.newton import FLAT, LONGEST_STEP, MAX_HALVINGS, MAX_STEPS, STILL_MOVING
from kinephen.types import BoolArray, FloatArray, IntArray

CONVERGED, SEPARATED, FAILED = 0, 1, 2
NO_INFORMATION = 1e-13
"""A column (per SD) with less information than this is constant among the training rows."""
ALIASED = 1e-11
"""A column that keeps less than this share of its information beside the others is a combination of them."""
STEP_END = 1e-10


@njit(cache=True, error_model="numpy")
def _evaluate(
    z: FloatArray,
    event: BoolArray,
    group: IntArray,
    coef: FloatArray,
    inverse: FloatArray,
    out: FloatArray,
) -> float:
    """Return the log partial likelihood (Efron) and fill `out` (1 + p, 1 + p).

    Without `inverse` (size 0), column 0 of `out` is the score and the rest the information. With it, column 0
    is the trace of (inverse x third central moments) summed over the steps.
    """
    n, q = z.shape
    third = inverse.size > 0
    eta, form = np.zeros(n), np.zeros(n)
    top = -np.inf
    for i in range(n):
        for a in range(1, q):
            eta[i] += z[i, a] * coef[a - 1]
            if third:
                for b in range(1, q):
                    form[i] += z[i, a] * inverse[a - 1, b - 1] * z[i, b]
        top = max(top, eta[i])
    # Sums over those at risk (0) and over the tied deaths (1): products of the columns of z; form x column.
    product, formed = np.zeros((2, q, q)), np.zeros((2, q))
    mean, pull = np.zeros(q), np.zeros(q)
    for a in range(q):
        for b in range(q):
            out[a, b] = 0.0
    value, deaths = 0.0, 0
    for i in range(n):
        risk = np.exp(eta[i] - top)
        for part in range(2 if event[i] else 1):
            for a in range(q):
                formed[part, a] += risk * form[i] * z[i, a]
                for b in range(a + 1):
                    product[part, a, b] += risk * z[i, a] * z[i, b]
        if event[i]:
            deaths += 1
            value += eta[i] - top
            if not third:
                for a in range(1, q):
                    out[a, 0] += z[i, a]
        if deaths == 0 or (i < n - 1 and group[i + 1] == group[i]):
            continue
        for step in range(deaths):
            share = step / deaths
            total = product[0, 0, 0] - share * product[1, 0, 0]
            if not total > UNDERFLOW:
                return -np.inf
            value -= np.log(total)
            for a in range(q):
                mean[a] = (product[0, a, 0] - share * product[1, a, 0]) / total
            if third:
                for a in range(1, q):
                    pull[a] = 0.0
                    for b in range(1, q):
                        pull[a] += inverse[a - 1, b - 1] * mean[b]
            for a in range(1, q):
                if third:
                    out[a, 0] += (formed[0, a] - share * formed[1, a]) / total
                    out[a, 0] -= mean[a] * (formed[0, 0] - share * formed[1, 0]) / total
                else:
                    out[a, 0] -= mean[a]
                for b in range(1, a + 1):
                    spread = (product[0, a, b] - share * product[1, a, b]) / total - mean[a] * mean[b]
                    if not third:
                        out[a, b] += spread
                        continue
                    out[a, 0] -= 2.0 * spread * pull[b]
                    if b < a:
                        out[b, 0] -= 2.0 * spread * pull[a]
        deaths = 0
        for a in range(q):
            formed[1, a] = 0.0
            for b in range(q):
                product[1, a, b] = 0.0
    return value


@njit(cache=True, error_model="numpy")
def _factor(info: FloatArray, lower: FloatArray) -> float:
    """Fill the Cholesky factor of ``info[1:, 1:]``, return its log determinant.

    A column without information of its own gets a zero pivot and is left out.
    """
    p = lower.shape[0]
    log_determinant = 0.0
    for a in range(p):
        for b in range(a, p):
            inner = info[b + 1, a + 1]
            for c in range(a):
                inner -= lower[b, c] * lower[a, c]
            if b > a:
                lower[b, a] = inner / lower[a, a] if lower[a, a] > 0.0 else 0.0
            elif inner > max(NO_INFORMATION, ALIASED * info[a + 1, a + 1]):
                lower[a, a] = np.sqrt(inner)
                log_determinant += np.log(inner)
            else:
                lower[a, a] = 0.0
    return log_determinant


@njit(cache=True, error_model="numpy")
def _solve(lower: FloatArray, right: FloatArray) -> None:
    """Replace `right` by the solution; 0 for columns that are left out."""
    p = right.size
    for a in range(p):
        for c in range(a):
            right[a] -= lower[a, c] * right[c]
        right[a] = right[a] / lower[a, a] if lower[a, a] > 0.0 else 0.0
    for a in range(p - 1, -1, -1):
        for c in range(a + 1, p):
            right[a] -= lower[c, a] * right[c]
        right[a] = right[a] / lower[a, a] if lower[a, a] > 0.0 else 0.0


@njit(cache=True, error_model="numpy")
def fit_rows(z: FloatArray, event: BoolArray, group: IntArray, firth: bool, coef: FloatArray) -> int:
    """Move `coef` (p,) from 0 to the maximum of the (Firth-penalised) likelihood, return how it ended."""
    p = coef.size
    out, lower, inverse = np.zeros((p + 1, p + 1)), np.zeros((p, p)), np.zeros((p, p))
    step, trial, nothing = np.zeros(p), np.zeros(p), np.zeros((0, 0))
    value, polishing, halvings, near = -np.inf, 0, 0, False
    for a in range(p):
        coef[a] = 0.0
    for _ in range(MAX_STEPS * MAX_HALVINGS):
        for a in range(p):
            trial[a] = coef[a] + step[a]
        now = _evaluate(z, event, group, trial, nothing, out)
        log_determinant = _factor(out, lower)
        if firth:
            now += 0.5 * log_determinant
        if not near and now < value and halvings < MAX_HALVINGS:
            halvings += 1
            for a in range(p):
                step[a] *= 0.5
            continue
        value, halvings = now, 0
        for a in range(p):
            coef[a] = trial[a]
            step[a] = out[a + 1, 0]
        if firth:
            for a in range(p):
                for b in range(p):
                    inverse[a, b] = 0.0
                inverse[a, a] = 1.0
                _solve(lower, inverse[a])
            _evaluate(z, event, group, coef, inverse, out)
            for a in range(p):
                step[a] += 0.5 * out[a + 1, 0]
        for a in range(p):
            trial[a] = step[a]
        _solve(lower, step)
        gain, reach = 0.0, 0.0
        for a in range(p):
            gain += 0.5 * step[a] * trial[a]
            reach = max(reach, abs(step[a]))
        for a in range(p):
            step[a] *= min(1.0, LONGEST_STEP / max(reach, LONGEST_STEP))
        near = gain < FLAT
        if near and reach > STILL_MOVING:
            return SEPARATED
        polishing += 1 if near else 0
        if reach < STEP_END or polishing > MAX_HALVINGS:
            return CONVERGED
    return FAILED


@njit(cache=True, error_model="numpy")
def count_pairs(
    predictor: FloatArray,
    event: BoolArray,
    group: IntArray,
    fold: IntArray,
    by_fold: FloatArray,
    by_row: FloatArray,
) -> None:
    """Count concordant pairs.

    Row k of `by_fold` (folds + 1, 2) gets the concordant share and the number of pairs within fold k, its
    last row those of all pairs; `by_row` (n, 2) the same of the within-fold pairs that each row is part of.
    """
    last = by_fold.shape[0] - 1
    for i in range(predictor.size):
        if not event[i]:
            continue
        for j in range(predictor.size):
            if group[j] > group[i] or (group[j] == group[i] and event[j]):
                continue
            gain = 0.5
            if predictor[i] > predictor[j]:
                gain = 1.0
            elif predictor[i] < predictor[j]:
                gain = 0.0
            by_fold[last, 0] += gain
            by_fold[last, 1] += 1.0
            if fold[i] == fold[j]:
                by_fold[fold[i], 0] += gain
                by_fold[fold[i], 1] += 1.0
                by_row[i, 0] += gain
                by_row[i, 1] += 1.0
                by_row[j, 0] += gain
                by_row[j, 1] += 1.0
