"""Factors, end points, clocks, limits and methods are those of the run: given, or absent."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from tests.checklist_report import report as checklist_report

from kinephen.config.schema import Settings
from kinephen.errors import CohortError
from kinephen.io.clinical_layouts import NOT_STATED
from kinephen.model.card import _one_phenotype
from kinephen.model.external import _require_clock
from kinephen.records.evidence import Evidence as Found
from kinephen.records.landmark import SECOND_VISIT, time_origin
from kinephen.records.names import COMPARISONS, NESTED, TITLES, factor_words, model_title
from kinephen.report.numbers.schematic import _dropped
from kinephen.report.schema import Estimate, Missing
from kinephen.report.schema.flow import Exclusion, FlowStep
from kinephen.report.words.end_point import EndPointWords, clock_words
from kinephen.report.writing.evidence import Evidence
from kinephen.report.writing.facts import FACTS

ORIGINS = ("", "start of treatment", SECOND_VISIT)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (("age", "hr", "her2", "ftv2"), "age, receptors and FTV2"),
        (("age", "ftv2"), "age and FTV2"),
        (("age", "her2", "ftv2", "phenotype"), "age, HER2 and FTV2"),
        (("hr", "ftv2"), "hormone receptor and FTV2"),
        (("hr", "her2"), "receptors"),
        (("ftv2",), "FTV2"),
    ],
)
def test_factors_are_those_of_the_columns(columns, words):
    assert factor_words(columns) == words


def test_the_first_model_names_the_baseline_that_it_has():
    assert model_title("m1", ("age", "hr", "her2")) == TITLES["m1"]
    assert model_title("m1", ("age", "her2")) == "Model 1: baseline (age, HER2)"
    assert model_title("m4", ("age", "ftv2", "phenotype")) == TITLES["m4"]


def test_each_model_is_nested_in_one_smaller_that_it_is_compared_with():
    assert NESTED == {"m2": "m1", "m3": "m2", "m4": "m2", "m5": "m3"}
    assert {(smaller, larger) for larger, smaller in NESTED.items()} == set(COMPARISONS) - {("m4", "m5")}


@pytest.mark.parametrize(
    ("kept", "reasons", "words"),
    [
        (5, {}, ()),
        (3, {"gap": 2}, ("2 dropped for 1 reason",)),
        (2, {"a": 1, "b": 2}, ("3 dropped for 2 reasons",)),
    ],
)
def test_the_schematic_counts_reasons(kept, reasons, words):
    assert _dropped(Found.model_construct(features_seen=5, features_kept=kept, dropped=reasons)) == words


def test_the_clock_is_said_once_and_only_where_it_is_stated():
    name = "overall survival (event: death)"
    for stated, landmark in itertools.product(("", "start of treatment"), (False, True)):
        end_point = EndPointWords(name, time_origin(stated, landmark=landmark))
        origin = SECOND_VISIT if landmark else stated
        assert end_point.caption.count("counted from") == bool(origin)
        assert end_point.time_axis == (f"Time since {origin}" if origin else "Time")
        assert end_point.short == "Overall survival"
        assert end_point.caption.startswith("Overall survival (event: death)")


@pytest.mark.parametrize("origin", ["", "start of treatment"])
def test_an_end_point_that_nobody_states_is_called_so_and_claims_no_recurrence(origin):
    end_point = EndPointWords(NOT_STATED, origin)
    assert end_point.name == "not stated"
    assert end_point.caption == "End point not stated" + (f"; time counted from {origin}" if origin else "")
    assert end_point.short == "Free of the event"
    assert "ecurrence" not in end_point.caption + end_point.short


@pytest.mark.parametrize(("training", "here"), list(itertools.product(ORIGINS, ORIGINS)))
def test_other_clocks_are_cautioned_and_a_landmark_is_not_mixed_up(training, here):
    words = clock_words(training, here)
    assert bool(words) == (training != here)
    assert all(not origin or not words or origin in words for origin in (training, here))
    assert ("not stated" in words) == (words != "" and "" in (training, here))
    if training == SECOND_VISIT and here == "start of treatment":
        with pytest.raises(CohortError, match="second visit"):
            _require_clock(training, here)
    else:
        _require_clock(training, here)


def said(report, name):
    found = FACTS[name](Evidence(report))
    return None if found is None else found.sentence.text


@pytest.mark.parametrize(
    ("p", "gain", "claims"),
    [
        (0.9, (0.0, -0.05, 0.05), False),
        (0.9, (0.05, 0.01, 0.09), False),
        (0.01, (0.0, -0.05, 0.05), False),
        (0.01, (0.05, 0.01, 0.09), True),
    ],
)
def test_the_methods_text_claims_an_addition_only_where_there_is_one(p, gain, claims):
    report = checklist_report()
    table = report.tables["comparisons"]
    value, low, high = gain
    row = {**table.rows[0], "p": p, "gain": Estimate(value=value, low=low, high=high)}
    tables = {**report.tables, "comparisons": table.model_copy(update={"rows": (row,)})}
    text = said(report.model_copy(update={"tables": tables}), "gain")
    assert text.startswith("The phenotype adds to") == claims
    assert "{p}" in text


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (("age", "hr", "her2", "ftv2"), "age, receptors and FTV2"),
        (("age", "ftv2"), "age and FTV2"),
        ((), "the smaller model"),
    ],
)
def test_the_methods_text_names_the_covariates_of_the_smaller_model(covariates, words):
    report = checklist_report()
    table = report.tables["hazard_ratios"]
    rows = tuple({"model": "Model 2: baseline, FTV2", "covariate": c} for c in covariates)
    comparisons = report.tables["comparisons"]
    row = {**comparisons.rows[0], "p": 0.01, "gain": Estimate(value=0.05, low=0.01, high=0.09)}
    tables = {
        **report.tables,
        "hazard_ratios": table.model_copy(update={"rows": rows}),
        "comparisons": comparisons.model_copy(update={"rows": (row,)}),
    }
    text = said(report.model_copy(update={"tables": tables}), "gain")
    assert f"to {words}" in text


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, ()),
        ({"delta.form": "difference"}, ("standard deviations",)),
        ({"harmonise.method": "combat"}, ("harmonisation",)),
    ],
)
def test_the_refit_says_what_stays(changes, held):
    text = said(checklist_report(changes=changes), "nested")
    assert "number of phenotypes" in text
    assert "feature groups" in text
    assert tuple(w for w in ("standard deviations", "harmonisation") if w in text) == held


@pytest.mark.parametrize(("rule", "words"), [("least", "by the smaller loss"), ("features", "were dropped")])
def test_what_gives_way_where_a_change_is_undefined_is_that_of_the_settings(rule, words):
    text = said(checklist_report(changes={"filters.gaps": rule}), "missing_data")
    assert words in text
    assert ("the patient or the feature" in text) == (rule == "least")


@pytest.mark.parametrize("fixed", [None, 1])
def test_one_phenotype_is_credited_to_the_rule_only_where_a_rule_was_asked(fixed):
    changes = {} if fixed is None else {"tumours": {"fixed_k": fixed}}
    parts = SimpleNamespace(settings=Settings.model_validate(changes))
    words = _one_phenotype(parts)
    assert ("by hand" in words) == (fixed is not None)
    assert ("The rule takes" in words) == (fixed is None)
    assert "evidence" not in words


def in_flow(*steps):
    """Return a report of 60 patients with exclusions at steps: (key, n, reason)."""
    boxes = [FlowStep(key="listed", label="Listed", n=60)]
    for key, n, reason in steps:
        gone = (Exclusion(reason=reason, n=n),) if n else ()
        boxes.append(FlowStep(key=key, label=key, n=50, parent="listed", excluded=gone))
    return checklist_report().model_copy(update={"flow": tuple(boxes)})


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((("analysed", 0, ""),), "none was left out."),
        ((("analysed", 2, "no exam"),), "left out were {n1_0} ({why1_0})."),
        (
            (("analysed", 0, ""), ("discovery_features", 1, "a gap")),
            "none was left out; of those included, left out later were {n2_0} ({why2_0}) of discovery.",
        ),
        (
            (
                ("analysed", 2, "no exam"),
                ("discovery_features", 1, "a gap"),
                ("discovery_covariates", 3, "no"),
            ),
            "left out were {n1_0} ({why1_0}); of those included, left out later were {n2_0} ({why2_0}) of "
            "discovery, {n3_0} ({why3_0}) of discovery.",
        ),
    ],
)
def test_who_was_counted_as_included_is_not_counted_as_left_out_before(steps, text):
    assert said(in_flow(*steps), "flow") == f"Of {{first}} patients listed, {text}"


def test_models_that_were_not_fitted_are_not_said_to_be():
    report = checklist_report()
    table = report.tables["table4"]
    none = Missing(missing="no usable gene70")
    first, *others = table.rows
    only = table.model_copy(update={"rows": (first, *({**r, "c": none} for r in others))})
    text = said(report.model_copy(update={"tables": {**report.tables, "table4": only}}), "models")
    assert text.endswith("on the same patients: {m0}.")
    nothing = table.model_copy(update={"rows": tuple({**r, "c": none} for r in table.rows)})
    assert said(report.model_copy(update={"tables": {**report.tables, "table4": nothing}}), "models") is None
