"""The model card: every sentence from a model whose numbers are known."""

from __future__ import annotations

import json
from functools import cache

import pytest
from tests.exam_records import SILENT
from tests.fitted_model import sample_model

from kinephen.config.schema import Settings
from kinephen.model.card import INTENDED, NOT_FOR, make_card
from kinephen.model.load import parse_fitted
from kinephen.model.parts import ModelParts
from kinephen.model.schema import About, Cohort, FileInterval, MadeBy, SignatureRules, Term

EXAMS = SILENT.model_copy(
    update={
        "exams": 31,
        "manufacturers": ("GE", "SIEMENS"),
        "repetition_ms": (7.5, 9.0),
        "echo_ms": (4.25, 4.25),
        "flip_degrees": (20.0, 30.0),
        "acquisition_types": ("2D", "3D"),
        "fat_suppression": ("fat suppressed",),
    }
)
NO_SEQUENCE = {
    "repetition_ms": None,
    "echo_ms": None,
    "flip_degrees": None,
    "acquisition_types": (),
    "fat_suppression": (),
}
COHORT = Cohort(patients=40, analysed=37, events=12, median_follow_up=3.849, phenotypes={"1": 23, "2": 17})
STUDY = About(
    name="the trial",
    visits=("before", "after"),
    end_point="relapse",
    time_origin="the second visit",
    time_unit="years",
)
MADE_BY = MadeBy(kinephen="9.8", catalogue="0" * 64, steps={}, preset="quick", seed=3)


@cache
def sample():
    data = sample_model()
    return parse_fitted(data, json.dumps(data)).file


def parts(*, cohort=COHORT, exams=EXAMS, **changes):
    file = sample()
    values = {
        "made_by": MADE_BY,
        "study": STUDY,
        "settings": file.settings,
        "features": file.features.model_copy(update={"form": "log_ratio"}),
        "phenotypes": file.phenotypes,
        "phenotype_names": file.phenotype_names,
        "signatures": None,
        "horizons": (1.0,),
        "cox": file.cox,
        "fewest_per_coefficient": 10.0,
        "training": file.training.model_copy(update={"cohort": cohort, "exams": exams}),
    }
    return ModelParts(**(values | changes))


def card(*, individuals=False, **changes):
    return make_card(parts(**changes), individuals=individuals)


def one(model, **changes):
    """Return the sentence on one Cox model."""
    (text,) = card(cox=(model.model_copy(update=changes),)).performance
    return text


def test_title_and_what_it_is_for():
    found = card()
    assert found.title == "Phenotypes of change and Cox models, learned on the trial"
    assert (found.intended_use, found.not_for) == (INTENDED, NOT_FOR)
    assert INTENDED.startswith("Research:")
    assert NOT_FOR.startswith("Not a medical device")


def test_the_training_data_with_sequence_origin_and_follow_up():
    assert card().training_data == (
        "40 patients with exams at before and after (GE, SIEMENS; repetition time 7.5 to 9 ms; echo time "
        "4.25 ms; flip angle 20 to 30 degrees; 2D, 3D; fat suppressed); 37 of them with 12 events in the Cox "
        "models. End point: relapse, counted from the second visit. Median follow-up of the discovery "
        "cohort: 3.8 years."
    )


def test_what_is_not_known_of_the_training_data_is_said():
    exams = EXAMS.model_copy(update={**NO_SEQUENCE, "manufacturers": ()})
    cohort = COHORT.model_copy(update={"events": 1, "median_follow_up": None})
    found = card(exams=exams, cohort=cohort, study=STUDY.model_copy(update={"time_origin": ""}))
    assert found.training_data == (
        "40 patients with exams at before and after (manufacturers unknown); 37 of them with 1 event in the "
        "Cox models. End point: relapse, when its time begins to count is not stated. Median follow-up of "
        "the discovery cohort: unknown."
    )


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("repetition_ms", "; repetition time 7.5 to 9 ms)"),
        ("echo_ms", "; echo time 4.25 ms)"),
        ("flip_degrees", "; flip angle 20 to 30 degrees)"),
        ("acquisition_types", "; 2D, 3D)"),
        ("fat_suppression", "; fat suppressed)"),
    ],
)
def test_each_part_of_the_sequence_alone(kept, words):
    silent = {k: v for k, v in NO_SEQUENCE.items() if k != kept}
    text = card(exams=EXAMS.model_copy(update=silent)).training_data
    assert f"(GE, SIEMENS{words}" in text


def test_the_method_counts_features_groups_and_components():
    model = sample().phenotypes
    groups = model.components
    names = sum(len(g.loadings[0]) for g in groups)
    assert len(model.features) != len(groups) != names
    assert card().method == (
        f"kinephen 9.8, preset quick: {len(model.features)} delta features (form log_ratio) in {len(groups)} "
        f"groups, {names} components, 2 phenotype(s) by the rule fixed. Other patients take the phenotype of "
        "the nearest centroid."
    )
    single = model.model_copy(update={"components": groups[:1]})
    assert " in 1 group, " in card(phenotypes=single).method


C = FileInterval(value=0.654, low=0.512, high=0.798)
AGAIN = FileInterval(value=0.601, low=0.466, high=0.733)


def test_the_performance_of_a_model_without_and_with_the_phenotype():
    m1, m4 = sample().cox
    assert one(m1, title="A", n=30, events=11, c_cross_validated=C, c_refitted=AGAIN) == (
        "A: C 0.65 (95 % interval 0.51 to 0.80), cross-validated, 30 patients, 11 events."
    )
    assert one(m4, title="B", n=30, events=1, c_cross_validated=C, c_refitted=None) == (
        "B: C 0.65 (95 % interval 0.51 to 0.80), cross-validated with the phenotype found once on all "
        "patients, 30 patients, 1 event."
    )
    assert one(m4, title="B", n=30, events=11, c_cross_validated=C, c_refitted=AGAIN) == (
        "B: C 0.65 (95 % interval 0.51 to 0.80), cross-validated with the phenotype found once on all "
        "patients, 30 patients, 11 events; C 0.60 (95 % interval 0.47 to 0.73) with the phenotype "
        "learned again in each training fold."
    )
    only = one(m1, title="D", terms=(Term(column="phenotype", level="2"), *m1.terms[1:]), c_refitted=None)
    assert "found once" in only


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ({"value": None, "low": 0.1, "high": 0.2}, "C undefined, cross-validated"),
        ({"value": 0.7, "low": None, "high": 0.8}, "C 0.70 (interval undefined), cross-validated"),
        ({"value": 0.7, "low": 0.6, "high": None}, "C 0.70 (interval undefined), cross-validated"),
        ({"value": 0.7}, "C 0.70 (interval undefined), cross-validated"),
    ],
)
def test_undefined_intervals_are_said(interval, words):
    assert words in one(sample().cox[0], c_cross_validated=FileInterval(**interval))


def test_one_sentence_a_model_in_their_order():
    titles = [m.title for m in sample().cox]
    assert len(titles) == 2
    assert [t.partition(": C ")[0] for t in card().performance] == titles


def test_three_limits_always_and_the_others_where_they_hold():
    limits = card().limits
    assert [t.partition(" ")[0] for t in limits] == ["Cross-validation", "A", "The"]
    assert "kinephen validate" in limits[0]
    assert "nearest centroid always exists" in limits[1]
    assert "this cohort's Cox model only" in limits[2]
    assert card(fewest_per_coefficient=None).limits == limits
    assert card(fewest_per_coefficient=12.0).limits == limits
    few = card(fewest_per_coefficient=9.96).limits
    assert few[:3] == limits
    assert few[3:] == (
        "A Cox model has 10.0 events for each coefficient; below 10 coefficients and risks are unstable.",
    )


def test_one_phenotype_by_the_rule_and_by_hand():
    single = sample().phenotypes.model_copy(update={"k": 1})
    by_rule = card(phenotypes=single, settings=Settings.model_validate({"tumours": {"fixed_k": None}}))
    assert by_rule.limits[3:] == ("The rule takes all patients for one phenotype.",)
    by_hand = card(phenotypes=single, settings=Settings.model_validate({"tumours": {"fixed_k": 1}}))
    assert by_hand.limits[3:] == ("The number of phenotypes was set to 1 by hand; no rule was asked.",)


def test_signatures_and_all_limits_in_order():
    rules = SignatureRules(names=("p53",), centring={}, platforms=("GPL1",), nature="re-creation")
    single = sample().phenotypes.model_copy(update={"k": 1})
    found = card(signatures=rules, phenotypes=single, fewest_per_coefficient=2.5).limits
    assert [t.partition(" ")[0] for t in found[3:]] == ["A", "The", "Signature"]
    assert "2.5 events" in found[3]
    assert card(signatures=rules).limits[3:] == (found[5],)
    assert "needs its own centring" in found[5]


def test_privacy_with_and_without_rows():
    tail = (
        "Smallest and largest values belong to single patients, and the baseline hazard changes at the times "
        "of events, as any published survival curve does. Counts below 5 are left out of the summaries."
    )
    assert card().privacy == f"No patient has a row of their own. {tail}"
    assert card(individuals=True).privacy == (
        "Each discovery patient's component scores and label are in the file, under running numbers. " + tail
    )
