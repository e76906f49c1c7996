"""A model file read back: every value where it belongs, and each inconsistency refused by its own words."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from tests.fitted_model import sample_model, with_value

from kinephen.errors import InputError
from kinephen.model.build import sealed
from kinephen.model.load import LARGEST, load_fitted, parse_fitted
from kinephen.model.schema import MAX_BYTES


@cache
def whole(form="symmetric"):
    return sample_model(form)


def changed(*place, to, form="symmetric"):
    return with_value(whole(form), *place, to=to)


def parsed(data):
    return parse_fitted(data, json.dumps(data), where="m.json")


def refused(data, code="model.file"):
    with pytest.raises(InputError) as caught:
        parsed(data)
    assert caught.value.code == code
    return caught.value


def test_the_largest_file_is_50_million_bytes():
    assert MAX_BYTES == 5 * 10**7


@pytest.mark.parametrize("form", ["symmetric", "difference"])
def test_every_number_of_a_model_stands_where_the_file_has_it(form, tmp_path):
    (tmp_path / "m.json").write_text(json.dumps(whole(form)), encoding="utf-8")
    fitted = load_fitted(tmp_path / "m.json")
    assert fitted.settings == fitted.file.settings
    assert fitted.settings.delta.form == fitted.phenotypes.origin.form == form
    assert (list(fitted.cox), fitted.centring) == (["m1", "m4"], None)
    for written in whole(form)["cox"]:
        model = fitted.cox[written["name"]]
        frozen, steps = model.frozen, model.frozen.steps
        assert fitted.record(written["name"]).title == written["title"] == model.title
        assert [(t.column, t.level) for t in model.terms] == [
            (t["column"], t["level"]) for t in written["terms"]
        ]
        found = (model.name, model.method, model.ties, model.n, model.events, frozen.last_time)
        assert found == tuple(written[k] for k in ("name", "method", "ties", "n", "events", "last_time"))
        for name in ("coef", "means", "vcov"):
            assert getattr(frozen, name).tolist() == written[name]
        for name in ("time", "cumulative", "variance", "pull"):
            assert getattr(steps, name).tolist() == written[name]
    assert fitted.cox["m1"].frozen.names == ("age", "hr", "her2")
    assert fitted.cox["m4"].frozen.names == ("age", "hr", "her2", "phenotype=2")


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        ([], "this is not a fitted model", "give the model.json that `kinephen fit` wrote"),
        ({"kind": "else"}, "this is not a fitted model", "give the model.json that `kinephen fit` wrote"),
        (
            {"kind": "kinephen.phenotype_model"},
            "this is not a fitted model",
            "give the model.json that `kinephen fit` wrote; this one is for `kinephen phenotypes apply`",
        ),
        (
            {"kind": "kinephen.model", "schema": "1"},
            "the schema version is not a whole number",
            "give the model.json that `kinephen fit` wrote",
        ),
        (
            {"kind": "kinephen.model", "schema": True},
            "the schema version is not a whole number",
            "give the model.json that `kinephen fit` wrote",
        ),
    ],
)
def test_what_is_no_model_is_refused(data, message, hint):
    error = refused(data)
    assert (error.message, error.where, error.hint) == (message, "m.json", hint)


def test_other_schemas_say_what_to_do():
    newer = refused({"kind": "kinephen.model", "schema": 2}, "model.schema")
    assert newer.message == "written with schema 2; this version reads schema 1"
    assert newer.hint == "update kinephen"
    older = refused({"kind": "kinephen.model", "schema": 0}, "model.schema")
    assert "no longer reads; it reads schema 1" in older.message
    assert older.hint == "fit the model again"
    assert refused({**whole(), "horizons": [9.0]}, "model.checksum").where == "m.json"


DIFFERENCE = {"form": "difference"}
CASES = [
    (("cox", 0, "coef"), [0.1], {}, "an array of shape (1,), expected (3,)"),
    (("cox", 0, "means"), [0.1, 1.0, 2.0, 3.0], {}, "an array of shape (4,), expected (3,)"),
    (("cox", 0, "vcov"), [[1.0, 0.0, 0.0]], {}, "an array of shape (1, 3), expected (3, 3)"),
    (("cox", 0, "pull"), lambda p: p[1:], {}, "expected ("),
    (("cox", 0, "variance"), lambda v: v[1:], {}, "an array of shape ("),
    (("cox", 0, "time"), lambda t: [t[1], *t[1:]], {}, "event times that do not rise"),
    (("cox", 0, "cumulative"), lambda c: [c[-1] * 2, *c[1:]], {}, "a hazard that falls"),
    (("cox", 0, "variance"), lambda c: [c[-1] * 2, *c[1:]], {}, "a hazard that falls"),
    (("cox", 1, "terms", 0, "column"), "height", {}, "a term height that is no covariate"),
    (("cox", 1, "terms", 0, "level"), "2", {}, "a term age of another kind"),
    (("cox", 1, "terms", 3, "level"), None, {}, "a term phenotype of another kind"),
    (("cox", 1, "terms", 3, "level"), "9", {}, "an unknown class of phenotype"),
    (("cox", 1, "terms"), lambda t: [t[0], t[0], *t[2:]], {}, "a term that stands twice"),
    (("cox", 1, "name"), "m1", {}, "two Cox models of one name"),
    (("features", "signs"), lambda s: dict(list(s.items())[1:]), {}, "signs of other features than those"),
    (("features", "signs"), lambda s: {**s, "PE_x": 1}, {}, "signs of other features than those"),
    (("phenotypes", "origin", "content"), "visit", {}, "phenotypes that were not learned on delta features"),
    (("phenotypes", "origin", "form"), "signed", {}, "three forms of change that differ"),
    (("features", "form"), "signed", {}, "three forms of change that differ"),
    (("settings", "delta", "form"), "signed", {}, "three forms of change that differ"),
    (
        ("features", "scale"),
        lambda _: dict.fromkeys(whole()["features"]["signs"], 1.0),
        {},
        "does not fit the form",
    ),
    (("features", "scale"), None, DIFFERENCE, "a scale that does not fit the form"),
    (("features", "scale"), lambda s: dict(list(s.items())[1:]), DIFFERENCE, "a scale of other features"),
    (("phenotype_names",), ["one"], {}, "names for other than 2 phenotypes"),
    (("phenotype_names",), ["one", "two", "three"], {}, "names for other than 2 phenotypes"),
    (("study", "visits"), ["T1", "T1"], {}, "ranges of other visits"),
    (("study", "visits"), ["T1", "T3"], {}, "ranges of other visits"),
    (("training", "visits"), lambda v: {"T1": v["T1"]}, {}, "ranges of other visits"),
    (
        ("training", "visits", "T2"),
        lambda v: {k: r[::-1] for k, r in v.items()},
        {},
        "a range whose lower end is above its upper end",
    ),
    (
        ("training", "components"),
        lambda c: {k: r[::-1] for k, r in c.items()},
        {},
        "a range whose lower end is above its upper end",
    ),
    (("training", "components"), lambda c: dict(list(c.items())[1:]), {}, "ranges of other components"),
    (("cox", 0, "coef"), [1.01e30, 0.0, 0.0], {}, "a number beyond 1e+30"),
    (("cox", 0, "coef"), [0.0, 0.0, -1.01e30], {}, "a number beyond 1e+30"),
]


@pytest.mark.parametrize(("place", "value", "form", "words"), CASES)
def test_one_thing_wrong_is_named(place, value, form, words):
    error = refused(changed(*place, to=value, **form))
    assert error.message.startswith("found ")
    assert error.message.endswith(", which a model cannot hold")
    assert words in error.message
    assert (error.where, error.hint) == ("model", "give the model.json that `kinephen fit` wrote")


def test_at_the_border_of_what_is_refused_a_model_is_read():
    one, last = whole()["cox"][0], max(whole()["cox"][0]["time"])
    assert parsed(changed("cox", 0, "last_time", to=last)).cox["m1"].frozen.last_time == last
    flat = [one["cumulative"][0]] * len(one["cumulative"])
    assert parsed(changed("cox", 0, "cumulative", to=flat)).cox["m1"].frozen.steps.cumulative.tolist() == flat
    steady = [one["variance"][-1]] * len(one["variance"])
    assert parsed(changed("cox", 0, "variance", to=steady)).cox["m1"].frozen.steps.variance.tolist() == steady
    assert parsed(changed("cox", 0, "coef", to=[-LARGEST, 0.0, 0.0])).cox["m1"].frozen.coef[0] == -LARGEST
    point = {k: [v[0], v[0]] for k, v in whole()["training"]["components"].items()}
    assert list(parsed(changed("training", "components", to=point)).file.training.components) == list(point)
    with pytest.raises(InputError, match="an event after the longest follow-up"):
        parsed(changed("cox", 0, "last_time", to=last * 0.999))


@pytest.mark.parametrize(
    ("vcov", "words"),
    [
        ([[4.0, 1.0 + 3.9e-6, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]], ""),
        ([[4.0, 1.0 + 4.2e-6, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]], "not symmetric"),
        ([[4.0, 1.0, 0.0], [1.0 + 4.2e-6, 2.0, 0.0], [0.0, 0.0, 1.0]], "not symmetric"),
        ([[4.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -3.9e-6]], ""),
        ([[4.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -4.1e-6]], "negative eigenvalue"),
        ([[-4.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]], "negative eigenvalue"),
        ([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]], "negative eigenvalue"),
        ([[0.0] * 3] * 3, ""),
    ],
)
def test_a_covariance_may_fail_by_a_millionth_of_its_largest_value(vcov, words):
    data = changed("cox", 0, "vcov", to=vcov)
    if words:
        assert words in refused(data).message
    else:
        np.testing.assert_array_equal(parsed(data).cox["m1"].frozen.vcov, vcov)


def test_faults_of_the_layout_are_counted_and_the_first_is_placed():
    one = refused(changed("cox", 0, "n", to=12.5))
    assert one.message.startswith("1 fault; the first at cox/0/n: ")
    assert one.where == "m.json"
    data = changed("cox", 0, "n", to=12.5)
    two = refused(sealed({**data, "horizons": [-1.0]}))
    assert two.message.startswith("2 faults; the first at horizons/0: ")
    other = refused(sealed({**whole(), "phenotypes": {"kind": "x"}}))
    assert "not a phenotype model" in other.message
    assert other.where == "m.json"


def signatures(values):
    centring = {
        "format": 1,
        "mode": "cohort-median",
        "n_samples": {"GPL1": 8},
        "er_share": None,
        "centres": {"p53": {"GPL1": values}},
        "probes": {},
    }
    return {"names": ["p53"], "centring": centring, "platforms": ["GPL1"], "nature": "re-creation"}


def test_gene_centres_are_read_and_undefined_ones_stay():
    found = parsed(changed("signatures", to=signatures({"A": 1.5, "B": None}))).centring
    assert (found.mode, found.n_samples) == ("cohort-median", {"GPL1": 8})
    centres = found.centres["p53"]["GPL1"]
    assert centres["A"] == 1.5
    assert np.isnan(centres["B"])


def test_gene_centres_out_of_range_or_of_another_format_are_refused():
    wrong = refused(changed("signatures", to=signatures({"A": 1.5, "B": "inf"})))
    assert "centres of GPL1 out of range" in wrong.message
    other = signatures({"A": 1.5})
    other["centring"]["format"] = 2
    found = refused(changed("signatures", to=other))
    assert "not a saved centring" in found.message
    assert found.where == "m.json"
