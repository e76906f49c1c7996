"""Other patients: counted, and chosen without losing a field."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd
import pytest
from tests import exam_records

from kinephen.core.cohort import Issue
from kinephen.model.patients import NewPatients
from kinephen.records.flow import LeftOut
from kinephen.records.plausibility import Finding

CASES = ["case-0001", "case-0002", "case-0003", "case-0004"]


def gap(case, step):
    return LeftOut(case=case, step=step, reason=f"{step} of {case}")


def table(cases, start):
    return pd.DataFrame({"a": [start + i for i in range(len(cases))]}, index=cases)


def patients(**changes):
    """Four patients; the tables of the visits hold other ones of them, in another order."""
    values = {
        "ids": {c: f"W{c[-1]}" for c in CASES},
        "frame": table(CASES, 50.0),
        "visits": (table(CASES[2::-1], 1.0), table(CASES[1:], 7.0)),
        "delta": table(CASES[:3], 20.0),
        "lesions": {(c, v): exam_records.lesion(pe_voxels=n) for n, (c, v) in enumerate(pairs(), start=200)},
        "notes": {(c, v): (Finding(code=f"x{c[-1]}{v}", message="m"),) for c, v in pairs()},
        "gaps": {
            "case-0003": gap("case-0003", "exams"),
            "case-0004": gap("case-0004", "exams"),
            "case-0001": gap("case-0001", "visits"),
        },
        "issues": (Issue("some.code", "text"),),
        "end_point": "rfs",
        "time_origin": "surgery",
        "simulated": True,
    }
    return NewPatients(**(values | changes))


def pairs():
    return [("case-0002", "T1"), ("case-0002", "T2"), ("case-0003", "T1")]


def test_failed_counts_patients_whose_exam_failed_and_nobody_else():
    assert patients().failed == 2
    assert patients(gaps={"case-0001": gap("case-0001", "visits")}).failed == 0
    assert NewPatients(ids={}, frame=pd.DataFrame()).failed == 0


def test_a_patient_needs_no_more_than_a_row():
    bare = NewPatients(ids={"case-0001": "W1"}, frame=table(CASES[:1], 1.0))
    assert (bare.visits, bare.delta, bare.issues, bare.end_point, bare.time_origin) == (
        None,
        None,
        (),
        "",
        "",
    )
    assert (dict(bare.lesions), dict(bare.notes), bare.gaps, bare.simulated) == ({}, {}, {}, False)
    some = bare.only([])
    assert (some.visits, some.delta, some.simulated, some.ids) == (None, None, False, {})
    assert some.frame.empty


def test_only_keeps_every_field_of_those_who_are_wanted():
    whole = patients()
    some = whole.only(["case-0004", "case-0002"])
    assert some.ids == {"case-0002": "W2", "case-0004": "W4"}
    assert some.frame["a"].to_dict() == {"case-0002": 51.0, "case-0004": 53.0}
    assert [v["a"].to_dict() for v in some.visits] == [
        {"case-0002": 2.0},
        {"case-0002": 7.0, "case-0004": 9.0},
    ]
    assert some.delta["a"].to_dict() == {"case-0002": 21.0}
    assert {k: v.ftv_pe_voxels for k, v in some.lesions.items()} == {
        ("case-0002", "T1"): 200,
        ("case-0002", "T2"): 201,
    }
    assert {k: v[0].code for k, v in some.notes.items()} == {
        ("case-0002", "T1"): "x2T1",
        ("case-0002", "T2"): "x2T2",
    }
    assert list(some.gaps) == ["case-0004"]
    for name in ("issues", "end_point", "time_origin", "simulated"):
        assert getattr(some, name) == getattr(whole, name)


@pytest.mark.parametrize("name", [f.name for f in fields(NewPatients)])
def test_everybody_chosen_is_everything(name):
    whole, same = patients(), patients().only(list(reversed(CASES)))
    first, again = getattr(whole, name), getattr(same, name)
    if name in ("frame", "delta"):
        pd.testing.assert_frame_equal(first, again)
    elif name == "visits":
        for a, b in zip(first, again, strict=True):
            pd.testing.assert_frame_equal(a, b)
    else:
        assert first == again
