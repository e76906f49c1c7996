"""Tests of a split into phenotypes: SigClust, the nodes of the tree, SAM, and stability under subsampling."""

from __future__ import annotations

from kinephen.core.options import NullCovariance, SplitLabels
from kinephen.records.base import Number, Numbers, Record


class SigClustRecord(Record):
    """One SigClust test."""

    cluster_index: Number
    null_mean: Number
    null_sd: Number
    p_empirical: Number
    p_normal: Number
    background_variance: Number
    eigenvalues: Numbers
    null_eigenvalues: Numbers
    simulations: int
    notes: tuple[str, ...] = ()


class SplitPair(Record):
    """SigClust of the best two-means split, and of the tree's split; the second is conservative."""

    two_means: SigClustRecord
    given: SigClustRecord


class SplitTests(Record):
    """SigClust under each covariance of the null; `headline` and `labels` name the test that counts."""

    headline: NullCovariance
    labels: SplitLabels
    sample: SplitPair
    soft: SplitPair
    hard: SplitPair
    p: Number

    def by_covariance(self) -> dict[str, SplitPair]:
        """Return the tests by covariance of the null."""
        return {"sample": self.sample, "soft": self.soft, "hard": self.hard}


class NodeRecord(Record):
    """One tested node of the tree."""

    row: int
    size: int
    parent: int | None
    cluster_index: Number
    level: float
    p_empirical: Number
    p_normal: Number
    significant: bool
    status: str


class TreeTestRecord(Record):
    """Significance of the splits of the Ward tree, from the root; `labels` are the groups that it leaves."""

    covariance: str
    simulations: int
    alpha: float
    nodes: tuple[NodeRecord, ...]
    k: int
    labels: tuple[int, ...]


class SamRow(Record):
    """One component compared between two phenotypes."""

    component: str
    d: Number
    r: Number
    s_plus_s0: Number
    q_percent: Number
    p: Number


class SamRecord(Record):
    """Significance analysis of components between the two phenotypes; circular, so descriptive only."""

    k: int
    s0: Number
    pi0: Number
    permutations: int
    table: tuple[SamRow, ...]


class LabelStability(Record):
    """How well trees of subsamples agree with the labels."""

    rand_mean: Number
    rand_5_percent: Number
    rand_95_percent: Number
    jaccard: Numbers
    """Of each phenotype."""
    subsamples: int
