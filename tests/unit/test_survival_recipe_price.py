"""The price of the choice among recipes: by hand, by an independent computation, and by its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.errors import CohortError, InputError, UsageError
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.logrank import logrank
from kinephen.survival.outcome import Outcome
from kinephen.survival.recipe_price import recipe_price
from kinephen.survival.westfall_young import max_t

PERMUTATIONS = 19


def cohort(seed, patients=60, recipes=3, base=2):
    rng = np.random.default_rng(seed)
    labels = {f"r{k}": rng.permutation(np.arange(patients) % (2 + k % 2)) for k in range(recipes)}
    x = rng.normal(size=(patients, base))
    time = rng.weibull(1.3, patients) * np.exp(-0.5 * x[:, 0]) if base else rng.weibull(1.3, patients)
    time, censor = np.ceil(8 * time) / 8, rng.uniform(0.4, 1.6, patients)
    outcome = Outcome(np.minimum(time, censor), time <= censor)
    return labels, x, outcome, make_folds(outcome.event, 4, 2, stratified=True, rng=rng)


def price(labels, x, outcome, folds, seed=1, permutations=PERMUTATIONS):
    rng = np.random.default_rng(seed)
    return recipe_price(labels, outcome, folds, base=x, permutations=permutations, rng=rng)


def dummies(codes):
    return (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)


def test_step_down_by_hand():
    permuted = np.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.2, 0.3, 0.6], [0.1, 0.2, 0.3]])
    # Largest of all: 0.9, 0.8, 0.6, 0.3; without the first: 0.2, 0.8, 0.6, 0.3; the last alone: 0.2 ... 0.3.
    got = max_t(np.array([0.7, 0.5, 0.4]), permuted)
    np.testing.assert_allclose(got, [3 / 5, 3 / 5, 3 / 5])
    np.testing.assert_allclose(max_t(np.array([0.4, 0.95, 0.5]), permuted), [3 / 5, 1 / 5, 3 / 5])


def test_c_is_that_of_the_ladder():
    labels, x, outcome, folds = cohort(3)
    got = price(labels, x, outcome, folds)
    for name, c in zip(got.names, got.c, strict=True):
        design = np.hstack([x, dummies(labels[name])])
        assert c == pytest.approx(cross_validate(design, outcome, folds).c, abs=1e-9)
    assert got.base_c == pytest.approx(cross_validate(x, outcome, folds).c, abs=1e-9)
    assert got.naive == got.c.max()


def test_the_choice_in_training_folds_equals_single_fits():
    labels, x, outcome, folds = cohort(8)
    values = []
    for fold in folds:
        predictor = np.zeros(outcome.n)
        for k in range(4):
            inside = fold != k
            scores = {n: _c(_design(x, labels[n])[inside], outcome, fold, inside) for n in labels}
            best = _design(x, labels[max(scores, key=scores.get)])
            rule = cox_fit(best[inside], outcome.time[inside], outcome.event[inside]).usable_coef
            predictor[~inside] = best[~inside] @ rule
        values.append(concordance(predictor, outcome.time, outcome.event, strata=fold).c)
    assert price(labels, x, outcome, folds).selected.estimate == pytest.approx(np.mean(values), abs=1e-9)


def _design(x, codes):
    return np.hstack([x, dummies(codes)])


def _c(design, outcome, fold, inside):
    part = Outcome(outcome.time[inside], outcome.event[inside])
    inner = np.unique(fold[inside], return_inverse=True)[1]
    return cross_validate(design, part, inner[None, :]).c


def test_log_rank_p_is_that_of_the_test():
    labels, x, outcome, folds = cohort(5)
    got = price(labels, x, outcome, folds)
    wanted = [logrank(outcome.time, outcome.event, labels[n]).p for n in got.names]
    np.testing.assert_allclose(got.logrank_p, wanted, rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_laws(seed):
    labels, x, outcome, folds = cohort(seed)
    got = price(labels, x, outcome, folds)
    assert (got.adjusted_p >= got.p - 1e-12).all()
    assert (got.logrank_adjusted_p <= 1).all()
    assert got.price >= 0
    assert got.corrected <= got.naive + 1e-12
    assert got.chosen.sum() == pytest.approx(1)
    # Copies of a recipe cost nothing, and one recipe has no price.
    copies = price({**labels, "again": labels["r0"]}, x, outcome, folds)
    np.testing.assert_allclose(copies.adjusted_p[:3], got.adjusted_p)
    assert copies.expected_best == pytest.approx(got.expected_best)
    alone = price({"r0": labels["r0"]}, x, outcome, folds)
    assert alone.adjusted_p == pytest.approx(alone.p)
    assert alone.price == pytest.approx(0)
    assert alone.corrected == pytest.approx(alone.naive)
    assert "one recipe; no price" in str(alone)


def test_the_order_of_rows_does_not_matter_to_what_is_observed():
    labels, x, outcome, folds = cohort(11)
    order = np.random.default_rng(2).permutation(outcome.n)
    moved = {n: v[order] for n, v in labels.items()}
    turned = Outcome(outcome.time[order], outcome.event[order])
    first, second = price(labels, x, outcome, folds), price(moved, x[order], turned, folds[:, order])
    np.testing.assert_allclose(first.c, second.c, atol=1e-12)
    assert first.selected.estimate == pytest.approx(second.selected.estimate)
    assert first.corrected == pytest.approx(second.corrected)


def test_a_recipe_of_one_group_is_the_base():
    labels, x, outcome, folds = cohort(6)
    got = price({**labels, "one": np.zeros(outcome.n)}, x, outcome, folds)
    assert got.c[-1] == pytest.approx(got.base_c)
    assert np.isnan(got.logrank_p[-1])
    assert np.isnan(got.logrank_adjusted_p[-1])
    assert got.adjusted_p[-1] == 1.0


def test_without_a_base_and_the_same_again():
    labels, _, outcome, folds = cohort(7, base=0)
    first, second = (price(labels, None, outcome, folds) for _ in range(2))
    assert np.isnan(first.base_c)
    assert first.to_json() == second.to_json()
    assert "best_permuted" not in first.to_dict()
    assert [row[0] for row in first.table().rows] == list(labels)


def test_wrong_input_is_named():
    labels, x, outcome, folds = cohort(1)
    with pytest.raises(UsageError, match="no recipe"):
        price({}, x, outcome, folds)
    with pytest.raises(UsageError, match="at least one permutation"):
        price(labels, x, outcome, folds, permutations=0)
    with pytest.raises(InputError, match="for 60 patients"):
        price({"short": np.zeros(5)}, x, outcome, folds)
    silent = Outcome(outcome.time, np.zeros(60, dtype=bool))
    with pytest.raises(CohortError, match="no usable pair"):
        price(labels, x, silent, folds)
