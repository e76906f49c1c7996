"""The layout of a model file: what is refused, and at which length or size a value still stands."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kinephen.model import schema
from kinephen.model.schema import CoxModel, FileInterval, MadeBy, Outside, SignatureRules, Term

COX = {
    "name": "m1",
    "title": "t",
    "terms": (Term(column="age"),),
    "coef": (0.5,),
    "vcov": ((0.1,),),
    "means": (50.0,),
    "method": "partial likelihood",
    "ties": "efron",
    "n": 2,
    "events": 1,
    "last_time": 4.5,
    "time": (0.0,),
    "cumulative": (0.0,),
    "variance": (0.0,),
    "pull": ((0.0,),),
    "c_cross_validated": FileInterval(value=0.6),
    "c_refitted": None,
    "c_apparent": None,
}


def made_by(**changes):
    values = {"kinephen": "1", "catalogue": "0f" * 32, "steps": {}, "preset": "p", "seed": 0}
    return MadeBy(**(values | changes))


def test_kind_and_schema():
    assert (schema.KIND, schema.SCHEMA, schema.MAX_BYTES) == ("kinephen.model", 1, 50_000_000)


def test_an_interval_keeps_its_limits_in_order():
    found = FileInterval(value=0.6, low=0.4, high=0.9).record()
    assert (found.value, found.low, found.high) == (0.6, 0.4, 0.9)


def test_the_smallest_and_the_longest_stand():
    assert made_by(preset="x" * 200).seed == 0
    assert len(SignatureRules(names=("a",), centring={}, platforms=(), nature="x" * 5000).nature) == 5000
    assert (CoxModel(**COX).n, CoxModel(**COX).events, CoxModel(**COX).time) == (2, 1, (0.0,))
    assert len(CoxModel(**{**COX, "terms": COX["terms"] * 200}).terms) == 200
    assert Outside(features=0, components=0).features == 0


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1},
        {"n": 2.5},
        {"n": True},
        {"n": "2"},
        {"events": 0},
        {"last_time": 0.0},
        {"last_time": float("inf")},
        {"time": ()},
        {"time": (-0.1,)},
        {"cumulative": (-0.1,)},
        {"terms": ()},
        {"terms": COX["terms"] * 201},
        {"name": ""},
        {"name": "x" * 201},
        {"title": "x" * 5001},
        {"moon": 1},
    ],
)
def test_a_cox_model_beyond_its_bounds_is_refused(change):
    with pytest.raises(ValidationError):
        CoxModel(**{**COX, **change})


@pytest.mark.parametrize("change", [{"seed": -1}, {"catalogue": "0F" * 32}, {"catalogue": "0" * 63}])
def test_what_made_it_is_checked(change):
    with pytest.raises(ValidationError):
        made_by(**change)


def test_parts_are_frozen_and_what_was_given_is_not_quoted():
    with pytest.raises(ValidationError, match="frozen"):
        made_by().seed = 5
    with pytest.raises(ValidationError) as caught:
        made_by(seed="secret words")
    assert "secret words" not in str(caught.value)


def test_fields_carry_their_descriptions():
    assert CoxModel.model_fields["cumulative"].description == "Cumulative hazard."
