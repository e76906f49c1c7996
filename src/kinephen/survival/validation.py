"""The ladder of Cox models: all on the same patients, each with cross-validated C and nested tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue, require_unique_index
from kinephen.core.p_values import format_p
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import CohortError, UsageError
from kinephen.survival.concordance import Concordance, concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cox_model import CoxResult
from kinephen.survival.cross_validation import (
    CrossValidatedC,
    CrossValidation,
    TrainedDesign,
    cross_validate,
    difference_interval,
)
from kinephen.survival.design import Design, design_matrix
from kinephen.survival.folds import check_folds, make_folds
from kinephen.survival.nested import nested_test
from kinephen.survival.outcome import Outcome, clean_outcome, complete_rows
from kinephen.survival.results import ChiSquareTest, Interval
from kinephen.survival.sample_size import expected_shrinkage
from kinephen.types import BoolArray, FloatArray, IntArray, Rng


@dataclass(frozen=True)
class Refit:
    """A covariate that is learned, and therefore learned again from each training fold.

    Parameters
    ----------
    column : str
        Its name in the table and in the models.
    learn : callable
        From positions of training rows in the table to the values of all rows of the table.
    """

    column: str
    learn: Callable[[IntArray], ArrayLike]


@dataclass(frozen=True)
class LadderModel(Printable):
    """One model of the ladder.

    Parameters
    ----------
    name : str
    columns : tuple of str
    fit : CoxResult
        On all complete rows; its `lrt` is against the null model.
    apparent : Concordance
        On the patients it was fitted to: optimistic.
    cross_validated : CrossValidatedC
        Learned covariates taken as given.
    refitted : CrossValidatedC, optional
        Learned covariates learned again in every training fold.
    events_per_coefficient, shrinkage : float
        `shrinkage` is Riley's expected 1 - p / LR.
    """

    name: str
    columns: tuple[str, ...]
    fit: CoxResult
    apparent: Concordance
    cross_validated: CrossValidatedC
    refitted: CrossValidatedC | None
    events_per_coefficient: float
    shrinkage: float

    def __str__(self) -> str:
        return f"{self.name} ({' + '.join(self.columns)}): {self.cross_validated}; {self.fit.lrt}"


@dataclass(frozen=True)
class LadderComparison(Printable):
    """A larger model against a smaller one that it contains.

    Parameters
    ----------
    smaller, larger : str
    test : ChiSquareTest
        In-sample likelihood ratio; names the comparator and its df.
    gain : Interval
        Gain in cross-validated C, paired.
    refitted_gain : Interval, optional
        The same with learned covariates learned again.
    """

    smaller: str
    larger: str
    test: ChiSquareTest
    gain: Interval
    refitted_gain: Interval | None

    def __str__(self) -> str:
        return f"{self.larger} over {self.smaller}: {self.test}; gain in cross-validated C {self.gain}"


@dataclass(frozen=True)
class LadderResult(Printable):
    """All models and comparisons.

    Parameters
    ----------
    models : tuple of LadderModel
    comparisons : tuple of LadderComparison
    n, events, left_out : int
        Complete rows, their events, and rows with a missing value in any model.
    plan : dict
        Folds, replicates and how they were dealt.
    issues : tuple of Issue
    rows : ndarray of bool
        Complete rows of the table.
    folds : ndarray of int, shape (replicates, n)
        Of the complete rows.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"rows", "folds"})

    models: tuple[LadderModel, ...]
    comparisons: tuple[LadderComparison, ...]
    n: int
    events: int
    left_out: int
    plan: dict[str, object]
    issues: tuple[Issue, ...]
    rows: BoolArray = field(repr=False)
    folds: IntArray = field(repr=False)

    def model(self, name: str) -> LadderModel:
        """Return one model by name."""
        return next(m for m in self.models if m.name == name)

    def table(self) -> ResultTable:
        """Return one row a model; the comparisons stand among the notes."""
        columns = (
            "model",
            "covariates",
            "C, cross-validated",
            "lower 95 %",
            "upper 95 %",
            "C, apparent",
            "p",
        )
        rows = tuple(
            (m.name, " + ".join(m.columns), c.estimate, c.lower, c.upper, m.apparent.c, format_p(m.fit.lrt.p))
            for m in self.models
            for c in (m.cross_validated.interval,)
        )
        notes = (*map(str, self.comparisons), *(i.message for i in self.issues))
        return ResultTable(str(self).splitlines()[0], columns, rows, notes)

    def __str__(self) -> str:
        head = f"n = {self.n}, events = {self.events}, left out for missing values = {self.left_out}"
        return "\n".join([head, *map(str, self.models), *map(str, self.comparisons)])


def cox_ladder(
    models: Mapping[str, Sequence[str]],
    frame: pd.DataFrame,
    time: str,
    event: str,
    *,
    plan: CrossValidation | None = None,
    refit: Refit | None = None,
    comparisons: Sequence[tuple[str, str]] | None = None,
    rng: Rng | None = None,
) -> LadderResult:
    """Fit, cross-validate and compare a ladder of Cox models on the same patients.

    Parameters
    ----------
    models : mapping of str to sequence of str
        Columns of each model; text columns are coded as factors.
    frame : DataFrame
        One row a patient.
    time, event : str
        Columns with follow-up and 1/0.
    plan : CrossValidation, optional
        By default 5 folds x 100, stratified by event.
    refit : Refit, optional
        Also cross-validate with this covariate learned from training rows only.
    comparisons : sequence of (smaller, larger), optional
        By default every model with the largest ones that it contains.
    rng : numpy.random.Generator
        Needed unless the plan gives the folds.

    Returns
    -------
    LadderResult
        All models on the rows that are complete for all of them.

    Raises
    ------
    InputError
        ``table.duplicates``, ``survival.column``, and those of `clean_outcome`.
    CohortError
        ``survival.no_events``, ``survival.too_few``.
    """
    plan = plan or CrossValidation()
    require_unique_index(frame, what="survival table")
    used = list(dict.fromkeys(c for columns in models.values() for c in columns))
    rows = complete_rows(frame, [time, event, *used])
    kept = frame[rows]
    _require_enough(kept, plan, event)
    outcome = clean_outcome(kept[time], kept[event], need_events=True)
    design = design_matrix(kept, used)
    folds = _folds(plan, outcome, rng)
    work = _Work(design, outcome, folds, plan, refit, np.flatnonzero(rows))
    fitted = tuple(work.model(name, tuple(columns)) for name, columns in models.items())
    pairs = comparisons if comparisons is not None else direct_pairs(models)
    by_name = {m.name: m for m in fitted}
    return LadderResult(
        fitted,
        tuple(_compare(by_name[a], by_name[b]) for a, b in pairs),
        outcome.n,
        outcome.events,
        int((~rows).sum()),
        work.describe(),
        outcome.issues + _left_out(rows),
        rows,
        folds,
    )


def direct_pairs(models: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return (smaller, larger) for all nested models with no other model strictly between."""
    sets = {name: frozenset(columns) for name, columns in models.items()}
    return [
        (a, b)
        for b in sets
        for a in sets
        if sets[a] < sets[b] and not any(sets[a] < sets[c] < sets[b] for c in sets)
    ]


@dataclass(frozen=True)
class _Work:
    design: Design
    outcome: Outcome
    folds: IntArray
    plan: CrossValidation
    refit: Refit | None
    positions: IntArray
    learned: dict[bytes, FloatArray] = field(default_factory=dict)

    def model(self, name: str, columns: tuple[str, ...]) -> LadderModel:
        chosen = self.design.columns_of(columns)
        x, labels = self.design.x[:, chosen], [self.design.names[j] for j in chosen]
        outcome, firth = self.outcome, self.plan.firth
        fit = cox_fit(x, outcome.time, outcome.event, names=labels, firth=firth)
        apparent = concordance(fit.linear_predictor(), outcome.time, outcome.event)
        crossed = cross_validate(x, outcome, self.folds, firth=firth == "auto")
        return LadderModel(
            name,
            columns,
            fit,
            apparent,
            crossed,
            self._refitted(columns, x, labels),
            outcome.events / max(fit.df, 1.0),
            expected_shrinkage(fit.lrt.statistic, fit.df),
        )

    def _refitted(self, columns: tuple[str, ...], x: FloatArray, labels: list[str]) -> CrossValidatedC | None:
        if self.refit is None:
            return None
        design: FloatArray | TrainedDesign = x
        if self.refit.column in columns:
            if self.refit.column not in labels:
                raise UsageError(
                    "a learned covariate must be numeric", code="survival.refit", where=self.refit.column
                )
            design = self._learned(x, labels.index(self.refit.column), self.refit)
        folds = self.folds[: self.plan.refit_replicates]
        return cross_validate(design, self.outcome, folds, firth=self.plan.firth == "auto")

    def _learned(self, x: FloatArray, j: int, refit: Refit) -> TrainedDesign:
        def make(train: IntArray) -> FloatArray:
            design = x.copy()
            design[:, j] = self._learn_once(train, refit)
            return design

        return make

    def _learn_once(self, train: IntArray, refit: Refit) -> FloatArray:
        # Learning can be slow, and all models share the folds.
        key = train.tobytes()
        if key not in self.learned:
            values = np.asarray(refit.learn(self.positions[train]), dtype=np.float64)
            self.learned[key] = values[self.positions]
        return self.learned[key]

    def describe(self) -> dict[str, object]:
        return {
            "folds": int(self.folds.max()) + 1,
            "replicates": int(self.folds.shape[0]),
            "dealt": "given" if self.plan.given is not None else _dealt(self.plan),
            "refit_replicates": min(self.plan.refit_replicates, self.folds.shape[0]) if self.refit else 0,
        }


def _dealt(plan: CrossValidation) -> str:
    return "stratified by event" if plan.stratified else "at random"


def _folds(plan: CrossValidation, outcome: Outcome, rng: Rng | None) -> IntArray:
    if plan.given is not None:
        return check_folds(plan.given, outcome.n)[0]
    if rng is None:
        raise UsageError("cross-validation needs rng or given folds", code="survival.rng", where="rng")
    return make_folds(outcome.event, plan.folds, plan.replicates, stratified=plan.stratified, rng=rng)


def _require_enough(kept: pd.DataFrame, plan: CrossValidation, event: str) -> None:
    if len(kept) < 2 * plan.folds:
        raise CohortError(
            f"{len(kept)} patients with complete data; {plan.folds} folds need at least {2 * plan.folds}",
            code="survival.too_few",
            where=event,
            hint="use fewer folds, or find why values are missing",
        )


def _left_out(rows: BoolArray) -> tuple[Issue, ...]:
    count = int((~rows).sum())
    if not count:
        return ()
    text = f"{count} of {rows.size} patients left out of all models: a covariate or the outcome is missing"
    return (Issue("survival.incomplete_rows", text, where="table", count=count),)


def _compare(smaller: LadderModel, larger: LadderModel) -> LadderComparison:
    refitted = None
    if smaller.refitted is not None and larger.refitted is not None:
        refitted = difference_interval(smaller.refitted, larger.refitted)
    return LadderComparison(
        smaller.name,
        larger.name,
        nested_test(smaller.fit, larger.fit, name=smaller.name),
        difference_interval(smaller.cross_validated, larger.cross_validated),
        refitted,
    )
