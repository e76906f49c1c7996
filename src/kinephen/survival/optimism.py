"""How much of a model's C is optimism: the bootstrap of the whole recipe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, KinephenError
from kinephen.survival.calibration import calibration_slope
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import TrainedDesign
from kinephen.survival.outcome import Outcome
from kinephen.types import FloatArray, IntArray, Rng


@dataclass(frozen=True)
class OptimismCorrected(Printable):
    """Apparent, optimism and corrected value of C and calibration slope.

    Parameters
    ----------
    apparent_c, optimism_c, corrected_c : float
    corrected_slope : float
        Mean slope of the bootstrap models in the original women: a shrinkage factor.
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
        Covariates; or what makes them for all women from the positions of (repeated) training rows, when a
        covariate is learned.
    outcome : Outcome
    replicates : int
    rng : numpy.random.Generator

    Raises
    ------
    CohortError
        ``survival.bootstrap`` when more than half of the samples allow no model.

    References
    ----------
    Efron 1983; Harrell, Lee and Mark 1996.
    """
    everyone = np.arange(outcome.n)
    apparent, _ = _performance(x, outcome, everyone)
    gaps, slopes, failed = [], [], 0
    for _ in range(replicates):
        rows = rng.integers(0, outcome.n, outcome.n)
        try:
            own, (there, slope) = _performance(x, outcome, rows)
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


def _performance(
    x: FloatArray | TrainedDesign, outcome: Outcome, rows: IntArray
) -> tuple[float, tuple[float, float]]:
    """Return C in the training rows, and C and slope in all women, of the model fitted to `rows`."""
    values = x(rows) if callable(x) else x
    sample = outcome.take(rows)
    fit = cox_fit(values[rows], sample.time, sample.event)
    lp = values @ fit.usable_coef
    own = concordance(lp[rows], sample.time, sample.event).c
    there = concordance(lp, outcome.time, outcome.event).c
    slope = calibration_slope(lp, outcome.time, outcome.event).estimate
    return own, (there, slope)
