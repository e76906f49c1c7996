"""The first page's table and the presets side by side: every number again from the records."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.survival_sample import preset

from kinephen.config.presets import preset_settings
from kinephen.records.clustering import AreaRecord, ClusteringRecord, FeatureGroups, NullReferenceRecord
from kinephen.records.evidence import ComponentRow, Evidence
from kinephen.records.phenotype_file import PhenotypeFile
from kinephen.records.phenotypes import Phenotypes
from kinephen.records.split_tests import SplitTests
from kinephen.report.numbers import summary
from kinephen.report.numbers.beside import beside_table
from kinephen.report.numbers.evidence import evidence_table
from kinephen.report.schema import Estimate, Missing
from kinephen.report.words.limits import NAMES
from kinephen.study.cohort import CohortResults

READINGS = AreaRecord(gains={}, shifted_gains={}, last_gain=4, first_below=6, first_below_shifted=7)
FOUND = Evidence.model_construct(
    features_kept=325,
    features=FeatureGroups.model_construct(k=5),
    components=tuple(ComponentRow.model_construct(component=name) for name in "abc"),
    tumours=ClusteringRecord.model_construct(
        k=2, readings=READINGS, null_reference=NullReferenceRecord.model_construct(p=0.04)
    ),
    sigclust=SplitTests.model_construct(p=0.002),
)


def with_found(own, name, **changed):
    model = PhenotypeFile.model_construct(evidence=FOUND.model_copy(update=changed))
    return replace(own, name=name, phenotypes=Phenotypes.model_construct(model=model))


@pytest.fixture(scope="module")
def cohort():
    own = with_found(preset(), "quick")
    ladder = own.survival.ladder
    comparisons = tuple(
        c.model_copy(update={"test": c.test.model_copy(update={"p": 0.31})}) for c in ladder.comparisons
    )
    survival = own.survival.model_copy(
        update={"ladder": ladder.model_copy(update={"comparisons": comparisons})}
    )
    article = with_found(
        replace(preset(interval="split_noise"), survival=survival), "chitalia2023", features_kept=221
    )
    return CohortResults({"quick": own, "chitalia2023": article}, None, None, None)


def triple(cell):
    assert isinstance(cell, Estimate)
    return cell.value, cell.low, cell.high


def test_each_column_has_its_own_presets_numbers(cohort):
    rows = {r["conclusion"]: r for r in beside_table(cohort).rows}
    assert (rows["delta features kept"]["quick"], rows["delta features kept"]["chitalia2023"]) == (325, 221)
    assert rows["feature groups"]["quick"] == 5
    assert rows["components"]["quick"] == 3
    assert rows["phenotypes, by the preset's rule or set by hand"]["quick"] == 2
    readings = ("last k that gained 10 %", "first k below 10 %", "first k below 10 % (shifted)")
    assert [rows[f"phenotypes, {r}"]["quick"] for r in readings] == [4, 6, 7]
    models = cohort.main.survival.ladder.models
    for words, name in (
        ("cross-validated C of model 2 (baseline, FTV2)", "m2"),
        ("cross-validated C of model 4 (and phenotype)", "m4"),
        ("cross-validated C of model 5 (and signatures)", "m5"),
    ):
        cv = models[name].cross_validated
        own = cv.interval
        assert triple(rows[words]["quick"]) == (own.value, own.low, own.high)
        noise = cv.fold_mean
        assert triple(rows[words]["chitalia2023"]) == (noise.mean, noise.t_lower, noise.t_upper)
    tests = {(c.smaller, c.larger): c.test.p for c in cohort.main.survival.ladder.comparisons}
    for large, small in ((4, 2), (5, 3), (5, 4)):
        row = rows[f"likelihood-ratio p of model {large} against model {small}"]
        assert (row["quick"], row["chitalia2023"]) == (tests[f"m{small}", f"m{large}"], 0.31)
    test = cohort.main.survival.panels["phenotype"].test
    assert rows["p of the log-rank test by phenotype (chi-square)"]["quick"] == test.p
    assert isinstance(rows["p of the log-rank test in validation (chi-square)"]["quick"], Missing)


def test_one_preset_stands_beside_nothing(cohort):
    assert beside_table(replace(cohort, presets={"quick": cohort.main})) is None


def test_the_first_page_sets_the_articles_column_beside_the_honest_one(cohort):
    table = evidence_table(cohort)
    assert [c.key for c in table.columns] == ["question", "article", "honest", "reading"]
    rows = {r["question"].split()[1] + " " + r["question"].split()[-1]: r for r in table.rows}
    by_start = {r["question"][:12]: r for r in table.rows}
    assert len(rows) == len(table.rows)
    assert (by_start["How many kin"]["article"], by_start["How many kin"]["honest"]) == (2, 2)
    own = cohort.main.survival.ladder.models["m4"]
    assert triple(by_start["How much mor"]["honest"]) == (
        own.phenotype.hr,
        own.phenotype.low,
        own.phenotype.high,
    )
    ranking, cv = by_start["How well doe"], own.cross_validated
    assert triple(ranking["honest"]) == (cv.interval.value, cv.interval.low, cv.interval.high)
    assert triple(ranking["article"]) == (cv.fold_mean.mean, cv.fold_mean.t_lower, cv.fold_mean.t_upper)
    gain = cohort.main.survival.ladder.comparison("m2", "m4").gain
    assert triple(by_start["What does th"]["honest"]) == (gain.value, gain.low, gain.high)
    slope = cohort.main.survival.additions.performance.models["m4"].scores.slope
    assert triple(by_start["Are predicte"]["honest"]) == (slope.value, slope.low, slope.high)
    assert "3 years" in by_start["Are predicte"]["question"]
    assert "The same: ph" not in by_start


def test_the_phenotype_found_again_is_held_against_that_found_once(cohort):
    main = cohort.main
    ladder = main.survival.ladder
    other = ladder.models["m1"].cross_validated
    again = ladder.models["m4"].model_copy(update={"refitted": other})
    models = {**ladder.models, "m4": again}
    survival = main.survival.model_copy(update={"ladder": ladder.model_copy(update={"models": models})})
    table = evidence_table(replace(cohort, presets={"quick": replace(main, survival=survival)}))
    row = next(r for r in table.rows if r["question"].startswith("The same: ph"))
    assert row["article"].value == again.cross_validated.interval.value
    assert row["honest"].value == other.interval.value
    assert again.refitted_gap == pytest.approx(row["honest"].value - row["article"].value)


def test_a_number_set_by_hand_is_credited_to_no_rule(cohort):
    tumours = cohort.main.settings.tumours.model_copy(update={"fixed_k": 2})
    own = replace(cohort.main, settings=cohort.main.settings.model_copy(update={"tumours": tumours}))
    by_hand = replace(cohort, presets={**cohort.presets, "quick": own})
    statement = summary._phenotype_statement(own)
    assert "the number of phenotypes was set to {k} by hand" in statement.text
    assert "rule" not in statement.text
    assert "rule" in summary._phenotype_statement(cohort.main).text
    assert "set by hand under quick" in beside_table(by_hand).caption
    assert "set by hand" not in beside_table(cohort).caption
    readings = {row["question"]: row["reading"] for row in evidence_table(by_hand).rows}
    assert "set by hand" in readings["How many kinds of change are there?"]


def overridden(cohort, name, section, **changed):
    own = cohort.presets[name]
    part = getattr(own.settings, section).model_copy(update=changed)
    settings = own.settings.model_copy(update={section: part})
    return replace(cohort, presets={**cohort.presets, name: replace(own, settings=settings)})


@pytest.mark.parametrize("interval", ["split_noise", "split_jackknife", "jackknife", "nadeau_bengio"])
def test_the_limits_of_c_are_named_by_the_presets_own_setting(cohort, interval):
    changed = overridden(cohort, "chitalia2023", "cross_validation", interval=interval)
    same = cohort.main.settings.cross_validation.interval == interval
    presets = "quick and chitalia2023" if same else "chitalia2023"
    assert f"under {presets} the {NAMES[interval]}" in beside_table(changed).caption
    assert f"in the article's column the {NAMES[interval]}" in evidence_table(changed).caption


def test_hazard_ratios_are_not_said_to_move_with_the_folds(cohort):
    assert "of hazard ratios the 95 % interval of the Cox model" in evidence_table(cohort).caption


def article_label(cohort):
    return next(c.label for c in evidence_table(cohort).columns if c.key == "article")


def test_the_articles_column_is_the_articles_only_with_its_settings(cohort):
    settings = preset_settings("chitalia2023")
    article = replace(cohort.presets["chitalia2023"], settings=settings)
    own = replace(cohort, presets={**cohort.presets, "chitalia2023": article})
    assert article_label(own) == "As the article reports"
    assert article_label(overridden(own, "chitalia2023", "ftv", pe_threshold=40)) == "As the article reports"
    changed = overridden(own, "chitalia2023", "cross_validation", interval="jackknife", folds=7)
    assert article_label(changed) == "As the article reports, but for 2 changed settings"
    alone = replace(cohort, presets={"quick": cohort.main})
    assert article_label(alone) == "As the article reports"
    ratio = next(r for r in evidence_table(alone).rows if "hazard ratio" in r["question"])
    assert ratio["article"] == Missing(missing="the preset was not run")


@pytest.mark.parametrize("reason", ["switched off", ""])
def test_an_unknown_calibration_gives_its_own_reason(cohort, reason):
    main = cohort.main
    additions = main.survival.additions
    record = additions.performance
    entry = record.models["m4"].model_copy(update={"scores": None, "reason": reason})
    horizon = record.horizon.model_copy(update={"reason": ""})
    changed = record.model_copy(update={"models": {**record.models, "m4": entry}, "horizon": horizon})
    additions = additions.model_copy(update={"performance": changed})
    survival = main.survival.model_copy(update={"additions": additions})
    table = evidence_table(replace(cohort, presets={"quick": replace(main, survival=survival)}))
    row = next(r for r in table.rows if r["question"].startswith("Are predicted"))
    assert row["reading"] == ("Not known: switched off." if reason else "Not known.")
