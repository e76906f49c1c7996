"""A model whose time counts from the second visit is validated on times that do."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kinephen.config.schema import Landmark
from kinephen.model.sources import _from_landmark


def fitted(**landmark):
    return SimpleNamespace(settings=SimpleNamespace(landmark=Landmark(**landmark)))


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "time": [0.1, 2.0, 4.0, np.nan],
            "event": [1.0, 1.0, 0.0, np.nan],
            "complete": [True, True, True, True],
            "t2_days": [73.05, 73.05, 36.525, 73.05],
        },
        index=["case-0001", "case-0002", "case-0003", "case-0004"],
    )


def test_times_count_from_the_second_visit_and_who_had_left_is_named(frame):
    moved, origin = _from_landmark(frame, "", fitted(use=True), issues := [])
    assert origin == "the second visit"
    assert issues == []
    assert moved["before_landmark"].tolist() == [True, False, False, False]
    np.testing.assert_allclose(moved["time"], [np.nan, 1.8, 3.9, np.nan])
    assert moved["event"].tolist()[1:3] == [1.0, 0.0]
    assert np.isnan(moved["event"].iloc[0])


@pytest.mark.parametrize(
    ("stated", "settings"), [("the second visit", {"use": True}), ("", {"use": False}), ("surgery", {})]
)
def test_times_that_count_as_the_models_do_stay(frame, stated, settings):
    moved, origin = _from_landmark(frame, stated, fitted(**settings), [])
    assert origin == stated
    assert moved is frame


def test_unknown_days_are_an_issue_and_the_origin_is_another(frame):
    moved, origin = _from_landmark(frame.drop(columns="t2_days"), "", fitted(use=True), issues := [])
    assert "time" in moved
    assert origin == "another time than the second visit"
    assert [i.code for i in issues] == ["predict.landmark"]
    assert "not known for 3 of 3 patients" in issues[0].message
    assert _from_landmark(frame.drop(columns="t2_days"), "surgery", fitted(use=True), [])[1] == "surgery"
