"""Adjusting p values for the number of tests, and one table for a whole family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
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


def family_table(
    tests: Mapping[str, float], *, methods: Sequence[Method] = ("holm", "bh"), level: float = 0.05
) -> pd.DataFrame:
    """Return all tests of one family with their adjusted p values.

    Parameters
    ----------
    tests : mapping of str to float
        Name and raw p of every test that was made, also the uninteresting ones; NaN for an undefined test.
    methods : sequence of str
        A column ``p_<method>`` each; the first decides ``rejected``.
    level : float

    Returns
    -------
    DataFrame
        Columns test, p, p_<method>..., rejected; attribute ``family_size`` counts the defined tests.
    """
    table = pd.DataFrame({"test": list(tests), "p": [float(v) for v in tests.values()]})
    for method in methods:
        table[f"p_{method}"] = adjust(table["p"].to_numpy(dtype=np.float64), method)
    table["rejected"] = table[f"p_{methods[0]}"] < level
    table.attrs["family_size"] = int(table["p"].notna().sum())
    return table
