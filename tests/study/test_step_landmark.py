"""The landmark step: who counts, who had left, and what is not known, each by one patient of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.config.schema import Landmark
from kinephen.errors import CohortError
from kinephen.records.landmark import LandmarkRecord
from kinephen.study.steps.landmark import apply_landmark

YEAR = 365.25


def frame(**changes):
    """Return patients who stay, had the event before the visit, left before it, and lack one thing each."""
    rows = pd.DataFrame(
        {
            "time": [3.0, 0.2, 0.3, 2.0, np.nan, 2.5],
            "event": [1.0, 1.0, 0.0, np.nan, 0.0, 1.0],
            "os_time": [4.0, 3.0, 0.3, 2.0, np.nan, 0.4],
            "complete": [True, True, True, True, True, False],
            "t2_days": [0.5 * YEAR] * 6,
        },
        index=["stays", "event", "left", "no event", "no time", "no exams"],
    )
    return rows.assign(**changes)


def test_days_count_as_unknown_only_in_patients_of_the_analysis():
    days = [0.5 * YEAR, 0.5 * YEAR, 0.5 * YEAR, np.nan, np.nan, np.nan]
    moved, record = apply_landmark(frame(t2_days=days), Landmark(use=True))
    assert record == LandmarkRecord(use=True, events=1, left=1, reason="")
    assert moved["time"].dropna().to_dict() == {"stays": 2.5}


@pytest.mark.parametrize(("unknown", "words"), [(1, "1 patient"), (2, "2 patients")])
def test_unknown_days_stop_what_needs_them_and_are_told_elsewhere(unknown, words):
    days = [np.nan] * unknown + [0.5 * YEAR] * (6 - unknown)
    with pytest.raises(CohortError, match=f"not known for {unknown} of 3 patients") as raised:
        apply_landmark(frame(t2_days=days), Landmark(use=True))
    assert (raised.value.code, raised.value.where) == ("landmark.unknown", "clinical column 't2_days'")
    same, record = apply_landmark(frame(t2_days=days), Landmark())
    assert record.reason == f"the days to it are not known for {words}"
    assert not same["before_landmark"].any()
    pd.testing.assert_series_equal(same["time"], frame()["time"])


def test_each_time_is_counted_from_the_visit_and_who_left_has_none():
    moved, record = apply_landmark(frame(), Landmark(use=True))
    assert (record.events, record.left) == (1, 1)
    assert moved["before_landmark"].to_dict() == {
        "stays": False,
        "event": True,
        "left": True,
        "no event": False,
        "no time": False,
        "no exams": False,
    }
    assert moved["time"].dropna().to_dict() == {"stays": 2.5}
    assert moved["event"].dropna().to_dict() == {"stays": 1.0}
    assert moved["os_time"].dropna().to_dict() == {"stays": 3.5, "event": 2.5, "no event": 1.5}


def test_without_overall_survival_none_is_made():
    moved, _ = apply_landmark(frame().drop(columns="os_time"), Landmark(use=True))
    assert "os_time" not in moved
