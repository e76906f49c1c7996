"""All tests of a fitted model: SigClust, hierarchical significance, SAM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kinephen.core.options import Linkage, NullCovariance
from kinephen.phenotype.clustering import TreeTest
from kinephen.phenotype.sam import Sam, permutations, sam
from kinephen.phenotype.settings import SigClustSettings
from kinephen.phenotype.shc import HierarchicalTest, hierarchical_test
from kinephen.phenotype.sigclust import COVARIANCES, SigClust, sigclust
from kinephen.phenotype.solution import Solution
from kinephen.phenotype.stability import Stability, subsample_stability
from kinephen.phenotype.trees import Tree
from kinephen.types import FloatArray, IntArray, Rng

SAM_PERMUTATIONS = 200
SHC_SIMULATIONS = 200
"""Most null sets at each node of the tree."""


@dataclass(frozen=True, kw_only=True)
class SignificanceTests:
    """Tests of the split into two, and how stable the phenotypes are.

    Parameters
    ----------
    headline : str
        Covariance of the null that counts.
    sigclust : dict of str to dict of str to SigClust
        By covariance, then ``"two_means"`` and ``"given"`` (the tree's labels: conservative against
        2-means of the null).
    sam : Sam, optional
        None if a phenotype has fewer than two patients.
    stability : dict of int to Stability
        Of the chosen phenotypes and of the forced two, under subsampling.
    """

    headline: NullCovariance
    sigclust: dict[NullCovariance, dict[str, SigClust]]
    sam: Sam | None
    stability: dict[int, Stability]


def significance_tests(
    scores: pd.DataFrame,
    solutions: Mapping[int, Solution],
    *,
    linkage: Linkage,
    settings: SigClustSettings,
    rng: Rng,
) -> SignificanceTests:
    """Return the tests of the split into two.

    Parameters
    ----------
    scores : DataFrame, shape (patients, components)
    solutions : mapping of int to Solution
        With that for k = 2.
    linkage : str
        Of the tree of patients.
    settings : SigClustSettings
    rng : Generator
    """
    sigclust_rng, sam_rng, stability_rng = rng.spawn(3)
    values, labels = scores.to_numpy(), solutions[2].labels.to_numpy()
    tested = {
        covariance: {
            name: sigclust(
                values,
                covariance=covariance,
                labels=given,
                simulations=settings.simulations,
                rng=sigclust_rng,
            )
            for name, given in (("two_means", None), ("given", labels))
        }
        for covariance in COVARIANCES
    }
    return SignificanceTests(
        headline=headline_covariance(settings, *values.shape),
        sigclust=tested,
        sam=_variables(scores, labels, sam_rng),
        stability={
            k: subsample_stability(values, solutions[k].labels.to_numpy(), linkage=linkage, rng=stability_rng)
            for k in sorted(k for k in solutions if k > 1)
        },
    )


def headline_covariance(settings: SigClustSettings, n: int, p: int) -> NullCovariance:
    """Return the covariance that decides; ``"auto"`` is `sample` for p < n / 5, otherwise `soft`."""
    if settings.covariance != "auto":
        return settings.covariance
    return "sample" if p < n / 5 else "soft"


def tree_tester(scores: FloatArray, linkage: Linkage, settings: SigClustSettings) -> TreeTest | None:
    """Return the test of a Ward tree of these scores; None for linkages whose heights give no index."""
    if linkage != "ward":
        return None
    covariance = headline_covariance(settings, *scores.shape)
    simulations = min(settings.simulations, SHC_SIMULATIONS)

    def test(tree: Tree, rng: Rng) -> HierarchicalTest:
        return hierarchical_test(
            scores, tree, covariance=covariance, simulations=simulations, alpha=settings.alpha, rng=rng
        )

    return test


def _variables(scores: pd.DataFrame, labels: IntArray, rng: Rng) -> Sam | None:
    if min((labels == 1).sum(), (labels == 2).sum()) < 2:
        return None
    return sam(scores, labels, permutations(labels, SAM_PERMUTATIONS, rng))
