"""Speed of consensus clustering, SigClust, reference sets and the whole fit, on the machine at hand.

Run ``OMP_NUM_THREADS=1 python bench/consensus.py [--peers]``. With ``--peers`` consensusclustering is timed
as well, where it is installed (fewer resamples, scaled up). Times are processor seconds, the best of
some calls after a warm-up: everything runs on one core, so on an idle machine they are the waiting time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from kinephen.phenotype.choice import null_reference
from kinephen.phenotype.consensus import consensus_cluster, draw_subsets
from kinephen.phenotype.model import PhenotypeModel, PhenotypeSettings
from kinephen.phenotype.shc import hierarchical_test
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.trees import build_tree, euclidean

TARGETS = {"consensus n = 100": 1.0, "consensus n = 1000": 40.0, "SigClust 100 x 6": 0.5}


def best_of(call: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest processor time of several calls, seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def consensus(n: int, resamples: int = 1000) -> None:
    x = np.random.default_rng(0).normal(size=(n, 6))
    subsets = draw_subsets(n, resamples=resamples, fraction=0.8, rng=np.random.default_rng(1))
    consensus_cluster(euclidean(x), subsets, k_max=10, linkage="ward")


def split() -> None:
    x = np.random.default_rng(0).normal(size=(100, 6))
    sigclust(x, simulations=1000, rng=np.random.default_rng(1))


def tree_nodes() -> None:
    x = np.random.default_rng(0).normal(size=(100, 6))
    tree = build_tree(euclidean(x), "ward")
    hierarchical_test(x, tree, simulations=1000, rng=np.random.default_rng(1))


def reference() -> None:
    x = np.random.default_rng(0).normal(size=(100, 6))
    rng = np.random.default_rng(1)
    subsets = draw_subsets(100, resamples=100, fraction=0.8, rng=rng)
    null_reference(x, euclidean, linkage="ward", k_max=10, subsets=subsets, sets=50, rng=rng)


def fit(evidence: bool, fixed: bool = False) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(100, 4))[:, np.arange(60) % 4] + 0.5 * rng.normal(size=(100, 60))
    delta = pd.DataFrame(values, columns=[f"f{j}" for j in range(60)])
    plain = {"groups": {"fixed_k": 4}, "tumours": {"fixed_k": 2}} if fixed else {}
    PhenotypeModel.fit(delta, PhenotypeSettings.from_plain(plain), rng=rng, evidence=evidence)


def peer(n: int) -> float:
    """Return seconds of consensusclustering for 1000 resamples, scaled from fewer."""
    from consensusclustering import ConsensusClustering
    from sklearn.cluster import AgglomerativeClustering

    resamples = 20 if n <= 100 else 2
    x = np.random.default_rng(0).normal(size=(n, 6))
    model = ConsensusClustering(AgglomerativeClustering(), 2, 10, resamples, resample_frac=0.8)
    return best_of(lambda: model.fit(x), repeats=1) * 1000 / resamples


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--peers", action="store_true")
    with_peers = arguments.parse_args().peers
    consensus(20, 10)
    split()
    tree_nodes()
    rows = [
        ("consensus n = 100", lambda: consensus(100), 3),
        ("consensus n = 1000", lambda: consensus(1000), 1),
        ("SigClust 100 x 6", split, 3),
        ("SHC 100 x 6, root, 1000 sets", tree_nodes, 3),
        ("reference sets 50 x 100, k 2..10", reference, 3),
        ("fit 100 x 60, recommended, with evidence", lambda: fit(True), 2),
        ("fit 100 x 60, recommended, labels only", lambda: fit(False), 2),
        ("fit 100 x 60, numbers of clusters fixed", lambda: fit(False, fixed=True), 3),
    ]
    for name, call, repeats in rows:
        seconds = best_of(call, repeats)
        target = TARGETS.get(name)
        print(f"{name:45s} {seconds:9.3f} s" + (f"   target {target:g} s" if target else ""))
    if with_peers:
        for n in (100, 1000):
            print(f"{'consensusclustering n = ' + str(n):45s} {peer(n):9.1f} s   (scaled to 1000 resamples)")


if __name__ == "__main__":
    main()
