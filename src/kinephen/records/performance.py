"""Predicted risks on patients left out of the fit, sample size, and optimism of C."""

from __future__ import annotations

from kinephen.records.base import Number, Numbers, Record
from kinephen.records.statistics import IntervalRecord


class HorizonRecord(Record):
    """Years at which risks are judged.

    Parameters
    ----------
    value : float, optional
        None where too few patients have the event by any horizon, or are followed beyond.
    wanted : float
        That the settings ask for.
    cases, beyond, unknown : int
        Patients with the event by it, followed beyond it, and censored before it.
    reason : str
        Why it is another than wanted, or None.
    """

    value: Number
    wanted: float
    cases: int
    beyond: int
    unknown: int
    reason: str

    @property
    def years(self) -> float:
        """The horizon, or the wanted one where none can be judged."""
        return self.wanted if self.value is None else self.value


class SampleSizeRecord(Record):
    """Whether there are enough patients for a model; see `kinephen.survival.sample_size`."""

    coefficients: int
    r_squared: Number
    shrinkage: Number
    events_per_coefficient: Number
    needed_n: Number
    needed_events: Number
    target: float
    enough: bool


class OptimismRecord(Record):
    """How much of C and calibration slope is optimism, by bootstrap; None with a ``reason``."""

    apparent_c: Number = None
    optimism_c: Number = None
    corrected_c: Number = None
    corrected_slope: Number = None
    replicates: int = 0
    failed: int = 0
    reason: str = ""


class ScoresRecord(Record):
    """Measures of cross-validated risks; see `kinephen.survival.prediction.PredictionScores`.

    ``undefined`` has the reason of each measure that is None.
    """

    horizon: float
    n: int
    cases: int
    beyond: int
    auc: IntervalRecord | None
    uno: IntervalRecord | None
    brier: Number
    null_brier: Number
    ipa: Number
    slope: IntervalRecord | None
    ratio: IntervalRecord | None
    replicates: int
    failed: int
    undefined: dict[str, str]


class CalibrationGroup(Record):
    """Patients of like predicted risk: mean prediction, and observed risk with its 95 % limits."""

    n: int
    events: int
    predicted: Number
    observed: Number
    lower: Number
    upper: Number


class SmoothCalibrationRecord(Record):
    """Observed risk as a smooth function of predicted risk, sorted by prediction."""

    horizon: float
    knots: int
    ici: Number
    e50: Number
    e90: Number
    predicted: Numbers
    observed: Numbers


class CalibrationRecord(Record):
    """Observed against predicted risk, in groups and smooth; what is absent has a ``reason``."""

    groups: tuple[CalibrationGroup, ...] = ()
    smooth: SmoothCalibrationRecord | None = None
    reason: str = ""


class ModelPerformance(Record):
    """One model; ``scores`` and ``calibration`` are None, with a ``reason``, where no risk can be judged."""

    size: SampleSizeRecord
    optimism: OptimismRecord
    scores: ScoresRecord | None = None
    calibration: CalibrationRecord | None = None
    reason: str = ""


class GainRecord(Record):
    """Gain in AUC(t) of a larger model over a smaller one."""

    smaller: str
    larger: str
    gain: IntervalRecord | None
    reason: str


class DecisionCurve(Record):
    """Net benefit by threshold of a model, of treating all or of treating none."""

    model: str
    threshold: tuple[float, ...]
    benefit: Numbers


class AucCurve(Record):
    """AUC(t) of a model at times (years)."""

    model: str
    time: tuple[float, ...]
    auc: Numbers


class PerformanceRecord(Record):
    """Performance of every model of the ladder at the horizon.

    Parameters
    ----------
    horizon : HorizonRecord
    n, replicates : int
        Patients, and replicates of the folds that were used.
    models : dict of str to ModelPerformance
    gains, decision, auc_over_time
        Empty without a horizon.
    """

    horizon: HorizonRecord
    n: int
    replicates: int
    models: dict[str, ModelPerformance]
    gains: tuple[GainRecord, ...] = ()
    decision: tuple[DecisionCurve, ...] = ()
    auc_over_time: tuple[AucCurve, ...] = ()

    def gain(self, smaller: str, larger: str) -> GainRecord | None:
        """Return the gain of one model over another, or None where it was not reckoned."""
        pair = (smaller, larger)
        return next((g for g in self.gains if (g.smaller, g.larger) == pair), None)

    @property
    def bootstraps(self) -> int:
        """Bootstrap samples that optimism rests on, those that failed included."""
        return max((m.optimism.replicates + m.optimism.failed for m in self.models.values()), default=0)
