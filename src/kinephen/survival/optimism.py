"""How much of a model's C is optimism: the bootstrap of the whole recipe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, KinephenError
from kinephen.survival.cross_validation import FoldRows, TrainedDesign
from kinephen.survival.outcome import Outcome
from kinephen.types import FloatArray, IntArray, Rng


@dataclass(frozen=True)
class OptimismCorrected(Printable):
    """Apparent, optimism and corrected value of C and calibration slope.

    Parameters
    ----------
    apparent_c, optimism_c, corrected_c : float
    corrected_slope : float
        Mean slope of the bootstrap models in the original patients: a shrinkage factor.
    replicates, failed : int
        Bootstrap samples used; samples in which no model could be fitted.
    """

    apparent_c: float
    optimism_c: float
    corrected_c: float
    corrected_slope: float
    replicates: int
    failed: int

    def __str__(self) -> str:
        return (
            f"C {self.apparent_c:.3f} apparent, {self.corrected_c:.3f} corrected for optimism; "
            f"slope {self.corrected_slope:.2f} ({self.replicates} bootstrap samples)"
        )


def optimism_bootstrap(
    x: FloatArray | TrainedDesign, outcome: Outcome, *, replicates: int = 200, rng: Rng
) -> OptimismCorrected:
    """Return Harrell's C and calibration slope corrected for optimism.

    Parameters
    ----------
    x : ndarray, shape (n, p), or callable
        Covariates; or what makes them for all patients from the positions of (repeated) training rows, when a
        covariate is learned.
    outcome : Outcome
    replicates : int
    rng : numpy.random.Generator
        Draws from the patients in order of time, event and covariates, so the order in which these are given
        changes nothing (but for ties of time under learned covariates).

    Raises
    ------
    CohortError
        ``survival.bootstrap`` when more than half of the samples allow no model.

    References
    ----------
    Efron 1983; Harrell, Lee and Mark 1996.
    """
    covariates = () if callable(x) else tuple(np.asarray(x).T)
    order = np.lexsort((*covariates, outcome.event, -outcome.time))
    whole = _Sample.of(outcome.take(order))
    apparent, _ = _performance(x, order, whole, np.arange(outcome.n))
    gaps, slopes, failed = [], [], 0
    for _ in range(replicates):
        # Positions in descending order of time, as the compiled loops want them.
        rows = np.sort(rng.integers(0, outcome.n, outcome.n))
        try:
            own, (there, slope) = _performance(x, order, whole, rows)
        except KinephenError:
            failed += 1  # a sample without events or with an aliased design says nothing
            continue
        gaps.append(own - there)
        slopes.append(slope)
    if failed > replicates / 2:
        raise CohortError(
            f"{failed} of {replicates} bootstrap samples allow no model",
            code="survival.bootstrap",
            hint="too few events for this model",
        )
    optimism = float(np.mean(gaps))
    used = replicates - failed
    return OptimismCorrected(apparent, optimism, apparent - optimism, float(np.mean(slopes)), used, failed)


@dataclass(frozen=True)
class _Sample:
    """Patients in descending order of time."""

    rows: FoldRows
    n: int

    @classmethod
    def of(cls, outcome: Outcome) -> _Sample:
        return cls(FoldRows(outcome.event, np.unique(-outcome.time, return_inverse=True)[1]), outcome.n)

    def take(self, rows: IntArray) -> _Sample:
        return _Sample(FoldRows(self.rows.event[rows], self.rows.group[rows]), rows.size)

    def concordance(self, predictor: FloatArray) -> float:
        fold = np.zeros(self.n, dtype=np.int64)
        return float(self.rows.concordances(np.ascontiguousarray(predictor), fold, 1)[1][0])

    def coefficients(self, x: FloatArray) -> FloatArray:
        """Return the coefficients per unit of the columns, Firth's where the likelihood is monotone."""
        from kinephen.survival.kernels.cox_folds import FAILED

        spread = x.std(axis=0, ddof=1)
        if not self.rows.event.any() or not (spread > 0).any():
            raise CohortError("no events, or no covariate that varies", code="survival.no_events")
        spread = np.where(spread > 0, spread, 1.0)
        status, coef = self.rows.fit(x / spread, np.ones(self.n, dtype=np.bool_), firth=True)
        if status == FAILED or not np.isfinite(coef).all():
            raise CohortError("the model has no maximum", code="survival.no_convergence")
        return np.asarray(coef / spread)


def _performance(
    x: FloatArray | TrainedDesign, order: IntArray, whole: _Sample, rows: IntArray
) -> tuple[float, tuple[float, float]]:
    """Return C in the training rows, and C and slope in all patients, of the model fitted to `rows`."""
    values = (x(order[rows]) if callable(x) else x)[order]
    sample = whole.take(rows)
    lp = values @ sample.coefficients(values[rows])
    lp = lp - lp.mean()
    own, there = sample.concordance(lp[rows]), whole.concordance(lp)
    if np.isnan(own) or np.isnan(there):
        raise CohortError("no pair of patients can be compared", code="survival.no_pairs")
    return own, (there, float(whole.coefficients(lp[:, None])[0]))
