"""Quantities of the definitions alone: counts of features and genes, and two rules put to a test."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.imaging.maps import MAPS
from kinephen.io.signatures import load_signature
from kinephen.phenotype.choice import area_readings
from kinephen.phenotype.consensus import consensus_cluster, draw_subsets
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.trees import euclidean
from kinephen.radiomics.catalogue import FEATURES
from kinephen.reproduce.found import Found
from kinephen.study.steps.signatures import NAMES as SIGNATURES

SETS, RESAMPLES, K_MAX = 10, 200, 8
SHAPE = (100, 6)
"""Patients and components of the article."""


def definition_quantities(seed: int) -> dict[str, Found]:
    """Return quantities that need no data."""
    maps, features = len(MAPS), len(FEATURES)
    return {
        "definition.signatures": _count(
            len(SIGNATURES), f"that kinephen re-creates: {', '.join(SIGNATURES)}"
        ),
        "definition.maps": _count(maps, f"maps of the catalogue: {', '.join(MAPS)}"),
        "definition.features": _count(features, "features of the reconstructed catalogue (kinephen info)"),
        "definition.features_visit": _count(features * maps, f"{features} features x {maps} maps"),
        "definition.gene70": _count(len(load_signature("gene70").genes), "probes of the signature's file"),
        "definition.pam50": _count(len(load_signature("pam50").genes), "genes of the signature's file"),
        "definition.sign_matters": _sign(seed),
        "definition.k_rule": _k_rule(seed),
    }


def _count(value: int, note: str) -> Found:
    return Found(float(value), "definition", str(value), note=note)


def _sign(seed: int) -> Found:
    """Compute Eq. 5 with and without the sign on random features: the ratio does not change."""
    rng = stream(seed, "reproduce", "sign")
    first, second = (pd.DataFrame(rng.normal(5.0, 1.0, (50, 4)), columns=list("abcd")) for _ in range(2))
    plain, flipped = (
        delta_features(first, second, form="literal", signs=dict.fromkeys("abcd", sign)).delta
        for sign in (1, -1)
    )
    changed = int((plain.to_numpy() != flipped.to_numpy()).sum())
    return Found(
        changed > 0,
        "definition",
        f"{changed} of {plain.size} random deltas change",
        note="(-b + a) / (-a) = (b - a) / a: the sign cancels",
    )


def _k_rule(seed: int) -> Found:
    """Ask the rule for the number of groups in one Gaussian cloud."""
    answers: Counter[int] = Counter()
    for number in range(SETS):
        rng = stream(seed, "reproduce", "k rule", number)
        distance = euclidean(rng.normal(size=SHAPE))
        subsets = draw_subsets(SHAPE[0], resamples=RESAMPLES, fraction=0.8, rng=rng)
        consensus = consensus_cluster(distance, subsets, k_max=K_MAX, linkage="ward")
        answers[area_readings(consensus).last_gain] += 1
    k, times = answers.most_common(1)[0]
    return Found(
        bool(np.mean([a == 1 for a in answers.elements()]) >= 0.8),
        "definition",
        f"answers {k} on {times} of {SETS} sets drawn from one Gaussian",
        note="the area under the consensus CDF is 1 minus the mean consensus and follows the cluster sizes; "
        "the rule can never answer 1",
    )
