"""What speaks for a phenotype model: filters, groups, components, number of phenotypes, tests."""

from __future__ import annotations

from kinephen.records.base import IssueRecord, Number, Numbers, Record
from kinephen.records.clustering import ClusteringRecord, FeatureGroups
from kinephen.records.split_tests import LabelStability, SamRecord, SplitTests, TreeTestRecord


class FeatureDecision(Record):
    """Whether a delta feature was kept, or the first reason that dropped it."""

    feature: str
    kept: bool
    reason: str
    detail: str
    undefined: int
    """Patients in whom it is undefined."""
    mean: Number
    sd: Number
    skewness: Number
    iqr_z: Number


class ComponentRow(Record):
    """One component: shares of its group's variance, and of loadings that are positive."""

    component: str
    group: int
    features: int
    explained: float
    cumulative: float
    positive_loadings: float


class Loading(Record):
    """Weight of a feature in a component of its group."""

    group: int
    component: str
    feature: str
    loading: float
    explained: float


class PhenotypesAt(Record):
    """The phenotypes at one number of clusters, in their order."""

    sizes: tuple[int, ...]
    names: tuple[str, ...]
    mean_score: Numbers
    centroids: tuple[dict[str, float], ...]
    """Mean of each component."""
    forced: bool
    """Not the number that the rule chose."""


class Evidence(Record):
    """Everything that is shown of a phenotype model."""

    patients: int
    k: int
    rule: str
    conclusion: str
    issues: tuple[IssueRecord, ...]
    features_seen: int
    features_kept: int
    dropped: dict[str, int]
    """Features by the reason that dropped them."""
    filter: tuple[FeatureDecision, ...]
    features: FeatureGroups
    components: tuple[ComponentRow, ...]
    loadings: tuple[Loading, ...]
    tumours: ClusteringRecord
    phenotypes: dict[str, PhenotypesAt]
    sigclust: SplitTests
    shc: TreeTestRecord | None = None
    sam: SamRecord | None = None
    stability: dict[str, LabelStability]

    @property
    def groups(self) -> int:
        """Number of feature groups."""
        return len({c.group for c in self.components})

    @property
    def largest_loadings(self) -> dict[str, Loading]:
        """Of each feature, the loading that is largest in size; the first of those that are equal."""
        largest: dict[str, Loading] = {}
        for row in self.loadings:
            before = largest.get(row.feature)
            if before is None or abs(row.loading) > abs(before.loading):
                largest[row.feature] = row
        return largest

    def loading_most(self, component: str, count: int) -> tuple[Loading, ...]:
        """Return a component's `count` loadings of largest size, from the largest on."""
        own = [r for r in self.loadings if r.component == component]
        return tuple(sorted(own, key=lambda r: -abs(r.loading))[:count])

    def differing_most(self, count: int) -> tuple[str, ...]:
        """Return the components that differ most between the phenotypes; the first ones without a test."""
        if self.sam is None:
            return self.component_names[:count]
        rows = sorted(self.sam.table, key=lambda r: -abs(r.d or 0.0))
        return tuple(r.component for r in rows[:count])

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of all components."""
        return tuple(c.component for c in self.components)
