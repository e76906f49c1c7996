"""What the commands on tables conclude, by hand: words of a split, when a model is cross-validated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.records.split_tests import SigClustRecord, SplitPair, SplitTests
from kinephen.study.tables import phenotypes, survival
from kinephen.study.tables.outcome_table import SurvivalTable


def sigclust(p):
    return SigClustRecord(
        cluster_index=0.4, null_mean=0.6, null_sd=0.1, p_empirical=p, p_normal=p, background_variance=1.0,
        eigenvalues=(2.0, 1.0), null_eigenvalues=(2.0, 1.0), simulations=20,
    )  # fmt: skip


def split(p):
    pair = SplitPair(two_means=sigclust(0.01), given=sigclust(0.3))
    return SplitTests(headline="soft", labels="given", sample=pair, soft=pair, hard=pair, p=p)


@pytest.mark.parametrize(
    ("p", "wording"),
    [
        (0.049, "not one Gaussian"),
        (0.05, "compatible with one Gaussian"),
        (0.9, "compatible with one Gaussian"),
        (None, "not decided: the p value is undefined"),
    ],
)
def test_the_words_of_a_split_follow_its_p_value(p, wording):
    found = phenotypes._split(split(p), 0.05)
    assert (found.wording, found.headline) == (wording, "soft")
    assert {(v.two_means, v.given) for v in found.p.values()} == {(0.01, 0.3)}


def table(n, seed=2):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "time": rng.exponential(5.0, n) + 0.1,
            "event": np.tile([1.0, 1.0, 0.0], n)[:n],
            "age": rng.normal(50, 8, n),
            "grade": rng.integers(1, 4, n).astype(float),
        }
    )
    return SurvivalTable(frame=frame, end_point="rfs", time_unit="years", rows_read=n)


@pytest.mark.parametrize(("n", "crossed"), [(9, False), (10, True)])
def test_a_model_is_cross_validated_from_two_patients_a_fold(n, crossed):
    request = survival.Request(covariates=("age",), replicates=2, horizon=3.0)
    found = survival.analyse(table(n), request).model
    assert (found.cross_validated is not None) is crossed
    assert found.fit.n == n


def test_neither_strata_nor_weights_are_cross_validated():
    for request in (
        survival.Request(covariates=("age",), strata="grade", replicates=2),
        survival.Request(covariates=("age",), weights="grade", replicates=2),
        survival.Request(covariates=("age",), replicates=0),
    ):
        assert survival.analyse(table(60), request).model.cross_validated is None


def test_a_landmark_is_taken_off_every_time_and_counted():
    whole = table(60)
    found = survival.analyse(whole, survival.Request(landmark=1.0))
    kept = whole.frame[whole.frame["time"] > 1.0]
    assert found.flow["before_landmark"] == 60 - len(kept) > 0
    assert found.flow["analysed"] == len(kept)
    assert found.flow["events"] == int(kept["event"].sum())


def test_restricted_means_differ_from_the_first_group():
    request = survival.Request(group="grade", horizon=4.0)
    found = survival.analyse(table(60), request)
    means = {name: i.estimate for name, i in found.restricted_means.items()}
    first, *others = means
    assert set(found.restricted_differences) == set(others)
    for name in others:
        gap = abs(means[name] - means[first])
        assert abs(found.restricted_differences[name].estimate) == pytest.approx(gap)
