"""Stability of partitions under subsampling."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.phenotype.stability import _best_match, subsample_stability
from kinephen.phenotype.trees import build_tree, euclidean


def _stability(x, k):
    labels = build_tree(euclidean(x), "ward").cut(k)
    return subsample_stability(x, labels, resamples=40, rng=np.random.default_rng(0))


def test_far_groups_are_always_found_again():
    x = np.random.default_rng(1).normal(size=(40, 3)) + 9.0 * np.repeat([0, 1], [25, 15])[:, None]
    found = _stability(x, 2)
    assert (found.rand == 1.0).all()
    assert found.jaccard.tolist() == [1.0, 1.0]


def test_a_cut_through_one_gaussian_is_less_stable():
    found = _stability(np.random.default_rng(2).normal(size=(60, 6)), 3)
    assert found.rand.mean() < 0.6
    assert found.jaccard.min() < 0.75
    assert len(found.rand) == 40


def test_best_match_by_hand():
    whole, part = np.array([1, 1, 1, 2, 2]), np.array([1, 1, 2, 2, 2])
    assert _best_match(whole, part, 3)[:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(_best_match(whole, part, 3)[2])
