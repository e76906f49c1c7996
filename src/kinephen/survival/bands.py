"""Pointwise intervals of a survival curve, on five scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np

from kinephen.errors import UsageError
from kinephen.types import FloatArray

BandKind: TypeAlias = Literal["log", "log-log", "plain", "logit", "arcsin"]
Limits: TypeAlias = tuple[FloatArray, FloatArray]


def band_limits(survival: FloatArray, se_log: FloatArray, z: float, kind: BandKind) -> Limits:
    """Return lower and upper limits, within [0, 1].

    Parameters
    ----------
    survival : ndarray, shape (m,)
        Kaplan-Meier estimate.
    se_log : ndarray, shape (m,)
        Standard error of its logarithm (square root of Greenwood's sum).
    z : float
        Normal quantile of the interval.
    kind : {"log", "log-log", "plain", "logit", "arcsin"}

    Returns
    -------
    lower, upper : ndarray, shape (m,)
        NaN where the estimate is 0 (no variance); 1 and 1 where it is 1.

    References
    ----------
    Klein and Moeschberger 2003, Survival Analysis, section 4.3.
    """
    if kind not in _SCALES:
        raise UsageError(
            f"band {kind!r}; expected one of {', '.join(get_args(BandKind))}",
            code="survival.band",
            where="band",
        )
    lower = np.full(survival.shape, np.nan)
    upper = np.full(survival.shape, np.nan)
    whole = survival >= 1.0
    inside = (survival > 0.0) & ~whole
    lower[whole] = upper[whole] = 1.0
    low, high = _SCALES[kind](survival[inside], se_log[inside], z)
    lower[inside], upper[inside] = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    return lower, upper


def _log(s: FloatArray, se: FloatArray, z: float) -> Limits:
    return s * np.exp(-z * se), s * np.exp(z * se)


def _log_log(s: FloatArray, se: FloatArray, z: float) -> Limits:
    shift = z * se / np.log(s)
    return s ** np.exp(-shift), s ** np.exp(shift)


def _plain(s: FloatArray, se: FloatArray, z: float) -> Limits:
    return s - z * s * se, s + z * s * se


def _logit(s: FloatArray, se: FloatArray, z: float) -> Limits:
    centre, shift = np.log(s / (1.0 - s)), z * se / (1.0 - s)
    return 1.0 / (1.0 + np.exp(shift - centre)), 1.0 / (1.0 + np.exp(-centre - shift))


def _arcsin(s: FloatArray, se: FloatArray, z: float) -> Limits:
    angle, shift = np.arcsin(np.sqrt(s)), 0.5 * z * se * np.sqrt(s / (1.0 - s))
    low, high = np.maximum(angle - shift, 0.0), np.minimum(angle + shift, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


_SCALES: dict[str, Callable[[FloatArray, FloatArray, float], Limits]] = {
    "log": _log,
    "log-log": _log_log,
    "plain": _plain,
    "logit": _logit,
    "arcsin": _arcsin,
}
