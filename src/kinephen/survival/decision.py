"""Decision curves: what acting on a predicted risk is worth, against treating all or none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.errors import InputError
from kinephen.survival.brier import checked_probabilities
from kinephen.survival.counts import survival_function
from kinephen.survival.outcome import Outcome, as_floats, clean_outcome
from kinephen.types import BoolArray, FloatArray


def decision_curve(
    risks: Mapping[str, ArrayLike],
    time: ArrayLike,
    event: ArrayLike,
    horizon: float,
    *,
    thresholds: Sequence[float] | FloatArray,
) -> pd.DataFrame:
    """Return the net benefit of models at threshold probabilities.

    Give out-of-fold or external predictions: those of the fitted patients flatter the model.

    Parameters
    ----------
    risks : mapping of str to array_like, shape (n,)
        Predicted probability of the event by `horizon`, a model each.
    time, event : array_like, shape (n,)
    horizon : float
    thresholds : array_like, shape (k,)
        In (0, 1): a patient is treated if their risk is at least the threshold.

    Returns
    -------
    DataFrame
        Columns threshold, model (also ``"treat all"`` and ``"treat none"``), positive (share treated),
        net_benefit, reason (why net benefit is NaN, otherwise empty).

    Raises
    ------
    InputError
        ``survival.probability``, ``survival.threshold``.

    References
    ----------
    Vickers and Elkin 2006; Vickers et al. 2008 (doi 10.1186/1472-6947-8-53) for censored data.
    """
    outcome = clean_outcome(time, event)
    cuts = as_floats(thresholds, "thresholds")
    if not ((cuts > 0) & (cuts < 1)).all():
        raise InputError("thresholds must lie in (0, 1)", code="survival.threshold", where="thresholds")
    values = {name: checked_probabilities(r, outcome.n) for name, r in risks.items()}
    everyone = np.ones(outcome.n, dtype=np.bool_)
    rows = []
    for cut in cuts:
        chosen = {name: risk >= cut for name, risk in values.items()}
        chosen |= {"treat all": everyone, "treat none": ~everyone}
        rows += [
            (float(cut), name, *net_benefit(outcome, c, horizon, float(cut))) for name, c in chosen.items()
        ]
    return pd.DataFrame(rows, columns=["threshold", "model", "positive", "net_benefit", "reason"])


def net_benefit(
    outcome: Outcome, positive: BoolArray, horizon: float, threshold: float
) -> tuple[float, float, str]:
    """Return share of positives, net benefit per patient, and why it is NaN if it is."""
    share = float(positive.mean())
    if share == 0:
        return 0.0, 0.0, ""
    treated = outcome.take(positive)
    curve = survival_function(treated)
    if treated.time.max() < horizon and curve.value[-1] > 0:
        return share, math.nan, "no patient above the threshold is followed to the horizon"
    free = float(curve.at(horizon))
    return share, share * ((1.0 - free) - free * threshold / (1.0 - threshold)), ""
