"""Tables 1 to 3, recipes and truth: every cell again from the patients or the records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.patients_sample import LABELS, patients_frame
from tests.survival_sample import preset

from kinephen.config.presets import preset_settings
from kinephen.records.cohort import DescriptionRecord
from kinephen.records.recipes import RecipePriceRecord
from kinephen.report.numbers.cohort import cohort_tables
from kinephen.report.numbers.recipes import ROWS, recipe_tables
from kinephen.report.numbers.truth import truth_figure, truth_table
from kinephen.report.schema import Share
from kinephen.study.cohort import CohortResults
from kinephen.study.excluded import compare_left_out
from kinephen.study.recipe_list import RecipePlan
from kinephen.study.steps.associations import characteristics, molecular_distribution, treatment
from kinephen.study.steps.recipes import RecipesResult
from kinephen.study.steps.truth import compare

FRAME = patients_frame()
KEPT, OUT = FRAME.iloc[17:], FRAME.iloc[:17]
OTHERS = patients_frame(n=31, seed=5)
EVENT = KEPT["event"] == 1
FIRST = FRAME.index[FRAME["phenotype"] == "1"][0]
"""Is found as phenotype 2 where truth is looked at."""


def results(truth=None):
    description = DescriptionRecord(
        left_out=compare_left_out(KEPT, OUT, {"no images": 2, "outcome unknown": 15}),
        characteristics=characteristics(KEPT),
        treatment=treatment(KEPT),
        molecular=molecular_distribution(KEPT),
        validation=characteristics(OTHERS),
    )
    return CohortResults({"quick": preset()}, None, description, truth)


@pytest.fixture(scope="module")
def tables():
    return cohort_tables(results())


def shares(row, *keys):
    assert all(isinstance(row[k], Share) for k in keys)
    return [(row[k].n, row[k].of) for k in keys]


def test_table1_counts_without_with_and_left_out(tables):
    patients, *rows, age = tables["table1"].rows
    assert shares(patients, "no_event", "event", "left_out") == [
        ((~EVENT).sum(), 73),
        (EVENT.sum(), 73),
        (17, 90),
    ]
    for row, column in zip(rows, ("hr", "her2", "tn", "pcr"), strict=True):
        assert shares(row, "no_event", "event", "left_out") == [
            (KEPT.loc[~EVENT, column].sum(), (~EVENT).sum()),
            (KEPT.loc[EVENT, column].sum(), EVENT.sum()),
            (OUT[column].sum(), 17),
        ]
    for key, values in (("no_event", KEPT.loc[~EVENT]), ("event", KEPT.loc[EVENT]), ("left_out", OUT)):
        cell, ages = age[key], values["age"]
        assert (cell.value, cell.low, cell.high) == pytest.approx((ages.mean(), ages.min(), ages.max()))


def test_the_validation_cohorts_table_counts_its_own_patients(tables):
    event = OTHERS["event"] == 1
    first = tables["table1_validation"].rows[0]
    assert shares(first, "no_event", "event") == [((~event).sum(), 31), (event.sum(), 31)]
    assert "validation" in tables["table1_validation"].title


def test_table2_counts_treatments(tables):
    for row in tables["table2"].rows:
        arm = row["treatment"].partition(": ")[2]
        assert shares(row, "no_event", "event", "left_out") == [
            ((KEPT.loc[~EVENT, "arm"] == arm).sum(), (~EVENT).sum()),
            ((KEPT.loc[EVENT, "arm"] == arm).sum(), EVENT.sum()),
            ((OUT["arm"] == arm).sum(), 17),
        ]


def test_table3_counts_classes(tables):
    columns = {
        "70-gene signature": "gene70_class",
        "p53 signature": "p53_class",
        "PAM50 ROR-S": "ror_s_group",
    }
    for row in tables["table3"].rows:
        values = KEPT[columns[row["signature"]]]
        assert shares(row, "share") == [((values == row["category"]).sum(), 73)]


def price():
    return RecipePriceRecord(
        names=("aaa", "bbb", "ccc"),
        c=(0.61, 0.68, 0.64),
        base_c=0.58,
        best="bbb",
        naive=0.68,
        expected_best=0.63,
        expected_one=0.59,
        p=(0.2, 0.01, 0.04),
        adjusted_p=(0.4, 0.03, 0.11),
        corrected=0.66,
        selected={"value": 0.65, "low": 0.52, "high": 0.76, "kind": "split jackknife"},
        chosen=(0.1, 0.7, 0.2),
        logrank_p=(0.3, 0.02, 0.05),
        logrank_adjusted_p=(0.5, 0.06, 0.12),
        permutations=200,
        replicates=3,
        n=73,
        events=21,
    )


def test_recipes_have_their_own_row_and_the_best_pays_for_all():
    settings = preset_settings("quick")
    plans = tuple(
        RecipePlan(digest=d, name=f"recipe {d}", preset="quick", settings=settings, seed=1, table="quick")
        for d in ("aaa", "bbb", "ccc")
    )
    result = RecipesResult(
        plans=plans, phenotypes={"aaa": 2, "bbb": 3, "ccc": 2}, price=price(), reason="", elsewhere=4
    )
    tables = recipe_tables(result)
    assert "no other covariate in every model. 73 patients, 21 events; 3 repeats" in tables["recipes"].caption
    shared = recipe_tables(replace(result, base=("age", "hr", "her2", "ftv2")))
    assert "age, receptors and FTV2 in every model" in shared["recipes"].caption
    assert "outcome and age, receptors and FTV2 stay" in shared["recipe_price"].caption
    for i, row in enumerate(tables["recipes"].rows[:3]):
        found = (row["c"], row["p"], row["adjusted"], row["chosen"], row["logrank"], row["logrank_adjusted"])
        record = price()
        assert found == (
            record.c[i],
            record.p[i],
            record.adjusted_p[i],
            record.chosen[i],
            record.logrank_p[i],
            record.logrank_adjusted_p[i],
        )
    rows = dict(zip(ROWS, tables["recipe_price"].rows, strict=True))
    assert (rows["naive"]["value"].value, rows["naive"]["p"]) == (0.68, 0.03)
    assert rows["noise"]["value"].value == 0.63
    assert rows["one"]["value"].value == 0.59
    assert rows["corrected"]["value"].value == 0.66
    selected = rows["selected"]["value"]
    assert (selected.value, selected.low, selected.high) == (0.65, 0.52, 0.76)
    # 4 recipes elsewhere each cost the best one's p alone.
    assert rows["all"]["p"] == pytest.approx(0.03 + 4 * 0.01)


@pytest.fixture(scope="module")
def truth():
    planted = FRAME.assign(
        phenotype=np.where(FRAME["phenotype"] == "2", "increasing", "decreasing"),
        subtype="LumA",
        p53=FRAME["p53_class"],
        risk70=FRAME["gene70_class"],
        linear_predictor=np.arange(90.0),
        visits=[
            {"T1": {"viable_cc": 2 * a}, "T2": {"viable_cc": 2 * b}}
            for a, b in FRAME[["ftv1", "ftv2"]].to_numpy()
        ],
    )
    columns = ["phenotype", "subtype", "p53", "risk70", "linear_predictor", "visits"]
    document = planted[columns].iloc[:60]
    document.attrs["outcome"] = {"log_hr_increasing": float(np.log(4.0))}
    swapped = FRAME.assign(phenotype=FRAME["phenotype"].where(FRAME.index != FIRST, "2"))
    return compare(document, swapped, preset().survival.ladder, ("T1", "T2")), swapped


def test_truth_stands_in_rows_and_what_was_found_in_columns(truth):
    record, found = truth
    table = record.phenotypes["discovery"]
    planted = FRAME["phenotype"].iloc[:60]
    for i, a in enumerate("12"):
        for j, b in enumerate("12"):
            assert table.counts[i][j] == ((planted == a) & (found["phenotype"].iloc[:60] == b)).sum()
    assert table.counts[0][1] != table.counts[1][0]
    assert record.volumes.median_ratio == pytest.approx(0.5)
    assert record.volumes.correlation == pytest.approx(1.0)
    own = preset().survival.ladder.models["m4"].phenotype
    ratio = record.hazard_ratio
    assert ratio.planted == pytest.approx(4.0)
    assert (ratio.model, ratio.hr, ratio.low, ratio.high) == ("m4", own.hr, own.low, own.high)
    assert ratio.inside == (own.low <= 4.0 <= own.high)


def test_the_table_of_truth_shows_planted_beside_found(truth):
    record, _ = truth
    cohort = results({"quick": record})
    table = truth_table(cohort)
    title = cohort.main.survival.ladder.models["m4"].title
    assert f"The hazard ratio is that of {title}, with its 95 % interval." in table.caption
    other = record.model_copy(update={"hazard_ratio": record.hazard_ratio.model_copy(update={"model": "m5"})})
    fifth = cohort.main.survival.ladder.models["m5"].title
    assert f"that of {fifth}, with" in truth_table(results({"quick": other})).caption
    none = record.model_copy(update={"hazard_ratio": record.hazard_ratio.model_copy(update={"model": None})})
    assert "No model has a hazard ratio" in truth_table(results({"quick": none})).caption
    rows = {r["item"]: r for r in table.rows}
    assert rows["phenotypes, discovery: adjusted Rand index"]["quick"] == record.phenotypes["discovery"].ari
    ratio = rows["hazard ratio of the phenotype, adjusted"]
    assert ratio["planted"] == pytest.approx(4.0)
    assert ratio["quick"].value == record.hazard_ratio.hr
    assert rows["p53 signature: share agreeing"]["quick"] == 1.0
    assert rows["FTV over the planted enhancing volume: median ratio"]["quick"] == pytest.approx(0.5)
    figure = truth_figure(cohort).data
    matrix = next(m for m in figure.matrices if m.title == "Phenotypes, discovery")
    assert matrix.counts == record.phenotypes["discovery"].counts
    assert matrix.found_labels == tuple(LABELS.values())
    points = figure.points[0]
    assert (points.truth, points.found) == (record.volumes.truth, record.volumes.found)
