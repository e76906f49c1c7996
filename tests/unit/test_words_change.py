"""Words for the direction of changes: adjusted, not adjusted, and what a component's score means."""

from __future__ import annotations

import pytest

from kinephen.report.schema.change import ChangeSigns
from kinephen.report.words.change import change_words, component_words, feature_change


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (
            ChangeSigns(adjusted=True, features=9, reversed=("PE_a", "PE_b"), oriented=5),
            "Change is sign-adjusted: that of 2 of 9 features, whose lower values mean a more heterogeneous "
            "lesion, is multiplied by −1. Higher reads more heterogeneous for 5 of the 9 features; the "
            "others "
            "have no such direction.",
        ),
        (
            ChangeSigns(adjusted=True, features=2, reversed=("PE_a",), oriented=2),
            "Change is sign-adjusted: that of 1 of 2 features, whose lower values mean a more heterogeneous "
            "lesion, is multiplied by −1. Higher reads more heterogeneous.",
        ),
        (
            ChangeSigns(adjusted=True, features=3, oriented=2),
            "Change is sign-adjusted, and no feature here is one whose change is multiplied by −1. Higher "
            "reads more heterogeneous for 2 of the 3 features; the other has no such direction.",
        ),
        (
            ChangeSigns(adjusted=False, features=9, oriented=0),
            "Change is not sign-adjusted: in the literal form a sign before the ratio cancels. Of no feature "
            "does higher mean more heterogeneous.",
        ),
    ],
)
def test_a_change_names_its_sign(signs, words):
    assert change_words(signs) == words


@pytest.mark.parametrize("rule", ["sum_of_loadings", "largest_loading"])
def test_a_component_claims_no_direction_that_its_features_do_not_have(rule):
    assert "no end means more heterogeneous" in component_words(7, 0, rule)
    assert "the 3 of 7 features for which higher means" in component_words(7, 3, rule)
    assert component_words(7, 3, "sum_of_loadings") != component_words(7, 3, "largest_loading")


def test_a_feature_says_whether_its_change_is_turned_round():
    assert feature_change("PE x", adjusted=True, reversed_=True).startswith(
        "Sign-adjusted change (change times −1)"
    )
    assert feature_change("PE x", adjusted=False, reversed_=False) == (
        "Change, not sign-adjusted, between the visits of PE x"
    )
