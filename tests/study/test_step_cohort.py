"""Counts, ranges and tests of the cohort's records, worked out again with plain code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.patients_sample import patients_frame
from tests.survival_sample import few

from kinephen.study.choices import corrected_p
from kinephen.study.excluded import compare_left_out
from kinephen.study.frame import phenotyped
from kinephen.study.steps.associations import (
    characteristics,
    confusion_matrices,
    molecular_distribution,
    phenotype_associations,
    treatment,
)
from kinephen.study.steps.by_phenotype import clinical_boxes

FRAME = patients_frame()
EVENT = FRAME["event"] == 1


def test_characteristics_are_counted_without_and_with_the_event():
    record = characteristics(FRAME.assign(her2=FRAME["her2"].where(FRAME.index != FRAME.index[0])))
    assert (record.no_event, record.event, record.n) == ((~EVENT).sum(), EVENT.sum(), 90)
    for line, column in zip(record.binary, ("hr", "her2", "tn", "pcr"), strict=True):
        unknown = int(column == "her2")
        counted = FRAME[column].iloc[unknown:]
        for share, side in ((line.no_event, ~EVENT), (line.event, EVENT)):
            rows = counted[side.loc[counted.index]]
            assert (share.n, share.of) == ((rows == 1).sum(), len(rows))
    for found, side in ((record.age_no_event, ~EVENT), (record.age_event, EVENT)):
        age = FRAME.loc[side, "age"]
        assert (found.mean, found.low, found.high) == pytest.approx((age.mean(), age.min(), age.max()))


def test_treatments_are_counted_by_category():
    rows = treatment(FRAME)
    assert [r.label for r in rows] == [f"chemotherapy: {a}" for a in ("AC", "AC-T", "other")]
    for row in rows:
        given = FRAME["arm"] == row.label.partition(": ")[2]
        assert (row.no_event.n, row.no_event.of) == ((given & ~EVENT).sum(), (~EVENT).sum())
        assert (row.event.n, row.event.of) == ((given & EVENT).sum(), EVENT.sum())


def test_molecular_classes_are_counted():
    for row, column in zip(
        molecular_distribution(FRAME), ("gene70_class", "p53_class", "ror_s_group"), strict=True
    ):
        assert row.counts == {k: (FRAME[column] == k).sum() for k in sorted(FRAME[column].unique())}
        assert row.n == 90


def test_associations_count_rows_of_phenotypes_and_columns_of_categories():
    record = phenotype_associations(FRAME)
    tests = {t.column: t for t in record.tests}
    assert record.event.counts == tuple(
        tuple(((FRAME["phenotype"] == g) & (FRAME["event"] == e)).sum() for e in (0.0, 1.0)) for g in "12"
    )
    for column in ("hr", "gene70_class", "arm"):
        categories = sorted(FRAME[column].unique(), key=str)
        table = [[((FRAME["phenotype"] == g) & (FRAME[column] == c)).sum() for c in categories] for g in "12"]
        assert tests[column].counts == tuple(tuple(row) for row in table)
        if tests[column].test.startswith("chi"):
            assert tests[column].p == pytest.approx(
                stats.chi2_contingency(table, correction=False).pvalue
            ) or tests[column].p == pytest.approx(stats.chi2_contingency(table).pvalue)
    groups = [FRAME.loc[FRAME["phenotype"] == g, "ftv2"] for g in "12"]
    assert tests["ftv2"].p == pytest.approx(stats.kruskal(*groups).pvalue)
    for box, values in zip(clinical_boxes(FRAME, "12")["ftv2"], groups, strict=True):
        expected = np.percentile(values, [0, 25, 50, 75, 100])
        assert (box.low, box.q1, box.median, box.q3, box.high) == pytest.approx(tuple(expected))


def test_covariates_are_of_everybody_with_a_phenotype_and_the_event_of_known_outcomes():
    lost = FRAME.assign(
        time=FRAME["time"].where(np.arange(90) >= 7),
        phenotype=FRAME["phenotype"].where(np.arange(90) != 50),
        age=FRAME["age"].where(np.arange(90) != 60),
    )
    lost.loc[lost.index[80:], "cohort"] = "validation"
    rows = phenotyped(lost, "discovery")
    tests = {t.column: t for t in phenotype_associations(rows).tests}
    assert {c: tests[c].n for c in ("ftv2", "age", "hr", "event")} == {
        "ftv2": 79,
        "age": 78,
        "hr": 79,
        "event": 72,
    }
    assert list(tests)[-1] == "event"
    assert sum(map(sum, tests["event"].counts)) == 72
    for column in ("ftv2", "age"):
        groups = [rows.loc[rows["phenotype"] == g, column].dropna() for g in "12"]
        assert tests[column].p == pytest.approx(stats.kruskal(*groups).pvalue)
        for box, values in zip(clinical_boxes(rows, "12")[column], groups, strict=True):
            assert (box.low, box.median, box.high) == (values.min(), values.median(), values.max())


def test_both_corrections_are_kept_and_the_settings_choose():
    record = phenotype_associations(FRAME)
    known = [t for t in record.tests if t.p is not None]
    assert record.comparisons == len(known) == len(record.tests)
    order = sorted(known, key=lambda t: t.p)
    highest = 0.0
    for i, test in enumerate(order):
        assert test.p_bonferroni == pytest.approx(min(1.0, test.p * len(known)))
        highest = max(highest, min(1.0, test.p * (len(known) - i)))
        assert test.p_holm == pytest.approx(highest)
        inference = few().inference
        table = inference.model_copy(update={"multiplicity": "bonferroni_table"})
        assert corrected_p(test, table) == test.p_bonferroni
        family = inference.model_copy(update={"multiplicity": "holm_family"})
        assert corrected_p(test, family) == test.p_holm


def test_markers_are_positive_where_risk_is_high():
    frame = FRAME.assign(p53_class=FRAME["p53_class"].where(np.arange(90) > 3))
    sides = [("gene70_class", "high"), ("ror_s_group", "high"), ("p53_class", "mutant"), ("phenotype", "2")]
    for record, (column, positive) in zip(confusion_matrices(frame, "2"), sides, strict=True):
        known = frame[column].notna()
        high, event = frame.loc[known, column] == positive, EVENT[known]
        tp, fp, fn, tn = (
            (high & event).sum(),
            (high & ~event).sum(),
            (~high & event).sum(),
            (~high & ~event).sum(),
        )
        assert (record.n, record.left_out) == (known.sum(), (~known).sum())
        found = (record.true_positive, record.false_positive, record.false_negative, record.true_negative)
        assert found == (tp, fp, fn, tn)
        shares = (record.ppv, record.npv, record.sensitivity, record.specificity)
        expected = (tp / (tp + fp), tn / (tn + fn), tp / (tp + fn), tn / (tn + fp))
        assert tuple(s.estimate for s in shares) == pytest.approx(expected)


def test_patients_left_out_are_counted_on_their_own_side():
    out = FRAME.iloc[:17].assign(age=lambda f: f["age"] + 9)
    record = compare_left_out(FRAME.iloc[17:], out, {"no images": 17})
    assert (record.n, record.analysed) == (17, 73)
    assert (record.event.n, record.event.of) == (out["event"].sum(), 17)
    assert record.age.mean == pytest.approx(out["age"].mean())
    share = record.binary["hormone receptor positive"]
    assert (share.n, share.of) == (out["hr"].sum(), 17)
    assert record.treatment["chemotherapy"].counts == out["arm"].value_counts().to_dict()
    pooled = pd.concat([FRAME.iloc[17:], out])["age"].to_numpy()
    ranks = stats.rankdata(pooled)
    statistic = stats.kruskal(ranks[:73], ranks[73:])
    assert record.age.test.p == pytest.approx(statistic.pvalue)
