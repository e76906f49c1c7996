"""The flow of patients and Tables 1 to 3: every box and every branch of a cell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kinephen.records.cohort import (
    BinaryCharacteristic,
    CharacteristicsRecord,
    ClassCounts,
    CovariateTest,
    DescriptionRecord,
    LeftOutAge,
    LeftOutBinary,
    LeftOutRecord,
    LeftOutTreatment,
    RangeRecord,
    TreatmentRecord,
)
from kinephen.records.flow import Flow, LeftOut, Person
from kinephen.records.statistics import ShareRecord
from kinephen.report.numbers.cohort import cohort_entries, cohort_tables, flow
from kinephen.report.numbers.left_out import with_left_out
from kinephen.report.schema import Estimate, Missing, Share

LEAVING = (
    (0, "visits", "no images"),
    (1, "visits", "no clinical row"),
    (2, "visits", "no images"),
    (3, "exams", "exam failed: a phase"),
    (4, "exams", "exam failed: no phase"),
    (5, "outcome", "outcome unknown"),
    (6, "landmark", "left before the second visit"),
    (7, "features", "features undefined: 3 of 9"),
    (8, "covariates", "no age"),
    (9, "covariates", "no her2"),
    (10, "covariates", "no age"),
    (24, "covariates", "no her2"),
)
"""Places of patients: 0 to 2 belong to no cohort, 3 to 20 to discovery, 21 to 25 to validation."""


def record(n=26, leaving=LEAVING):
    cohorts = ["" if i < 3 else "discovery" if i < 21 else "validation" for i in range(n)]
    return Flow(
        patients=tuple(Person(case=f"c{i}", cohort=c, event=i % 3 == 1) for i, c in enumerate(cohorts)),
        leaving=tuple(LeftOut(case=f"c{i}", step=s, reason=r) for i, s, r in leaving),
    )


def test_every_box_has_its_patients_its_parent_and_who_left():
    boxes = {s.key: (s.n, s.parent, [(e.reason, e.n) for e in s.excluded]) for s in flow(record())}
    assert boxes == {
        "listed": (26, None, []),
        "both_visits": (23, "listed", [("no clinical row", 1), ("no images", 2)]),
        "analysed": (
            19,
            "both_visits",
            [("exam failed", 2), ("left before the second visit", 1), ("outcome unknown", 1)],
        ),
        "discovery": (14, "analysed", []),
        "discovery_features": (13, "discovery", [("features undefined", 1)]),
        "discovery_covariates": (11, "discovery", [("no age", 2), ("no her2", 1)]),
        "validation": (5, "analysed", []),
        "validation_covariates": (4, "validation", [("no her2", 1)]),
    }
    assert [s.label for s in flow(record())] == [
        "Patients in the exam list or the clinical table",
        "Both visits and a clinical row",
        "Both exams analysed, outcome known",
        "Discovery cohort",
        "Discovery cohort, with a phenotype",
        "Discovery cohort, with all covariates of the models",
        "Validation cohort",
        "Validation cohort, with all covariates of the models",
    ]


def test_a_cohort_without_patients_has_neither_box_nor_entry():
    alone = record(21, ())
    assert [s.key for s in flow(alone)] == ["listed", "both_visits", "analysed", "discovery"]
    assert [(e.name, e.n, e.events) for e in cohort_entries(alone)] == [("discovery", 18, 6)]


def test_a_cohort_without_events_is_one():
    few = Flow(
        patients=tuple(Person(case=f"c{i}", cohort="validation", event=False) for i in range(2)), leaving=()
    )
    assert [(e.name, e.n, e.events) for e in cohort_entries(few)] == [("validation", 2, 0)]
    assert flow(few)[-1].key == "validation"


def test_cohorts_have_their_patients_and_their_events():
    events = {
        name: sum(i % 3 == 1 for i in places)
        for name, places in (("discovery", range(7, 21)), ("validation", range(21, 26)))
    }
    found = [(e.name, e.n, e.events) for e in cohort_entries(record())]
    assert found == [("discovery", 14, events["discovery"]), ("validation", 5, events["validation"])]


def share(n, of):
    return ShareRecord(n=n, of=of)


def fisher(p):
    return CovariateTest(test="Fisher", p=p)


BINARY = (
    BinaryCharacteristic(
        label="hormone receptor positive", no_event=share(11, 23), event=share(5, 9), test=fisher(0.25)
    ),
    BinaryCharacteristic(
        label="HER2 positive", no_event=share(3, 21), event=None, test=CovariateTest(reason="one group only")
    ),
    BinaryCharacteristic(label="triple negative", no_event=None, event=share(2, 7), test=CovariateTest()),
)
AGE = "age, mean (range), years"
OLD, YOUNG = RangeRecord(mean=50.5, low=31.0, high=72.0), RangeRecord(mean=44.25, low=29.0, high=61.0)
TREATMENT = (
    TreatmentRecord(label="chemotherapy: AC", no_event=share(4, 23), event=share(6, 9), test=fisher(0.5)),
    TreatmentRecord(label="chemotherapy: AC-T", no_event=share(19, 23), event=None, test=CovariateTest()),
    TreatmentRecord(label="trastuzumab", no_event=share(2, 22), event=share(1, 8), test=fisher(0.75)),
)
LEFT = LeftOutRecord(
    n=6,
    analysed=32,
    reasons={"no images": 4, "outcome unknown": 2},
    event=share(1, 2),
    binary={"hormone receptor positive": LeftOutBinary(n=1, of=5, test=fisher(0.125))},
    treatment={
        "chemotherapy": LeftOutTreatment(counts={"AC": 2, "AC-T": 3}, of=5, test=fisher(0.0625)),
        "trastuzumab": LeftOutTreatment(counts={"1.0": 1, "0.0": 2}, of=3, test=CovariateTest(reason="few")),
    },
    age=LeftOutAge(mean=47.5, low=33.0, high=66.0, test=fisher(0.375)),
)


def characteristics(**changed):
    values = {"no_event": 23, "event": 9, "binary": BINARY, "age_no_event": OLD, "age_event": YOUNG}
    return CharacteristicsRecord(**(values | changed))


def tables(**changed):
    values = {
        "left_out": LEFT,
        "characteristics": characteristics(),
        "treatment": TREATMENT,
        "molecular": (
            ClassCounts(label="p53 signature", counts={"mutant": 3, "wild-type": 8}),
            ClassCounts(label="PAM50 ROR-S", counts={"low": 1, "med": 4, "high": 7}),
        ),
    }
    return cohort_tables(SimpleNamespace(description=DescriptionRecord(**(values | changed))))


def cells(row, *keys):
    return [(c.n, c.of) if isinstance(c, Share) else c for c in (row.get(k) for k in keys)]


NOBODY = Missing(missing="no patients in this group")


def test_table1_counts_both_sides_and_the_left_out():
    table = tables()["table1"]
    rows = table.by_key()
    assert list(rows) == ["patients", "hr", "her2", "tn", "age"]
    assert cells(rows["patients"], "no_event", "event", "left_out") == [(23, 32), (9, 32), (6, 38)]
    assert "p" not in rows["patients"]
    shown = ("no_event", "event", "p", "test", "left_out", "p_left_out", "test_left_out")
    assert cells(rows["hr"], *shown) == [(11, 23), (5, 9), 0.25, "Fisher", (1, 5), 0.125, "Fisher"]
    one = Missing(missing="one group only")
    assert cells(rows["her2"], *shown) == [(3, 21), NOBODY, one, "", None, None, None]
    assert cells(rows["tn"], *shown[:4]) == [NOBODY, (2, 7), Missing(missing="not tested"), ""]
    ages = {"no_event": OLD, "event": YOUNG, "left_out": LEFT.age}
    for key, age in ages.items():
        assert rows["age"][key] == Estimate(value=age.mean, low=age.low, high=age.high)
    assert (rows["age"]["p_left_out"], rows["age"]["test_left_out"]) == (0.375, "Fisher")
    assert table.notes == ("Left out: 6 patients of the clinical table: no images (4); outcome unknown (2).",)


def test_age_of_one_side_or_of_neither():
    row = tables(characteristics=characteristics(age_no_event=None))["table1"].by_key()["age"]
    assert row["no_event"] == Missing(missing="age unknown")
    assert row["event"].value == 44.25
    nobody = RangeRecord(mean=None, low=None, high=None)
    row = tables(characteristics=characteristics(age_event=None, age_no_event=nobody))["table1"].by_key()[
        "age"
    ]
    assert (row["no_event"], row["event"]) == (Missing(missing="age unknown"),) * 2
    neither = characteristics(age_no_event=None, age_event=None)
    assert "age" not in tables(characteristics=neither)["table1"].by_key()
    unknown = LEFT.model_copy(update={"age": LEFT.age.model_copy(update={"mean": None})})
    row = tables(left_out=unknown)["table1"].by_key()["age"]
    assert (row["left_out"], row.get("p_left_out")) == (Missing(missing="age unknown"), None)
    absent = tables(left_out=LEFT.model_copy(update={"age": None}))["table1"].by_key()["age"]
    assert "left_out" not in absent


def test_nobody_left_out_is_said_and_has_no_column():
    nobody = LeftOutRecord(n=0, analysed=32, reasons={}, event=None, binary={}, treatment={}, age=None)
    table = tables(left_out=nobody)["table1"]
    assert [c.key for c in table.columns] == ["characteristic", "no_event", "event", "p", "test"]
    assert table.notes == ("No patient of the discovery cohort's clinical table is left out.",)


def test_notes_that_a_table_has_stand_before_that_on_who_is_left_out():
    table = tables()["table2"].model_copy(update={"notes": ("first",)})
    assert with_left_out(table, LEFT.model_copy(update={"n": 0})).notes[0] == "first"
    bare = table.model_copy(update={"columns": table.columns[:5]})
    found = with_left_out(bare, LEFT).notes
    assert (found[0], found[1][:9], len(found)) == ("first", "Left out:", 2)


def test_table2_counts_each_treatment():
    rows = tables()["table2"].rows
    shown = ("treatment", "no_event", "event", "p", "left_out", "p_left_out", "test_left_out")
    few, none = Missing(missing="few"), Missing(missing="not tested")
    assert [cells(r, *shown) for r in rows] == [
        ["chemotherapy: AC", (4, 23), (6, 9), 0.5, (2, 5), 0.0625, "Fisher"],
        ["chemotherapy: AC-T", (19, 23), NOBODY, none, (3, 5), 0.0625, "Fisher"],
        ["trastuzumab", (2, 22), (1, 8), 0.75, (1, 3), few, ""],
    ]
    other = TREATMENT[0].model_copy(update={"label": "chemotherapy: other"})
    assert cells(tables(treatment=(other,))["table2"].rows[0], "left_out") == [(0, 5)]
    assert [r["test"] for r in rows] == ["Fisher", "", "Fisher"]


def test_table3_counts_each_class_of_those_with_one():
    table = tables()["table3"]
    assert [(r["signature"], r["category"], r["share"].n, r["share"].of) for r in table.rows] == [
        ("p53 signature", "mutant", 3, 11),
        ("p53 signature", "wild-type", 8, 11),
        ("PAM50 ROR-S", "low", 1, 12),
        ("PAM50 ROR-S", "med", 4, 12),
        ("PAM50 ROR-S", "high", 7, 12),
    ]
    assert table.keys == (
        "p53_class.mutant",
        "p53_class.wild-type",
        "ror_s_group.low",
        "ror_s_group.med",
        "ror_s_group.high",
    )


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ["table1", "table2", "table3"]),
        ({"treatment": ()}, ["table1", "table3"]),
        ({"molecular": ()}, ["table1", "table2"]),
        ({"validation": characteristics(event=4)}, ["table1", "table1_validation", "table2", "table3"]),
    ],
)
def test_only_what_is_known_has_a_table(changed, names):
    found = tables(**changed)
    assert list(found) == names
    columns = {"table1": "characteristic", "table2": "treatment"}
    for name, first in columns.items():
        if name in found:
            shown = [c.key for c in found[name].columns]
            assert shown == [
                first,
                "no_event",
                "event",
                "p",
                "test",
                "left_out",
                "p_left_out",
                "test_left_out",
            ]
    if "table3" in found:
        assert [c.key for c in found["table3"].columns] == ["signature", "category", "share"]
    assert {n: (t.title, t.label) for n, t in found.items()} == {
        n: (title, label)
        for n, title, label in (
            ("table1", "Characteristics of the discovery cohort", "Table 1"),
            ("table1_validation", "Characteristics of the validation cohort", "Supplementary table 1"),
            ("table2", "Treatment of the discovery cohort", "Table 2"),
            ("table3", "Molecular profiles of the discovery cohort", "Table 3"),
        )
        if n in names
    }
    if "validation" in changed:
        patients = found["table1_validation"].rows[0]
        assert cells(patients, "no_event", "event") == [(23, 27), (4, 27)]
