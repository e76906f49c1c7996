"""Cross-validation of several recipes on the same folds, and of the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kinephen.survival.outcome import Outcome
from kinephen.survival.results import Interval
from kinephen.survival.split_intervals import split_jackknife
from kinephen.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Recipes:
    """Designs of all recipes, patients in descending order of time as the compiled loops want them.

    Parameters
    ----------
    rows : ndarray, shape (n,)
        Position of each row among the patients as they were given.
    event, group : ndarray, shape (n,)
        Event, and rank of the time from the latest on.
    folds : ndarray, shape (replicates, n)
    count : int
        Number of folds.
    base : ndarray, shape (n, q)
    added : tuple of ndarray, shape (n, g)
        Columns of each recipe.
    firth : bool
    """

    rows: IntArray
    event: BoolArray
    group: IntArray
    folds: IntArray
    count: int
    base: FloatArray
    added: tuple[FloatArray, ...]
    firth: bool

    def permuted(self, order: IntArray) -> Recipes:
        """Return the same with the rows of all recipes in another order; outcome and base stay."""
        return replace(self, added=tuple(np.ascontiguousarray(a[order]) for a in self.added))

    def designs(self) -> list[FloatArray]:
        """Return base and recipe side by side."""
        return [np.ascontiguousarray(np.hstack([self.base, a])) for a in self.added]

    def pairs(self) -> FloatArray:
        """Return the concordant share and number of pairs, (recipes, replicates, folds, 2)."""
        found = np.zeros((len(self.added), len(self.folds), self.count, 2))
        seen: dict[bytes, int] = {}
        for r, x in enumerate(self.designs()):
            first = seen.setdefault(x.tobytes(), r)
            if first < r:
                found[r] = found[first]
            else:
                self._fill(x, found[r])
        return found

    def base_c(self) -> float:
        """Return the cross-validated C of the base alone, NaN without covariates."""
        if self.base.shape[1] == 0:
            return float("nan")
        found = np.zeros((len(self.folds), self.count, 2))
        self._fill(self.base, found)
        total = found.sum(axis=1)
        return float((total[:, 0] / total[:, 1]).mean())

    def _fill(self, x: FloatArray, found: FloatArray) -> None:
        from kinephen.survival.kernels.recipe_folds import fold_pairs

        for fold, own in zip(self.folds, found, strict=True):
            fold_pairs(x, self.event, self.group, fold, self.count, self.firth, own)


def ordered_recipes(
    labels: Mapping[str, IntArray],
    outcome: Outcome,
    folds: IntArray,
    count: int,
    *,
    base: FloatArray | None,
    firth: bool,
) -> Recipes:
    """Return the designs of recipes: one 0/1 column for each group but the first, divided by its SD."""
    rows = np.argsort(-outcome.time, kind="stable")
    group = np.unique(-outcome.time[rows], return_inverse=True)[1]
    first = np.zeros((outcome.n, 0)) if base is None else np.asarray(base, dtype=np.float64)
    added = tuple(
        _per_sd((codes[rows, None] == np.arange(1, codes.max() + 1)).astype(float))
        for codes in labels.values()
    )
    return Recipes(
        rows,
        outcome.event[rows],
        group,
        np.ascontiguousarray(folds[:, rows]),
        count,
        np.ascontiguousarray(_per_sd(first[rows])),
        added,
        firth,
    )


def best_in_training(work: Recipes) -> tuple[Interval, FloatArray]:
    """Return the C of choosing the recipe inside the training folds, and how often each was chosen.

    For every fold left out, the recipes are cross-validated on the other folds alone; the one with the
    largest C is fitted to all of them and ranks the patients of the fold left out.
    """
    designs, tries = work.designs(), len(work.folds)
    values, influence = np.empty(tries), np.empty((tries, work.rows.size))
    chosen = np.zeros(len(designs))
    for r, fold in enumerate(work.folds):
        whole = _predictors(work, designs, fold, -1)
        predictor = np.zeros(work.rows.size)
        for k in range(work.count):
            inner = _predictors(work, designs, fold, k)
            best = int(np.argmax([_c_without(work, p, fold, k) for p in inner]))
            chosen[best] += 1.0
            predictor[fold == k] = whole[best][fold == k]
        good, pairs, by_row = _count(work, predictor, fold)
        values[r] = good / pairs
        influence[r] = (by_row[:, 0] - values[r] * by_row[:, 1]) / pairs
    return split_jackknife(values, influence), chosen / chosen.sum()


def _predictors(work: Recipes, designs: list[FloatArray], fold: IntArray, without: int) -> list[FloatArray]:
    from kinephen.survival.kernels.recipe_folds import predict_folds

    found = []
    for x in designs:
        predictor = np.zeros(fold.size)
        predict_folds(x, work.event, work.group, fold, without, work.count, work.firth, predictor)
        found.append(predictor)
    return found


def _c_without(work: Recipes, predictor: FloatArray, fold: IntArray, without: int) -> float:
    keep = fold != without
    part = replace(work, event=work.event[keep], group=work.group[keep])
    good, pairs, _ = _count(part, predictor[keep], fold[keep])
    return good / pairs if pairs else 0.5


def _count(work: Recipes, predictor: FloatArray, fold: IntArray) -> tuple[float, float, FloatArray]:
    from kinephen.survival.kernels.cox_folds import count_pairs

    by_fold, by_row = np.zeros((work.count + 1, 2)), np.zeros((predictor.size, 2))
    count_pairs(predictor, work.event, work.group, fold, by_fold, by_row)
    good, pairs = by_fold[:-1].sum(axis=0)
    return float(good), float(pairs), by_row


def _per_sd(x: FloatArray) -> FloatArray:
    spread = x.std(axis=0, ddof=1)
    return np.asarray(x / np.where(spread > 0, spread, 1.0))
