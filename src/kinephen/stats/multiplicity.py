"""Adjusting p values for the number of tests, and one table for a whole family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from kinephen.errors import InputError, UsageError
from kinephen.types import FloatArray

Method: TypeAlias = Literal["bonferroni", "holm", "hochberg", "hommel", "bh", "by"]


def adjust(p: ArrayLike, method: Method = "holm") -> FloatArray:
    """Return adjusted p values, shape (m,).

    NaN stays NaN and does not count as a test.

    Parameters
    ----------
    p : array_like, shape (m,)
        In [0, 1] or NaN.
    method : {"bonferroni", "holm", "hochberg", "hommel", "bh", "by"}
        The first four bound the chance of any false rejection; Hochberg's and Hommel's need independence or
        positive dependence. "bh" and "by" bound the expected share of false rejections.

    Raises
    ------
    UsageError
        ``stats.method``.
    InputError
        ``stats.p_values`` for values outside [0, 1].

    References
    ----------
    Holm 1979; Hochberg 1988; Hommel 1988; Benjamini and Hochberg 1995; Benjamini and Yekutieli 2001.
    """
    if method not in _METHODS:
        raise UsageError(
            f"method {method!r}; expected {', '.join(_METHODS)}", code="stats.method", where="method"
        )
    values = np.asarray(p, dtype=np.float64).ravel()
    known = ~np.isnan(values)
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise InputError("p values outside [0, 1]", code="stats.p_values", where="p")
    out = np.full(values.size, np.nan)
    if known.any():
        order = np.argsort(values[known], kind="stable")
        adjusted = np.empty(order.size)
        adjusted[order] = np.minimum(_METHODS[method](values[known][order]), 1.0)
        out[known] = adjusted
    return out


def _bonferroni(p: FloatArray) -> FloatArray:
    return np.asarray(p * p.size)


def _holm(p: FloatArray) -> FloatArray:
    return np.asarray(np.maximum.accumulate(p * np.arange(p.size, 0, -1)))


def _hochberg(p: FloatArray) -> FloatArray:
    return _step_up(p * np.arange(p.size, 0, -1))


def _benjamini_hochberg(p: FloatArray) -> FloatArray:
    return _step_up(p * p.size / np.arange(1, p.size + 1))


def _benjamini_yekutieli(p: FloatArray) -> FloatArray:
    harmonic = float((1.0 / np.arange(1, p.size + 1)).sum())
    return _step_up(p * p.size * harmonic / np.arange(1, p.size + 1))


def _step_up(scaled: FloatArray) -> FloatArray:
    return np.asarray(np.minimum.accumulate(scaled[::-1])[::-1])


def _hommel(p: FloatArray) -> FloatArray:
    m = p.size
    adjusted = np.full(m, float(np.min(m * p / np.arange(1, m + 1))))
    for k in range(m - 1, 1, -1):
        head, tail = p[: m - k + 1], p[m - k + 1 :]
        bound = float(np.min(k * tail / np.arange(2, k + 1)))
        level = np.minimum(k * head, bound)
        adjusted = np.maximum(adjusted, np.concatenate([level, np.full(tail.size, level[-1])]))
    return np.asarray(np.maximum(adjusted, p))


_METHODS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "bh": _benjamini_hochberg,
    "by": _benjamini_yekutieli,
}
