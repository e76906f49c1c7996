"""A clustering of items: its tree, its consensus at every k, and what the rules for k said."""

from __future__ import annotations

from pydantic import Field

from kinephen.records.base import Number, Numbers, Record


class TreeRecord(Record):
    """A tree in R's numbering: negative numbers are items, positive ones earlier merges, both from 1."""

    merge: tuple[tuple[int, int], ...]
    height: tuple[float, ...]
    order: tuple[int, ...]
    """Items from left to right, from 0."""


class ConsensusAt(Record):
    """Consensus clustering at one k."""

    cdf: tuple[float, ...]
    """Cumulative share of pairs by consensus 0.01, 0.02, ..., 1."""
    area: float
    area_exact: float
    pac: float
    """Share of pairs with an ambiguous consensus."""
    classes: tuple[int, ...]
    tree_labels: tuple[int, ...]
    rand_tree_consensus: float
    cluster_consensus: Numbers
    item_consensus: tuple[Numbers, ...] | None = None
    matrix: tuple[Numbers, ...] | None = None
    """Of items in the order of their classes, rounded to 4 places; of more than 120 items, means of blocks of
    neighbours. Absent for many items, and for k that are not shown."""
    matrix_classes: tuple[int, ...] | None = None
    """Class of each row; absent in files of earlier versions, whose rows are in the order of the items."""


class ConsensusRecord(Record):
    """Consensus clustering over all k that were tried."""

    items: int
    resamples: int
    k_max: int
    pac_argmin: int
    by_k: dict[str, ConsensusAt]


class AreaRecord(Record):
    """Readings of the rule that follows the area under the consensus CDF."""

    gains: dict[str, Number]
    shifted_gains: dict[str, Number]
    first_below: int | None
    """First k whose area gained less than 10 %."""
    last_gain: int
    """Last k whose area gained at least 10 % (the article's reading)."""
    first_below_shifted: int | None
    """First k after which the area gained less than 10 %."""


class NullReferenceRecord(Record):
    """Ambiguity against Gaussian reference sets; one entry a k of `ks`."""

    ks: tuple[int, ...]
    pac: Numbers
    null_pac_geometric_mean: Numbers
    null_pac_5_percent: Numbers
    null_pac_95_percent: Numbers
    rcsi: Numbers
    p_each: Numbers
    p: Number
    p_any_k: Number
    k_best: int
    k: int
    k_strict: int
    sets: int
    alpha: float


class ClusteringRecord(Record):
    """A tree of items and how its number of clusters was chosen; 1 means no evidence for more than one."""

    k: int
    rule: str
    tree: TreeRecord
    consensus: ConsensusRecord | None = None
    readings: AreaRecord | None = None
    null_reference: NullReferenceRecord | None = None


class FeatureGroups(ClusteringRecord):
    """The clustering of the kept delta features."""

    names: tuple[str, ...] = Field(description="items")
