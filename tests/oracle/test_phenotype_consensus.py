"""Consensus clustering from recorded subsamples against ConsensusClusterPlus."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.choice import area_readings
from kinephen.phenotype.consensus import consensus_cluster
from kinephen.phenotype.groups import correlation_distance
from kinephen.phenotype.trees import euclidean
from kinephen.stats.agreement import adjusted_rand_index

CASES = ["tumours_wardD2", "features_pearson_average"]


@pytest.fixture(params=CASES)
def case(request, reference):
    folder = "oracles/expected"
    oracle = json.loads(reference(f"{folder}/consensus_{request.param}.json").read_text())
    subsets = pd.read_csv(reference(f"{folder}/consensus_{request.param}_subsamples.csv")).to_numpy() - 1
    if request.param.startswith("tumours"):
        distance = euclidean(pd.read_csv(reference(f"{folder}/pc_scores.csv"), index_col=0).to_numpy())
        linkage = "ward"
    else:
        z = pd.read_csv(reference(f"{folder}/delta_z_kept.csv"), index_col=0)
        distance = correlation_distance(z.to_numpy().T)
        linkage = "average"
    matrices = {
        k: pd.read_csv(reference(f"{folder}/consensus_{request.param}_matrix_k{k}.csv")).to_numpy()
        for k in (2, 3)
    }
    return consensus_cluster(distance, subsets, k_max=8, linkage=linkage), oracle, matrices


def test_matrices(case):
    consensus, _, matrices = case
    for k, expected in matrices.items():
        np.testing.assert_allclose(consensus.matrix(k), expected, atol=1e-12)


def test_cdf_areas_and_ambiguity(case):
    consensus, oracle, _ = case
    for i, k in enumerate(oracle["k"]):
        np.testing.assert_allclose(consensus.cdf(k), oracle["cdf_hist100"][i], atol=1e-12)
        assert consensus.area(k) == pytest.approx(oracle["area_hist100"][i], abs=1e-12)
        assert consensus.exact_area(k) == pytest.approx(oracle["area_exact_1_minus_mean"][i], abs=1e-12)
        assert consensus.pac(k) == pytest.approx(oracle["pac_0.1_0.9"][i], abs=1e-12)


def test_gains(case):
    consensus, oracle, _ = case
    assert list(area_readings(consensus).gains.values()) == pytest.approx(oracle["delta"], abs=1e-12)


def test_classes(case):
    consensus, oracle, _ = case
    for k, expected in zip(oracle["k"], oracle["consensusClass"], strict=True):
        assert adjusted_rand_index(consensus.classes(k), np.array(expected)) == 1.0


def test_cluster_consensus(case):
    consensus, oracle, _ = case
    for row in oracle["clusterConsensus"]:
        ours = consensus.cluster_consensus(row["k"])[row["cluster"] - 1]
        assert _equal(ours, row["clusterConsensus"]), row


def test_item_consensus(case):
    consensus, oracle, _ = case
    ours = {k: consensus.item_consensus(k) for k in oracle["k"]}
    items = sorted({row["item"] for row in oracle["itemConsensus"]})
    assert len(items) == consensus.n
    for row in oracle["itemConsensus"]:
        assert _equal(ours[row["k"]][items.index(row["item"]), row["cluster"] - 1], row["itemConsensus"]), row


def _equal(ours, expected):
    """R writes null or NaN for the mean of nothing."""
    if expected is None or expected == "NaN":
        return np.isnan(ours)
    return ours == pytest.approx(expected, abs=1e-12)
