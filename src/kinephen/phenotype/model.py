"""The phenotype model: everything that is learned on the discovery cohort and applied to anyone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError, InputError
from kinephen.phenotype.clustering import Clustering, TreeTest, cluster_items, one_cluster
from kinephen.phenotype.components import GroupComponents, all_scores, fit_components
from kinephen.phenotype.evidence import collect_evidence
from kinephen.phenotype.filters import FilterResult, filter_features
from kinephen.phenotype.groups import correlation_distance
from kinephen.phenotype.moments import Moments, fit_moments
from kinephen.phenotype.order import heterogeneity
from kinephen.phenotype.serialise import model_from_dict, model_to_dict
from kinephen.phenotype.settings import (
    ClusterSettings,
    ComponentSettings,
    FilterSettings,
    PhenotypeSettings,
    SigClustSettings,
)
from kinephen.phenotype.significance import significance_tests, tree_tester
from kinephen.phenotype.solution import Solution, assign, ordered_by_mean, solve
from kinephen.phenotype.tables import checked_features, require_columns, require_patients
from kinephen.phenotype.trees import euclidean
from kinephen.types import FloatArray, IntArray, Rng

__all__ = [
    "ClusterSettings",
    "ComponentSettings",
    "FilterSettings",
    "PhenotypeModel",
    "PhenotypeSettings",
    "SigClustSettings",
]

MIN_PATIENTS = 6
FEWEST_FEATURES = 4
"""Fewer features are not clustered: they form one group."""

NO_EVIDENCE = "no evidence for more than one group"

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class PhenotypeModel:
    """Phenotypes of change, learned on one cohort.

    Parameters
    ----------
    settings : PhenotypeSettings
    moments : Moments
        Of the kept delta features over the discovery cohort.
    ranges : DataFrame
        Smallest and largest z-score of every kept feature there (columns ``low``, ``high``).
    components : tuple of GroupComponents
    k : int
        Number of phenotypes that the rule chose; 1 means no evidence for more than one group.
    rule : str
        What chose it: a rule of `ClusterSettings` or ``"fixed"``.
    solutions : dict of int to Solution
        Labels and centroids for `k` and, always, for the forced k = 2.
    scores : DataFrame, shape (patients, components)
        Component scores of the discovery cohort.
    filter_table : DataFrame
        The decision on every feature.
    origin : dict
        What the features are: ``content`` (``"delta"`` or ``"visit"``), and for deltas that were computed
        here their ``form`` and, for differences, the ``scale`` of every feature.
    issues : tuple of Issue
    evidence : dict
        Plain data for the report; empty if it was not asked for.
    steps : dict of str to Clustering
        ``"features"`` and ``"tumours"`` with all consensus matrices; not written to files.
    """

    settings: PhenotypeSettings
    moments: Moments
    ranges: pd.DataFrame
    components: tuple[GroupComponents, ...]
    k: int
    rule: str
    solutions: dict[int, Solution]
    scores: pd.DataFrame
    filter_table: pd.DataFrame
    origin: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Clustering] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        delta: pd.DataFrame,
        settings: PhenotypeSettings | None = None,
        *,
        rng: Rng,
        progress: Progress | None = None,
        icc: Mapping[str, float] | None = None,
        two_d: Collection[str] = (),
        direction: Mapping[str, int] | None = None,
        evidence: bool = True,
    ) -> PhenotypeModel:
        """Learn filters, z-scores, feature groups, components and phenotypes.

        Parameters
        ----------
        delta : DataFrame, shape (patients, features)
            Delta features (or features of one visit) of the discovery cohort; index unique.
        settings : PhenotypeSettings, optional
            By default the preset ``recommended``.
        rng : Generator
            The result depends on its state, but not on the order of rows or columns.
        progress : callable, optional
            Called with the name of a step and the share that is done.
        icc : mapping of str to float, optional
            Intraclass correlation of features under perturbation.
        two_d : collection of str
            Features to leave out as two-dimensional.
        direction : mapping of str to int, optional
            +1 (-1) for features whose larger (smaller) value means a change towards heterogeneity: they
            decide which phenotype is called increasing.
        evidence : bool
            False computes only what the labels need, for refits inside cross-validation.

        Raises
        ------
        CohortError
            Fewer than 6 patients, a patient without any defined feature, or no feature left.
        InputError
            Repeated patients or features, or text columns.
        """
        chosen = settings or PhenotypeSettings()
        tell = progress or (lambda step, share: None)
        tell("features", 0.0)
        frame = _cohort(delta)
        found = _filtered(frame, chosen.filters, icc, two_d)
        kept = frame[list(found.kept)]
        moments = fit_moments(kept)
        z = moments.transform(kept)
        group_rng, tumour_rng, evidence_rng = rng.spawn(3)
        tell("feature groups", 0.1)
        features = _group_features(z, chosen, group_rng, evidence)
        labels = features.tree.cut(features.k)
        components = fit_components(
            z, labels, variance=chosen.components.variance, sign_rule=chosen.components.sign_rule
        )
        scores = all_scores(components, z)
        tell("phenotypes", 0.4)
        tumours = cluster_items(
            scores.to_numpy(),
            euclidean,
            chosen.tumours,
            rng=tumour_rng,
            alpha=chosen.sigclust.alpha,
            everything=evidence,
            test_tree=_tree_test(scores, chosen),
        )
        change = heterogeneity(z, scores, direction, chosen.tumours.order)
        solutions = {k: solve(scores, tumours.tree, k, change) for k in sorted({tumours.k, 2})}
        other = heterogeneity(z, scores, direction, "component_mean")
        model = cls(
            settings=chosen,
            moments=moments,
            ranges=pd.DataFrame({"low": z.min(), "high": z.max()}),
            components=components,
            k=tumours.k,
            rule=tumours.rule,
            solutions=solutions,
            scores=scores,
            filter_table=found.table,
            issues=(*_issues(frame, features, tumours), *_order_issue(solutions[tumours.k], other)),
            steps={"features": features, "tumours": tumours},
        )
        rows = scores.index.get_indexer(delta.index)
        if evidence:
            tell("significance", 0.7)
            tests = significance_tests(model, rng=evidence_rng)
            model = model._reordered(rows)
            model = replace(model, evidence=collect_evidence(model, tests))
        else:
            model = model._reordered(rows)
        tell("phenotypes", 1.0)
        return model

    @property
    def labels(self) -> pd.Series:
        """Phenotypes (1 to k) of the discovery cohort."""
        return self.solutions[self.k].labels

    @property
    def features(self) -> tuple[str, ...]:
        """Delta features that the model uses."""
        return tuple(str(c) for c in self.moments.mean.index)

    @property
    def conclusion(self) -> str:
        """What the rule concluded, in words."""
        if self.k == 1 and self.rule != "fixed":
            return f"{NO_EVIDENCE}; all patients carry phenotype 1"
        return f"{self.k} phenotype(s) by the rule {self.rule}"

    def transform(self, delta: pd.DataFrame) -> pd.DataFrame:
        """Return component scores from the stored means, SDs and loadings; NaN where a feature is undefined.

        Raises
        ------
        InputError
            A feature of the model is missing; it is named.
        """
        return all_scores(self.components, self._zscored(delta))

    def predict(self, delta: pd.DataFrame, *, k: int | None = None) -> pd.DataFrame:
        """Assign patients to the nearest phenotype of the discovery cohort.

        Parameters
        ----------
        delta : DataFrame
            Patients in rows; further columns are ignored.
        k : int, optional
            The chosen number of phenotypes by default, or the forced 2.

        Returns
        -------
        DataFrame
            ``phenotype`` (whole number or NA), ``distance_1`` ... ``distance_k`` to the centroids, ``margin``
            (second nearest minus nearest; NaN for k = 1), ``features_outside`` (z-scores outside the range of
            discovery), ``out_of_range`` (farther from the nearest centroid than any patient of discovery was
            from their own), ``note`` (why there is no phenotype).

        Raises
        ------
        InputError
            A feature of the model is missing (it is named), or `k` was not fitted.
        """
        wanted = self.k if k is None else k
        if wanted not in self.solutions:
            have = ", ".join(str(s) for s in sorted(self.solutions))
            raise InputError(f"k = {wanted} was not fitted; the model holds k = {have}", code="phenotype.k")
        z = self._zscored(delta)
        outside = (z.lt(self.ranges["low"]) | z.gt(self.ranges["high"])).sum(axis=1)
        result = assign(all_scores(self.components, z), self.solutions[wanted])
        result.insert(result.columns.get_loc("out_of_range"), "features_outside", outside)
        undefined = z.isna().sum(axis=1)
        result["note"] = [f"{m} of the model's features undefined" if m else "" for m in undefined]
        return result

    def to_dict(self, *, identifiers: bool = False, individuals: bool = True) -> dict[str, Any]:
        """Return the model as plain data that JSON can hold, with schema version and checksum.

        Parameters
        ----------
        identifiers : bool
            Also write the patients' identifiers beside their labels; by default they are numbered.
        individuals : bool
            False leaves out each patient's scores and label and the evidence: what is left is all that other
            patients need, and holds a patient of discovery only where they are an extreme.
        """
        return model_to_dict(self, identifiers=identifiers, individuals=individuals)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PhenotypeModel:
        """Return the model of `to_dict`; raises ``InputError`` for anything that is not one."""
        return cls(**model_from_dict(data))

    def _zscored(self, delta: pd.DataFrame) -> pd.DataFrame:
        require_columns(delta, self.features, what="table")
        return self.moments.transform(checked_features(delta[list(self.features)], what="table"))

    def _reordered(self, rows: IntArray) -> PhenotypeModel:
        """Return the model with the patients of discovery in another order."""
        solutions = {k: replace(s, labels=s.labels.iloc[rows]) for k, s in self.solutions.items()}
        steps = {**self.steps, "tumours": self.steps["tumours"].reordered(rows)}
        return replace(self, scores=self.scores.iloc[rows], solutions=solutions, steps=steps)


def _order_issue(solution: Solution, component_mean: FloatArray) -> tuple[Issue, ...]:
    """Say when the published order of the phenotypes would be another."""
    labels = solution.labels.to_numpy()
    if (ordered_by_mean(component_mean, labels) == labels).all():
        return ()
    text = (
        "by the mean component score (the published rule) the phenotypes would be in another order; "
        "the features that have a heterogeneity sign decide here"
    )
    return (Issue("phenotype.order", text, where="phenotypes"),)


def _cohort(delta: pd.DataFrame) -> pd.DataFrame:
    """Return the checked table, rows and columns sorted so that their order cannot change the result."""
    frame = checked_features(delta, what="discovery cohort")
    require_patients(len(frame), needed=MIN_PATIENTS, what="fitting phenotypes")
    empty = int(frame.isna().all(axis=1).sum())
    if empty:
        raise CohortError(
            f"{empty} of {len(frame)} patients have no defined delta feature at all",
            code="phenotype.empty_rows",
            hint="leave out patients who lack a visit before fitting",
        )
    rows = sorted(frame.index, key=str)
    return frame.loc[rows, sorted(frame.columns)]


def _filtered(
    frame: pd.DataFrame,
    settings: FilterSettings,
    icc: Mapping[str, float] | None,
    two_d: Collection[str],
) -> FilterResult:
    found = filter_features(
        frame,
        skewness_type=settings.skewness_type,
        skewness_limit=settings.skewness_limit,
        absolute=settings.skewness_absolute,
        iqr_limit=settings.iqr_limit,
        drop_duplicates=settings.drop_duplicates,
        mask_only_copies=settings.mask_only_copies,
        icc=icc,
        icc_limit=settings.icc_limit,
        two_d=two_d,
    )
    if not found.kept:
        reasons = ", ".join(f"{name} {count}" for name, count in found.counts.items())
        raise CohortError(
            f"the filters dropped all {frame.shape[1]} features ({reasons})",
            code="phenotype.no_features",
            hint="look at the reasons; relax the filters or mend the features",
        )
    return found


def _group_features(z: pd.DataFrame, settings: PhenotypeSettings, rng: Rng, everything: bool) -> Clustering:
    if z.shape[1] < FEWEST_FEATURES:
        return one_cluster(z.shape[1])
    items = np.ascontiguousarray(z.to_numpy().T)
    alpha = settings.sigclust.alpha
    return cluster_items(
        items, correlation_distance, settings.groups, rng=rng, alpha=alpha, everything=everything
    )


def _tree_test(scores: pd.DataFrame, settings: PhenotypeSettings) -> TreeTest | None:
    wanted = settings.sigclust.shc or settings.tumours.k_rule == "combined"
    return tree_tester(scores.to_numpy(), settings.tumours.linkage, settings.sigclust) if wanted else None


def _issues(frame: pd.DataFrame, features: Clustering, tumours: Clustering) -> tuple[Issue, ...]:
    found = []
    gaps = frame.isna().mean(axis=1)
    if (gaps > 0.2).any():
        text = "patients lack more than a fifth of the features; each undefined value drops its feature"
        found.append(Issue("phenotype.sparse_rows", text, count=int((gaps > 0.2).sum())))
    if features.rule == "too_few_items":
        found.append(Issue("phenotype.few_features", "too few features to group; they form one group"))
    reference, test = tumours.reference, tumours.tree_test
    if reference is not None and test is not None and (reference.k > 1) != (test.labels.max() > 1):
        text = (
            f"the tests disagree: ambiguity against Gaussian sets finds {reference.k} group(s), the tree "
            f"{test.labels.max()}; skewed scores or groups of unequal size can cause this"
        )
        found.append(Issue("phenotype.tests_disagree", text))
    return tuple(found)
