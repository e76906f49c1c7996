"""A patient's page says what was looked at, whom a model was fitted to, which slice is shown."""

from __future__ import annotations

import itertools

import pytest

from kinephen.report.words.patient import apparent_words, nothing_found_words, outside_words, slice_words

WHOLE = "No rule found anything to look at."


@pytest.mark.parametrize(("analysed", "reason"), list(itertools.product((0, 1, 2), ("", "PE undefined"))))
def test_that_nothing_was_found_is_said_only_where_all_was_there(analysed, reason):
    words = nothing_found_words(analysed, 2, reason)
    assert (words == WHOLE) == (analysed == 2 and not reason)
    assert ("No exam was analysed" in words) == (analysed == 0)
    assert ("Only 1 of 2 exams" in words) == (analysed == 1)
    assert ("PE undefined" in words) == (analysed == 2 and bool(reason))


@pytest.mark.parametrize(
    ("cohort", "fitted"), list(itertools.product(("discovery", "validation"), (True, False, None)))
)
def test_a_risk_is_apparent_only_in_those_whom_the_models_were_fitted_to(cohort, fitted):
    words = apparent_words(cohort, fitted)
    assert ("so the risk is apparent" in words) == bool(fitted)
    assert ("may be apparent" in words) == (fitted is None and cohort == "discovery")
    assert ("not among" in words) == (fitted is False and cohort == "discovery")
    assert (words == "") == (cohort == "validation" and not fitted)


@pytest.mark.parametrize("seen", [(True,), (False,), *itertools.product((True, False), repeat=2)])
def test_the_slice_is_the_largest_of_a_lesion_only_where_there_is_one(seen):
    words = slice_words(list(zip(("T1", "T2"), seen, strict=False)))
    assert ("largest" in words) == any(seen)
    assert ("middle slice" in words) == (not all(seen))
    assert ("all visits" in words) == (len(seen) == 2)
    if any(seen):
        assert [v in words for v in ("T1", "T2")] == [not s for s in (*seen, True)[:2]]


@pytest.mark.parametrize(
    ("flags", "features", "exams"), list(itertools.product((0, 2), (False, True), (0, 1, 2)))
)
def test_what_was_not_compared_is_said_and_lies_nowhere(flags, features, exams):
    words = outside_words(flags=flags, features=features, exams=exams, wanted=2)
    compared = features and exams == 2
    assert ("Not compared with training" in words) == (not compared)
    assert (words == "") == (compared and flags > 0)
    assert ("anything outside" in words) == (flags == 0)
    assert words.startswith("No rule found") == (compared and flags == 0)
    assert ("1 of 2 exams" in words) == (exams == 1)
    assert ("features of both visits" in words) == (not features)
