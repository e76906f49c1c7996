"""How often the rules for the number of phenotypes are right, over 100 simulated cohorts (long)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.clustering import cluster_items
from kinephen.phenotype.fit import fit_model
from kinephen.phenotype.settings import ClusterSettings, PhenotypeSettings, SigClustSettings
from kinephen.phenotype.significance import tree_tester
from kinephen.phenotype.trees import euclidean

SEEDS = 100
pytestmark = pytest.mark.slow


def one_gaussian(rng):
    return rng.normal(size=(100, 6))


def two_groups(rng, apart=4.0, sizes=(58, 42)):
    x = rng.normal(size=(sum(sizes), 6))
    x[sizes[0] :, 0] += apart
    return x


def _chosen(draw, rule):
    settings = ClusterSettings(k_rule=rule, resamples=100)
    found = Counter()
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 2026])
        x = draw(rng)
        test = tree_tester(x, "ward", SigClustSettings())
        found[cluster_items(x, euclidean, settings, rng=rng, everything=False, test_tree=test).k] += 1
    return found


@pytest.mark.parametrize("rule", ["null_pac", "combined"])
def test_one_gaussian_is_one_group(rule):
    assert _chosen(one_gaussian, rule)[1] >= 0.8 * SEEDS


@pytest.mark.parametrize("rule", ["null_pac", "combined"])
def test_two_groups_four_sd_apart_are_two(rule):
    assert _chosen(two_groups, rule)[2] >= 0.8 * SEEDS


def test_the_combined_rule_finds_close_and_unequal_groups_more_often():
    assert _chosen(lambda rng: two_groups(rng, sizes=(90, 10), apart=5.0), "combined")[2] >= 0.9 * SEEDS
    close = {
        rule: _chosen(lambda rng: two_groups(rng, apart=3.0), rule)[2] for rule in ("null_pac", "combined")
    }
    assert close["combined"] >= close["null_pac"]


def test_the_published_rule_answers_four_whatever_the_data():
    assert _chosen(one_gaussian, "last_gain")[4] >= 0.8 * SEEDS
    assert _chosen(two_groups, "last_gain")[4] >= 0.8 * SEEDS


def test_the_whole_model_on_delta_features_of_one_population():
    small = {"resamples": 100, "null_sets": 50, "null_resamples": 100}
    settings = PhenotypeSettings.from_plain({"groups": small, "tumours": {**small, "k_rule": "combined"}})
    found = Counter()
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 42])
        factors = rng.normal(size=(100, 4))
        values = factors[:, np.arange(42) % 4] + 0.6 * rng.normal(size=(100, 42))
        delta = pd.DataFrame(values, columns=[f"f{j:02d}" for j in range(42)])
        found[fit_model(delta, settings, rng=rng).k] += 1
    assert found[1] >= 0.8 * SEEDS
