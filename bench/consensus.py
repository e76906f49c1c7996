"""Consensus clustering side by side with its peers; SigClust, reference sets and the whole fit beside.

    python bench/consensus.py [--quick] [--write]

Times are CPU seconds, the best of some calls after a warm-up, on one core. ConsensusClusterPlus (R, where it
is installed) and consensusclustering (its own environment, bench/.envs/consensus, built from the package
registry on the first run) run fewer resamples, scaled up. ``--write`` writes
docs/reference/speed-consensus.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from kinephen.phenotype.choice import null_reference
from kinephen.phenotype.consensus import MEMORY_LIMIT, Consensus, consensus_cluster, draw_subsets
from kinephen.phenotype.fit import fit_model, fit_phenotypes
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.phenotype.shc import hierarchical_test
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.trees import build_tree, euclidean
from machine import machine
from peers import ENVS, environment, r_has

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "reference" / "speed-consensus.md"
PYTHON = ENVS / "consensus" / "bin" / "python"
PACKAGES = ("consensusclustering==0.2.4", "scikit-learn==1.9.1")
RESAMPLES, K_MAX = 1000, 10
TARGETS = {"consensus, n = 100": 1.0, "consensus, n = 1000": 40.0, "SigClust, 100 x 6, 1000 simulations": 0.5}
PEER_RESAMPLES = {"ConsensusClusterPlus": {100: 200, 1000: 4}, "consensusclustering": {100: 20, 1000: 2}}
GROWTH = {1000: 1000, 3000: 50, 10_000: 5}
"""Items, and the resamples that are run for them (scaled to `RESAMPLES`)."""


def best_of(call: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest processor time of several calls, seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def points(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 6))


def consensus(n: int, resamples: int = RESAMPLES) -> Consensus:
    subsets = draw_subsets(n, resamples=resamples, fraction=0.8, rng=np.random.default_rng(1))
    return consensus_cluster(euclidean(points(n)), subsets, k_max=K_MAX, linkage="ward")


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
    run = fit_phenotypes if evidence else fit_model
    run(delta, PhenotypeSettings.from_plain(plain), rng=rng)


def run_peer(name: str, n: int, resamples: int) -> tuple[float, np.ndarray]:
    """Return the CPU seconds of a peer and its PAC at each k."""
    r = name == "ConsensusClusterPlus"
    program = ["Rscript", HERE / "consensus_worker.R"] if r else [PYTHON, HERE / "consensus_worker.py"]
    with tempfile.TemporaryDirectory() as folder:
        table, out = Path(folder) / "points.csv", Path(folder) / "out.txt"
        pd.DataFrame(points(n)).to_csv(table, index=False)
        subprocess.run(
            [*program, table, out, str(resamples), str(K_MAX)], check=True, stdout=subprocess.DEVNULL
        )
        used, *pac = (float(v) for v in out.read_text().split())
    return used, np.array(pac)


def side_by_side(n: int, peers: list[str]) -> list[str]:
    """Return the rows of one number of items: ours and the peers, in turn."""
    found = consensus(n)
    pac = np.array([found.pac(k) for k in found.ks])
    own = best_of(lambda: consensus(n), 3 if n <= 100 else 1)
    rows = [f"| {n:,} | kinephen | {RESAMPLES} | {own:.3f} | 1 | |"]
    for name in peers:
        resamples = PEER_RESAMPLES[name][n]
        used, theirs = run_peer(name, n, resamples)
        used *= RESAMPLES / resamples
        # A handful of resamples says nothing about the consensus itself.
        gap = f"{np.abs(theirs - pac).max():.3f}" if resamples >= 100 else ""
        rows.append(f"| {n:,} | {name} | {resamples} | {used:.1f} | {used / own:.0f} | {gap} |")
    return rows


def growth(n: int) -> str:
    """Return the row of one number of items, measured in a process of its own."""
    code = (
        "import resource, time, consensus as c; c.consensus(20, 10); s = time.process_time(); "
        f"c.consensus({n}, {GROWTH[n]}); print(time.process_time() - s, "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    used, kilobytes = (float(v) for v in done.stdout.split())
    return f"| {n:,} | {GROWTH[n]} | {used * RESAMPLES / GROWTH[n]:.0f} | {kilobytes / 1e6:.2f} |"


def alone() -> list[str]:
    """Return the rows of what no peer in Python offers."""
    rows = [
        ("consensus, n = 100", lambda: consensus(100), 3),
        ("consensus, n = 1000", lambda: consensus(1000), 1),
        ("SigClust, 100 x 6, 1000 simulations", split, 3),
        ("SHC, 100 x 6, root, 1000 sets", tree_nodes, 3),
        ("reference sets, 50 x 100 subsets, k to 10", reference, 3),
        ("fit, 100 x 60, recommended, with evidence", lambda: fit(True), 2),
        ("fit, 100 x 60, recommended, labels only", lambda: fit(False), 2),
        ("fit, 100 x 60, numbers of clusters fixed", lambda: fit(False, fixed=True), 3),
    ]
    return [_alone(name, best_of(call, repeats)) for name, call, repeats in rows]


def _alone(name: str, seconds: float) -> str:
    target = TARGETS.get(name)
    verdict = "" if target is None else f"{target:g} s: {'met' if seconds <= target else 'missed'}"
    return f"| {name} | {seconds:.3f} | {verdict} |"


def page(quick: bool) -> str:
    consensus(20, 10)
    split()
    tree_nodes()
    ready = environment("consensus", sys.executable, [list(PACKAGES)], "consensusclustering") is not None
    peers = ["ConsensusClusterPlus"] * r_has("ConsensusClusterPlus") + ["consensusclustering"] * ready
    lines = [
        "# Speed of consensus clustering",
        "",
        f"Written by `python bench/consensus.py --write` on {time.strftime('%Y-%m-%d')}; {machine()};",
        f"Python {platform.python_version()}; peers: ConsensusClusterPlus of R, {PACKAGES[0]}.",
        "CPU seconds on one thread; the same points (Gaussian, 6 columns), Ward trees of Euclidean distances",
        f"in subsets of 80 %, k = 2 to {K_MAX}. Peers ran fewer resamples, scaled to {RESAMPLES}. The last",
        "column is the largest difference from our proportion of ambiguous clustering (PAC) at any k;",
        "subsets are random, so it is not 0.",
        "",
        "| items | tool | resamples run | CPU s | times ours | difference of PAC |",
        "|---|---|---|---|---|---|",
        *(row for n in ((100,) if quick else (100, 1000)) for row in side_by_side(n, peers)),
        "",
        "## Targets and other steps",
        "",
        "| step | CPU s | target |",
        "|---|---|---|",
        *alone(),
    ]
    return "\n".join([*lines, *([] if quick else growth_section())]) + "\n"


def growth_section() -> list[str]:
    return [
        "",
        "## How time and memory grow",
        "",
        f"CPU seconds scaled to {RESAMPLES} resamples; memory is the peak of the whole process. A problem",
        f"that would need more than {MEMORY_LIMIT / 1e9:g} GB is refused with the hint to lower k.",
        "",
        "| items | resamples run | CPU s | peak GB |",
        "|---|---|---|---|",
        *(growth(n) for n in GROWTH),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 items only")
    parser.add_argument("--write", action="store_true", help="write the page of the documentation")
    options = parser.parse_args()
    text = page(options.quick)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
