"""Predictive values of a binary marker at a horizon; the censored are weighted, not called event-free."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import as_floats, clean_outcome
from kinephen.survival.results import Z95, Interval
from kinephen.survival.time_dependent import case_weights
from kinephen.types import BoolArray, FloatArray

KIND = "Wilson, effective sample size"


@dataclass(frozen=True)
class HorizonAccuracy(Printable):
    """Accuracy of a binary marker for events by a horizon.

    Parameters
    ----------
    horizon : float
    ppv, npv, sensitivity, specificity : Interval
        NaN where nobody of known status is on that side.
    n, cases, controls, unknown : int
        Patients; events by the horizon; followed beyond it; censored before it (weight 0).
    """

    horizon: float
    ppv: Interval
    npv: Interval
    sensitivity: Interval
    specificity: Interval
    n: int
    cases: int
    controls: int
    unknown: int

    def __str__(self) -> str:
        unknown = f"{self.unknown} of {self.n} censored before"
        return f"at {self.horizon:g}: PPV {self.ppv}, NPV {self.npv} ({unknown})"


def horizon_accuracy(
    positive: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float
) -> HorizonAccuracy:
    """Return predictive values, sensitivity and specificity for events by `horizon`.

    Parameters
    ----------
    positive : array_like, shape (n,)
        1 where the marker predicts an event.
    time, event : array_like, shape (n,)
    horizon : float

    Raises
    ------
    InputError
        ``survival.binary``.
    CohortError
        ``survival.horizon`` when nobody is followed beyond it.

    References
    ----------
    Blanche, Dartigues and Jacqmin-Gadda 2013 for the weights; Wilson's interval at the effective sample size
    (Kish 1965).
    """
    outcome = clean_outcome(time, event)
    marker = as_floats(positive, "positive")
    if marker.size != outcome.n or not np.isin(marker, (0.0, 1.0)).all():
        raise InputError(f"expected {outcome.n} values 1 or 0", code="survival.binary", where="positive")
    case, beyond = outcome.event & (outcome.time <= horizon), outcome.time > horizon
    if not beyond.any():
        raise CohortError(f"nobody is followed beyond {horizon:g}", code="survival.horizon", where="horizon")
    weight, high = case_weights(outcome, horizon), marker == 1.0
    return HorizonAccuracy(
        horizon,
        _share(weight, case, high),
        _share(weight, beyond, ~high),
        _share(weight, high, case),
        _share(weight, ~high, beyond),
        outcome.n,
        int(case.sum()),
        int(beyond.sum()),
        int((~case & ~beyond).sum()),
    )


def _share(weight: FloatArray, hit: BoolArray, among: BoolArray) -> Interval:
    w = weight[among]
    total = float(w.sum())
    if total <= 0:
        return Interval(math.nan, math.nan, math.nan, KIND)
    p = min(float(w[hit[among]].sum()) / total, 1.0)
    n = total**2 / float((w**2).sum())
    shrink = 1.0 + Z95**2 / n
    centre = (p + Z95**2 / (2 * n)) / shrink
    half = Z95 / shrink * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return Interval(p, max(centre - half, 0.0), min(centre + half, 1.0), KIND)
