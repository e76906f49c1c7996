"""The pair of Figure 7: found again by going through all pairs, and its words."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pandas as pd
import pytest

from kinephen.report.numbers.tumours import _alike, _outcome, _shared
from kinephen.study.steps.matched_pair import matched_pair


def patients(seed=0, n=40):
    draw = random.Random(seed)
    rows = {
        f"case-{i:02}": {
            "cohort": draw.choice(["discovery", "discovery", "discovery", "validation"]),
            "phenotype": draw.choice(["1", "2"]),
            "ftv2": draw.choice([0.0, draw.uniform(0.5, 30.0), draw.uniform(0.5, 30.0)]),
            "age": draw.uniform(30, 70),
            "hr": draw.choice([0.0, 1.0]),
            "her2": draw.choice([0.0, 1.0]),
            "gene70_class": draw.choice(["good", "poor"]),
        }
        for i in range(n)
    }
    return pd.DataFrame.from_dict(rows, orient="index")


@pytest.mark.parametrize("seed", range(8))
def test_the_nearest_of_all_equal_pairs_is_found(seed):
    frame = patients(seed)
    shown = [c for c in frame.index if c != "case-03"]
    found = matched_pair(frame, shown)
    columns = ("hr", "her2", "gene70_class")
    wanted = []
    for a, b in itertools.permutations(shown, 2):
        x, y = frame.loc[a], frame.loc[b]
        if x["cohort"] != "discovery" or y["cohort"] != "discovery" or min(x["ftv2"], y["ftv2"]) == 0.0:
            continue
        if (x["phenotype"], y["phenotype"]) == ("1", "2") and all(x[c] == y[c] for c in columns):
            years = abs(x["age"] - y["age"])
            wanted.append((years / 10 + abs(math.log(x["ftv2"] / y["ftv2"], 2)), a, b))
    assert found.equal == found.known == columns
    assert found.near == ("age", "ftv2")
    distance, first, second = min(wanted)
    assert found.cases == (first, second)
    assert found.distance == pytest.approx(distance)


def test_without_a_pair_equal_in_all_receptors_suffice_and_words_say_so():
    frame = patients()
    frame["gene70_class"] = np.where(frame["phenotype"] == "1", "good", "poor")
    found = matched_pair(frame, frame.index)
    assert (found.equal, found.known) == (("hr", "her2"), ("hr", "her2", "gene70_class"))
    assert _shared(found) == " and equal receptors (no pair has equal signature classes too)"
    assert _alike(found) == "age, receptors and volume"


def test_what_nobody_knows_is_not_claimed_to_be_equal():
    frame = patients().drop(columns=["her2", "gene70_class"]).assign(hr=np.nan, age=np.nan)
    found = matched_pair(frame, frame.index)
    assert (found.equal, found.near) == ((), ("ftv2",))
    first, second = (frame.loc[c, "ftv2"] for c in found.cases)
    assert found.distance == pytest.approx(abs(math.log(first / second, 2)))
    assert (_shared(found), _alike(found)) == ("", "volume")


def test_a_patient_of_unknown_age_is_passed_over():
    frame = patients()
    frame.loc["case-00", ["age", "hr", "her2"]] = [np.nan, 1.0, 1.0]
    found = matched_pair(frame, frame.index)
    assert "case-00" not in found.cases
    assert math.isfinite(found.distance)


def test_without_pictures_or_a_second_phenotype_there_is_no_pair():
    frame = patients()
    assert matched_pair(frame, []) is None
    assert matched_pair(frame.assign(phenotype="1"), frame.index) is None


def test_the_outcome_is_said_or_said_to_be_unknown():
    assert (_outcome(1.0), _outcome(0.0), _outcome(math.nan)) == ("event", "no event", "outcome unknown")


def test_small_volumes_count_and_vanished_ones_do_not():
    frame = patients().assign(ftv2=0.0)
    frame.loc[
        ["case-00", "case-01"], ["cohort", "phenotype", "ftv2", "age", "hr", "her2", "gene70_class"]
    ] = [
        ["discovery", "1", 0.2, 50.0, 1.0, 0.0, "good"],
        ["discovery", "2", 0.4, 53.0, 1.0, 0.0, "good"],
    ]
    found = matched_pair(frame, frame.index)
    assert found.cases == ("case-00", "case-01")
    assert found.distance == pytest.approx(0.3 + 1.0)
