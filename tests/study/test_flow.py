"""The flow: everybody is accounted for once, and numbers of patients and events add up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kinephen.records.account import LeftOut
from kinephen.records.flow import ANALYSED, STEPS, Flow, Leaving, Person
from kinephen.study.flow import study_flow


@dataclass
class PlanLike:
    patient_ids: dict[str, str]
    excluded: dict[str, str] = field(default_factory=dict)


def frame(**rows):
    columns = ("cohort", "complete", "time", "event", "before_landmark", "phenotype", "age", "ftv2")
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def study():
    plan = PlanLike({f"c{i}": f"p{i}" for i in range(1, 9)}, {"c8": "no images at T2"})
    rows = frame(
        c1=("discovery", True, 3.0, 1.0, False, "1", 50.0, 2.0),
        c2=("discovery", True, 4.0, 0.0, False, "2", np.nan, 2.0),
        c3=("discovery", True, 4.0, 0.0, False, None, 60.0, np.nan),
        c4=("discovery", False, 4.0, 1.0, False, None, 60.0, np.nan),
        c5=("discovery", True, np.nan, np.nan, False, "1", 60.0, 1.0),
        c6=("discovery", True, np.nan, np.nan, True, "1", 60.0, 1.0),
        c7=("validation", True, 1.0, 1.0, False, "2", np.nan, 1.0),
    )
    gaps = {"c3": LeftOut(case="c3", step="features", reason="no lesion at T2")}
    return study_flow(plan, rows, gaps, ("age", "ftv2"))


def test_everybody_leaves_where_they_left():
    found = {(x.case, x.step): x.reason for x in study().leaving}
    assert found == {
        ("c8", "plan"): "no images at T2",
        ("c2", "models"): "unknown: age",
        ("c3", "phenotype"): "no lesion at T2",
        ("c3", "models"): "unknown: ftv2",
        ("c4", "exams"): "an exam failed",
        ("c5", "outcome"): "outcome unknown",
        ("c6", "landmark"): "event or end of follow-up by the second visit",
    }


def test_numbers_of_patients_and_events_are_of_the_same_patients():
    flow = study()
    assert flow.n() == 4
    assert (flow.n(cohort="discovery"), flow.events(cohort="discovery")) == (3, 1)
    assert (flow.n(cohort="validation"), flow.events(cohort="validation")) == (1, 1)
    assert (flow.n("phenotype", "discovery"), flow.events("phenotype", "discovery")) == (2, 1)
    assert [p.case for p in flow.after("models", "discovery")] == ["c1"]
    assert flow.n("plan") == 7
    assert flow.reasons("exams", "outcome", "landmark") == {
        "an exam failed": 1,
        "event or end of follow-up by the second visit": 1,
        "outcome unknown": 1,
    }
    assert flow.reasons("models", cohort="validation") == {}


def test_a_patient_of_neither_cohort_is_in_none():
    plan = PlanLike({"c1": "p"}, {"c1": "cohort is neither discovery nor validation"})
    flow = study_flow(plan, frame(), {}, ())
    assert (flow.n(), flow.n("plan"), len(flow.patients)) == (0, 0, 1)


@given(st.lists(st.tuples(st.sampled_from(["", *STEPS]), st.booleans()), max_size=30))
def test_entries_add_up(people):
    patients = tuple(Person(case=f"c{i}", cohort="discovery", event=e) for i, (_, e) in enumerate(people))
    leaving = tuple(
        Leaving(case=f"c{i}", step=step, reason=f"because of {step}")
        for i, (step, _) in enumerate(people)
        if step
    )
    flow = Flow(patients=patients, leaving=leaving)
    early = STEPS[: STEPS.index(ANALYSED) + 1]
    assert flow.n() + sum(flow.reasons(*early).values()) == len(patients)
    for step in ("phenotype", "models"):
        assert flow.n(step) + sum(flow.reasons(step).values()) == flow.n()
        assert flow.events(step) <= flow.events() <= sum(e for _, e in people)


@pytest.mark.parametrize(
    "leaving",
    [
        [("c1", "plan"), ("c1", "exams")],
        [("c1", "models"), ("c1", "models")],
        [("c9", "plan")],
    ],
)
def test_a_patient_cannot_leave_twice(leaving):
    person = Person(case="c1", cohort="discovery", event=True)
    with pytest.raises(ValidationError):
        Flow(patients=(person,), leaving=tuple(Leaving(case=c, step=s, reason="x") for c, s in leaving))


def test_a_patient_cannot_stand_twice():
    person = Person(case="c1", cohort="discovery", event=True)
    with pytest.raises(ValidationError):
        Flow(patients=(person, person), leaving=())
