"""Phenotypes of other patients and their flags, each by plain code from the numbers of the file."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import model, scores_by_hand, with_training

from kinephen.model.assignment import assign_patients
from kinephen.model.schema import Outside
from kinephen.phenotype.solution import Solution
from kinephen.records.names import FARTHER

OUTSIDE = "lie outside the training range"


def tail(most):
    return f"; of a patient of training at most {most} lay outside that of all others" * (most > 0)


def with_centroids(fitted, centroids):
    """Return the model with other phenotypes; nobody of training was farther than 1.5 from them."""
    k = len(centroids)
    solution = Solution(pd.Series(dtype=int), np.array(centroids), np.full(k, 1.5))
    phenotypes = replace(fitted.phenotypes, k=k, solutions={**fitted.phenotypes.solutions, k: solution})
    return replace(fitted, phenotypes=phenotypes)


@cache
def change(n=60):
    """Delta features from far inside to far outside of what the model has seen; the third has a gap."""
    rng, names = np.random.default_rng(4), list(model().phenotypes.features)
    size = rng.uniform(0.0, 0.5, (n, 1))
    frame = pd.DataFrame(
        rng.normal(size=(n, len(names))) * size, index=[f"case-{i:04d}" for i in range(n)], columns=names
    )
    frame.iloc[2, 1] = np.nan
    return frame


def expected(fitted, row, most_features, most_components):
    """Return the codes of the flags of one patient, in order."""
    file, solution = fitted.file, fitted.phenotypes.solutions[fitted.phenotypes.k]
    z, scores = scores_by_hand(file.phenotypes, row)
    centroids = solution.centroids.tolist()
    distances = [math.dist(scores.values(), c) for c in centroids]
    order = sorted(range(len(distances)), key=lambda i: distances[i])
    beyond = sum(not f.low <= z[f.name] <= f.high for f in file.phenotypes.features)
    far = sum(not low <= scores[n] <= high for n, (low, high) in file.training.components.items())
    codes = []
    if distances[order[0]] > solution.radius[order[0]]:
        codes.append("phenotype.out_of_range")
    if beyond > most_features:
        codes.append("phenotype.features")
    if far > most_components:
        codes.append("phenotype.components")
    if len(centroids) > 1:
        a, b = order[:2]
        if distances[b] - distances[a] < 0.1 * math.dist(centroids[a], centroids[b]):
            codes.append("phenotype.border")
    return codes, beyond, far


@pytest.mark.parametrize(("features", "components"), [(0, 0), (3, 0), (0, 1), (2, 1)])
def test_flags_of_every_patient_by_plain_code(features, components):
    fitted = with_training(outside=Outside(features=features, components=components))
    _, flags = assign_patients(fitted, change())
    seen, p = set(), components_of()
    for case, row in change().iterrows():
        if row.isna().any():
            continue
        codes, beyond, far = expected(fitted, row, features, components)
        assert [f.code for f in flags[case]] == codes
        seen |= set(codes)
        words = {
            "phenotype.out_of_range": FARTHER,
            "phenotype.features": f"{beyond} of 8 delta features {OUTSIDE}{tail(features)}",
            "phenotype.components": f"{far} of {p} component scores {OUTSIDE}{tail(components)}",
            "phenotype.border": "almost as near to another phenotype",
        }
        assert [f.text for f in flags[case]] == [words[c] for c in codes]
    assert {"phenotype.out_of_range", "phenotype.features", "phenotype.border"} <= seen


def components_of():
    return len(model().file.phenotypes.component_names)


def test_the_nearest_two_of_three_phenotypes_make_the_border():
    p = components_of()
    assert p >= 2
    fitted = with_centroids(model(), [[-3.0] + [0.0] * (p - 1), [0.5] * p, [2.0] + [0.0] * (p - 1)])
    assert len(model().phenotypes.features) == change().shape[1] == 8
    table, flags = assign_patients(fitted, change())
    most = fitted.file.training.outside
    codes = {c: expected(fitted, r, most.features, most.components)[0] for c, r in change().iterrows()}
    del codes["case-0002"]
    assert {c: [f.code for f in flags[c]] for c in codes} == codes
    near = [c for c, own in codes.items() if "phenotype.border" in own]
    assert 0 < len(near) < len(codes)
    assert set(table["phenotype"].dropna()) == {1, 2, 3}


def test_one_phenotype_has_no_border():
    fitted = with_centroids(model(), [[0.0] * components_of()])
    table, flags = assign_patients(fitted, change())
    assert set(table["phenotype"].dropna()) == {1}
    assert not any(f.code == "phenotype.border" for own in flags.values() for f in own)


def test_a_model_that_does_not_say_how_many_lay_outside_flags_any():
    without, none = with_training(outside=None), Outside(features=0, components=0)
    _, flags = assign_patients(without, change())
    assert flags == assign_patients(with_training(outside=none), change())[1]


@pytest.mark.parametrize(
    ("side", "share", "flagged"), [(0, 0.5, False), (0, 2.0, True), (1, 0.5, False), (1, 2.0, True)]
)
def test_component_scores_may_leave_the_range_by_rounding(side, share, flagged):
    one = change().iloc[[0]]
    scores, limits = model().phenotypes.transform(one).iloc[0], {}
    for name, score in scores.items():
        low, high = score - 1.0, score + 1.0
        limits[str(name)] = (score + share * 1e-9, high) if side == 0 else (low, score - share * 1e-9)
    fitted = with_training(components=limits, outside=Outside(features=8, components=0))
    (found,) = assign_patients(fitted, one)[1].values()
    assert ("phenotype.components" in {f.code for f in found}) == flagged


def test_nobody_gives_nothing():
    table, flags = assign_patients(model(), change().iloc[:0])
    assert table.empty
    assert flags == {}


def test_a_patient_with_a_gap_has_no_phenotype_and_the_reason():
    table, flags = assign_patients(model(), change())
    assert list(flags) == list(change().index)
    row = table.loc["case-0002"]
    assert pd.isna(row["phenotype"])
    assert row["note"] == "1 of the model's features undefined"
    assert not any(f.code == "phenotype.border" for f in flags["case-0002"])
