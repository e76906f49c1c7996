"""Cross-validated concordance of Cox models: three estimators and intervals that mean something.

The spread over replicates says how much the number depends on the luck of the split. It says nothing about
how much it would change in another hundred patients: it is named split noise, never a confidence interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from scipy import special

from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import Outcome
from kinephen.survival.results import Interval, wald_interval
from kinephen.survival.split_intervals import (
    SPLIT_JACKKNIFE,
    jackknife_within_folds,
    nadeau_bengio,
    repeated_se,
    split_jackknife,
)
from kinephen.types import BoolArray, FloatArray, IntArray

TrainedDesign: TypeAlias = Callable[[IntArray], FloatArray]
"""From positions of training rows to the design matrix (n, p) of all rows that those rows lead to."""


@dataclass(frozen=True)
class CrossValidation:
    """The plan of a repeated cross-validation.

    Parameters
    ----------
    folds, replicates : int
    stratified : bool
        Deal events and censored patients separately.
    firth : {"auto", False}
        Refit a training fold with monotone likelihood under Firth's penalty.
    refit_replicates : int
        Replicates in which a phenotype is learned again from each training fold.
    given : ndarray, shape (replicates, n), optional
        Fold labels of the complete rows; replaces folds, replicates and stratified.
    """

    folds: int = 5
    replicates: int = 100
    stratified: bool = True
    firth: Literal["auto", False] = "auto"
    refit_replicates: int = 10
    given: IntArray | None = None


@dataclass(frozen=True)
class SplitNoise(Printable):
    """An estimate in every replicate, and how it varies with the split (not a confidence interval).

    Parameters
    ----------
    mean, sd : float
    t_lower, t_upper : float
        mean -+ t SD / sqrt(replicates), the interval of the 2023 article; covers far less than 95 %.
    percentile_lower, percentile_upper : float
        2.5 and 97.5 % of the replicates.
    values : ndarray, shape (replicates,)
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"values"})

    mean: float
    sd: float
    t_lower: float
    t_upper: float
    percentile_lower: float
    percentile_upper: float
    values: FloatArray = field(repr=False)

    @classmethod
    def of(cls, values: FloatArray) -> SplitNoise:
        """Summarise replicates; SD and t interval are NaN for a single one."""
        n = values.size
        mean = float(values.mean())
        sd = float(values.std(ddof=1)) if n > 1 else float("nan")
        half = float(special.stdtrit(n - 1, 0.975)) * sd / n**0.5 if n > 1 else float("nan")
        low, high = (float(q) for q in np.quantile(values, [0.025, 0.975]))
        return cls(mean, sd, mean - half, mean + half, low, high, values)


@dataclass(frozen=True)
class CrossValidatedC(Printable):
    """Concordance on patients whom the model has not seen.

    Parameters
    ----------
    pooled_pairs : SplitNoise
        Concordant share of all within-fold pairs; the recommended estimator.
    fold_mean : SplitNoise
        Mean of the C of the folds (undefined folds left out).
    pooled_lp : SplitNoise
        One C over the linear predictors of all folds.
    interval : Interval
        95 % for `pooled_pairs`: jackknife over patients within folds, with the variance between splits, on
        the logit scale (`kinephen.survival.split_intervals`).
    jackknife : Interval
        95 % for `pooled_pairs` from the jackknife alone; too short where the covariates carry little.
    nadeau_bengio : Interval
        95 % from the corrected variance of the fold values.
    per_fold : ndarray, shape (replicates, folds)
        NaN for a fold without a usable pair.
    predictor : ndarray, shape (replicates, n)
        Out-of-fold linear predictors (uncentred).
    influence : ndarray, shape (replicates, n)
    undefined_folds, separated_fits, failed_fits, fits : int
    n, events : int
    """

    pooled_pairs: SplitNoise
    fold_mean: SplitNoise
    pooled_lp: SplitNoise
    interval: Interval
    jackknife: Interval
    nadeau_bengio: Interval
    undefined_folds: int
    separated_fits: int
    failed_fits: int
    fits: int
    n: int
    events: int
    per_fold: FloatArray = field(repr=False)
    predictor: FloatArray = field(repr=False)
    influence: FloatArray = field(repr=False)

    @property
    def c(self) -> float:
        """The recommended estimate."""
        return self.pooled_pairs.mean

    def to_dict(self) -> dict[str, object]:
        """Return plain fields (without arrays over patients)."""
        hidden = {"per_fold", "predictor", "influence"}
        return {"c": self.c, **{k: field_values(v) for k, v in self.__dict__.items() if k not in hidden}}

    def __str__(self) -> str:
        noise, (replicates, folds) = self.fold_mean, self.per_fold.shape
        return (
            f"cross-validated C {self.interval}; mean of folds {noise.mean:.3f}, split noise {noise.sd:.3f} "
            f"({replicates} x {folds} folds, n = {self.n}, events = {self.events})"
        )


def cross_validate(
    x: FloatArray | TrainedDesign, outcome: Outcome, folds: IntArray, *, firth: bool = True
) -> CrossValidatedC:
    """Return the cross-validated concordance of a Cox model (Efron ties).

    Parameters
    ----------
    x : ndarray, shape (n, p), or callable
        Covariates; or what makes them from the positions of the training rows, when they are learned.
    outcome : Outcome
    folds : ndarray of int, shape (replicates, n)
        0 .. K - 1.
    firth : bool
        Use Firth's penalty in a training fold with monotone likelihood.

    Raises
    ------
    CohortError
        ``survival.no_pairs`` when no fold of a replicate has a usable pair; ``survival.no_convergence``.

    References
    ----------
    Infinitesimal jackknife as in `concordance`; intervals in `kinephen.survival.split_intervals`.
    """
    order = np.argsort(-outcome.time, kind="stable")
    rows = FoldRows(outcome.event[order], np.unique(-outcome.time[order], return_inverse=True)[1])
    ordered, count = np.ascontiguousarray(folds[:, order]), int(folds.max()) + 1
    predictor, status = np.zeros(ordered.shape), np.zeros((ordered.shape[0], count), dtype=np.int64)
    given = None if callable(x) else per_sd(x)[order]
    for r, fold in enumerate(ordered):
        for k in range(count):
            train = fold != k
            design = given if given is not None else _learned(x, order, train)
            status[r, k], coef = rows.fit(design, train, firth=firth)
            # A sum in one order for all rows: patients who are alike must have the very same predictor.
            predictor[r, ~train] = (design[~train] * coef).sum(axis=1)
    parts = [rows.concordances(p, f, count) for p, f in zip(predictor, ordered, strict=True)]
    back = np.argsort(order)
    per_fold, pooled = np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
    if np.isnan(pooled).any():
        raise CohortError(
            "a replicate has no usable pair within its folds",
            code="survival.no_pairs",
            hint="use fewer folds, or stratify them by event",
        )
    influence = np.array([p[2] for p in parts])[:, back]
    return _summary(outcome, (per_fold, pooled), (predictor[:, back], influence), status)


def per_sd(x: FloatArray) -> FloatArray:
    """Return each column divided by its standard deviation (constant columns as they are)."""
    spread = x.std(axis=0, ddof=1)
    return np.asarray(x / np.where(spread > 0, spread, 1.0))


def _learned(make: FloatArray | TrainedDesign, order: IntArray, train: BoolArray) -> FloatArray:
    if not callable(make):
        return make
    x = per_sd(make(np.sort(order[train])))[order]
    if not np.isfinite(x).all():
        raise InputError(
            "a learned covariate is missing for some patients",
            code="survival.missing",
            where="refit",
            hint="return a value for every row of the table",
        )
    return x


@dataclass(frozen=True)
class FoldRows:
    """Patients in descending order of time, for the compiled loops."""

    event: BoolArray
    group: IntArray

    def fit(self, x: FloatArray, train: BoolArray, *, firth: bool) -> tuple[int, FloatArray]:
        """Return how the fit ended and coefficients per SD; a separated fit is Firth's if allowed."""
        from kinephen.survival.kernels.cox_folds import CONVERGED, FAILED, SEPARATED, fit_rows

        own = x[train]
        z = np.ones((own.shape[0], own.shape[1] + 1))
        z[:, 1:] = own - own.mean(axis=0)
        event, group, coef = self.event[train], self.group[train], np.zeros(own.shape[1])
        status = fit_rows(z, event, group, False, coef)
        if status != CONVERGED and firth:
            status = SEPARATED if fit_rows(z, event, group, True, coef) == CONVERGED else FAILED
        return int(status), coef

    def concordances(
        self, predictor: FloatArray, fold: IntArray, count: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return C of each fold (NaN without a pair), pooled C (all, within folds), and influences."""
        from kinephen.survival.kernels.cox_folds import count_pairs

        by_fold, by_row = np.zeros((count + 1, 2)), np.zeros((predictor.size, 2))
        count_pairs(predictor, self.event, self.group, fold, by_fold, by_row)
        good, pairs = by_fold[:, 0], by_fold[:, 1]
        each = np.divide(good, pairs, out=np.full(count + 1, np.nan), where=pairs > 0)
        within = good[:-1].sum() / pairs[:-1].sum() if pairs[:-1].any() else np.nan
        influence = (by_row[:, 0] - within * by_row[:, 1]) / max(pairs[:-1].sum(), 1.0)
        return each[:-1], np.array([each[-1], within]), influence


def _summary(
    outcome: Outcome,
    values: tuple[FloatArray, FloatArray],
    rows: tuple[FloatArray, FloatArray],
    status: IntArray,
) -> CrossValidatedC:
    from kinephen.survival.kernels.cox_folds import FAILED, SEPARATED

    (per_fold, pooled), (predictor, influence) = values, rows
    pairs = SplitNoise.of(pooled[:, 1])
    fold_mean = SplitNoise.of(np.nanmean(per_fold, axis=1))
    return CrossValidatedC(
        pairs,
        fold_mean,
        SplitNoise.of(pooled[:, 0]),
        split_jackknife(pooled[:, 1], influence),
        jackknife_within_folds(pooled[:, 1], influence),
        nadeau_bengio(per_fold, fold_mean.mean),
        int(np.isnan(per_fold).sum()),
        int((status == SEPARATED).sum()),
        int((status == FAILED).sum()),
        per_fold.size,
        outcome.n,
        outcome.events,
        per_fold,
        predictor,
        influence,
    )


def difference_interval(smaller: CrossValidatedC, larger: CrossValidatedC) -> Interval:
    """Return the gain in cross-validated C with a paired 95 % interval (same folds, same patients).

    No p value: whether covariates add information is tested by the likelihood ratio (Pepe 2013,
    doi 10.1002/sim.5727; Vickers 2011, doi 10.1186/1471-2288-11-13).

    Raises
    ------
    InputError
        ``survival.folds`` when replicates or patients differ.
    """
    shapes = smaller.influence.shape, larger.influence.shape
    if shapes[0] != shapes[1]:
        raise InputError(
            f"cross-validations of shape {shapes[0]} and {shapes[1]} cannot be paired",
            code="survival.folds",
        )
    gains = larger.pooled_pairs.values - smaller.pooled_pairs.values
    se = repeated_se(gains, larger.influence - smaller.influence)
    return wald_interval(larger.c - smaller.c, se, f"paired {SPLIT_JACKKNIFE}")
