"""A ladder of logistic models of a response: all on the same patients, judged on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import special

from kinephen.core.printable import Printable
from kinephen.errors import CohortError, KinephenError, UsageError
from kinephen.survival.design import Design, design_matrix
from kinephen.survival.folds import make_folds
from kinephen.survival.logistic import (
    LogisticResult,
    logistic_fit,
    logistic_nested_test,
    logistic_predictor,
)
from kinephen.survival.outcome import complete_rows
from kinephen.survival.prediction import average
from kinephen.survival.results import ChiSquareTest, Interval
from kinephen.survival.roc import RocArea, roc_area, roc_difference
from kinephen.types import BoolArray, FloatArray, IntArray, Rng


@dataclass(frozen=True)
class LogisticLadderModel(Printable):
    """One model.

    Parameters
    ----------
    name : str
    columns : tuple of str
    fit : LogisticResult
        On all complete rows.
    apparent : RocArea
        On the patients it was fitted to: optimistic.
    cross_validated : Interval
        AUC of out-of-fold probabilities, mean over replicates of estimate and DeLong limits.
    responders_per_coefficient : float
        Of the rarer response.
    probability : ndarray, shape (replicates, n)
        Out-of-fold probabilities.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"probability"})

    name: str
    columns: tuple[str, ...]
    fit: LogisticResult
    apparent: RocArea
    cross_validated: Interval
    responders_per_coefficient: float
    probability: FloatArray = field(repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({' + '.join(self.columns)}): cross-validated AUC {self.cross_validated}"


@dataclass(frozen=True)
class LogisticComparison(Printable):
    """A larger model against a smaller one: in-sample likelihood ratio, gain in cross-validated AUC."""

    smaller: str
    larger: str
    test: ChiSquareTest
    gain: Interval

    def __str__(self) -> str:
        return f"{self.larger} over {self.smaller}: {self.test}; gain in cross-validated AUC {self.gain}"


@dataclass(frozen=True)
class LogisticLadder(Printable):
    """All models and comparisons, on the patients who are complete for all of them.

    Parameters
    ----------
    models : tuple of LogisticLadderModel
    comparisons : tuple of LogisticComparison
    n, responders, left_out : int
    replicates, folds : int
    absent : dict of str to str
        Models that have no maximum, with the reason.
    rows : ndarray of bool
        Complete rows of the table.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"rows"})

    models: tuple[LogisticLadderModel, ...]
    comparisons: tuple[LogisticComparison, ...]
    n: int
    responders: int
    left_out: int
    replicates: int
    folds: int
    absent: dict[str, str]
    rows: BoolArray = field(repr=False)

    def __str__(self) -> str:
        head = f"n = {self.n}, responders = {self.responders}, left out = {self.left_out}"
        return "\n".join([head, *map(str, self.models), *map(str, self.comparisons)])


def logistic_ladder(
    models: Mapping[str, Sequence[str]],
    frame: pd.DataFrame,
    response: str,
    *,
    folds: int = 5,
    replicates: int = 20,
    firth: Literal["auto", False] = "auto",
    comparisons: Sequence[tuple[str, str]] = (),
    rng: Rng,
) -> LogisticLadder:
    """Fit, cross-validate and compare logistic models on the same patients.

    Folds are balanced by response: otherwise a fold with many responders leaves a training set with few, and
    the intercepts alone push a useless model's pooled AUC below one half.

    Parameters
    ----------
    models : mapping of str to sequence of str
        Columns of each model; text columns are coded as factors.
    frame : DataFrame
    response : str
        Column with 1 and 0.
    folds, replicates : int
    firth : {"auto", False}
        Penalty where a coefficient is infinite.
    comparisons : sequence of (smaller, larger)
    rng : numpy.random.Generator

    Raises
    ------
    CohortError
        ``survival.too_few`` when a response is rarer than the folds; ``survival.no_model`` without any
        model that has a maximum.
    """
    used = list(dict.fromkeys(c for columns in models.values() for c in columns))
    rows = complete_rows(frame, [response, *used])
    kept = frame[rows]
    y = kept[response].to_numpy(dtype=np.float64)
    _require_enough(y, folds, response)
    design = design_matrix(kept, used)
    dealt = make_folds(y == 1.0, folds, replicates, stratified=True, rng=rng)
    fitted: dict[str, LogisticLadderModel] = {}
    absent: dict[str, str] = {}
    for name, columns in models.items():
        try:
            fitted[name] = _model(name, tuple(columns), design, y, dealt, firth)
        except KinephenError as error:
            absent[name] = error.message
    if not fitted:
        raise CohortError(
            f"no model of {response} has a maximum: {next(iter(absent.values()))}", code="survival.no_model"
        )
    pairs = [(a, b) for a, b in comparisons if a in fitted and b in fitted]
    return LogisticLadder(
        tuple(fitted.values()),
        tuple(_compare(fitted[a], fitted[b], design, y) for a, b in pairs),
        y.size,
        int(y.sum()),
        int((~rows).sum()),
        replicates,
        folds,
        absent,
        rows,
    )


def out_of_fold_probability(
    x: FloatArray, y: FloatArray, folds: IntArray, *, firth: Literal["auto", False] = "auto"
) -> FloatArray:
    """Return each patient's probability from the model of the other folds, shape (replicates, n)."""
    values = np.empty(folds.shape)
    for r, fold in enumerate(folds):
        for k in np.unique(fold):
            test = fold == k
            coef = logistic_predictor(x[~test], y[~test], firth=firth)
            values[r, test] = special.expit(coef[0] + x[test] @ coef[1:])
    return values


def _model(
    name: str,
    columns: tuple[str, ...],
    design: Design,
    y: FloatArray,
    folds: IntArray,
    firth: Literal["auto", False],
) -> LogisticLadderModel:
    chosen = design.columns_of(columns)
    x, labels = design.x[:, chosen], [design.names[j] for j in chosen]
    fit = logistic_fit(x, y, firth=firth, names=labels)
    probability = out_of_fold_probability(x, y, folds, firth=firth)
    crossed, reason = average(lambda r: roc_area(probability[r], y).interval, len(folds))
    if crossed is None:
        raise CohortError(reason, code="survival.no_pairs")
    rarer = min(y.sum(), y.size - y.sum())
    return LogisticLadderModel(
        name, columns, fit, roc_area(fit.fitted, y), crossed, float(rarer / max(fit.lrt.df, 1.0)), probability
    )


def _compare(
    smaller: LogisticLadderModel, larger: LogisticLadderModel, design: Design, y: FloatArray
) -> LogisticComparison:
    if not set(smaller.columns) <= set(larger.columns):
        raise UsageError(
            f"{smaller.name} is not nested in {larger.name}", code="survival.not_nested", where=larger.name
        )
    chosen = design.columns_of(larger.columns)
    inside = np.array([design.source[j] in smaller.columns for j in chosen])
    firth = "firth" in (smaller.fit.method, larger.fit.method)
    test = logistic_nested_test(design.x[:, chosen], y, inside, firth=firth, against=smaller.name)

    def difference(r: int) -> Interval:
        first, second = (roc_area(m.probability[r], y) for m in (smaller, larger))
        return roc_difference(first, second).interval

    gain, _ = average(difference, len(smaller.probability))
    undefined = Interval(np.nan, np.nan, np.nan, "paired DeLong")
    return LogisticComparison(smaller.name, larger.name, test, gain or undefined)


def _require_enough(y: FloatArray, folds: int, response: str) -> None:
    rarer = int(min(y.sum(), y.size - y.sum()))
    if rarer < folds:
        raise CohortError(
            f"{int(y.sum())} of {y.size} complete patients respond; {folds} folds need {folds} of each kind",
            code="survival.too_few",
            where=response,
            hint="use fewer folds, or find why values are missing",
        )
