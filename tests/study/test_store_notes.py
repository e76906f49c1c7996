"""A run says what was damaged in its store, what is of another format, and which versions differ."""

from __future__ import annotations

import json

import pytest
from tests.tiny_exam import contents, job_of, ran, write_phases

from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.study.case import run_case
from kinephen.study.store import StepKey, Store
from kinephen.study.store_notes import store_issues


def key(version=1):
    return StepKey("features", version, {}, {"exam": "a"})


@pytest.fixture
def store(tmp_path):
    """Return a store with two results."""
    store = Store(tmp_path)
    for version in (1, 2):
        store.run(key(version), lambda f: write_json(f / "x.json", 1))
    return store


def said(store, known=()):
    return [(i.code, i.message, i.count) for i in store_issues(store, store.used, known=known)]


def test_nothing_is_said_of_a_good_store(store):
    assert said(store) == []


def test_what_was_damaged_is_named_once(store):
    (store.folder(key()) / "x.json").write_text("2")
    store.run(key(), lambda f: write_json(f / "x.json", 1))
    text = "a stored result was damaged (features: x.json is not as it was written): it was set aside and"
    assert said(store) == [("store.damaged", f"{text} computed again", 1)]
    assert said(store, known=store.damaged()) == []


def test_a_mixture_of_versions_is_named(store):
    path = store.folder(key()) / "step.json"
    content = read_json(path)
    del content["checksum"]
    content["made_by"]["numpy"] = "0.9"
    write_json(path, {**content, "checksum": hash_json(content)})
    assert store.done(key())
    ((code, message, count),) = said(store)
    assert (code, count) == ("store.versions", 2)
    assert "different versions of numpy: 0.9 (1), " in message


def test_results_of_another_format_are_named(store):
    for number in range(2):
        old = store.root / "lesion" / f"old{number}"
        old.mkdir(parents=True)
        (old / "step.json").write_text(json.dumps({"step": "lesion", "kinephen": "0.1"}))
    assert [(code, count) for code, _, count in said(store)] == [("store.format", 2)]


@pytest.mark.parametrize("step", ["lesion", "features"])
def test_an_exam_whose_stored_result_was_damaged_is_measured_again(tmp_path, step):
    job = job_of(write_phases(tmp_path / "exam"), tmp_path / "out")
    outcome = run_case(job)
    before = contents(outcome)
    folder = outcome.lesion if step == "lesion" else outcome.features["own"]
    path = folder / f"{step}.json"
    path.write_text(path.read_text().replace("1", "2", 1))
    found, computed = ran(job)
    assert found == before
    assert computed == {"damaged"}  # the new result has the name of the old one
    store = Store(tmp_path / "out" / "store")
    assert [i.code for i in store_issues(store, [folder], known=())] == ["store.damaged"]
