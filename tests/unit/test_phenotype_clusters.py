"""Trees, consensus, and the choice of k, on data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.errors import CohortError, InputError
from kinephen.phenotype.choice import area_readings, gaussian_like, null_reference
from kinephen.phenotype.clustering import cluster_items
from kinephen.phenotype.consensus import Consensus, consensus_cluster, draw_subsets, largest_k
from kinephen.phenotype.groups import correlation_distance
from kinephen.phenotype.settings import ClusterSettings
from kinephen.phenotype.trees import (
    METHODS,
    build_tree,
    by_first_appearance,
    euclidean,
    reordered,
)
from kinephen.stats.agreement import adjusted_rand_index

LINKAGES = ["ward", "average", "complete", "single"]


def _points(n=23, p=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, p))


def _blobs(sizes=(12, 9), apart=8.0, seed=1):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(labels), 2)) + apart * labels[:, None], labels + 1


def _slow_consensus(x, subsets, k, linkage):
    """Monti's definition, with one scipy tree and one cut for each subset."""
    n = len(x)
    together, drawn = np.zeros((n, n)), np.zeros((n, n))
    for items in subsets:
        labels = build_tree(euclidean(x[items]), linkage).cut(k)
        drawn[np.ix_(items, items)] += 1
        together[np.ix_(items, items)] += labels[:, None] == labels[None, :]
    matrix = np.divide(together, drawn, out=np.zeros_like(together), where=drawn > 0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


@pytest.mark.parametrize("linkage", LINKAGES)
def test_compiled_counts_equal_the_definition(linkage):
    x = _points()
    subsets = draw_subsets(len(x), resamples=40, fraction=0.7, rng=np.random.default_rng(2))
    consensus = consensus_cluster(euclidean(x), subsets, k_max=6, linkage=linkage)
    for k in consensus.ks:
        np.testing.assert_allclose(consensus.matrix(k), _slow_consensus(x, subsets, k, linkage), atol=1e-12)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_compiled_heights_equal_scipy(linkage):
    from kinephen.phenotype.kernels.trees import WARD, chain, squared_distances

    x = _points(40)
    d = squared_distances(x)
    if METHODS[linkage] != WARD:
        d = np.sqrt(d)
    left, right, height = np.empty(39, dtype=np.int64), np.empty(39, dtype=np.int64), np.empty(39)
    chain(d, METHODS[linkage], left, right, height)
    found = np.sort(np.sqrt(height) if METHODS[linkage] == WARD else height)
    np.testing.assert_allclose(found, build_tree(euclidean(x), linkage).height, rtol=1e-10)


def test_pairs_never_drawn_together_have_consensus_zero():
    subsets = np.array([[0, 1, 2], [3, 4, 5]])
    consensus = consensus_cluster(euclidean(_points(6)), subsets, k_max=2, linkage="ward")
    assert (consensus.matrix(2)[:3, 3:] == 0.0).all()


def test_separated_blobs_have_perfect_consensus_and_no_ambiguity():
    x, labels = _blobs()
    subsets = draw_subsets(len(x), resamples=60, fraction=0.8, rng=np.random.default_rng(3))
    consensus = consensus_cluster(euclidean(x), subsets, k_max=4, linkage="ward")
    assert set(np.unique(consensus.pairs(2))) == {0.0, 1.0}
    assert consensus.pac(2) == 0.0
    assert adjusted_rand_index(consensus.classes(2), labels) == 1.0
    assert consensus.cluster_consensus(2).tolist() == [1.0, 1.0]
    item = consensus.item_consensus(2)
    assert np.allclose(item[np.arange(len(x)), consensus.classes(2) - 1], 1.0)
    assert consensus.tracking().shape == (len(x), 3)


def test_the_exact_area_of_hard_clusters_follows_from_their_sizes():
    x, _ = _blobs((12, 8))
    subsets = draw_subsets(20, resamples=60, fraction=0.8, rng=np.random.default_rng(3))
    consensus = consensus_cluster(euclidean(x), subsets, k_max=2, linkage="ward")
    assert consensus.exact_area(2) == pytest.approx(1 - (12 * 11 + 8 * 7) / (20 * 19))


def test_reordering_items_permutes_tree_and_counts():
    x = _points(15)
    rows = np.random.default_rng(4).permutation(15)
    tree = build_tree(euclidean(x), "ward")
    moved, again = reordered(tree, rows), build_tree(euclidean(x[rows]), "ward")
    np.testing.assert_allclose(moved.height, again.height)
    for k in (1, 2, 4, 15):
        assert moved.cut(k).tolist() == again.cut(k).tolist()
    assert sorted(moved.order.tolist()) == list(range(15))
    subsets = draw_subsets(15, resamples=30, fraction=0.8, rng=np.random.default_rng(5))
    consensus = consensus_cluster(euclidean(x), subsets, k_max=4, linkage="ward")
    np.testing.assert_array_equal(
        consensus.reordered(rows).matrix(3), consensus.matrix(3)[np.ix_(rows, rows)]
    )


def test_areas_give_the_three_readings():
    # Consensus of all pairs alike, so the area is (1 - value) up to the bins.
    together = np.tile(np.array([[100], [84], [20], [10], [5], [4]], dtype=np.int32), (1, 6))
    readings = area_readings(Consensus(4, 6, together, 100))
    assert readings.gains[3] == pytest.approx((0.81 - 0.17) / 0.17)
    assert readings.gains[4] == pytest.approx(0.10 / 0.81)
    assert (readings.first_below, readings.last_gain, readings.first_below_shifted) == (5, 4, 4)
    assert list(readings.shifted_gains) == [2, 3, 4, 5]


def test_a_rule_that_is_never_met_says_so():
    together = np.tile(np.array([[100], [90], [50]], dtype=np.int32), (1, 6))
    readings = area_readings(Consensus(4, 3, together, 100))
    assert readings.first_below is None
    assert readings.last_gain == 3


def test_three_blobs_are_found_and_the_reference_is_a_single_gaussian():
    x, labels = _blobs((14, 12, 13), apart=9.0)
    settings = ClusterSettings(k_max=5, resamples=60, null_sets=30, null_resamples=60)
    step = cluster_items(x, euclidean, settings, rng=np.random.default_rng(6))
    assert step.k == 3
    assert adjusted_rand_index(step.tree.cut(3), labels) == 1.0
    assert step.reference.p == pytest.approx(1 / 31)
    assert step.reference.null_pac.shape == (30, 4)
    assert step.reference.p_any <= 0.05
    assert step.reference.k_strict == 3


def test_one_gaussian_gives_one_group():
    settings = ClusterSettings(k_max=5, resamples=60, null_sets=30, null_resamples=60)
    step = cluster_items(_points(50, 4, seed=8), euclidean, settings, rng=np.random.default_rng(7))
    assert step.k == 1
    assert step.reference.p > 0.05


@pytest.mark.parametrize(
    ("rule", "reading"),
    [
        ("last_gain", "last_gain"),
        ("first_below", "first_below"),
        ("first_below_shifted", "first_below_shifted"),
    ],
)
def test_the_rule_that_is_set_decides(rule, reading):
    settings = ClusterSettings(k_rule=rule, k_max=8, resamples=60, null_sets=5, null_resamples=20)
    step = cluster_items(_points(40), euclidean, settings, rng=np.random.default_rng(7), everything=False)
    assert step.reference is None
    assert step.k == (getattr(step.readings, reading) or 8)


def test_a_fixed_k_needs_no_consensus():
    settings = ClusterSettings(fixed_k=3)
    step = cluster_items(_points(20), euclidean, settings, rng=np.random.default_rng(0), everything=False)
    assert (step.k, step.rule, step.consensus) == (3, "fixed", None)


def test_reference_sets_have_the_moments_of_the_data():
    x = _points(400, 3) @ np.diag([3.0, 1.0, 0.2]) + 5.0
    drawn = np.concatenate([gaussian_like(x)(np.random.default_rng(s)) for s in range(30)])
    np.testing.assert_allclose(drawn.mean(axis=0), x.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(x.T), atol=0.25)


def test_reference_for_features_keeps_their_common_profile():
    items = np.random.default_rng(3).normal(size=(20, 30)) + np.linspace(-3, 3, 30)
    drawn = gaussian_like(items)(np.random.default_rng(0))
    assert correlation_distance(drawn).mean() == pytest.approx(correlation_distance(items).mean(), abs=0.1)


def test_correlation_distance():
    items = np.array([[1.0, 2.0, 3.0, 5.0], [2.0, 4.0, 6.0, 10.0], [-1.0, -2.0, -3.0, -5.0]])
    np.testing.assert_allclose(correlation_distance(items), [0.0, 2.0, 2.0], atol=1e-12)
    np.testing.assert_allclose(correlation_distance(items, absolute=True), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("subsets", "k_max", "message"),
    [
        (np.array([[0, 1, 9]]), 2, "items 0 to 5"),
        (np.empty((0, 3), dtype=int), 2, "items 0 to 5"),
        (np.array([[0, 1, 2]]), 4, "between 2 and the subset size 3"),
        (np.array([[0, 1, 2]]), 1, "between 2 and"),
    ],
)
def test_bad_subsets(subsets, k_max, message):
    with pytest.raises(InputError, match=message):
        consensus_cluster(euclidean(_points(6)), subsets, k_max=k_max, linkage="ward")


def test_undefined_distances_and_huge_problems_are_refused(monkeypatch):
    with pytest.raises(InputError, match="distances must be finite"):
        consensus_cluster(np.full(15, np.nan), np.array([[0, 1, 2]]), k_max=2, linkage="ward")
    monkeypatch.setattr("kinephen.phenotype.consensus.MEMORY_LIMIT", 10)
    with pytest.raises(InputError, match=r"need 0\.0 GB"):
        consensus_cluster(euclidean(_points(6)), np.array([[0, 1, 2]]), k_max=2, linkage="ward")


def test_counts_do_not_overflow_when_resamples_are_many():
    few = draw_subsets(6, resamples=700, fraction=0.8, rng=np.random.default_rng(0))
    once = consensus_cluster(euclidean(_points(6)), few, k_max=3, linkage="ward")
    many = consensus_cluster(euclidean(_points(6)), np.tile(few, (100, 1)), k_max=3, linkage="ward")
    assert once.together.dtype.itemsize == 2
    assert many.together.dtype.itemsize == 4
    np.testing.assert_array_equal(many.together, 100 * once.together.astype(np.int64))
    np.testing.assert_array_equal(many.pairs(2), once.pairs(2))


def test_too_few_items_for_subsets():
    with pytest.raises(CohortError, match="at least 3 items"):
        largest_k(3, fraction=0.8, k_max=10)
    assert largest_k(6, fraction=0.8, k_max=10) == 3
    with pytest.raises(InputError, match="between 0 and 1"):
        draw_subsets(10, resamples=2, fraction=1.0, rng=np.random.default_rng(0))


def test_labels_are_numbered_by_first_appearance():
    assert by_first_appearance(np.array([7, 7, 2, 9, 2])).tolist() == [1, 1, 2, 3, 2]
    with pytest.raises(InputError, match="cannot cut 5 items into 6"):
        build_tree(euclidean(_points(5)), "ward").cut(6)


def test_null_reference_counts_the_data_among_the_sets():
    x, _ = _blobs()
    subsets = draw_subsets(len(x), resamples=20, fraction=0.8, rng=np.random.default_rng(3))
    reference = null_reference(
        x,
        euclidean,
        linkage="ward",
        k_max=3,
        subsets=subsets,
        sets=19,
        alpha=0.04,
        rng=np.random.default_rng(1),
    )
    # Nineteen sets cannot give a p below 0.05, so a level of 0.04 keeps k = 1 whatever the data.
    assert reference.p >= 0.05
    assert reference.k == 1
