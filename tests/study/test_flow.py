"""The flow: everybody is accounted for once, and numbers of patients and events add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kinephen.records.failure import Failure
from kinephen.records.flow import EARLY, STEPS, Flow, LeftOut, Person
from kinephen.study.excluded import left_out, left_out_reasons
from kinephen.study.flow import exam_gaps, flow_of, person, require_same_patients, study_flow
from kinephen.study.frame import cohort_rows
from kinephen.study.steps.cox_models import complete_for_all

STUDY = SimpleNamespace(study=SimpleNamespace(discovery="train", validation="test", visits=("T1", "T2")))


@dataclass
class PlanLike:
    """A plan whose cohorts are named "train" and "test"."""

    clinical: pd.DataFrame
    patient_ids: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    exams: tuple[SimpleNamespace, ...] = ()
    study: SimpleNamespace = field(default_factory=lambda: STUDY)


def frame(**rows):
    columns = ("cohort", "complete", "time", "event", "before_landmark", "phenotype", "age", "ftv2")
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def clinical(rows, **more):
    """Return the clinical table behind rows: events also of those who left by the landmark."""
    own = {c: (r["cohort"], 1.0 if r["before_landmark"] else r["event"]) for c, r in rows.iterrows()}
    names = {"discovery": "train", "validation": "test"}
    found = {c: (names[cohort], event) for c, (cohort, event) in own.items()} | more
    return pd.DataFrame.from_dict(found, orient="index", columns=["cohort", "event"])


ROWS = frame(
    c1=("discovery", True, 3.0, 1.0, False, "1", 50.0, 2.0),
    c2=("discovery", True, 4.0, 0.0, False, "2", np.nan, 2.0),
    c3=("discovery", True, 4.0, 0.0, False, None, 60.0, np.nan),
    c4=("discovery", False, 4.0, 1.0, False, None, 60.0, np.nan),
    c5=("discovery", True, np.nan, np.nan, False, "1", 60.0, 1.0),
    c6=("discovery", True, np.nan, np.nan, True, "1", 60.0, 1.0),
    c7=("validation", True, 1.0, 1.0, False, "2", np.nan, 1.0),
    v1=("validation", True, 2.0, 1.0, False, None, 40.0, 1.0),
    v2=("validation", True, np.nan, np.nan, False, None, 40.0, 1.0),
)
GAPS = {
    "c3": LeftOut(case="c3", step="features", reason="no lesion at T2"),
    "c4": LeftOut(case="c4", step="exams", reason="the exam at T1 failed: no phase times"),
    "c8": LeftOut(case="c8", step="visits", reason="no images at T2"),
    "v3": LeftOut(case="v3", step="visits", reason="no images at T1"),
    "x1": LeftOut(case="x1", step="visits", reason="no clinical row"),
}
PLAN = PlanLike(
    clinical(ROWS, c8=("train", 1.0), v3=("test", 1.0)),
    {c: f"p-{c}" for c in (*ROWS.index, "c8", "v3", "x1")},
)


def study():
    return study_flow(PLAN, ROWS, GAPS, ("age", "ftv2"))


def test_everybody_leaves_where_they_left():
    found = {(x.case, x.step): x.kind for x in study().leaving}
    assert found == {
        ("x1", "visits"): "no clinical row",
        ("c8", "visits"): "no images at T2",
        ("v3", "visits"): "no images at T1",
        ("c2", "covariates"): "no age",
        ("c3", "features"): "no lesion at T2",
        ("c3", "covariates"): "no ftv2",
        ("c4", "exams"): "the exam at T1 failed",
        ("c5", "outcome"): "outcome unknown",
        ("c6", "landmark"): "event or end of follow-up by the second visit",
        ("v1", "features"): "a feature of the model is undefined",
        ("v2", "outcome"): "outcome unknown",
        ("v2", "features"): "a feature of the model is undefined",
    }


def test_cohort_and_event_of_those_who_left_are_of_the_clinical_table():
    flow = study()
    assert {p.case: (p.cohort, p.event) for p in flow.patients if p.case in ("c6", "c8", "v3", "x1")} == {
        "c6": ("discovery", True),
        "c8": ("discovery", True),
        "v3": ("validation", True),
        "x1": ("", None),
    }
    assert flow.reasons("visits", cohort="validation") == {"no images at T1": 1}
    one = PlanLike(PLAN.clinical.drop(columns="cohort"), PLAN.patient_ids)
    alone = study_flow(one, ROWS, GAPS, ())
    assert {p.cohort for p in alone.patients if p.case != "x1"} == {"discovery"}


def test_a_validation_and_the_flow_give_the_same_patients_events_and_reasons():
    """What `validate` computes of the cohort alone is what the flow of the study says of it."""
    whole = study()
    own = whole.of("validation")
    listed = [p.case for p in own.patients]
    people = [person(c, "", PLAN.clinical["event"].get(c)) for c in listed]
    alone = flow_of(people, ROWS.reindex(listed), GAPS)
    for step in STEPS[:-1]:
        assert [p.case for p in alone.after(step)] == [p.case for p in whole.after(step, "validation")]
        assert alone.events(step) == whole.events(step, "validation") == own.events(step)
        assert alone.reasons(step) == whole.reasons(step, cohort="validation") == own.reasons(step)
    assert alone.left_out("features") == own.left_out("features")
    assert (own.n(), own.events(), own.n("features"), own.events("features")) == (2, 2, 1, 1)
    assert len(listed) == own.n("features") + len(own.left_out("features"))


def test_rows_of_a_cohort_and_the_patients_left_out_are_those_of_the_flow():
    flow = study()
    for cohort in ("discovery", "validation"):
        assert list(cohort_rows(ROWS, cohort).index) == [p.case for p in flow.after("landmark", cohort)]
    gone = left_out(PLAN, flow)
    assert sorted(gone.index) == ["c4", "c5", "c6", "c8"]
    assert sum(left_out_reasons(flow).values()) == len(gone)
    assert len(gone) + flow.n(cohort="discovery") == (PLAN.clinical["cohort"] == "train").sum()


def test_the_models_are_fitted_to_whoever_is_left_in_the_flow():
    flow, columns = study(), {"m1": ("age",), "m2": ("age", "ftv2")}
    rows = complete_for_all(cohort_rows(ROWS, "discovery"), columns)
    assert list(rows.index) == [p.case for p in flow.after("covariates", "discovery")] == ["c1"]
    require_same_patients(flow, SimpleNamespace(n=1, events=1))
    for other in (SimpleNamespace(n=2, events=1), SimpleNamespace(n=1, events=0)):
        with pytest.raises(AssertionError, match="other patients than the flow counts"):
            require_same_patients(flow, other)


def test_the_earliest_step_of_two_visits_counts():
    exams = tuple(SimpleNamespace(case=c, visit=v) for c, v in (("a", "T1"), ("b", "T1"), ("b", "T2")))
    plan = PlanLike(pd.DataFrame(), {"a": "a", "b": "b"}, {}, exams)
    table = pd.DataFrame({"f": [np.nan]}, index=["b"])
    failures = {(c, v): Failure(code="exam.x", message="m") for c, v in (("a", "T1"), ("b", "T2"))}
    found = exam_gaps(plan, failures, [table, table])
    assert (found["a"].step, found["a"].reason) == ("visits", "no exam at T2")
    assert (found["b"].step, found["b"].reason) == ("exams", "the exam at T2 failed: m")


def test_numbers_of_patients_and_events_are_of_the_same_patients():
    flow = study()
    assert flow.n() == 5
    assert (flow.n(cohort="discovery"), flow.events(cohort="discovery")) == (3, 1)
    assert (flow.n(cohort="validation"), flow.events(cohort="validation")) == (2, 2)
    assert (flow.n("features", "discovery"), flow.events("features", "discovery")) == (2, 1)
    assert [p.case for p in flow.after("covariates", "discovery")] == ["c1"]
    assert flow.n("visits") == 9
    assert flow.reasons("exams", "outcome", "landmark") == {
        "the exam at T1 failed": 1,
        "event or end of follow-up by the second visit": 1,
        "outcome unknown": 2,
    }
    assert flow.reasons("covariates", cohort="validation") == {}


@given(st.lists(st.tuples(st.sampled_from(["", *STEPS]), st.booleans()), max_size=30))
def test_entries_add_up(people):
    patients = tuple(Person(case=f"c{i}", cohort="discovery", event=e) for i, (_, e) in enumerate(people))
    leaving = tuple(
        LeftOut(case=f"c{i}", step=step, reason=f"because of {step}")
        for i, (step, _) in enumerate(people)
        if step
    )
    flow = Flow(patients=patients, leaving=leaving)
    assert flow.n() + sum(flow.reasons(*EARLY).values()) == len(patients)
    for step in ("features", "covariates"):
        assert flow.n(step) + sum(flow.reasons(step).values()) == flow.n()
        assert flow.events(step) <= flow.events() <= sum(e for _, e in people)


@pytest.mark.parametrize(
    "leaving",
    [
        [("c1", "visits"), ("c1", "exams")],
        [("c1", "covariates"), ("c1", "covariates")],
        [("c9", "visits")],
    ],
)
def test_a_patient_cannot_leave_twice(leaving):
    person = Person(case="c1", cohort="discovery", event=True)
    with pytest.raises(ValidationError):
        Flow(patients=(person,), leaving=tuple(LeftOut(case=c, step=s, reason="x") for c, s in leaving))


def test_a_patient_cannot_stand_twice():
    person = Person(case="c1", cohort="discovery", event=True)
    with pytest.raises(ValidationError):
        Flow(patients=(person, person), leaving=())
