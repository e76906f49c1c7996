"""The validation cohort: its tables, curves and heat map, and the bars above heat maps."""

from __future__ import annotations

import pytest
from tests.light_results import (
    COMPONENTS,
    DISCOVERY,
    LABELS,
    VALIDATION,
    assigned,
    associations,
    frame,
    panel,
    phenotypes,
    preset,
    rows,
)

from kinephen.records.base import Interval
from kinephen.records.flow import Flow, LeftOut, Person
from kinephen.records.names import FARTHER
from kinephen.records.validation import FrozenPerformance, PhenotypeCounts, SplitTest, ValidationRecord
from kinephen.report.numbers.annotation_bars import annotation_bars
from kinephen.report.numbers.validation import validation_figures, validation_tables
from kinephen.report.numbers.validation_figures import validation_heatmap
from kinephen.report.schema import Estimate, Missing
from kinephen.report.words.end_point import EndPointWords

END_POINT = EndPointWords("recurrence-free survival (event: recurrence)", "surgery")
MODELS = (
    FrozenPerformance(
        model="m2",
        title="Model 2: baseline, FTV2",
        n=8,
        events=3,
        left_out=tuple(
            LeftOut(case=f"c{i}", step="covariates", reason=r)
            for i, r in enumerate(("no her2", "no age", "no her2"))
        ),
        c=Interval(value=0.7, low=0.55, high=0.9),
        slope=Interval(value=1.25, low=None, high=2.5, reason="no lower limit"),
    ),
    FrozenPerformance(model="m4", title="Model 4", n=9, events=2, reason="too few events"),
    FrozenPerformance(model="m5", title="Model 5", n=7, events=1, c=Interval(value=None, reason="no pair")),
)


def record(**changed):
    """Return a record of 13 patients, of whom 10 are analysed and 9 have a phenotype."""
    gone = (
        ("v0", "visits", "no images"),
        ("v1", "visits", "no images"),
        ("v2", "outcome", "outcome unknown"),
    )
    late = (("v3", "features", "features undefined: 2"), ("v4", "covariates", "no age"))
    values = {
        "flow": Flow(
            patients=tuple(Person(case=f"v{i}", cohort="validation", event=i % 2 == 1) for i in range(13)),
            leaving=tuple(LeftOut(case=c, step=s, reason=r) for c, s, r in (*gone, *late)),
        ),
        "phenotypes": (
            PhenotypeCounts(label="1 decreasing", n=6, events=1, out_of_range=2),
            PhenotypeCounts(label="2 increasing", n=3, events=0, out_of_range=3),
        ),
        "panel": panel(),
        "sigclust": SplitTest(p=0.125),
        "associations": associations(),
        "models": MODELS,
    }
    return ValidationRecord(**(values | changed))


def tables(**changed):
    return validation_tables(preset(validation=record(**changed)))


def test_without_a_validation_cohort_there_is_nothing():
    assert validation_tables(preset()) == {}
    assert validation_figures(preset(), END_POINT) == {}


def test_every_count_of_the_validation_cohort_has_its_row():
    table = tables()["validation"]
    assert {key: (r["item"], r.get("value"), r.get("events")) for key, r in table.by_key().items()} == {
        "listed": ("patients listed", 13, None),
        "left_out_1": ("left out: no images", 2, None),
        "left_out_2": ("left out: outcome unknown", 1, None),
        "left_out_3": ("left out: features undefined", 1, None),
        "analysed": ("patients analysed", 9, 4),
        "phenotype_1": ("assigned to phenotype 1 decreasing", 6, 1),
        "phenotype_2": ("assigned to phenotype 2 increasing", 3, 0),
        "out_of_range": (FARTHER, 5, None),
        "sigclust": ("SigClust of the assigned split", None, None),
        "event_by_phenotype": ("events by phenotype", None, None),
    }
    assert [c.key for c in table.columns] == ["item", "value", "events", "test", "p"]
    tested = {k: (r["test"], r["p"]) for k, r in table.by_key().items() if "test" in r}
    assert tested == {
        "sigclust": ("SigClust, normal approximation", 0.125),
        "event_by_phenotype": ("Fisher", 0.4),
    }


@pytest.mark.parametrize(
    ("reason", "shown"), [("one phenotype only", "one phenotype only"), ("", "not tested")]
)
def test_a_test_without_p_gives_its_reason(reason, shown):
    own = associations()
    event = own.event.model_copy(update={"p": None, "reason": f"{reason}." if reason else ""})
    found = tables(
        sigclust=SplitTest(reason=reason), associations=own.model_copy(update={"tests": (event,)})
    )["validation"].by_key()
    assert found["sigclust"]["p"] == Missing(missing=shown)
    assert found["event_by_phenotype"]["p"] == Missing(missing=f"{shown}." if reason else shown)


def test_frozen_models_have_their_patients_their_c_and_their_slope():
    table = tables()["validation_models"]
    assert [c.key for c in table.columns] == ["model", "n", "events", "left_out", "c", "slope"]
    two, four, five = table.rows
    assert [(r["model"], r["n"], r["events"], r["left_out"]) for r in (two, four, five)] == [
        ("Model 2: baseline, FTV2", 8, 3, "1 (no age), 2 (no her2)"),
        ("Model 4", 9, 2, "none"),
        ("Model 5", 7, 1, "none"),
    ]
    assert two["c"] == Estimate(value=0.7, low=0.55, high=0.9)
    assert two["slope"] == Estimate(value=1.25, low=None, high=2.5, reason="no lower limit")
    assert (four["c"], four["slope"]) == (Missing(missing="too few events"),) * 2
    assert five["c"] == Estimate(value=None, reason="no pair")
    assert five["slope"] == Missing(missing="not computed")


def test_the_curves_are_those_of_the_assigned_phenotypes():
    found = validation_figures(preset(validation=record()), END_POINT)
    figure = found["km_validation"]
    assert list(found) == ["km_validation"]
    assert (figure.label, figure.section) == ("Figure 6b", "validation")
    assert figure.caption.startswith("Recurrence-free survival (event: recurrence), counted from surgery.")
    (own,) = figure.data.panels
    assert [(c.label, c.n, c.events) for c in own.curves] == [
        ("1 decreasing", 33, 6),
        ("2 increasing", 17, 11),
    ]


def test_the_heat_map_orders_patients_by_phenotype_and_first_component():
    places = {"case-01": (0, 2), "case-02": (1, 1), "case-03": (5, 1), "case-04": (3, 2), "case-05": (1, 1)}
    found = {c: assigned(place, p) for c, (place, p) in places.items()}
    found["case-06"] = assigned(2, None)
    low = {**found["case-03"].scores, "C1PC2": -9.0}  # the first component alone decides
    found["case-03"] = found["case-03"].model_copy(update={"scores": low})
    own = preset(phenotypes=phenotypes(assignment={"discovery": rows(DISCOVERY), "validation": found}))
    figure = validation_heatmap(own, lambda case: f"P{case[-1]}")
    drawn = ["case-02", "case-05", "case-03", "case-01", "case-04"]
    data = figure.data
    assert data.column_labels == ("P2", "P5", "P3", "P1", "P4")
    assert data.row_labels == COMPONENTS
    assert data.values == tuple(tuple(found[c].z[name] for c in drawn) for name in COMPONENTS)
    assert data.annotations[0].values == tuple(LABELS[i] for i in "11122")
    assert data.annotations[1].values == ("no", "no", "no", "yes", "yes")
    assert (data.row_tree, data.column_tree) == (None, None)
    assert figure.caption.startswith("5 patients in the order of assigned phenotype and first component,")
    assert figure.label == "Figure 6a"


def test_without_an_assigned_patient_there_is_no_heat_map():
    for assignment in ({"discovery": rows(DISCOVERY)}, {"validation": rows(VALIDATION[2:])}):
        assert validation_heatmap(preset(phenotypes=phenotypes(assignment=assignment)), str) is None


def test_bars_tell_what_is_known_of_each_patient():
    cases = ["case-03", "case-02", "absent", "case-10", "case-04"]
    bars = annotation_bars(preset(), cases, ["1", "2", "1", "2", "2"])
    assert {b.name: b.values for b in bars} == {
        "phenotype": tuple(LABELS[i] for i in "12122"),
        "event": ("no", "no", None, None, "yes"),
        "pCR": (None, "yes", None, None, "no"),
        "HR+": ("yes", "no", None, "no", None),
        "HER2+": (None, "yes", None, "no", "no"),
        "70-gene": (None, "high", None, "low", "high"),
    }


def test_a_column_that_is_absent_or_known_of_nobody_has_no_bar():
    bare = frame().drop(columns=["hr", "gene70_class"]).assign(her2=float("nan"), p53_class="mutant")
    bars = annotation_bars(preset(frame=bare), ["case-01"], ["1"])
    assert [(b.name, b.values) for b in bars[1:]] == [
        ("event", ("yes",)),
        ("pCR", ("no",)),
        ("p53", ("mutant",)),
    ]
