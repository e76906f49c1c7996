"""Which patients are wanted, and covariates that were given by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kinephen.errors import InputError, UsageError
from kinephen.model.source import Source, of_cohort, require_readable, with_given
from kinephen.records.covariate import Covariate

IDS = ["C", "A", "B", "D"]
CLINICAL = pd.DataFrame(
    {"cohort": ["discovery", "validation", "discovery", None]}, index=["A", "B", "C", "E"]
)
KNOWN = {
    "age": Covariate(meaning="age, years", n=9, kind="number", low=30.5, high=70.25, mean=50.0, sd=9.0),
    "size": Covariate(meaning="size", n=9, kind="number", low=None, high=9.0),
    "width": Covariate(meaning="width", n=9, kind="number", low=1.0, high=None),
    "hr": Covariate(meaning="hr", n=9, kind="yes-no", low=0.0, high=1.0),
    "grade": Covariate(meaning="grade", n=9, kind="class", levels={"low": 0.6, "high": None}),
}


def test_a_source_is_a_path_and_asks_for_nothing():
    source = Source(path=Path("x"))
    assert (source.visits, source.clinical, source.given, source.cohort) == ({}, None, {}, None)
    assert source.prefer_validation is False
    assert source.expression.files == ()


def test_a_cohort_is_chosen_in_the_order_of_the_patients():
    assert of_cohort(IDS, CLINICAL, None) == IDS
    assert of_cohort(IDS, pd.DataFrame(), None) == IDS
    assert of_cohort(IDS, CLINICAL, "discovery") == ["C", "A"]
    assert of_cohort(IDS, CLINICAL, "validation") == ["B"]


@pytest.mark.parametrize(
    ("ids", "clinical", "cohort", "shown"),
    [
        (IDS, CLINICAL, "moon", "the clinical table has discovery, validation"),
        (["D"], CLINICAL, "discovery", "the clinical table has discovery, validation"),
        (IDS, CLINICAL.drop(columns="cohort"), "discovery", "the clinical table has no cohorts"),
        (
            IDS,
            pd.DataFrame({"cohort": list("hgfedcba")}, index=list("stuvwxyz")),
            "a",
            "the clinical table has a, b, c, d, e, f",
        ),
    ],
)
def test_a_cohort_of_nobody_is_refused_with_those_there_are(ids, clinical, cohort, shown):
    with pytest.raises(InputError) as caught:
        of_cohort(ids, clinical, cohort)
    assert caught.value.code == "predict.cohort"
    assert caught.value.message == f"no patient of cohort {cohort!r}; {shown}"


def test_given_covariates_are_of_one_patient_and_win():
    one = pd.DataFrame({"age": [50.0], "hr": [1.0]}, index=["case-0001"])
    found = with_given(one, {"age": "61.5", "grade": "low"})
    assert found.to_dict("records") == [{"age": 61.5, "hr": 1.0, "grade": "low"}]
    assert with_given(one, {}) is one
    two = pd.concat([one, one])
    assert with_given(two, {}) is two
    for frame, n in ((two, 2), (one.iloc[:0], 0)):
        with pytest.raises(UsageError, match=f"covariates of one patient, there are {n}") as caught:
            with_given(frame, {"age": "1"})
        assert caught.value.code == "predict.with"


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("age", "abc", "age is no number", "give a number (training: 30.5 to 70.25), or leave age out"),
        ("age", "nan", "age has no value", "give a number (training: 30.5 to 70.25), or leave age out"),
        ("age", "18000", "another unit", "give a number (training: 30.5 to 70.25), or leave age out"),
        ("size", "big", "size is no number", "give a number, or leave size out"),
        ("width", "big", "width is no number", "give a number, or leave width out"),
        ("hr", "3", "expected 1 or 0", "give 1 or 0, or leave hr out"),
        (
            "grade",
            "middle",
            "a class that the model has not seen",
            "give one of low, high, or leave grade out",
        ),
        (
            "agee",
            "50",
            "the model has no covariate 'agee'; did you mean 'age'?",
            "it has age, size, width, hr, grade",
        ),
        ("xyz", "50", "the model has no covariate 'xyz'", "it has age, size, width, hr, grade"),
    ],
)
def test_what_the_model_cannot_read_is_refused(name, value, message, hint):
    with pytest.raises(UsageError) as caught:
        require_readable({"hr": "1", name: value}, KNOWN)
    error = caught.value
    assert message in error.message
    assert ("did you mean" in error.message) == (name == "agee")
    assert (error.code, error.where, error.hint) == ("predict.with", f"--with {name}={value}", hint)


def test_what_the_model_can_read_passes():
    require_readable({"age": "75", "hr": "0", "grade": "high", "size": "4"}, KNOWN)
    require_readable({}, KNOWN)
