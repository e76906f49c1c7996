"""Features of another kind or unit: how many values lie far outside of what the model has seen."""

from __future__ import annotations

import math

import pandas as pd
from tests.fitted_model import model, with_training

from kinephen.core.cohort import Issue
from kinephen.model.apply import apply_model
from kinephen.model.patients import NewPatients

FIVE = [f"case-{i:04d}" for i in range(1, 6)]


def names():
    return list(model().phenotypes.features)


def far(cells, visit, at, ranges=None):
    """Return the issues of patients of whom some cells of one visit lie at a place; 5 x 8 cells in all."""
    limits = model().file.training.visits
    pair = [
        pd.DataFrame([[sum(limits[v][n]) / 2 for n in names()]] * 5, index=FIVE, columns=names())
        for v in ("T1", "T2")
    ]
    for i in range(cells):
        low, high = limits[f"T{visit + 1}"][names()[i % 8]]
        pair[visit].iloc[i // 8, i % 8] = at(low, high)
    frame = pd.DataFrame({"age": 50.0}, index=FIVE)
    whole = NewPatients(
        ids=dict.fromkeys(FIVE, "W"), frame=frame, visits=tuple(pair), issues=(Issue("first.one", "x"),)
    )
    fitted = model() if ranges is None else with_training(visits=ranges)
    found = apply_model(fitted, whole)
    assert found.issues[0].code == "first.one"
    return [(i.where, i.message) for i in found.issues if i.code == "predict.other_features"]


def test_many_features_far_outside_are_of_another_kind():
    below, above = (lambda lo, hi: lo - 1.01 * (hi - lo)), (lambda lo, hi: hi + 1.01 * (hi - lo))
    for visit, at in ((0, below), (1, above)):
        assert far(10, visit, at) == []
        ((where, text),) = far(11, visit, at)
        assert where == "features"
        assert text == (
            f"28% of the feature values at T{visit + 1} lie far outside their training ranges: other units, "
            "maps or definitions?"
        )
    for inside in (lambda lo, hi: lo - 0.99 * (hi - lo), lambda lo, hi: hi + 0.99 * (hi - lo)):
        assert far(20, 0, inside) == []


def test_undefined_values_and_features_without_a_range_do_not_count():
    assert far(40, 0, lambda lo, hi: math.nan) == []
    limits = model().file.training.visits
    one = {names()[0]: limits["T1"][names()[0]]}

    def above(lo, hi):
        return hi + 2 * (hi - lo)

    assert far(40, 0, above, {"T1": {}, "T2": limits["T2"]}) == []
    assert len(far(2, 0, above, {"T1": one, "T2": {}})) == 0
    assert len(far(9, 0, above, {"T1": one, "T2": {}})) == 1
