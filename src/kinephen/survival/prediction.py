"""How good cross-validated risks are at a horizon: discrimination, accuracy and calibration together.

Every measure is taken in each replicate of the cross-validation, where a patient has one prediction, and then
averaged; so are its limits. Averaging a patient's predictions first would judge an ensemble that nobody fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kinephen.core.printable import Printable
from kinephen.errors import KinephenError
from kinephen.survival.brier import brier_score
from kinephen.survival.calibration import calibration_at_horizon, calibration_slope
from kinephen.survival.concordance import concordance
from kinephen.survival.out_of_fold import OutOfFoldRisk
from kinephen.survival.outcome import Outcome
from kinephen.survival.results import Interval
from kinephen.survival.time_dependent import auc_difference, time_dependent_auc
from kinephen.types import FloatArray

NEAREST = 1e-9
"""How near a risk may come to 0 or 1 on the complementary log-log scale."""


@dataclass(frozen=True)
class PredictionScores(Printable):
    """Measures of cross-validated risks at one horizon; None where undefined, with the reason.

    Parameters
    ----------
    horizon : float
    n, cases, beyond : int
        Patients; with the event by the horizon; followed beyond it.
    auc : Interval, optional
        Cumulative/dynamic AUC.
    uno : Interval, optional
        Uno's C up to the horizon, of pairs within folds.
    brier, null_brier, ipa : float, optional
        Brier score, that of the Kaplan-Meier risk given to everyone, and 1 - their ratio.
    slope : Interval, optional
        Calibration slope of log(-log(1 - risk)).
    ratio : Interval, optional
        Observed over expected risk at the horizon (calibration in the large).
    replicates, failed : int
        Replicates scored; training folds without a fit.
    undefined : dict of str to str
        Reason for each measure that is None.
    """

    horizon: float
    n: int
    cases: int
    beyond: int
    auc: Interval | None
    uno: Interval | None
    brier: float | None
    null_brier: float | None
    ipa: float | None
    slope: Interval | None
    ratio: Interval | None
    replicates: int
    failed: int
    undefined: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = {"AUC": self.auc, "slope": self.slope, "observed / expected": self.ratio}
        words = [f"{name} {value}" for name, value in parts.items() if value is not None]
        if self.ipa is not None:
            words.append(f"Brier {self.brier:.4f}, IPA {self.ipa:.3f}")
        return f"cross-validated risk by {self.horizon:g}: " + "; ".join(words or ["undefined"])


def score_predictions(predicted: OutOfFoldRisk, outcome: Outcome) -> PredictionScores:
    """Score the out-of-fold risks of a model, averaged over replicates.

    Parameters
    ----------
    predicted : OutOfFoldRisk
    outcome : Outcome
        Of the same patients in the same order.

    References
    ----------
    Averaging over replicates as in Gerds and Kattan 2021, Medical Risk Prediction Models, chapter 7; the
    measures as in `brier_score`, `time_dependent_auc`, `calibration_slope`, `calibration_at_horizon`.
    """
    time, event, horizon = outcome.time, outcome.event, predicted.horizon
    undefined: dict[str, str] = {}

    def over(name: str, measure: Callable[[int], Interval]) -> Interval | None:
        value, reason = average(measure, len(predicted.risk))
        if value is None:
            undefined[name] = reason
        return value

    def brier(r: int) -> Interval:
        found = brier_score(predicted.risk[r], time, event, horizon)
        # Not an interval: three numbers that are averaged alike.
        return Interval(found.brier, found.null_brier, found.ipa, "")

    auc = over("auc", lambda r: time_dependent_auc(predicted.risk[r], time, event, horizon).interval)
    uno = over(
        "uno",
        lambda r: (
            concordance(
                predicted.risk[r], time, event, weight="n/G2", tau=horizon, strata=predicted.folds[r]
            ).interval
        ),
    )
    accuracy = over("brier", brier)
    slope = over("slope", lambda r: calibration_slope(log_hazard(predicted.risk[r]), time, event))
    ratio = over("ratio", lambda r: calibration_at_horizon(predicted.risk[r], time, event, horizon))
    return PredictionScores(
        horizon,
        outcome.n,
        int((event & (time <= horizon)).sum()),
        int((time > horizon).sum()),
        auc,
        uno,
        accuracy.estimate if accuracy else None,
        accuracy.lower if accuracy else None,
        accuracy.upper if accuracy else None,
        slope,
        ratio,
        len(predicted.risk),
        predicted.failed,
        undefined,
    )


def auc_gain(smaller: OutOfFoldRisk, larger: OutOfFoldRisk, outcome: Outcome) -> tuple[Interval | None, str]:
    """Return the gain in AUC at the horizon, paired and averaged over replicates, or None and the reason."""

    def difference(r: int) -> Interval:
        first, second = (
            time_dependent_auc(p.risk[r], outcome.time, outcome.event, p.horizon) for p in (smaller, larger)
        )
        return auc_difference(first, second)

    return average(difference, len(smaller.risk))


def average(measure: Callable[[int], Interval], replicates: int) -> tuple[Interval | None, str]:
    """Return the mean over replicates of estimate and limits, or None and why.

    A measure that is undefined in more than half of the replicates is undefined.
    """
    found, reason = [], ""
    for r in range(replicates):
        try:
            found.append(measure(r))
        except KinephenError as error:
            reason = error.message
    if len(found) * 2 < replicates or not found:
        return None, reason
    values = np.array([(i.estimate, i.lower, i.upper, i.se) for i in found])
    usable = values[np.isfinite(values[:, :3]).all(axis=1)]
    if not len(usable):
        return None, "not finite in any replicate"
    estimate, lower, upper, se = (float(v) for v in usable.mean(axis=0))
    return Interval(estimate, lower, upper, f"{found[0].kind}, mean over replicates", se=se), ""


def log_hazard(risk: FloatArray) -> FloatArray:
    """Return log(-log(1 - risk)), the scale on which a Cox model is linear."""
    return np.asarray(np.log(-np.log1p(-np.clip(risk, NEAREST, 1.0 - NEAREST))))
