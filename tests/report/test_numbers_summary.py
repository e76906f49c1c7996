"""The first page: numbers, headlines and statements again from the records, with every branch."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.light_results import (
    evidence,
    exams,
    interval,
    ladder,
    panel,
    phenotypes,
    preset,
    recipes,
    results,
    survival,
    with_settings,
)

from kinephen.records.base import Interval
from kinephen.records.names import TITLES
from kinephen.report.numbers.summary import summary
from kinephen.report.numbers.survival import km_figure
from kinephen.report.schema import Column, Estimate, Missing, Table
from kinephen.report.words.end_point import EndPointWords

END_POINT = EndPointWords("recurrence-free survival", "surgery")
ONE_ROW = {"c": Estimate(value=0.66, low=0.5, high=0.8), "p_null": 0.25, "p_nested": 0.125}


def table4(names=("m1", "m2", "m4", "m5"), **changed):
    """Return the columns of Table 4 that the first page points at; a lone row at the top has no model."""
    rows = ({"model": TITLES["gene70"]}, *({"model": TITLES[n], **ONE_ROW, **changed} for n in names))
    columns = [Column(key=k, label=k) for k in ("model", "c", "p_null", "p_nested")]
    return Table(title="Table 4", columns=tuple(columns), rows=rows)


def figures(**panels):
    return {
        f"km_{name}": km_figure({name: p}, label="", title=name, section="survival", end_point=END_POINT)
        for name, p in panels.items()
    }


def page(main=None, table=None, drawn=None, **changed):
    own = main or preset()
    drawn = figures(phenotype=own.survival.panels["phenotype"]) if drawn is None else drawn
    statements, headlines, numbers = summary(results(own, **changed), {"table4": table or table4()}, drawn)
    return SimpleNamespace(
        texts=[s.text for s in statements], statements=statements, headlines=headlines, numbers=numbers
    )


def starting(found, start):
    own = [s for s in found.statements if s.text.startswith(start)]
    assert len(own) == 1, found.texts
    return own[0]


def places(statement):
    return {name: (ref.pointer, ref.format) for name, ref in statement.refs.items()}


def test_every_number_stands_with_its_own_words():
    numbers = page().numbers
    assert {k: (n.value, n.format) for k, n in numbers.items()} == {
        "patients": (7, "int"),
        "events": (3, "int"),
        "learned": (6, "int"),
        "k": (2, "int"),
        "kept": (4, "int"),
        "seen": (6, "int"),
        "reversed": (2, "int"),
        "groups": (2, "int"),
        "components": (3, "int"),
        "follow_up": (4.75, "f1"),
        "refits": (3, "int"),
        "repeats": (7, "int"),
        "model_events": (23, "int"),
        "level": (0.95, "percent"),
        "sigclust_p": (0.0025, "p"),
        "null_p": (0.015, "p"),
        "recipes": (1, "int"),
    }
    assert {k: n.label for k, n in numbers.items()} == {
        "patients": "patients of the discovery cohort",
        "events": "events of the discovery cohort",
        "learned": "patients from whom phenotypes were learned",
        "k": "phenotypes",
        "kept": "delta features kept",
        "seen": "delta features",
        "reversed": "features whose change is multiplied by -1",
        "groups": "feature groups",
        "components": "components",
        "follow_up": "median follow-up of the discovery cohort",
        "refits": "replicates with the phenotype refitted in each fold",
        "repeats": "repeats of the cross-validation of the Cox models",
        "model_events": "events of the Cox models",
        "level": "level of intervals",
        "sigclust_p": "p of SigClust",
        "null_p": "p of more than one group",
        "recipes": "recipes tried",
    }
    assert {k: n.unit for k, n in numbers.items() if n.unit} == {"follow_up": "years"}


def test_without_a_test_of_one_group_there_is_no_p_and_unknown_follow_up_gives_its_reason():
    tumours = evidence().tumours.model_copy(update={"null_reference": None})
    never = Interval(value=None, reason="nobody was censored")
    own = preset(phenotypes=phenotypes(evidence(tumours=tumours)), survival=survival(follow_up=never))
    found = page(own)
    assert "null_p" not in found.numbers
    assert (found.numbers["follow_up"].value, found.numbers["follow_up"].reason) == (
        None,
        "nobody was censored",
    )
    assert found.texts[0].endswith("set or read off a curve; no test stands behind it.")


def test_headlines_point_at_counts_and_at_the_largest_model():
    found = page().headlines
    assert [(h.label, h.pointer, h.format, h.note) for h in found] == [
        ("patients", "/numbers/patients/value", "int", "discovery cohort"),
        ("events", "/numbers/events/value", "int", "discovery cohort"),
        ("phenotypes", "/numbers/k/value", "int", "quick"),
        (
            "C, model 5",
            "/tables/table4/rows/4/c/value",
            "f2",
            "cross-validated, 7 repeats; phenotype found once on all patients",
        ),
    ]
    fourth = page(table=table4(("m1", "m2", "m4"))).headlines[-1]
    assert (fourth.label, fourth.pointer) == ("C, model 4", "/tables/table4/rows/3/c/value")
    absent = Table(
        title="",
        columns=table4().columns,
        rows=({"model": TITLES["m4"], "c": Missing(missing="not fitted")},),
    )
    assert len(page(table=absent).headlines) == 3


def test_the_first_statement_tells_patients_features_and_phenotypes():
    first = page().statements[0]
    assert first.text == (
        "From {learned} patients, {kept} of {seen} delta features were kept, and the chosen rule found {k} "
        "phenotypes (SigClust p {p}). More than one group is likely; their number is less certain than it "
        "looks."
    )
    assert first.kind == "finding"
    assert places(first) == {
        "learned": ("/numbers/learned/value", "int"),
        "kept": ("/numbers/kept/value", "int"),
        "seen": ("/numbers/seen/value", "int"),
        "k": ("/numbers/k/value", "int"),
        "p": ("/numbers/sigclust_p/value", "p"),
    }


def without_sigclust():
    test = evidence().sigclust.model_copy(update={"p": None})
    return phenotypes(evidence(sigclust=test))


def test_without_sigclust_neither_its_p_nor_its_limit_is_told():
    found = page(preset(phenotypes=without_sigclust()))
    assert "found {k} phenotypes. More than one" in found.texts[0]
    assert set(found.statements[0].refs) == {"learned", "kept", "seen", "k"}
    assert not any("SigClust" in text for text in found.texts)
    assert page().texts[-1].startswith("A p value from SigClust speaks against one Gaussian cloud")


def test_one_phenotype_is_told_without_survival():
    found = page(preset(labels={"1": "1 all"}))
    assert found.texts[0] == (
        "From {learned} patients, {kept} of {seen} delta features were kept, and the chosen rule takes one "
        "phenotype. The rule takes one group; more than one is not excluded."
    )
    assert set(found.statements[0].refs) == {"learned", "kept", "seen"}
    assert not any("urvival differs" in text for text in found.texts)


def test_a_number_set_by_hand_is_told_as_such():
    found = page(with_settings(preset(), "tumours", fixed_k=2))
    assert found.texts[0] == (
        "From {learned} patients, {kept} of {seen} delta features were kept; the number of phenotypes was "
        "set to {k} by hand. The number was set by hand: it is no finding, and says nothing of how many "
        "there are."
    )
    assert set(found.statements[0].refs) == {"learned", "kept", "seen", "k"}


def test_survival_is_told_of_discovery_and_of_validation():
    own = preset(validation=SimpleNamespace())
    drawn = figures(
        phenotype=panel(), validation=panel({"value": 0.5, "low": 0.25, "high": 1.5, "method": ""})
    )
    found = page(own, drawn=drawn)
    first = starting(found, "Survival differs between the phenotypes")
    assert places(first)["p"] == ("/figures/km_phenotype/data/panels/0/p", "p")
    second = starting(found, "In the validation cohort, assigned with the discovery model, no diff")
    assert places(second)["low"] == ("/figures/km_validation/data/panels/0/hazard_ratio/low", "sig3")
    assert not any("In the validation cohort" in text for text in page(drawn=drawn).texts)
    assert not any("urvival" in text.partition("{p}")[0] for text in page(own, drawn={}).texts)
    other = drawn["km_phenotype"].model_copy(update={"data": SimpleNamespace()})
    assert len(page(drawn={"km_phenotype": other}).texts) == len(page(drawn={}).texts)


def test_the_phenotypes_gain_points_at_the_rows_of_models_2_and_4():
    found = starting(page(), "With the phenotype")
    assert found.text == (
        "With the phenotype beside age, receptors and FTV2 (model 4) the C-statistic is {after} (95 % "
        "interval {low} to {high}), without it (model 2) {before}: cross-validated in {repeats} repeats, the "
        "phenotype found once on all patients. Likelihood-ratio p {p}. The phenotype adds to age, receptors "
        "and FTV2, in fit and in the ranking of patients who were left out."
    )
    rows = "/tables/table4/rows"
    assert places(found) == {
        "before": (f"{rows}/2/c/value", "f2"),
        "after": (f"{rows}/3/c/value", "f2"),
        "low": (f"{rows}/3/c/low", "f2"),
        "high": (f"{rows}/3/c/high", "f2"),
        "p": (f"{rows}/3/p_nested", "p"),
        "repeats": ("/numbers/repeats/value", "int"),
    }
    noise = page(with_settings(preset(), "cross_validation", interval="split_noise"))
    assert "{after} (spread over replicates {low}" in starting(noise, "With the phenotype").text


def compared(p=0.031, gain=(0.04, 0.01, 0.09), **changed):
    own = ladder()
    test = own.comparisons[0].test.model_copy(update={"p": p})
    found = own.comparisons[0].model_copy(update={"test": test, "gain": interval(*gain)})
    return preset(survival=survival(ladder=ladder(comparisons=(found,), **changed)))


def test_what_the_phenotype_adds_follows_the_test_the_gain_and_the_events():
    words = {
        "does not confirm it": compared(p=0.5),
        "whether it improves the ranking of other patients is not shown": compared(gain=(0.01, -0.03, 0.05)),
        "cannot be told from these patients": compared(gain=(None, None, None)),
        "is not shown; a gain that matters": compared(p=0.06, gain=(0.01, -0.03, 0.05)),
        "adds nothing that matters": compared(p=0.06, gain=(0.001, -0.01, 0.015)),
    }
    for end, own in words.items():
        assert end in starting(page(own), "With the phenotype").text
    worse = page(compared(gain=(-0.06, -0.09, -0.03)))
    assert "ranks patients who were left out worse" in starting(worse, "With the phenotype").text
    assert "cannot be told" in starting(page(compared(events=9)), "With the phenotype").text
    one = compared(plan=ladder().plan.model_copy(update={"replicates": 1}))
    assert "in {repeats} repeat, the" in starting(page(one), "With the phenotype").text


@pytest.mark.parametrize(
    "cells",
    [
        {"c": Missing(missing="not fitted")},
        {"p_nested": Missing(missing="not tested")},
        {"p_nested": None},
        {"c": Estimate(value=0.66, low=None, high=0.8)},
        {"c": Estimate(value=0.66, low=0.5, high=None)},
        {"c": Estimate(value=None)},
    ],
)
def test_an_undefined_cell_leaves_the_words_alone(cells):
    found = starting(page(table=table4(**cells)), "The phenotype adds to age")
    assert found.refs == {}


def test_without_both_models_or_their_comparison_no_gain_is_told():
    for main, table in (
        (None, table4(("m1", "m4", "m5"))),
        (None, table4(("m1", "m2", "m5"))),
        (preset(survival=survival(ladder=ladder(comparisons=()))), None),
    ):
        assert not any("C-statistic" in t or "adds to age" in t for t in page(main, table).texts)


def kinds(found):
    return [s.text.split()[0] + " " + s.text.split()[1] for s in found.statements if s.kind == "caution"]


def test_each_caution_stands_only_where_it_is_due():
    assert kinds(page()) == []
    assert kinds(page(cohort={"truth": {}})) == ["This trial"]
    assert kinds(page(exams=exams(failed=1))) == ["Some exams"]
    assert kinds(page(exams=exams(confirmed=18))) == ["Not every"]
    few = ladder()
    models = {
        n: m.model_copy(update={"events_per_coefficient": 9.75 if n == "m4" else 12.0})
        for n, m in few.models.items()
    }
    assert kinds(page(preset(survival=survival(ladder=ladder(models=models))))) == ["Some models"]
    enough = {n: m.model_copy(update={"events_per_coefficient": 10.0}) for n, m in few.models.items()}
    assert kinds(page(preset(survival=survival(ladder=ladder(models=enough))))) == []
    none = {n: m.model_copy(update={"events_per_coefficient": None}) for n, m in few.models.items()}
    assert kinds(page(preset(survival=survival(ladder=ladder(models=none))))) == []


def test_limits_name_who_tests_the_phenotypes_and_what_signatures_are():
    own = [s.text for s in page().statements if s.kind == "limit"]
    assert own[0].endswith("described in these patients; no other patients test them.")
    assert [text.split()[0] for text in own] == ["Phenotypes", "A", "A"]
    whole = page(preset(validation=SimpleNamespace()), cohort={"molecular": SimpleNamespace()})
    own = [s.text for s in whole.statements if s.kind == "limit"]
    assert own[0].endswith("described in these patients; only the validation cohort tests them.")
    assert [text.split()[0] for text in own] == ["Phenotypes", "A", "Gene", "A"]


def test_statements_stand_in_order_with_the_recipes_after_the_models():
    order = [text.split()[0] for text in page(cohort={"truth": {}}).texts]
    assert order == ["From", "Survival", "With", "The", "This", "Phenotypes", "A", "A"]
    several = replace(recipes(), elsewhere=2)
    assert page(recipes=several).numbers["recipes"].value == 3
    assert "{count} recipes for the phenotype are known" in " ".join(page(recipes=several).texts)
