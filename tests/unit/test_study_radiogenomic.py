"""Components against signature scores: rank correlation, what is undefined, correction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.study.steps.phenotypes import component_tree
from kinephen.study.steps.radiogenomic import correlate


def frames(n=40):
    rng = np.random.default_rng(3)
    a = rng.normal(size=n)
    components = pd.DataFrame({"C1PC1": a, "C2PC1": rng.normal(size=n), "C3PC1": 1.0})
    frame = pd.DataFrame({"ror_s": np.exp(a), "p53_score": -a, "gene70_cosine": np.nan})
    return frame, components


def test_a_planted_order_is_found_and_signs_are_kept():
    rows = {(r.component, r.score): r for r in correlate(*frames())}
    assert rows[("C1PC1", "ror_s")].rho == pytest.approx(1.0)
    assert rows[("C1PC1", "p53_score")].rho == pytest.approx(-1.0)
    assert abs(rows[("C2PC1", "ror_s")].rho) < 0.4
    assert rows[("C3PC1", "ror_s")].reason == "one of the two is constant"
    assert not any(score == "gene70_cosine" for _, score in rows)


def test_rho_is_pearsons_of_the_ranks_and_holm_never_lowers_p():
    frame, components = frames()
    rows = correlate(frame, components)
    for row in (r for r in rows if r.rho is not None):
        ranks = np.corrcoef(components[row.component].rank(), frame[row.score].rank())[0, 1]
        assert row.rho == pytest.approx(ranks)
        assert row.p <= row.p_adjusted <= 1.0
    small = correlate(frame.iloc[:4], components.iloc[:4])
    assert {r.reason for r in small} == {"fewer than 5 patients"}
    assert correlate(frame[["gene70_cosine"]], components) == ()


def test_components_alike_stand_next_to_each_other():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 50))
    noise = 0.01 * rng.normal(size=(2, 50))
    tree, order = component_tree(np.column_stack([a, b, a + noise[0], b + noise[1]]))
    assert sorted(order) == [0, 1, 2, 3]
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert tree[-1][2] > 0.5
    assert component_tree(np.column_stack([a, np.ones(50)])) == (None, (0, 1))
