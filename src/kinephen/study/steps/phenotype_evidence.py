"""From the science's evidence for a phenotype model to its record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.phenotype.choice import AreaReadings, NullReference
from kinephen.phenotype.clustering import Clustering
from kinephen.phenotype.components import component_summary, loadings_table
from kinephen.phenotype.consensus import Consensus
from kinephen.phenotype.evidence import Evidence as Found
from kinephen.phenotype.evidence import phenotype_names
from kinephen.phenotype.model import PhenotypeModel
from kinephen.phenotype.sam import Sam
from kinephen.phenotype.shc import HierarchicalTest
from kinephen.phenotype.sigclust import SigClust
from kinephen.phenotype.significance import SAM_PERMUTATIONS, SignificanceTests
from kinephen.phenotype.stability import Stability
from kinephen.phenotype.trees import Tree
from kinephen.records.base import IssueRecord
from kinephen.records.clustering import (
    AreaRecord,
    ClusteringRecord,
    ConsensusAt,
    ConsensusRecord,
    FeatureGroups,
    NullReferenceRecord,
    TreeRecord,
)
from kinephen.records.evidence import ComponentRow, Evidence, FeatureDecision, Loading, PhenotypesAt
from kinephen.records.split_tests import (
    LabelStability,
    NodeRecord,
    SamRecord,
    SamRow,
    SigClustRecord,
    SplitPair,
    SplitTests,
    TreeTestRecord,
)
from kinephen.stats.agreement import adjusted_rand_index
from kinephen.types import FloatArray, IntArray

MATRIX_LIMIT = 300
"""Items above which consensus matrices are left out of the record."""
MATRIX_SIDE = 120
"""Rows of a consensus matrix in the record; of more items they are means of blocks."""


def evidence_record(model: PhenotypeModel, found: Found) -> Evidence:
    """Return everything that is shown of a model; patients in the order of ``model.scores``."""
    table, tests, tumours = found.filter_table, found.tests, found.tumours
    dropped = table.loc[~table["kept"], "reason"].value_counts()
    return Evidence(
        patients=model.patients,
        k=model.k,
        rule=model.rule,
        conclusion=model.conclusion,
        issues=tuple(IssueRecord.model_validate(i.to_dict()) for i in found.issues),
        features_seen=len(table),
        features_kept=len(model.features),
        dropped={str(k): int(v) for k, v in dropped.items()},
        filter=tuple(FeatureDecision(**row) for row in table.reset_index(names="feature").to_dict("records")),
        features=FeatureGroups(
            names=model.features, **dict(_clustering(found.features, shown={found.features.k}))
        ),
        components=tuple(ComponentRow(**r) for r in component_summary(model.components).to_dict("records")),
        loadings=tuple(Loading(**r) for r in loadings_table(model.components).to_dict("records")),
        tumours=_clustering(tumours, shown={2, model.k}),
        phenotypes={str(k): _phenotypes(model, k) for k in model.solutions},
        sigclust=_split(model, tests),
        shc=_tree_test(tumours.tree_test),
        sam=_sam(tests.sam),
        stability={str(k): _stability(s) for k, s in tests.stability.items()},
    )


def _clustering(step: Clustering, *, shown: set[int]) -> ClusteringRecord:
    consensus, readings, reference = step.consensus, step.readings, step.reference
    return ClusteringRecord(
        k=step.k,
        rule=step.rule,
        tree=TreeRecord.model_validate(
            {"merge": step.tree.merge, "height": step.tree.height, "order": step.tree.order}
        ),
        consensus=None if consensus is None else _consensus(consensus, step.tree, shown),
        readings=None if readings is None else _readings(readings),
        null_reference=None if reference is None else _reference(reference),
    )


def _consensus(consensus: Consensus, tree: Tree, shown: set[int]) -> ConsensusRecord:
    by_k = {k: _consensus_at(consensus, tree, k, k in shown) for k in consensus.ks}
    pacs = [by_k[k].pac for k in consensus.ks]
    return ConsensusRecord(
        items=consensus.n,
        resamples=consensus.resamples,
        k_max=consensus.k_max,
        pac_argmin=consensus.ks[int(np.argmin(pacs))],
        by_k={str(k): found for k, found in by_k.items()},
    )


def _consensus_at(consensus: Consensus, tree: Tree, k: int, shown: bool) -> ConsensusAt:
    classes, cut = consensus.classes(k), tree.cut(k)
    matrix, owners = (
        _matrix(consensus.matrix(k), classes) if shown and consensus.n <= MATRIX_LIMIT else (None, None)
    )
    return ConsensusAt.model_validate(
        {
            "cdf": consensus.cdf(k),
            "area": consensus.area(k),
            "area_exact": consensus.exact_area(k),
            "pac": consensus.pac(k),
            "classes": classes,
            "tree_labels": cut,
            "rand_tree_consensus": adjusted_rand_index(cut, classes),
            "cluster_consensus": consensus.cluster_consensus(k),
            "item_consensus": consensus.item_consensus(k) if shown else None,
            "matrix": matrix,
            "matrix_classes": owners,
        }
    )


def _matrix(matrix: FloatArray, classes: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the matrix in the order of the classes, as means of at most `MATRIX_SIDE` blocks, and theirs."""
    order = np.argsort(classes, kind="stable")
    whole = np.round(matrix[np.ix_(order, order)], 4)
    if len(whole) <= MATRIX_SIDE:
        return whole, classes[order]
    edges = np.linspace(0, len(whole), MATRIX_SIDE + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(whole, edges[:-1], axis=0), edges[:-1], axis=1)
    sizes = np.diff(edges)
    return np.round(sums / np.outer(sizes, sizes), 4), classes[order][edges[:-1]]


def _readings(readings: AreaReadings) -> AreaRecord:
    return AreaRecord(
        gains={str(k): v for k, v in readings.gains.items()},
        shifted_gains={str(k): v for k, v in readings.shifted_gains.items()},
        first_below=readings.first_below,
        last_gain=readings.last_gain,
        first_below_shifted=readings.first_below_shifted,
    )


def _reference(reference: NullReference) -> NullReferenceRecord:
    log_null = np.log(np.maximum(reference.null_pac, 1e-12))
    return NullReferenceRecord.model_validate(
        {
            "ks": list(reference.ks),
            "pac": reference.pac,
            "null_pac_geometric_mean": np.exp(log_null.mean(axis=0)),
            "null_pac_5_percent": np.quantile(reference.null_pac, 0.05, axis=0),
            "null_pac_95_percent": np.quantile(reference.null_pac, 0.95, axis=0),
            "rcsi": reference.rcsi,
            "p_each": reference.p_each,
            "p": reference.p,
            "p_any_k": reference.p_any,
            "k_best": reference.k_best,
            "k": reference.k,
            "k_strict": reference.k_strict,
            "sets": len(reference.null_pac),
            "alpha": reference.alpha,
        }
    )


def _phenotypes(model: PhenotypeModel, k: int) -> PhenotypesAt:
    solution = model.solutions[k]
    counts = solution.labels.value_counts().reindex(range(1, k + 1), fill_value=0)
    centroids = pd.DataFrame(solution.centroids, columns=model.scores.columns)
    return PhenotypesAt.model_validate(
        {
            "sizes": counts.to_list(),
            "names": phenotype_names(k),
            "mean_score": solution.centroids.mean(axis=1),
            "centroids": centroids.to_dict("records"),
            "forced": k != model.k,
        }
    )


def _split(model: PhenotypeModel, tests: SignificanceTests) -> SplitTests:
    pairs = {
        covariance: SplitPair(two_means=_sigclust(t["two_means"]), given=_sigclust(t["given"]))
        for covariance, t in tests.sigclust.items()
    }
    labels = model.settings.sigclust.labels
    return SplitTests(
        headline=tests.headline,
        labels=labels,
        sample=pairs["sample"],
        soft=pairs["soft"],
        hard=pairs["hard"],
        p=tests.sigclust[tests.headline][labels].p_normal,
    )


def _sigclust(test: SigClust) -> SigClustRecord:
    return SigClustRecord.model_validate({n: getattr(test, n) for n in SigClustRecord.model_fields})


def _tree_test(test: HierarchicalTest | None) -> TreeTestRecord | None:
    if test is None:
        return None
    return TreeTestRecord.model_validate(
        {
            "covariance": test.covariance,
            "simulations": test.simulations,
            "alpha": test.alpha,
            "nodes": [NodeRecord(**vars(node)) for node in test.nodes if node.status == "tested"],
            "k": int(test.labels.max()),
            "labels": test.labels,
        }
    )


def _sam(test: Sam | None) -> SamRecord | None:
    if test is None:
        return None
    rows = test.table.reset_index(names="component").to_dict("records")
    return SamRecord(
        k=2,
        s0=test.s0,
        pi0=test.pi0,
        permutations=SAM_PERMUTATIONS,
        table=tuple(SamRow(**row) for row in rows),
    )


def _stability(found: Stability) -> LabelStability:
    low, high = np.quantile(found.rand, [0.05, 0.95])
    return LabelStability.model_validate(
        {
            "rand_mean": found.rand.mean(),
            "rand_5_percent": low,
            "rand_95_percent": high,
            "jaccard": found.jaccard,
            "subsamples": len(found.rand),
        }
    )
