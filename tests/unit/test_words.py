"""Sentences follow from results: every outcome of every kind is walked, none says more than its numbers."""

from __future__ import annotations

import itertools
import string

import pytest

from kinephen.report.words.comparison import addition_outcome, addition_words, refit_words
from kinephen.report.words.count import groups_outcome, groups_words
from kinephen.report.words.estimate import (
    calibration_words,
    chance,
    external_words,
    ranking_words,
    ratio_words,
    slope,
    validated_words,
)
from kinephen.report.words.limits import NAMES, brackets_words, limits_words
from kinephen.report.words.outcome import FEW_EVENTS, Outcome, gain, ratio
from kinephen.report.words.survival import SurvivalTest, survival_words

PS = (None, 1e-9, 0.0499, 0.05, 0.73, 1.0)
RATIOS = {
    Outcome.CLEAR: ratio(3.0, 1.2, 9.0),
    Outcome.UNCLEAR: ratio(1.4, 0.5, 4.0),
    Outcome.ABSENT: ratio(1.0, 0.9, 1.1),
    Outcome.UNDECIDABLE: ratio(9.0, 0.4, None),
    Outcome.UNDEFINED: ratio(None, None, None),
}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("outcome", Outcome)
def test_limits_say_what_they_say(outcome):
    assert RATIOS[outcome].outcome is outcome


def test_a_reversed_ratio_is_clear_too():
    assert ratio(0.3, 0.1, 0.8).outcome is Outcome.CLEAR
    assert ratio(0.3, 0.1, 0.8).below
    assert ratio(0.3, None, 0.8).below


@pytest.mark.parametrize(
    ("p", "events", "effect", "permuted"),
    list(itertools.product(PS, (3, 40), (None, *RATIOS.values()), (False, True))),
)
def test_survival_differs_only_where_test_limits_and_events_say_so(p, events, effect, permuted):
    test = SurvivalTest(p=p, events=events, ratio=effect, reason="one group only", permuted=permuted)
    text = survival_words(test)
    claims = text.startswith("Survival differs between")
    contradicted = effect is not None and effect.outcome in (Outcome.UNCLEAR, Outcome.ABSENT)
    significant, few = p is not None and p < 0.05, events < FEW_EVENTS
    assert claims == (significant and (permuted if few else not contradicted))
    assert (p is None) == ("not compared" in text) == ("one group only" in text)
    assert ("3 events" in text) == (p is not None and few)
    assert ("size of the difference is hardly known" in text) == (claims and few)
    assert ("does not exclude that there is none" in text) == (claims and few and contradicted)
    assert ("cannot be told" in text) == (significant and few and not permuted)
    assert ("only a very large one" in text) == (p is not None and not significant and few)
    assert ("alike" in text) == (test.outcome is Outcome.ABSENT)
    known = effect is not None and None not in (effect.value, effect.low, effect.high)
    numbers = {"p"} | ({"value", "low", "high"} if known else set())
    assert placeholders(text) == (set() if p is None else numbers)
    assert text[0].isupper()
    assert text.endswith(".")


def test_a_p_of_073_is_no_difference():
    words = survival_words(
        SurvivalTest(p=0.73, events=40, ratio=ratio(1.1, 0.6, 2.1)), where="In the validation cohort, "
    )
    assert words.startswith(
        "In the validation cohort, no difference in survival between the phenotypes was shown"
    )


def test_the_permutation_test_is_named():
    assert "permutation log-rank p {p}" in survival_words(SurvivalTest(p=0.2, events=40, permuted=True))


def test_reasons_with_braces_are_no_placeholders():
    assert placeholders(survival_words(SurvivalTest(p=None, events=0, reason="odd {name}"))) == set()


GAINS = {
    "up": gain(0.06, 0.01, 0.11),
    "down": gain(-0.06, -0.11, -0.01),
    "wide": gain(0.03, -0.05, 0.1),
    "narrow": gain(0.0, -0.01, 0.01),
    "open": gain(0.0, None, 0.01),
    "none": gain(None, None, None),
}


@pytest.mark.parametrize(("p", "name"), list(itertools.product(PS, GAINS)))
def test_an_addition_is_claimed_only_where_fit_and_ranking_agree(p, name):
    words = addition_words(p, GAINS[name], what="the phenotype", to="age and FTV2")
    claims = words.startswith("The phenotype adds to age and FTV2")
    assert claims == (p is not None and p < 0.05 and name == "up")
    assert ("adds nothing that matters" in words) == (p is not None and p >= 0.05 and name == "narrow")
    assert ("worse" in words) == (name == "down" and p is not None)
    assert ("not estimated" in words) == (p is None and name == "none")


@pytest.mark.parametrize(("p", "name"), list(itertools.product(PS, GAINS)))
def test_few_events_decide_nothing_of_an_addition(p, name):
    expected = Outcome.UNDEFINED if p is None and name == "none" else Outcome.UNDECIDABLE
    assert addition_outcome(p, GAINS[name], FEW_EVENTS - 1) is expected
    assert addition_outcome(p, GAINS[name], FEW_EVENTS) is addition_outcome(p, GAINS[name])
    words = addition_words(p, GAINS[name], what="the phenotype", to="age", events=FEW_EVENTS - 1)
    assert ("cannot be told" in words) == (expected is Outcome.UNDECIDABLE)


@pytest.mark.parametrize("value", [0.0, 0.05, -0.05])
def test_limits_that_coincide_are_no_limits(value):
    found = gain(value, value, value)
    assert found.outcome is Outcome.UNDEFINED
    assert addition_outcome(0.7, found) is Outcome.UNDECIDABLE
    assert addition_outcome(1e-9, found) is Outcome.UNDECIDABLE


def test_all_outcomes_of_an_addition_occur():
    found = {addition_outcome(p, g) for p, g in itertools.product(PS, GAINS.values())}
    assert found == set(Outcome)


@pytest.mark.parametrize(("outcome", "events"), list(itertools.product(Outcome, (3, 40))))
def test_a_ratio_is_read_as_its_limits_allow(outcome, events):
    words = ratio_words(RATIOS[outcome], events)
    assert ("frequent with it" in words) == (outcome is Outcome.CLEAR and events >= FEW_EVENTS)
    assert ("Not estimated" in words) == (outcome is Outcome.UNDEFINED)


COHORT_RATIOS = {**{o.value: r for o, r in RATIOS.items()}, "below": ratio(0.5, 0.3, 0.8)}


@pytest.mark.parametrize(
    ("first", "second", "events"), list(itertools.product(COHORT_RATIOS, COHORT_RATIOS, (3, 40)))
)
def test_a_ratio_is_held_against_that_of_discovery(first, second, events):
    discovery, validation = COHORT_RATIOS[first], COHORT_RATIOS[second]
    words = validated_words(discovery, validation, events=events)
    defined = validation.outcome is not Outcome.UNDEFINED
    told = defined and events >= FEW_EVENTS
    clear, clear_before = (r.outcome is Outcome.CLEAR for r in (validation, discovery))
    assert words.startswith("Seen again") == (told and clear and first == second)
    assert words.startswith("Contradicted") == (told and clear and clear_before and first != second)
    assert words.startswith("Not shown in the discovery") == (told and clear and not clear_before)
    assert words.startswith("A difference that matters") == (told and not clear and not clear_before)
    assert ("onfirmed" in words) == (told and clear_before and validation.outcome is Outcome.UNCLEAR)
    assert ("excluded" in words.replace("not excluded", "")) == (told and second == "absent")
    assert ("too few events (3)" in words) == (events == 3 and defined)
    assert ("Not estimated" in words) == (not defined)
    assert words.endswith(".")


def test_a_ratio_below_one_in_both_cohorts_is_seen_again():
    assert validated_words(ratio(0.6, 0.4, 0.9), ratio(0.5, 0.3, 0.8), events=40).startswith("Seen again")
    unclear = validated_words(ratio(1.4, 0.5, 4.0), ratio(0.5, 0.3, 0.8), events=40)
    assert "the event is less frequent with it" in unclear


def test_the_direction_of_a_ratio_is_said():
    assert "more frequent" in ratio_words(ratio(3.0, 1.5, 5.0), 40)
    assert "less frequent" in ratio_words(ratio(0.3, 0.2, 0.5), 40)
    assert ratio_words(ratio(3.0, 1.5, 5.0), 40) == "The event is more frequent with it."
    assert "by little or by much" in ratio_words(ratio(5.0, 1.1, 25.0), 40)
    assert "how strong" in validated_words(ratio(3.0, 1.5, 5.0), ratio(5.0, 1.1, 25.0), events=40)
    assert "how strong" not in validated_words(ratio(3.0, 1.5, 5.0), ratio(3.0, 1.5, 5.0), events=40)


@pytest.mark.parametrize(
    ("c", "words"),
    [
        (chance(0.7, 0.6, 0.8), "Better than chance; how much better is uncertain"),
        (chance(0.7, 0.6, None), "Better than chance; how much better is uncertain"),
        (chance(0.81, 0.80, 0.82), "Better than chance in patients who were left out"),
        (chance(0.51, 0.505, 0.515), "Better than chance, by too little to be of use"),
        (chance(0.3, 0.2, 0.4), "Worse than chance"),
        (chance(0.6, 0.45, 0.7), "Compatible with chance"),
        (chance(0.5, 0.49, 0.51), "No better than chance in patients who were left out"),
        (chance(0.505, 0.49, 0.52), "No better than chance in patients who were left out"),
        (chance(0.49, 0.4, 0.6), "No better than chance in these patients; a useful ranking is not excluded"),
        (chance(0.7, None, None), "Without an interval"),
        (chance(None, None, None), "Not estimated"),
    ],
)
def test_ranking(c, words):
    assert ranking_words(c).startswith(words)


@pytest.mark.parametrize(
    ("first", "second", "p", "permuted"),
    list(itertools.product(COHORT_RATIOS, COHORT_RATIOS, PS, (False, True))),
)
def test_few_events_of_a_validation_show_a_difference_by_permutation_only(first, second, p, permuted):
    discovery, validation = COHORT_RATIOS[first], COHORT_RATIOS[second]
    words = validated_words(discovery, validation, events=8, p=p, permuted=permuted)
    shown = permuted and p is not None and p < 0.05 and second in ("clear", "below")
    clear = first in ("clear", "below")
    assert ("hardly known" in words) == ("8 events the ratio" in words) == shown
    assert ("too few events (8)" in words) == (not shown and second != "undefined")
    assert ("same direction" in words) == (shown and first == second)
    assert ("other direction" in words) == (shown and clear and first != second)
    assert words.startswith("Not shown in the discovery") == (shown and not clear)


@pytest.mark.parametrize("events", [8, 300])
def test_a_c_in_other_patients_is_warned_of_as_its_limits_say(events):
    def words(*found):
        return external_words(events, [chance(*c) for c in found], enough=100)

    assert words() == words((None, None, None)) == ""
    assert "is wide" in words((0.7, 0.69, 0.71), (0.7, 0.5, 0.9))
    assert "without limits" in words((0.7, None, 0.9))
    narrow = words((0.7, 0.69, 0.71))
    assert ("may be too close" in narrow) == (events < 100)
    assert (narrow == "") == (events >= 100)


def test_a_ratio_that_does_not_matter_is_called_so():
    slight = ratio(1.1, 1.02, 1.19)
    assert slight.outcome is Outcome.CLEAR
    assert "too little to matter" in ratio_words(slight, 400)
    assert "too little to matter" in validated_words(slight, slight, events=400)


CHOICES = ("split_noise", "split_jackknife", "jackknife", "nadeau_bengio")


@pytest.mark.parametrize(
    ("article", "ratios", "again", "slopes"),
    list(itertools.product((None, *CHOICES), (False, True), (False, True), (False, True))),
)
def test_brackets_are_said_to_hold_what_they_hold(article, ratios, again, slopes):
    words = brackets_words(article, ratio=ratios, again=again, slope=slopes)
    assert ("of hazard ratios the 95 % interval of the Cox model" in words) == ratios
    assert ("dealt into folds anew" in words) == (article == "split_noise")
    assert (article is not None) == ("in the article's column" in words)
    assert article is None or NAMES[article] in words
    assert ("found once and found anew" in words) == again
    assert ("calibration slope" in words) == slopes
    assert (words == "") == (article is None and not (ratios or again or slopes))


@pytest.mark.parametrize("chosen", [*CHOICES, None])
def test_a_spread_is_no_interval(chosen):
    assert ("spread" in limits_words(chosen)) == (chosen == "split_noise")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (slope(0.5, 0.2, 0.9), "too extreme"),
        (slope(2.0, 1.2, 2.9), "too much alike"),
        (slope(1.0, 0.5, 1.9), "cannot be told"),
        (slope(1.0, 0.95, 1.05), "are right"),
        (slope(1.0, None, None), "no limits"),
        (slope(None, None, None), "Not known"),
    ],
)
def test_calibration(found, words):
    assert words in calibration_words(found, beats_average=None)
    worse = calibration_words(found, beats_average=False)
    assert ("average risk" in worse) == (found.value is not None)
    assert "average risk" not in calibration_words(found, beats_average=True)


@pytest.mark.parametrize(
    ("k", "p", "words"),
    [
        (1, None, "more than one is not excluded"),
        (1, 0.4, "One group suffices"),
        (1, 0.01, "more than one is not excluded"),
        (2, 0.01, "More than one group is likely"),
        (2, 0.4, "single cloud"),
        (3, None, "no test stands behind it"),
    ],
)
def test_groups(k, p, words):
    assert words in groups_words(k, p)


@pytest.mark.parametrize(("k", "p"), list(itertools.product((1, 2, 3), PS)))
def test_a_number_set_by_hand_claims_nothing(k, p):
    words = groups_words(k, p, fixed=True)
    assert "set by hand" in words
    assert not any(claim in words for claim in ("likely", "rule", "evidence", "suffices", "single cloud"))


def test_all_but_undecidable_occur_for_groups():
    found = {groups_outcome(k, p) for k, p in itertools.product((1, 2), PS)}
    assert found == set(Outcome) - {Outcome.UNDECIDABLE}


@pytest.mark.parametrize(
    ("gap", "spread", "words"),
    [
        (None, 0.1, "Not estimated"),
        (-0.2, None, "cannot be compared"),
        (-0.05, 0.1, "no sign"),
        (0.1, 0.1, "no sign"),
        (-0.2, 0.1, "on all patients flattered"),
        (0.2, 0.1, "C is higher by more than one standard error"),
    ],
)
def test_refit(gap, spread, words):
    assert words in refit_words(gap, spread)
