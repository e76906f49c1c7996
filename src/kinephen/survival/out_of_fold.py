"""Predicted risk of patients whom the model has not seen, from every fold of a repeated cross-validation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinephen.errors import CohortError
from kinephen.survival.baseline import baseline_hazards
from kinephen.survival.cross_validation import FoldRows, per_sd
from kinephen.survival.outcome import Outcome
from kinephen.survival.risk_sets import build_risk_sets
from kinephen.types import BoolArray, FloatArray, IntArray

LARGEST = 50.0
"""Log cumulative hazard beyond which a risk is 1 to the last digit."""


@dataclass(frozen=True)
class OutOfFoldRisk:
    """Risk by a horizon, each patient's from the model of the folds that they are not in.

    Parameters
    ----------
    horizon : float
    risk : ndarray, shape (replicates, n)
        Within [0, 1]. Folds share one scale, because each prediction holds its training patients' baseline.
    folds : ndarray of int, shape (replicates, n)
    failed : int
        Training folds without a fit of their own; there the training patients' mean risk stands.
    """

    horizon: float
    risk: FloatArray = field(repr=False)
    folds: IntArray = field(repr=False)
    failed: int

    @property
    def mean(self) -> FloatArray:
        """Mean over replicates of each patient's risk, shape (n,)."""
        return np.asarray(self.risk.mean(axis=0))


def out_of_fold_risk(
    x: FloatArray, outcome: Outcome, folds: IntArray, horizon: float, *, firth: bool = True
) -> OutOfFoldRisk:
    """Return the predicted risk of the event by `horizon` for patients left out of the fit.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Covariates.
    outcome : Outcome
    folds : ndarray of int, shape (replicates, n)
        0 .. K - 1.
    horizon : float
        In the unit of the times, > 0.
    firth : bool
        Use Firth's penalty in a training fold with monotone likelihood.

    Raises
    ------
    CohortError
        ``survival.horizon`` when the training patients of a fold are not followed to the horizon.

    References
    ----------
    Efron's partial likelihood and Breslow's baseline with Efron's correction, as `kinephen.survival.cox`.
    """
    from kinephen.survival.kernels.cox_folds import FAILED

    order = np.argsort(-outcome.time, kind="stable")
    sorted_outcome = outcome.take(order)
    rows = FoldRows(sorted_outcome.event, np.unique(-sorted_outcome.time, return_inverse=True)[1])
    # Centred: exp of an uncentred predictor may overflow, and a risk does not depend on the centre.
    design, ordered = per_sd(x - x.mean(axis=0))[order], folds[:, order]
    risk, failed = np.zeros(ordered.shape), 0
    for r, fold in enumerate(ordered):
        for k in np.unique(fold):
            train = fold != k
            status, coef = rows.fit(design, train, firth=firth)
            bad = status == FAILED or not np.isfinite(coef).all()
            failed += bad
            predictor = np.zeros(fold.size) if bad else design @ coef
            risk[r, ~train] = _risk(sorted_outcome.take(train), predictor, train, horizon)
    return OutOfFoldRisk(horizon, risk[:, np.argsort(order)], folds, failed)


def _risk(sample: Outcome, predictor: FloatArray, train: BoolArray, horizon: float) -> FloatArray:
    if sample.time.max() < horizon and not sample.event[sample.time == sample.time.max()].all():
        raise CohortError(
            f"the training patients of a fold are followed to {sample.time.max():g}, not to {horizon:g}",
            code="survival.horizon",
            where="horizon",
            hint="choose an earlier horizon",
        )
    base = float(baseline_hazards(predictor[train], build_risk_sets(sample))[0].at(horizon))
    if base == 0.0:
        return np.zeros(int((~train).sum()))  # no event of a training patient by the horizon
    return np.asarray(-np.expm1(-np.exp(np.minimum(np.log(base) + predictor[~train], LARGEST))))
