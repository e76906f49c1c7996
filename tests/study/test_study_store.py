"""The store: whole or absent, named by content."""

from __future__ import annotations

import json

import pytest

from kinephen.core.plain import hash_json, plain, read_json, write_json
from kinephen.study.store import StepKey, Store, hash_folder


def key(**changes):
    fields = {"step": "features", "version": 1, "parameters": {"bins": 32}, "inputs": {"exam": "a" * 64}}
    return StepKey(**{**fields, **changes})


def test_a_result_is_made_once(tmp_path):
    store, calls = Store(tmp_path), []

    def compute(folder):
        calls.append(folder)
        write_json(folder / "x.json", {"x": 1.5})

    first = store.run(key(), compute)
    assert store.run(key(), compute) == first
    assert len(calls) == 1
    assert read_json(first / "x.json") == {"x": 1.5}
    assert read_json(first / "step.json")["parameters"] == {"bins": 32}


@pytest.mark.parametrize(
    "change", [{"step": "maps"}, {"version": 2}, {"parameters": {"bins": 16}}, {"inputs": {"exam": "b" * 64}}]
)
def test_every_field_changes_the_name(change):
    assert key(**change).digest != key().digest


def test_order_of_parameters_does_not_change_the_name():
    assert hash_json({"a": 1, "b": [1, 2]}) == hash_json({"b": [1, 2], "a": 1})


def test_a_failing_step_leaves_nothing(tmp_path):
    store = Store(tmp_path)

    def compute(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        store.run(key(), compute)
    assert not store.done(key())
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_folder_without_manifest_is_not_done_and_sweep_removes_partials(tmp_path):
    store = Store(tmp_path)
    partial = tmp_path / "partial" / "left-over"
    partial.mkdir(parents=True)
    (partial / "x").write_text("x")
    assert not store.done(key())
    store.sweep()
    assert not partial.exists()


def test_a_second_worker_that_finishes_first_wins_quietly(tmp_path):
    store = Store(tmp_path)

    def compute(folder):
        (folder / "who").write_text("outer")
        Store(tmp_path).run(key(), lambda f: (f / "who").write_text("inner"))

    folder = store.run(key(), compute)
    assert (folder / "who").read_text() == "inner"


def test_exam_hash_ignores_names_and_sees_content(tmp_path):
    for name, files in {"a": ("1", "2"), "b": ("x", "y")}.items():
        (tmp_path / name).mkdir()
        for file, text in zip(files, ("one", "two"), strict=True):
            (tmp_path / name / file).write_text(text)
    assert hash_folder(tmp_path / "a") == hash_folder(tmp_path / "b")
    (tmp_path / "b" / "y").write_text("three")
    assert hash_folder(tmp_path / "a") != hash_folder(tmp_path / "b")


def test_json_keeps_doubles_and_writes_what_is_not_finite_as_null(tmp_path):
    path = tmp_path / "n.json"
    write_json(path, {"third": 1 / 3, "nan": float("nan"), "inf": float("inf")})
    assert json.loads(path.read_text()) == {"third": 1 / 3, "nan": None, "inf": None}
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(TypeError, match="cannot write object"):
        plain(object())
