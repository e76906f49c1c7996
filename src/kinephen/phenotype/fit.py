"""Learning a phenotype model: filters, z-scores, feature groups, components, phenotypes and their tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError
from kinephen.phenotype.clustering import Clustering, TreeTest, cluster_items, one_cluster
from kinephen.phenotype.components import all_scores, fit_components
from kinephen.phenotype.evidence import Evidence
from kinephen.phenotype.filters import FilterResult, candidates, filter_features
from kinephen.phenotype.gaps import cost_of_gaps, gap_issues
from kinephen.phenotype.groups import correlation_distance
from kinephen.phenotype.model import Origin, PhenotypeModel
from kinephen.phenotype.moments import fit_moments
from kinephen.phenotype.order import heterogeneity
from kinephen.phenotype.settings import FilterSettings, PhenotypeSettings
from kinephen.phenotype.significance import significance_tests, tree_tester
from kinephen.phenotype.solution import Solution, ordered_by_mean, solve
from kinephen.phenotype.tables import checked_features, require_patients
from kinephen.phenotype.trees import euclidean
from kinephen.types import FloatArray, IntArray, Rng

MIN_PATIENTS = 6
FEWEST_FEATURES = 4
"""Fewer features are not clustered: they form one group."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class FeatureKnowledge:
    """What is known of the features beside their values.

    Parameters
    ----------
    icc : mapping of str to float, optional
        Intraclass correlation of features under perturbation.
    two_d : collection of str
        Features to leave out as two-dimensional.
    direction : mapping of str to int
        +1 (-1) for features whose larger (smaller) value means a change towards heterogeneity: they decide
        which phenotype is called increasing.
    """

    icc: Mapping[str, float] | None = None
    two_d: Collection[str] = ()
    direction: Mapping[str, int] = field(default_factory=dict)


def fit_phenotypes(
    delta: pd.DataFrame,
    settings: PhenotypeSettings | None = None,
    *,
    rng: Rng,
    origin: Origin | None = None,
    known: FeatureKnowledge | None = None,
    progress: Progress | None = None,
) -> tuple[PhenotypeModel, Evidence]:
    """Learn filters, z-scores, feature groups, components and phenotypes, and test them.

    Parameters
    ----------
    delta : DataFrame, shape (patients, features)
        Delta features (or features of one visit) of the discovery cohort; index unique.
    settings : PhenotypeSettings, optional
        By default the preset ``recommended``.
    rng : Generator
        The result depends on its state, but not on the order of rows or columns.
    origin : Origin, optional
        What the features are.
    known : FeatureKnowledge, optional
    progress : callable, optional
        Called with the name of a step and the share that is done.

    Raises
    ------
    CohortError
        Fewer than 6 patients, a patient without any defined feature, or no feature left.
    InputError
        Repeated patients or features, or text columns.
    """
    tell = progress or (lambda step, share: None)
    chosen = settings or PhenotypeSettings()
    rows_rng, evidence_rng = _streams(rng)
    learned = _learn(delta, chosen, rows_rng, known or FeatureKnowledge(), everything=True, tell=tell)
    tell("significance", 0.7)
    model = learned.model
    tests = significance_tests(
        model.scores,
        model.solutions,
        linkage=chosen.tumours.linkage,
        settings=chosen.sigclust,
        rng=evidence_rng,
    )
    rows = _rows(model, delta)
    tell("phenotypes", 1.0)
    evidence = Evidence(
        filter_table=learned.found.table,
        gaps=learned.gaps,
        features=learned.features,
        tumours=learned.tumours.reordered(rows),
        tests=tests,
        issues=learned.issues,
    )
    return replace(_reordered(model, rows), origin=origin or Origin()), evidence


def fit_model(
    delta: pd.DataFrame,
    settings: PhenotypeSettings | None = None,
    *,
    rng: Rng,
    known: FeatureKnowledge | None = None,
) -> PhenotypeModel:
    """Return the model of `fit_phenotypes` alone, computing only what the labels need; raises as it does."""
    chosen, quiet = settings or PhenotypeSettings(), lambda step, share: None
    learned = _learn(
        delta, chosen, _streams(rng)[0], known or FeatureKnowledge(), everything=False, tell=quiet
    )
    return _reordered(learned.model, _rows(learned.model, delta))


@dataclass(frozen=True, kw_only=True)
class _Learned:
    model: PhenotypeModel
    found: FilterResult
    gaps: pd.DataFrame
    features: Clustering
    tumours: Clustering
    issues: tuple[Issue, ...]


def _streams(rng: Rng) -> tuple[tuple[Rng, Rng], Rng]:
    """Return the streams of both clusterings, and of the evidence."""
    groups, tumours, evidence = rng.spawn(3)
    return (groups, tumours), evidence


def _learn(
    delta: pd.DataFrame,
    settings: PhenotypeSettings,
    rng: tuple[Rng, Rng],
    known: FeatureKnowledge,
    *,
    everything: bool,
    tell: Progress,
) -> _Learned:
    tell("features", 0.0)
    whole = _cohort(delta)
    frame, gaps = _without_gaps(whole, settings.filters, known)
    found = _filtered(frame, settings.filters, known)
    kept = frame[list(found.kept)]
    moments = fit_moments(kept)
    z = moments.transform(kept)
    tell("feature groups", 0.1)
    features = _group_features(z, settings, rng[0], everything)
    labels = features.tree.cut(features.k)
    components = fit_components(
        z, labels, variance=settings.components.variance, sign_rule=settings.components.sign_rule
    )
    scores = all_scores(components, z)
    tell("phenotypes", 0.4)
    tumours = cluster_items(
        scores.to_numpy(),
        euclidean,
        settings.tumours,
        rng=rng[1],
        alpha=settings.sigclust.alpha,
        everything=everything,
        test_tree=_tree_test(scores, settings),
    )
    change = heterogeneity(z, scores, known.direction, settings.tumours.order)
    solutions = {k: solve(scores, tumours.tree, k, change) for k in sorted({tumours.k, 2})}
    other = heterogeneity(z, scores, known.direction, "component_mean")
    model = PhenotypeModel(
        settings=settings,
        moments=moments,
        ranges=pd.DataFrame({"low": z.min(), "high": z.max()}),
        components=components,
        k=tumours.k,
        rule=tumours.rule,
        solutions=solutions,
        scores=scores,
        patients=len(scores),
    )
    issues = (
        *gap_issues(gaps, patients=len(whole), dropped=found.counts.get("undefined", 0)),
        *_issues(features, tumours),
        *_order_issue(solutions[tumours.k], other),
    )
    return _Learned(model=model, found=found, gaps=gaps, features=features, tumours=tumours, issues=issues)


def _rows(model: PhenotypeModel, delta: pd.DataFrame) -> IntArray:
    """Return the places of the model's patients in the order of the table that was given."""
    places: IntArray = model.scores.index.get_indexer(delta.index)
    return places[places >= 0]


def _without_gaps(
    frame: pd.DataFrame, settings: FilterSettings, known: FeatureKnowledge
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the patients that the model is learned on, and what the gaps of each patient cost."""
    names = candidates(frame.columns, mask_only_copies=settings.mask_only_copies, two_d=known.two_d)
    gaps = cost_of_gaps(frame[names], fewest=MIN_PATIENTS, patients_give_way=settings.gaps == "least")
    return frame.drop(index=gaps.index[gaps["left_out"]]), gaps


def _reordered(model: PhenotypeModel, rows: IntArray) -> PhenotypeModel:
    """Return the model with the patients of discovery in another order."""
    solutions = {k: replace(s, labels=s.labels.iloc[rows]) for k, s in model.solutions.items()}
    return replace(model, scores=model.scores.iloc[rows], solutions=solutions)


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


def _filtered(frame: pd.DataFrame, settings: FilterSettings, known: FeatureKnowledge) -> FilterResult:
    found = filter_features(
        frame,
        skewness_type=settings.skewness_type,
        skewness_limit=settings.skewness_limit,
        absolute=settings.skewness_absolute,
        iqr_limit=settings.iqr_limit,
        drop_duplicates=settings.drop_duplicates,
        mask_only_copies=settings.mask_only_copies,
        icc=known.icc,
        icc_limit=settings.icc_limit,
        two_d=known.two_d,
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


def _issues(features: Clustering, tumours: Clustering) -> tuple[Issue, ...]:
    found = []
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
