"""On noise the best of 20 recipes looks good and its corrected figures do not; a real one is still found."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import Outcome
from kinephen.survival.recipe_price import recipe_price

COHORTS = 100
RECIPES = 20
PATIENTS = 100
PERMUTATIONS = 99
REPLICATES = 3
pytestmark = pytest.mark.slow


def draw(rng, effect):
    """Twenty ways of cutting related features in two; the fourth has the log hazard ratio `effect`."""
    features = rng.normal(size=(PATIENTS, RECIPES)) + 0.5 * rng.normal(size=(PATIENTS, 1))
    cuts = rng.uniform(0.35, 0.65, RECIPES)
    labels = {f"recipe {k}": features[:, k] > np.quantile(features[:, k], cuts[k]) for k in range(RECIPES)}
    time = 9.0 * rng.weibull(1.3, PATIENTS) * np.exp(-effect * labels["recipe 3"] / 1.3)
    censor = rng.uniform(2, 7, PATIENTS)
    return labels, Outcome(np.minimum(time, censor), time <= censor)


def study(effect, cohorts):
    found = []
    for seed in range(cohorts):
        rng = np.random.default_rng([seed, 20, int(10 * effect)])
        labels, outcome = draw(rng, effect)
        folds = make_folds(outcome.event, 5, REPLICATES, stratified=True, rng=rng)
        found.append(recipe_price(labels, outcome, folds, permutations=PERMUTATIONS, rng=rng))
    return found


@pytest.fixture(scope="module")
def noise():
    return study(0.0, COHORTS)


def test_the_best_of_twenty_looks_good_on_noise(noise):
    naive = np.array([p.naive for p in noise])
    print(
        f"naive {naive.mean():.3f}, expected by chance {np.mean([p.expected_best for p in noise]):.3f}, "
        f"less bias {np.mean([p.corrected for p in noise]):.3f}, "
        f"chosen in training {np.mean([p.selected.estimate for p in noise]):.3f}"
    )
    assert naive.mean() >= 0.55
    assert np.mean([p.p.min() <= 0.05 for p in noise]) >= 0.3
    # The permutations know how good it looks by chance.
    assert abs(naive.mean() - np.mean([p.expected_best for p in noise])) <= 0.015
    assert np.mean([p.price for p in noise]) >= 0.05


def test_the_corrected_figures_do_not(noise):
    inside = [p.selected.lower <= 0.5 <= p.selected.upper for p in noise]
    rejected = [p.best_p <= 0.05 for p in noise]
    logrank = [np.nanmin(p.logrank_adjusted_p) <= 0.05 for p in noise]
    print(f"covers 0.5: {np.mean(inside)}, adjusted p <= 0.05: {np.mean(rejected)}, {np.mean(logrank)}")
    assert np.mean(inside) >= 0.88
    # 0.05 in truth; 0.11 is three standard errors of 100 cohorts above.
    assert np.mean(rejected) <= 0.11
    assert np.mean(logrank) <= 0.11
    assert abs(np.mean([p.selected.estimate for p in noise]) - 0.5) <= 0.03


def test_a_planted_recipe_is_still_found():
    found = study(1.3, COHORTS // 2)
    assert np.mean([p.best == "recipe 3" and p.best_p <= 0.05 for p in found]) >= 0.8
    assert np.mean([p.chosen[3] for p in found]) >= 0.8
    assert np.mean([p.selected.lower > 0.5 for p in found]) >= 0.5
