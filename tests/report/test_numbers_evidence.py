"""What the evidence can bear: every row of the first page's table with its branches."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.light_results import (
    coefficient,
    crossed,
    evidence,
    interval,
    ladder,
    panel,
    phenotypes,
    preset,
    survival,
    with_settings,
)

from kinephen.records.additions import AdditionsRecord
from kinephen.records.flow import Flow, Person
from kinephen.report.numbers.evidence import evidence_table
from kinephen.report.schema import Estimate, Missing
from kinephen.study.cohort import CohortResults

QUESTIONS = {
    "number": "How many kinds",
    "ratio": "How much more",
    "ranking": "How well does",
    "again": "The same: phen",
    "gain": "What does the",
    "slope": "Are predicted",
    "validation": "Does it hold",
}
NOBODY = Missing(missing="no single ratio in this cohort")


def performance(models=None, reason=""):
    horizon = SimpleNamespace(years=2.5, reason=reason)
    return AdditionsRecord.model_construct(performance=SimpleNamespace(horizon=horizon, models=models or {}))


def scored(slope=(0.75, 0.5, 0.95), ipa=0.1, why=""):
    own = None if slope is None else interval(*slope)
    undefined = {"slope": why} if why else {}
    return SimpleNamespace(scores=SimpleNamespace(slope=own, ipa=ipa, undefined=undefined), reason="")


def main(additions=None, **changed):
    own = changed.pop("ladder", None) or ladder()
    panels = changed.pop("panels", {"phenotype": panel()})
    found = survival(ladder=own, panels=panels, additions=additions or performance({"m4": scored()}))
    return preset(survival=found, **changed)


def rows(own=None, article=None, truth=None):
    own = own or main()
    presets = {own.name: own, **({"chitalia2023": article} if article is not None else {})}
    table = evidence_table(CohortResults(presets, None, None, None if truth is None else {own.name: truth}))
    found = {}
    for row in table.rows:
        (name,) = (n for n, start in QUESTIONS.items() if row["question"].startswith(start))
        found[name] = SimpleNamespace(**row)
    return found, table


def of_article(**changed):
    return replace(
        with_settings(main(**changed), "cross_validation", interval="split_noise"), name="chitalia2023"
    )


def triple(cell):
    assert isinstance(cell, Estimate)
    return cell.value, cell.low, cell.high


TRUTH = SimpleNamespace(
    phenotypes={
        "discovery": SimpleNamespace(truth=("a", "b", "c")),
        "validation": SimpleNamespace(truth=("a", "b")),
    },
    hazard_ratio=SimpleNamespace(planted=3.5),
    ceiling=0.79,
)


def test_without_truth_there_is_neither_its_column_nor_its_note():
    found, table = rows()
    assert [c.key for c in table.columns] == ["question", "article", "honest", "reading"]
    assert table.notes == ()
    assert list(found) == ["number", "ratio", "ranking", "gain", "slope"]
    assert table.caption.endswith("in 7 repeats with the phenotype found once on all patients.")


def test_what_was_planted_stands_beside():
    found, table = rows(truth=TRUTH)
    assert [c.key for c in table.columns] == ["question", "article", "honest", "truth", "reading"]
    assert {n: r.truth for n, r in found.items()} == {
        "number": 3,
        "ratio": 3.5,
        "ranking": 0.79,
        "gain": None,
        "slope": None,
    }
    assert len(table.notes) == 1
    unknown, _ = rows(truth=SimpleNamespace(**{**vars(TRUTH), "ceiling": None}))
    assert unknown["ranking"].truth == Missing(missing="not available")


def test_the_number_of_phenotypes_is_the_rules_beside_the_articles():
    found, _ = rows()
    # Without the article's preset its column is the reading of its rule.
    assert (found["number"].article, found["number"].honest) == (3, 2)
    assert found["number"].reading.startswith("More than one group is likely")
    three = of_article(labels={"1": "a", "2": "b", "3": "c", "4": "d"})
    assert rows(article=three)[0]["number"].article == 4
    unread = evidence().tumours.model_copy(update={"readings": None, "null_reference": None})
    found, _ = rows(main(phenotypes=phenotypes(evidence(tumours=unread))))
    assert found["number"].article == Missing(missing="the rule was not read")
    assert "no test stands behind it" in found["number"].reading
    found, _ = rows(with_settings(main(), "tumours", fixed_k=2))
    assert "set by hand" in found["number"].reading


def with_m4(**changed):
    own = ladder()
    models = {**own.models, "m4": own.models["m4"].model_copy(update=changed)}
    return ladder(models=models)


def without_m4():
    return ladder(models={n: m for n, m in ladder().models.items() if n != "m4"})


def test_the_hazard_ratio_is_that_of_the_phenotype_in_model_4():
    found, _ = rows()
    assert triple(found["ratio"].honest) == (3.5, 1.75, 10.5)
    assert found["ratio"].honest.reason == "the limit is not finite"
    assert found["ratio"].article == Missing(missing="the preset was not run")
    assert "(hazard ratio, adjusted for age and FTV2)?" in found["ratio"].question
    assert (
        found["ratio"].reading
        == "The event is more frequent with it; whether by little or by much is not known."
    )
    other = with_m4(coefficients=(coefficient("phenotype", 1.25),), columns=("phenotype",))
    beside, _ = rows(article=of_article(ladder=other))
    assert triple(beside["ratio"].article) == (1.25, 0.625, 3.75)
    alone, _ = rows(main(ladder=other), article=of_article(ladder=without_m4()))
    assert "(hazard ratio, not adjusted)?" in alone["ratio"].question
    assert alone["ratio"].reading == "Compatible with no difference and with one that matters."
    assert alone["ratio"].article == Missing(
        missing="no single ratio: more than two phenotypes, or the model was not fitted"
    )
    few, _ = rows(main(ladder=with_m4().model_copy(update={"events": 9})))
    assert few["ratio"].reading == "Too few events to tell."


@pytest.mark.parametrize(
    "coefficients",
    [(), (coefficient("phenotype", None),), (coefficient("phenotype2", 2.0), coefficient("phenotype3", 3.0))],
)
def test_without_one_ratio_there_is_no_row_of_it(coefficients):
    assert "ratio" not in rows(main(ladder=with_m4(coefficients=coefficients)))[0]


def test_the_ranking_is_cross_validated_and_the_articles_a_spread():
    found, _ = rows()
    own = crossed(0.64)
    assert triple(found["ranking"].honest) == (own.interval.value, own.interval.low, own.interval.high)
    assert triple(found["ranking"].article) == (0.66, own.fold_mean.t_lower, own.fold_mean.t_upper)
    assert found["ranking"].reading == "Better than chance; how much better is uncertain."
    other = crossed(0.7).model_copy(update={"pooled_pairs": crossed(0.75).pooled_pairs})
    beside, _ = rows(article=of_article(ladder=with_m4(cross_validated=other)))
    assert beside["ranking"].article.value == pytest.approx(0.77)
    absent, _ = rows(article=of_article(ladder=without_m4()))
    assert absent["ranking"].article.value == pytest.approx(0.66)
    undefined = crossed(0.6).model_copy(update={"interval": interval(None, None, None)})
    found, _ = rows(main(ladder=with_m4(cross_validated=undefined)))
    assert (found["ranking"].honest, found["ranking"].reading) == (
        Missing(missing="not defined"),
        "Not estimated.",
    )
    assert not {"ranking", "ratio", "again"} & set(rows(main(ladder=without_m4()))[0])


def test_the_phenotype_found_anew_stands_beside_that_found_once():
    again = crossed(0.5).model_copy(
        update={"interval": interval(0.55, 0.4, 0.6).model_copy(update={"se": 0.05})}
    )
    found, table = rows(main(ladder=with_m4(refitted=again)), truth=TRUTH)
    assert triple(found["again"].article) == (0.64, 0.54, 0.79)
    assert triple(found["again"].honest) == (0.55, 0.4, 0.6)
    assert found["again"].truth is None
    assert found["again"].reading.startswith("Found anew, C is lower by more than one standard error")
    assert "found anew in each training fold, in 3 repeats" in table.caption


def test_the_gain_of_the_phenotype_and_the_articles():
    found, _ = rows()
    assert found["gain"].question == "What does the phenotype add to age, receptors and FTV2 (gain in C)?"
    assert triple(found["gain"].honest) == (0.04, 0.01, 0.09)
    assert found["gain"].article == 0.04
    assert found["gain"].reading.startswith("The phenotype adds to age, receptors and FTV2, in fit")
    (one,) = ladder().comparisons
    other = one.model_copy(update={"gain": interval(0.125, 0.0, 0.5)})
    assert rows(article=of_article(ladder=ladder(comparisons=(other,))))[0]["gain"].article == 0.125
    assert rows(article=of_article(ladder=ladder(comparisons=())))[0]["gain"].article == 0.04
    none = ladder(comparisons=(one.model_copy(update={"gain": interval(None, None, None)}),))
    found, _ = rows(main(ladder=none))
    assert found["gain"].article == Missing(missing="not available")
    assert found["gain"].honest == Missing(missing="not defined")
    assert "gain" not in rows(main(ladder=ladder(comparisons=())))[0]
    assert "cannot be told" in rows(main(ladder=ladder(events=9)))[0]["gain"].reading


def test_the_calibration_slope_or_why_it_is_not_known():
    found, _ = rows()
    assert "by 2.5 years right (calibration slope of model 4; 1 is right)" in found["slope"].question
    assert found["slope"].article == Missing(missing="the article does not look at it")
    assert triple(found["slope"].honest) == (0.75, 0.5, 0.95)
    assert found["slope"].reading == "Predicted risks are too extreme."

    def of(entry, reason=""):
        return rows(main(performance({"m4": entry}, reason)))[0]["slope"]

    worse = "Predicted risks are too extreme. Giving every patient the average risk would err less."
    assert of(scored(ipa=0.0)).reading == of(scored(ipa=-0.5)).reading == worse
    assert of(scored(ipa=None)).reading == "Predicted risks are too extreme."
    flat = of(scored(slope=None))
    assert (flat.honest, flat.reading) == (Missing(missing="not defined"), "Not known.")
    assert of(scored(slope=None, why="no spread")).honest == Missing(missing="no spread")
    unjudged = SimpleNamespace(scores=None, reason="switched off")
    assert (of(unjudged, "short").honest, of(unjudged, "short").reading) == (
        Missing(missing="switched off"),
        "Not known: switched off.",
    )
    silent = SimpleNamespace(scores=None, reason="")
    assert of(silent, "too short").honest == Missing(missing="too short")
    assert (of(silent).honest, of(silent).reading) == (Missing(missing="not defined"), "Not known.")
    assert "slope" not in rows(main(performance()))[0]


def validated(found=None, events=14, **changed):
    people = tuple(
        Person(case=f"v{i}", cohort="validation" if i < 30 else "discovery", event=i < events or i > 31)
        for i in range(45)
    )
    own = SimpleNamespace(panel=found or panel({"method": "Cox", "value": 1.75, "low": 1.125, "high": 3.0}))
    return main(validation=own, flow=Flow(patients=people, leaving=()), **changed)


def test_the_validation_cohorts_ratio_stands_beside_the_articles():
    found, _ = rows(validated())
    row = found["validation"]
    assert (triple(row.honest), row.article) == (
        (1.75, 1.125, 3.0),
        Missing(missing="the preset was not run"),
    )
    assert row.honest.reason == "the limit is not finite"
    assert row.reading == "Seen again in the validation cohort."
    other = validated(panel({"method": "Cox", "value": 2.25, "low": 0.5, "high": 8.0}))
    article = with_settings(other, "cross_validation", interval="split_noise")
    assert triple(rows(validated(), article=article)[0]["validation"].article) == (2.25, 0.5, 8.0)
    assert rows(validated(), article=of_article())[0]["validation"].article == NOBODY
    assert rows(validated(), truth=TRUTH)[0]["validation"].truth is None


def test_the_validation_row_reads_discovery_events_and_the_permutation_test():
    def reading(own):
        return rows(own)[0]["validation"].reading

    assert reading(validated(events=9)) == "The validation cohort has too few events (9) to tell."
    permuted = panel({"method": "Cox", "value": 1.75, "low": 1.125, "high": 3.0}, p=0.5, permutation_p=0.01)
    shown = reading(validated(permuted, events=9))
    assert shown.startswith("In the validation cohort survival differs in the same direction")
    chance = panel({"method": "Cox", "value": 1.5, "low": 0.5, "high": 4.0})
    assert reading(validated(chance)) == "Not confirmed in the validation cohort, and not contradicted."
    before = reading(validated(panels={"phenotype": chance}))
    assert before.startswith("Not shown in the discovery cohort; in the validation cohort the event is more")
    assert reading(validated(panels={})).startswith("Not shown in the discovery cohort;")


@pytest.mark.parametrize("ratio", [{}, {"method": "Cox", "value": None, "low": None, "high": None}])
def test_a_validation_cohort_without_one_ratio_says_so(ratio):
    found, _ = rows(validated(panel(ratio)))
    assert found["validation"].honest == NOBODY
    assert found["validation"].reading == "Not estimated in the validation cohort."


def test_brackets_are_explained_where_only_validation_has_a_ratio():
    none = with_m4(coefficients=())
    assert "of hazard ratios" in rows(validated(ladder=none))[1].caption
    assert "of hazard ratios" not in rows(main(ladder=none))[1].caption


def test_without_validation_or_with_another_number_of_phenotypes_there_is_no_row():
    assert "validation" not in rows()[0]
    assert "validation" not in rows(validated(labels={"1": "a", "2": "b", "3": "c"}))[0]
    assert "validation" not in rows(validated(labels={"1": "a"}))[0]
