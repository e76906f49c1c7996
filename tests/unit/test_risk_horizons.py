"""Horizons at which a predicted risk says something, and which model predicts first."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from kinephen.study.steps.risk import HORIZONS, MIN_AT_RISK, most_covariates_first, risk_horizons


def rows(times, events):
    return pd.DataFrame({"time": times, "event": events})


@pytest.mark.parametrize(
    ("times", "events", "expected"),
    [
        ([1.0, 2.5, 3.0, 3.0, 3.0, 3.0, 3.0], [0, 1, 0, 0, 0, 0, 0], (3.0,)),
        ([1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0], [0, 1, 0, 0, 0, 0, 0], (2.0, 3.0)),
        ([1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 2.9], [0, 1, 0, 0, 0, 0, 0], (2.0,)),
        ([0.5, 2.0, 9.0, 9.0, 9.0, 9.0, 9.0], [1, 1, 0, 0, 0, 0, 0], (1.0, 2.0, 3.0, 5.0)),
        ([2.0] * 7, [0] * 7, ()),
    ],
)
def test_an_event_has_happened_and_enough_are_still_followed(times, events, expected):
    assert MIN_AT_RISK == 5
    assert risk_horizons(rows(times, events)) == expected


def test_horizons_are_chosen_from_those_that_are_asked_for():
    table = rows([0.5, *[8.0] * 6], [1, *[0] * 6])
    assert risk_horizons(table, (0.4, 0.5, 7.5, 8.0, 8.1)) == (0.5, 7.5, 8.0)
    assert risk_horizons(table) == tuple(h for h in HORIZONS if h <= 8)


def test_the_model_with_most_covariates_goes_first_and_equal_ones_stay():
    models = {n: SimpleNamespace(columns=("c",) * k) for n, k in (("a", 1), ("b", 3), ("c", 3), ("d", 2))}
    assert list(most_covariates_first(models)) == ["b", "c", "d", "a"]
