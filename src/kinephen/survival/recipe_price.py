"""The price of having tried several recipes for a covariate and of keeping the best.

A recipe is one way of making the covariate (a phenotype) that a model adds to its base covariates. Whoever
tries several and reports the best C reports, in part, the luck of the draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.p_values import p_text
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import CohortError, InputError, UsageError
from kinephen.survival.folds import check_folds
from kinephen.survival.logrank import relabelled_p
from kinephen.survival.outcome import Outcome
from kinephen.survival.recipe_cv import Recipes, best_in_training, ordered_recipes
from kinephen.survival.results import Interval
from kinephen.survival.westfall_young import max_t
from kinephen.types import FloatArray, IntArray, Rng


@dataclass(frozen=True)
class RecipePrice(Printable):
    """What several recipes gave, and what choosing among them is worth where there is nothing to find.

    Parameters
    ----------
    names : tuple of str
    c : ndarray, shape (m,)
        Cross-validated C of base and recipe (pooled pairs, mean over replicates).
    base_c : float
        The same of the base covariates alone; NaN without any.
    best : str
        Recipe with the largest C, and `naive`, that C.
    naive : float
    expected_best, expected_one : float
        Mean over permutations of the best C, and of the C of one recipe; their difference is the price.
    p, adjusted_p : ndarray, shape (m,)
        Permutation p of each C, alone and as one of m (`max_t`).
    corrected : float
        `naive` less the bias of the smallest of several cross-validation errors (Tibshirani 2009).
    selected : Interval
        C of the procedure "take the recipe that is best in the training folds", on the folds left out.
    chosen : ndarray, shape (m,)
        Share of folds in which the training patients chose each recipe.
    logrank_p, logrank_adjusted_p : ndarray, shape (m,)
        Of the recipe's groups, alone and as one of m (minP); NaN for a recipe of one group.
    permutations, replicates, n, events : int
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"best_permuted"})

    names: tuple[str, ...]
    c: FloatArray
    base_c: float
    best: str
    naive: float
    expected_best: float
    expected_one: float
    p: FloatArray
    adjusted_p: FloatArray
    corrected: float
    selected: Interval
    chosen: FloatArray
    logrank_p: FloatArray
    logrank_adjusted_p: FloatArray
    permutations: int
    replicates: int
    n: int
    events: int
    best_permuted: FloatArray = field(repr=False)

    @property
    def price(self) -> float:
        """How much the choice alone adds to C where the recipes carry nothing."""
        return self.expected_best - self.expected_one

    @property
    def best_p(self) -> float:
        """Adjusted p of the best recipe."""
        return float(self.adjusted_p[self.names.index(self.best)])

    def table(self) -> ResultTable:
        """Return one row a recipe."""
        columns = ("recipe", "C", "p alone", "p of the best of all", "share of folds that chose it")
        parts = (self.names, self.c, self.p, self.adjusted_p, self.chosen)
        rows = tuple(
            (n, float(c), float(p), float(a), float(s)) for n, c, p, a, s in zip(*parts, strict=True)
        )
        return ResultTable(str(self), columns, rows)

    def __str__(self) -> str:
        if len(self.names) == 1:
            return f"one recipe; no price: C {self.naive:.3f} (n = {self.n}, events = {self.events})"
        return (
            f"best of {len(self.names)} recipes ({self.best}): C {self.naive:.3f}; best expected by chance "
            f"{self.expected_best:.3f}, adjusted {p_text(self.best_p)}; chosen in training folds "
            f"{self.selected} (n = {self.n}, events = {self.events}, {self.permutations} permutations)"
        )


def recipe_price(
    recipes: Mapping[str, ArrayLike],
    outcome: Outcome,
    folds: IntArray,
    *,
    base: FloatArray | None = None,
    permutations: int = 200,
    rng: Rng,
    firth: bool = True,
) -> RecipePrice:
    """Compare recipes on the same patients and price the choice among them.

    The hypothesis of the permutations is that no recipe has to do with outcome or base covariates: rows of
    all recipes are permuted together, outcome and base stay. So the recipes keep their likeness to each other
    and the base its effect; without a base this is the permutation of the outcome. A recipe that learns
    without outcome gives permuted patients permuted labels, so nothing needs to be learned again.

    Parameters
    ----------
    recipes : mapping of str to array_like, shape (n,)
        Group label of each patient under each recipe; one group for all adds nothing to the base.
    outcome : Outcome
    folds : ndarray of int, shape (replicates, n)
        The observed and the permuted C use the same folds.
    base : ndarray, shape (n, q), optional
        Covariates that all models share.
    permutations : int
    rng : numpy.random.Generator
    firth : bool
        Use Firth's penalty in a training fold with monotone likelihood.

    Raises
    ------
    UsageError
        ``survival.no_recipes``, ``survival.permutations``.
    InputError
        ``survival.length``.
    CohortError
        ``survival.no_pairs``.

    References
    ----------
    Westfall and Young 1993 (permutation of rows, maxT and minP); Varma and Simon 2006 (choice inside the
    training folds; doi 10.1186/1471-2105-7-91); Tibshirani and Tibshirani 2009 (doi 10.1214/08-AOAS224).
    """
    _check(recipes, outcome, permutations)
    labels = {name: np.unique(np.asarray(v), return_inverse=True)[1] for name, v in recipes.items()}
    codes, count = check_folds(folds, outcome.n)
    work = ordered_recipes(labels, outcome, codes, count, base=base, firth=firth)
    pairs = work.pairs()
    if not pairs[..., 1].sum(axis=-1).all():
        raise CohortError(
            "a replicate has no usable pair within its folds",
            code="survival.no_pairs",
            hint="use fewer folds, or stratify them by event",
        )
    c = _pooled(pairs)
    groups = np.array(list(labels.values()))
    permuted, permuted_p = _permute(work, groups, outcome, permutations, rng)
    logrank_p = relabelled_p(outcome, groups)
    selected, chosen = best_in_training(work)
    best = int(np.argmax(c))
    return RecipePrice(
        names=tuple(labels),
        c=c,
        base_c=work.base_c(),
        best=tuple(labels)[best],
        naive=float(c[best]),
        expected_best=float(permuted.max(axis=1).mean()),
        expected_one=float(permuted.mean()),
        p=(1.0 + (permuted >= c - 1e-12).sum(axis=0)) / (1.0 + permutations),
        adjusted_p=max_t(c, permuted),
        corrected=float(c[best]) - _choice_bias(pairs, best),
        selected=selected,
        chosen=chosen,
        logrank_p=logrank_p,
        logrank_adjusted_p=_min_p(logrank_p, permuted_p),
        permutations=permutations,
        replicates=codes.shape[0],
        n=outcome.n,
        events=outcome.events,
        best_permuted=permuted.max(axis=1),
    )


def _check(recipes: Mapping[str, ArrayLike], outcome: Outcome, permutations: int) -> None:
    if not recipes:
        raise UsageError("no recipe was given", code="survival.no_recipes", where="recipes")
    if permutations < 1:
        raise UsageError(
            "at least one permutation is needed", code="survival.permutations", where="permutations"
        )
    for name, labels in recipes.items():
        if np.asarray(labels).shape != (outcome.n,):
            raise InputError(
                f"labels of shape {np.asarray(labels).shape} for {outcome.n} patients",
                code="survival.length",
                where=name,
                hint="give every recipe one label for each patient",
            )


def _pooled(pairs: FloatArray) -> FloatArray:
    """Return C of each recipe from pairs (recipes, replicates, folds, 2)."""
    total = pairs.sum(axis=2)
    return np.asarray((total[..., 0] / total[..., 1]).mean(axis=1))


def _permute(
    work: Recipes, groups: IntArray, outcome: Outcome, count: int, rng: Rng
) -> tuple[FloatArray, FloatArray]:
    """Return C and log-rank p of each recipe, its rows permuted, (permutations, recipes)."""
    c, p = np.empty((count, len(groups))), np.empty((count, len(groups)))
    back = np.argsort(work.rows)
    for b in range(count):
        order = rng.permutation(outcome.n)
        c[b] = _pooled(work.permuted(order).pairs())
        p[b] = relabelled_p(outcome, groups[:, work.rows[order][back]])
    return c, p


def _min_p(observed: FloatArray, permuted: FloatArray) -> FloatArray:
    found, known = np.full(observed.size, np.nan), ~np.isnan(observed)
    if known.any():
        found[known] = max_t(-observed[known], -permuted[:, known])
    return found


def _choice_bias(pairs: FloatArray, best: int) -> float:
    """Return the mean over folds of (best C of the fold - C there of the recipe that is best overall)."""
    each = np.divide(
        pairs[..., 0], pairs[..., 1], out=np.full(pairs.shape[:-1], np.nan), where=pairs[..., 1] > 0
    )
    defined = ~np.isnan(each[best])
    return float((each[:, defined].max(axis=0) - each[best][defined]).mean())
