"""The ladder, its folds and its intervals on small made-up cohorts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.errors import InputError
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidation, SplitNoise, cross_validate
from kinephen.survival.folds import check_folds, make_folds
from kinephen.survival.nested import nested_test
from kinephen.survival.outcome import Outcome, clean_outcome
from kinephen.survival.validation import Refit, cox_ladder, direct_pairs

MODELS = {"a": ["x"], "b": ["x", "y"], "c": ["x", "y", "grade"]}
PLAN = CrossValidation(replicates=4, refit_replicates=2)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(11)
    n = 60
    x, y = rng.normal(size=(2, n))
    hazard = 0.2 * np.exp(0.9 * x - 0.5 * y)
    time, censor = rng.exponential(1 / hazard), rng.exponential(6, n)
    return pd.DataFrame(
        {
            "time": np.round(np.minimum(time, censor) + 0.05, 2),
            "event": (time <= censor).astype(int),
            "x": x,
            "y": y,
            "grade": rng.choice(["low", "mid", "high"], n),
        },
        index=[f"w{i}" for i in range(n)],
    )


def run(frame, **options):
    return cox_ladder(
        MODELS, frame, "time", "event", rng=np.random.default_rng(5), **{"plan": PLAN, **options}
    )


def test_stratified_folds_hold_equal_events_and_everybody_once():
    event = np.arange(53) < 17
    table = make_folds(event, 5, 20, stratified=True, rng=np.random.default_rng(0))
    assert table.shape == (20, 53)
    for row in table:
        sizes = np.bincount(row[event], minlength=5)
        assert sizes.max() - sizes.min() <= 1
        assert np.ptp(np.bincount(row, minlength=5)) <= 1
        assert set(row) == set(range(5))
    assert not (table[0] == table[1]).all()


def test_plain_folds_are_of_equal_size():
    table = make_folds(np.zeros(22, dtype=bool), 5, 3, stratified=False, rng=np.random.default_rng(0))
    assert sorted(np.bincount(table[0])) == [4, 4, 4, 5, 5]


def test_given_folds_may_be_numbered_from_one():
    codes, count = check_folds(np.array([[1, 2, 5, 1]]), 4)
    assert codes.tolist() == [[0, 1, 2, 0]]
    assert count == 3
    with pytest.raises(InputError, match="fewer than two folds"):
        check_folds(np.ones((1, 4)), 4)


def test_all_models_stand_on_the_same_complete_rows(frame):
    holes = frame.copy()
    holes.iloc[[3, 8], 4] = None
    holes.iloc[20, 0] = np.nan
    got = run(holes)
    assert (got.n, got.left_out) == (57, 3)
    assert {m.fit.n for m in got.models} == {57}
    assert {m.cross_validated.n for m in got.models} == {57}
    assert got.issues[-1].code == "survival.incomplete_rows"
    assert got.rows.sum() == 57


def test_the_result_repeats_and_says_what_it_compares(frame):
    first, second = run(frame), run(frame)
    assert first.to_dict() == second.to_dict()
    assert [(c.smaller, c.larger) for c in first.comparisons] == [("a", "b"), ("b", "c")]
    assert first.comparisons[1].test.against == "b"
    assert first.comparisons[1].test.df == 2
    text = str(first)
    assert "likelihood ratio against b: chi-square" in text
    assert "95 % split jackknife" in text
    assert first.plan == {"folds": 5, "replicates": 4, "dealt": "stratified by event", "refit_replicates": 0}


def test_the_order_of_rows_does_not_matter_with_given_folds(frame):
    folds = make_folds(frame["event"].to_numpy() == 1, 5, 3, stratified=True, rng=np.random.default_rng(2))
    order = np.random.default_rng(3).permutation(len(frame))
    first = run(frame, plan=CrossValidation(given=folds))
    second = run(frame.iloc[order], plan=CrossValidation(given=folds[:, order]))
    for a, b in zip(first.models, second.models, strict=True):
        np.testing.assert_allclose(a.cross_validated.per_fold, b.cross_validated.per_fold)
        assert a.cross_validated.interval.se == pytest.approx(b.cross_validated.interval.se)


def test_compiled_folds_equal_single_fits(frame):
    outcome = clean_outcome(frame["time"], frame["event"])
    x = frame[["x", "y"]].to_numpy()
    folds = make_folds(outcome.event, 5, 2, stratified=True, rng=np.random.default_rng(1))
    got = cross_validate(x, outcome, folds)
    for r in range(2):
        for k in range(5):
            train, test = folds[r] != k, folds[r] == k
            fit = cox_fit(x[train], outcome.time[train], outcome.event[train])
            np.testing.assert_allclose(got.predictor[r, test], x[test] @ fit.coef, atol=1e-8)


def test_a_separated_training_fold_uses_the_same_firth_fit(frame):
    outcome = clean_outcome(frame["time"], frame["event"])
    rare = np.zeros(outcome.n)
    rare[np.flatnonzero(~outcome.event)[:6]] = 1.0
    x = np.column_stack([frame["x"], rare])
    folds = make_folds(outcome.event, 5, 1, stratified=True, rng=np.random.default_rng(1))
    got = cross_validate(x, outcome, folds)
    assert got.separated_fits == 5
    train, test = folds[0] != 0, folds[0] == 0
    fit = cox_fit(x[train], outcome.time[train], outcome.event[train], firth=True)
    np.testing.assert_allclose(got.predictor[0, test], x[test] @ fit.coef, atol=1e-7)
    assert cross_validate(x, outcome, folds, firth=False).separated_fits == 5


def test_a_covariate_that_is_constant_in_training_counts_as_nothing(frame):
    outcome = clean_outcome(frame["time"], frame["event"])
    once = np.zeros(outcome.n)
    once[7] = 5.0
    folds = make_folds(outcome.event, 5, 1, stratified=True, rng=np.random.default_rng(4))
    fold = folds[0, 7]
    got = cross_validate(np.column_stack([frame["x"], once]), outcome, folds)
    alone = cross_validate(frame[["x"]].to_numpy(), outcome, folds)
    here = folds[0] == fold
    np.testing.assert_allclose(got.predictor[0, here], alone.predictor[0, here], atol=1e-9)


def test_a_learned_covariate_is_learned_from_training_rows_only(frame):
    seen = []

    def learn(train):
        seen.append(set(train.tolist()))
        return (frame["y"] > frame["y"].iloc[train].median()).astype(float)

    table = frame.assign(y=(frame["y"] > frame["y"].median()).astype(float))
    got = run(table, refit=Refit("y", learn))
    assert len(seen) == 2 * 5  # once a fold, although two models use it
    assert all(len(rows) == 48 for rows in seen)
    assert got.plan["refit_replicates"] == 2
    unlearned = got.model("a")
    np.testing.assert_allclose(unlearned.refitted.predictor, unlearned.cross_validated.predictor[:2])
    assert got.comparisons[0].refitted_gain is not None
    assert not np.allclose(got.model("b").refitted.predictor, got.model("b").cross_validated.predictor[:2])


def test_a_learned_covariate_with_holes_is_refused(frame):
    table = frame.assign(y=1.0 * (frame["y"] > 0))
    with pytest.raises(InputError, match="missing for some patients"):
        run(table, refit=Refit("y", lambda train: np.full(len(frame), np.nan)))


def test_learning_what_is_given_changes_nothing(frame):
    got = run(frame, refit=Refit("y", lambda train: frame["y"]))
    model = got.model("b")
    np.testing.assert_allclose(model.refitted.predictor, model.cross_validated.predictor[:2])


def test_direct_pairs_skip_what_lies_between():
    models = {"m1": ["a"], "g": ["g"], "m2": ["a", "f"], "m3": ["a", "f", "g"], "m4": ["a", "f", "p"]}
    pairs = direct_pairs({**models, "m5": ["a", "f", "g", "p"]})
    assert sorted(pairs) == [
        ("g", "m3"),
        ("m1", "m2"),
        ("m2", "m3"),
        ("m2", "m4"),
        ("m3", "m5"),
        ("m4", "m5"),
    ]


def test_split_noise_names_the_interval_of_the_article():
    got = SplitNoise.of(np.array([0.60, 0.62, 0.64, 0.66]))
    assert got.mean == pytest.approx(0.63)
    assert got.t_upper - got.mean == pytest.approx(3.182446 * got.sd / 2, rel=1e-6)
    assert np.isnan(SplitNoise.of(np.array([0.6])).sd)


def test_the_jackknife_interval_is_far_wider_than_split_noise(frame):
    got = run(frame, plan=CrossValidation(replicates=20)).model("b").cross_validated
    assert got.interval.upper - got.interval.lower > 3 * (got.fold_mean.t_upper - got.fold_mean.t_lower)
    assert got.nadeau_bengio.kind == "Nadeau-Bengio"
    assert got.c == got.pooled_pairs.mean == got.interval.estimate


def test_penalised_nested_test_when_a_covariate_separates(frame):
    time, event = frame["time"].to_numpy(), frame["event"].to_numpy()
    rare = np.zeros(len(frame))
    rare[np.flatnonzero(event == 0)[:6]] = 1.0
    small = cox_fit(frame[["x"]], time, event)
    large = cox_fit(frame[["x"]].assign(rare=rare), time, event)
    assert large.method == "firth"
    got = nested_test(small, large, name="x alone")
    assert got.name == "penalised likelihood ratio"
    assert got.df == 1
    # One extra coefficient: the test is its profile test.
    assert got.p == pytest.approx(large.p[1], abs=1e-6)


def test_an_undefined_fold_is_left_out_and_counted():
    event = np.array([True, True, True, True, False, False, False, False, False, False])
    outcome = Outcome(np.arange(1.0, 11.0), event)
    folds = np.array([[0, 0, 0, 0, 0, 0, 1, 1, 1, 1]])
    got = cross_validate(np.sin(np.arange(10.0))[:, None], outcome, folds, firth=True)
    assert got.undefined_folds == 1
    assert np.isfinite(got.c)
