"""From items to a tree, its consensus clustering, and a number of clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kinephen.core.options import KRule
from kinephen.phenotype.choice import AreaReadings, DistanceOf, NullReference, area_readings, null_reference
from kinephen.phenotype.consensus import Consensus, consensus_cluster, draw_subsets, largest_k
from kinephen.phenotype.settings import ClusterSettings
from kinephen.phenotype.shc import HierarchicalTest
from kinephen.phenotype.trees import Tree, build_tree, by_first_appearance, reordered
from kinephen.types import FloatArray, IntArray, Rng

TreeTest = Callable[[Tree, Rng], HierarchicalTest]


@dataclass(frozen=True)
class Clustering:
    """A tree of items and how its number of clusters was chosen.

    Parameters
    ----------
    tree : Tree
    k : int
        1 means no evidence for more than one group.
    rule : str
        What decided: a rule of `ClusterSettings`, ``"fixed"``, or ``"too_few_items"``.
    consensus : Consensus or None
    readings : AreaReadings or None
    reference : NullReference or None
    tree_test : HierarchicalTest or None
        None where they were not asked for.
    """

    tree: Tree
    k: int
    rule: str
    consensus: Consensus | None = None
    readings: AreaReadings | None = None
    reference: NullReference | None = None
    tree_test: HierarchicalTest | None = None

    def reordered(self, rows: IntArray) -> Clustering:
        """Return the same with the items in another order; ``rows[i]`` is the old place of item i."""
        consensus = None if self.consensus is None else self.consensus.reordered(rows)
        test = self.tree_test
        if test is not None:
            test = replace(test, labels=by_first_appearance(test.labels[rows]))
        return replace(self, tree=reordered(self.tree, rows), consensus=consensus, tree_test=test)


def cluster_items(
    items: FloatArray,
    distance: DistanceOf,
    settings: ClusterSettings,
    *,
    rng: Rng,
    alpha: float = 0.05,
    everything: bool = True,
    test_tree: TreeTest | None = None,
) -> Clustering:
    """Cluster items and choose the number of clusters.

    Parameters
    ----------
    items : ndarray, shape (n, p)
    distance : callable
        From items to condensed distances.
    settings : ClusterSettings
    rng : Generator
    alpha : float
        Level of the null-referenced rule.
    everything : bool
        Also compute what the rule does not need: the readings beside it, reference sets, test of the tree.
    test_tree : callable, optional
        Tests the splits of the tree; without it the rule ``"combined"`` is ``"null_pac"``.

    Returns
    -------
    Clustering

    Raises
    ------
    CohortError
        If the subsets would hold fewer than three items.
    """
    pairs = distance(items)
    tree = build_tree(pairs, settings.linkage)
    fixed = settings.fixed_k
    if fixed is not None and not everything:
        return Clustering(tree, min(fixed, len(items)), "fixed")
    draw_rng, null_rng, tree_rng = rng.spawn(3)
    n = len(items)
    k_max = largest_k(n, fraction=settings.fraction, k_max=settings.k_max)
    subsets = draw_subsets(n, resamples=settings.resamples, fraction=settings.fraction, rng=draw_rng)
    consensus = consensus_cluster(pairs, subsets, k_max=k_max, linkage=settings.linkage)
    readings = area_readings(consensus)
    reference = None
    if everything or settings.k_rule in ("null_pac", "combined"):
        reference = null_reference(
            items,
            distance,
            linkage=settings.linkage,
            k_max=k_max,
            subsets=subsets[: settings.null_resamples],
            sets=settings.null_sets,
            alpha=alpha,
            rng=null_rng,
        )
    test = None
    if test_tree is not None and (everything or settings.k_rule == "combined"):
        test = test_tree(tree, tree_rng)
    rule = "fixed" if fixed is not None else settings.k_rule
    k = fixed if fixed is not None else _decide(settings.k_rule, readings, reference, test)
    return Clustering(tree, min(k, n), rule, consensus, readings, reference, test)


def _decide(
    rule: KRule, readings: AreaReadings, reference: NullReference | None, test: HierarchicalTest | None
) -> int:
    if rule in ("null_pac", "combined"):
        assert reference is not None  # both rules ask for it
        if rule == "null_pac":
            return reference.k
        return max(reference.k_strict, 1 if test is None else int(test.labels.max()))
    if rule == "last_gain":
        return readings.last_gain
    found = readings.first_below if rule == "first_below" else readings.first_below_shifted
    # A rule that is never met within k_max stays at the largest k that it has looked at.
    return found if found is not None else max(readings.gains)


def one_cluster(n: int) -> Clustering:
    """Return the clustering of items too few to be told apart."""
    rows = np.arange(1, n)
    merge = np.stack([np.where(rows == 1, -1, rows - 1), -(rows + 1)], axis=1)
    return Clustering(Tree(merge, np.zeros(n - 1), np.arange(n)), 1, "too_few_items")
