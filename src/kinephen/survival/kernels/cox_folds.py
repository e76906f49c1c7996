"""Cox fits of cross-validation folds: scalar Newton over rows in descending order of time.

All functions share one layout: `x` (n, p) with columns divided by their SD, `event` (n,), `group` (n,) the
rank of the time from the latest (0) on, `use` (n,) the training rows. The algorithm is that of
`kinephen.survival.newton`; only the loops differ.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from kinephen.survival.newton import FLAT, MAX_HALVINGS, MAX_STEPS, STILL_MOVING
from kinephen.types import BoolArray, FloatArray, IntArray

CONVERGED, SEPARATED, FAILED = 0, 1, 2
NO_INFORMATION = 1e-13
"""A column (per SD) with less information than this is constant among the training rows."""
ALIASED = 1e-11
"""A column that keeps less than this share of its information beside the others is a combination of them."""
STEP_END = 1e-10


@njit(cache=True)
def _evaluate(
    x: FloatArray, event: BoolArray, group: IntArray, coef: FloatArray, score: FloatArray, info: FloatArray
) -> float:
    """Fill score and information, return the log partial likelihood (Efron)."""
    n, p = x.shape
    eta = np.zeros(n)
    for i in range(n):
        for a in range(p):
            eta[i] += x[i, a] * coef[a]
    top = eta.max()
    score[:] = 0.0
    info[:] = 0.0
    s0, s1, s2 = 0.0, np.zeros(p), np.zeros((p, p))
    d0, d1, d2 = 0.0, np.zeros(p), np.zeros((p, p))
    mean = np.zeros(p)
    value, deaths = 0.0, 0
    for i in range(n):
        risk = np.exp(eta[i] - top)
        s0 += risk
        for a in range(p):
            s1[a] += risk * x[i, a]
            for b in range(a + 1):
                s2[a, b] += risk * x[i, a] * x[i, b]
        if event[i]:
            deaths += 1
            value += eta[i] - top
            d0 += risk
            for a in range(p):
                score[a] += x[i, a]
                d1[a] += risk * x[i, a]
                for b in range(a + 1):
                    d2[a, b] += risk * x[i, a] * x[i, b]
        if deaths > 0 and (i == n - 1 or group[i + 1] != group[i]):
            for step in range(deaths):
                share = step / deaths
                total = s0 - share * d0
                value -= np.log(total)
                for a in range(p):
                    mean[a] = (s1[a] - share * d1[a]) / total
                    score[a] -= mean[a]
                    for b in range(a + 1):
                        info[a, b] += (s2[a, b] - share * d2[a, b]) / total - mean[a] * mean[b]
            deaths, d0 = 0, 0.0
            d1[:] = 0.0
            d2[:] = 0.0
    for a in range(p):
        for b in range(a):
            info[b, a] = info[a, b]
    return value


@njit(cache=True)
def _third_moments(
    x: FloatArray, event: BoolArray, group: IntArray, coef: FloatArray, inverse: FloatArray, extra: FloatArray
) -> None:
    """Fill the trace of (inverse information x third central moments), summed over the steps."""
    n, p = x.shape
    eta = np.zeros(n)
    form = np.zeros(n)
    for i in range(n):
        for a in range(p):
            eta[i] += x[i, a] * coef[a]
            for b in range(p):
                form[i] += x[i, a] * inverse[a, b] * x[i, b]
    top = eta.max()
    extra[:] = 0.0
    # Columns of the sums: risk, risk x form, then risk x covariate, then risk x form x covariate.
    s, d = np.zeros(2 + 2 * p), np.zeros(2 + 2 * p)
    s2, d2 = np.zeros((p, p)), np.zeros((p, p))
    mean, pull = np.zeros(p), np.zeros(p)
    deaths = 0
    for i in range(n):
        risk = np.exp(eta[i] - top)
        _add(s, s2, x[i], risk, form[i])
        if event[i]:
            deaths += 1
            _add(d, d2, x[i], risk, form[i])
        if deaths > 0 and (i == n - 1 or group[i + 1] != group[i]):
            for step in range(deaths):
                share = step / deaths
                total = s[0] - share * d[0]
                mean_form = (s[1] - share * d[1]) / total
                for a in range(p):
                    mean[a] = (s[2 + a] - share * d[2 + a]) / total
                for a in range(p):
                    pull[a] = 0.0
                    for b in range(p):
                        pull[a] += inverse[a, b] * mean[b]
                for a in range(p):
                    extra[a] += (s[2 + p + a] - share * d[2 + p + a]) / total - mean[a] * mean_form
                    for b in range(p):
                        second = (s2[a, b] - share * d2[a, b]) / total
                        extra[a] -= 2.0 * (second - mean[a] * mean[b]) * pull[b]
            deaths = 0
            d[:] = 0.0
            d2[:] = 0.0


@njit(cache=True)
def _add(sums: FloatArray, squares: FloatArray, row: FloatArray, risk: float, form: float) -> None:
    p = row.size
    sums[0] += risk
    sums[1] += risk * form
    for a in range(p):
        sums[2 + a] += risk * row[a]
        sums[2 + p + a] += risk * form * row[a]
        for b in range(p):
            squares[a, b] += risk * row[a] * row[b]


@njit(cache=True)
def _factor(info: FloatArray, lower: FloatArray) -> float:
    """Fill the Cholesky factor, return log determinant; a column without own information is left out."""
    p = info.shape[0]
    log_determinant = 0.0
    lower[:] = 0.0
    for a in range(p):
        pivot = info[a, a]
        for c in range(a):
            pivot -= lower[a, c] ** 2
        if pivot <= max(NO_INFORMATION, ALIASED * info[a, a]):
            continue
        lower[a, a] = np.sqrt(pivot)
        log_determinant += np.log(pivot)
        for b in range(a + 1, p):
            inner = info[b, a]
            for c in range(a):
                inner -= lower[b, c] * lower[a, c]
            lower[b, a] = inner / lower[a, a]
    return log_determinant


@njit(cache=True)
def _solve(lower: FloatArray, right: FloatArray, out: FloatArray) -> None:
    p = right.size
    for a in range(p):
        out[a] = 0.0
        if lower[a, a] > 0.0:
            out[a] = right[a]
            for c in range(a):
                out[a] -= lower[a, c] * out[c]
            out[a] /= lower[a, a]
    for a in range(p - 1, -1, -1):
        if lower[a, a] > 0.0:
            for c in range(a + 1, p):
                out[a] -= lower[c, a] * out[c]
            out[a] /= lower[a, a]


@njit(cache=True)
def _terms(
    x: FloatArray,
    event: BoolArray,
    group: IntArray,
    coef: FloatArray,
    score: FloatArray,
    lower: FloatArray,
    firth: bool,
) -> float:
    """Fill (modified) score and the factor of the information, return the (penalised) log-likelihood."""
    p = coef.size
    info = np.zeros((p, p))
    value = _evaluate(x, event, group, coef, score, info)
    log_determinant = _factor(info, lower)
    if not firth:
        return float(value)
    inverse, unit, extra = np.zeros((p, p)), np.zeros(p), np.zeros(p)
    for a in range(p):
        unit[:] = 0.0
        unit[a] = 1.0 if lower[a, a] > 0.0 else 0.0
        _solve(lower, unit, inverse[a])
    _third_moments(x, event, group, coef, inverse, extra)
    for a in range(p):
        score[a] += 0.5 * extra[a]
    return float(value + 0.5 * log_determinant)


@njit(cache=True)
def _climb(x: FloatArray, event: BoolArray, group: IntArray, coef: FloatArray, firth: bool) -> int:
    """Move `coef` from 0 to the maximum, return how it ended."""
    p = coef.size
    coef[:] = 0.0
    score, step, trial = np.zeros(p), np.zeros(p), np.zeros(p)
    lower = np.zeros((p, p))
    value = _terms(x, event, group, coef, score, lower, firth)
    extra_steps = 0
    for _ in range(MAX_STEPS):
        _solve(lower, score, step)
        gain, reach = 0.0, 0.0
        for a in range(p):
            gain += 0.5 * step[a] * score[a]
            reach = max(reach, abs(step[a]))
        if gain < FLAT and reach > STILL_MOVING:
            return SEPARATED
        if reach < STEP_END or extra_steps > MAX_HALVINGS:
            return CONVERGED
        near = gain < FLAT
        extra_steps += 1 if near else 0
        for _ in range(MAX_HALVINGS):
            trial[:] = coef + step
            moved = _terms(x, event, group, trial, score, lower, firth)
            if near or moved >= value:
                break
            step *= 0.5
        coef[:] = trial
        value = moved
    return FAILED


@njit(cache=True)
def fit_fold(
    x: FloatArray, event: BoolArray, group: IntArray, use: BoolArray, firth: bool, coef: FloatArray
) -> int:
    """Fill `coef` (per SD of the columns of `x`) from the rows of `use`, return how the fit ended.

    With `firth`, a separated fit is repeated under Firth's penalty and SEPARATED still returned.
    """
    rows = np.flatnonzero(use)
    own = x[rows]
    p = x.shape[1]
    for a in range(p):
        own[:, a] -= own[:, a].mean()
    status = _climb(own, event[rows], group[rows], coef, False)
    if status != CONVERGED and firth:
        status = SEPARATED if _climb(own, event[rows], group[rows], coef, True) == CONVERGED else FAILED
    return int(status)


@njit(cache=True)
def out_of_fold(
    x: FloatArray, event: BoolArray, group: IntArray, folds: IntArray, count: int, firth: bool
) -> tuple[FloatArray, IntArray]:
    """Return linear predictors (replicates, n) of the left-out rows, and the status of each fit.

    `folds` (replicates, n) holds 0 .. count - 1.
    """
    replicates, n = folds.shape
    predictor = np.zeros((replicates, n))
    status = np.zeros((replicates, count), dtype=np.int64)
    coef = np.zeros(x.shape[1])
    for r in range(replicates):
        for k in range(count):
            status[r, k] = fit_fold(x, event, group, folds[r] != k, firth, coef)
            for i in range(n):
                if folds[r, i] == k:
                    for a in range(coef.size):
                        predictor[r, i] += x[i, a] * coef[a]
    return predictor, status


@njit(cache=True)
def fold_concordance(
    predictor: FloatArray, event: BoolArray, group: IntArray, fold: IntArray, count: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the concordances of one replicate.

    They are the C of each fold (NaN without a pair); pooled C over all pairs and over the within-fold pairs;
    and each row's influence on the latter.
    """
    n = predictor.size
    good, pairs = np.zeros(count), np.zeros(count)
    gain, load = np.zeros(n), np.zeros(n)
    all_good, all_pairs = 0.0, 0.0
    for i in range(n):
        if not event[i]:
            continue
        for j in range(n):
            later = group[j] < group[i] or (group[j] == group[i] and not event[j])
            if not later:
                continue
            score = 0.5
            if predictor[i] > predictor[j]:
                score = 1.0
            elif predictor[i] < predictor[j]:
                score = 0.0
            all_good += score
            all_pairs += 1.0
            if fold[i] == fold[j]:
                good[fold[i]] += score
                pairs[fold[i]] += 1.0
                gain[i] += score
                gain[j] += score
                load[i] += 1.0
                load[j] += 1.0
    within = good.sum() / pairs.sum() if pairs.sum() > 0 else np.nan
    each = np.full(count, np.nan)
    for k in range(count):
        if pairs[k] > 0:
            each[k] = good[k] / pairs[k]
    pooled = np.array([all_good / all_pairs if all_pairs > 0 else np.nan, within])
    return each, pooled, (gain - within * load) / max(pairs.sum(), 1.0)
