"""All tests of a fitted model: SigClust, hierarchical significance, SAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinephen.phenotype.clustering import TreeTest
from kinephen.phenotype.sam import permutations, sam
from kinephen.phenotype.settings import SigClustSettings
from kinephen.phenotype.shc import HierarchicalTest, hierarchical_test
from kinephen.phenotype.sigclust import COVARIANCES, NullCovariance, SigClust, sigclust
from kinephen.phenotype.stability import subsample_stability
from kinephen.phenotype.trees import Linkage, Tree
from kinephen.types import FloatArray, IntArray, Rng

if TYPE_CHECKING:
    from kinephen.phenotype.model import PhenotypeModel

SAM_PERMUTATIONS = 200
SHC_SIMULATIONS = 200
"""Most null sets at each node of the tree."""


def significance_tests(model: PhenotypeModel, *, rng: Rng) -> dict[str, Any]:
    """Return the tests of the split into two and of the tree.

    Returns
    -------
    dict
        ``sigclust`` (by covariance, 2-means and the tree's labels; ``headline`` names the one that counts),
        ``shc`` (None if it is off), ``sam`` (None if a phenotype has fewer than two patients) and
        ``stability`` (of the chosen phenotypes and of the forced two, under subsampling).
    """
    sigclust_rng, sam_rng, stability_rng = rng.spawn(3)
    scores = model.scores.to_numpy()
    labels = model.solutions[2].labels.to_numpy()
    settings = model.settings.sigclust
    return {
        "sigclust": _split(scores, labels, settings, sigclust_rng),
        "shc": _tree(model.steps["tumours"].tree_test),
        "sam": _variables(model.scores, labels, sam_rng),
        "stability": _stability(model, stability_rng),
    }


def _split(scores: FloatArray, labels: IntArray, settings: SigClustSettings, rng: Rng) -> dict[str, Any]:
    n, p = scores.shape
    headline = headline_covariance(settings, n, p)
    result: dict[str, Any] = {"headline": headline, "labels": settings.labels}
    for covariance in COVARIANCES:
        tested = {
            name: sigclust(
                scores, covariance=covariance, labels=given, simulations=settings.simulations, rng=rng
            )
            for name, given in (("two_means", None), ("given", labels))
        }
        result[covariance] = {name: _sigclust(test) for name, test in tested.items()}
    result["given_note"] = "tree labels against 2-means of the null: conservative; shc uses the same linkage"
    result["p"] = result[headline][settings.labels]["p_normal"]
    small = result["p"] < settings.alpha
    result["wording"] = "not one Gaussian" if small else "compatible with one Gaussian"
    return result


def headline_covariance(settings: SigClustSettings, n: int, p: int) -> NullCovariance:
    """Return the covariance that decides; ``"auto"`` is `sample` for p < n / 5, otherwise `soft`."""
    if settings.covariance != "auto":
        return settings.covariance
    return "sample" if p < n / 5 else "soft"


def _sigclust(test: SigClust) -> dict[str, Any]:
    return {
        "cluster_index": test.cluster_index,
        "null_mean": test.null_mean,
        "null_sd": test.null_sd,
        "p_empirical": test.p_empirical,
        "p_normal": test.p_normal,
        "background_variance": test.background_variance,
        "eigenvalues": test.eigenvalues,
        "null_eigenvalues": test.null_eigenvalues,
        "simulations": test.simulations,
        "notes": list(test.notes),
    }


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


def _tree(test: HierarchicalTest | None) -> dict[str, Any] | None:
    if test is None:
        return None
    return {
        "covariance": test.covariance,
        "simulations": test.simulations,
        "alpha": test.alpha,
        "nodes": [vars(node) for node in test.nodes if node.status == "tested"],
        "k": int(test.labels.max()),
    }


def _stability(model: PhenotypeModel, rng: Rng) -> dict[str, Any]:
    scores, linkage = model.scores.to_numpy(), model.settings.tumours.linkage
    result = {}
    for k in sorted(k for k in model.solutions if k > 1):
        labels = model.solutions[k].labels.to_numpy()
        found = subsample_stability(scores, labels, linkage=linkage, rng=rng)
        low, high = np.quantile(found.rand, [0.05, 0.95])
        result[str(k)] = {
            "rand_mean": float(found.rand.mean()),
            "rand_5_percent": float(low),
            "rand_95_percent": float(high),
            "jaccard": found.jaccard,
            "subsamples": len(found.rand),
        }
    return result


def _variables(scores: pd.DataFrame, labels: IntArray, rng: Rng) -> dict[str, Any] | None:
    if min((labels == 1).sum(), (labels == 2).sum()) < 2:
        return None
    test = sam(scores, labels, permutations(labels, SAM_PERMUTATIONS, rng))
    return {
        "k": 2,
        "s0": test.s0,
        "pi0": test.pi0,
        "permutations": SAM_PERMUTATIONS,
        "table": test.table.reset_index(names="component").to_dict("records"),
        "caveat": test.caveat,
    }
