"""The store: whole or absent, named by content."""

from __future__ import annotations

import errno
import json
import shutil

import pytest

from kinephen.core.plain import hash_json, plain, read_json, write_json
from kinephen.study import entry
from kinephen.study.store import StepKey, Store


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
    partial = tmp_path / "partial" / f"{0:032x}-{1:032x}"
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


@pytest.fixture
def filled(tmp_path):
    """Return a store with one entry, and its folder."""
    store = Store(tmp_path / "store")
    return store, store.run(key(), fill)


def fill(folder):
    write_json(folder / "x.json", {"x": 1.5})
    (folder / "sub").mkdir()
    (folder / "sub" / "y.bin").write_bytes(b"12345678")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


DAMAGES = {
    "a bit of a result": (lambda f: flip(f / "sub" / "y.bin"), "sub/y.bin is not as it was written"),
    "a half result": (lambda f: (f / "x.json").write_text('{"x":'), "x.json is not as it was written"),
    "an empty result": (lambda f: (f / "x.json").write_bytes(b""), "x.json is not as it was written"),
    "a lost result": (lambda f: (f / "x.json").unlink(), "x.json is missing"),
    "a lost manifest": (lambda f: (f / "step.json").unlink(), "step.json is missing"),
    "an empty manifest": (lambda f: (f / "step.json").write_bytes(b""), "step.json cannot be read"),
    "a half manifest": (lambda f: (f / "step.json").write_text('{"step"'), "step.json cannot be read"),
    "an edited manifest": (
        lambda f: (f / "step.json").write_text((f / "step.json").read_text().replace("32", "33")),
        "step.json is not as it was written",
    ),
    "an entry without files": (
        lambda f: [p.unlink() for p in f.rglob("*") if p.is_file()],
        "step.json is missing",
    ),
    "a file in place of the folder": (lambda f: in_place(f).write_text("x"), "its folder is no folder"),
    "a dangling link": (lambda f: in_place(f).symlink_to(f.with_name("gone")), "its folder is missing"),
    "a link to itself": (lambda f: in_place(f).symlink_to(f), "its folder is missing"),
    "a folder in place of the manifest": (
        lambda f: in_place(f / "step.json").mkdir(),
        "step.json is no file",
    ),
    "a list": (lambda f: (f / "step.json").write_text("[1]"), "step.json is not as it was written"),
    "a number that is none": (
        lambda f: (f / "step.json").write_text('{"x": NaN}'),
        "step.json is not as it was written",
    ),
    "a deep manifest": (lambda f: (f / "step.json").write_text("[" * 200_000), "step.json cannot be read"),
    "a list of files": (
        lambda f: write_manifest(f, files=[], made_by={}),
        "step.json is not as it was written",
    ),
    "a folder in place of a result": (lambda f: in_place(f / "x.json").mkdir(), "x.json is missing"),
}


def in_place(path):
    """Remove what is there and return the path."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return path


def write_manifest(folder, **content):
    write_json(folder / "step.json", {**content, "checksum": hash_json(content)})


def test_a_store_that_may_not_be_read_is_a_fault_of_the_machine(filled, monkeypatch):
    store, folder = filled

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(entry, "read_json", refuse)
    with pytest.raises(PermissionError):
        store.run(key(), fill)
    assert folder.is_dir()


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_is_set_aside_named_and_made_again(filled, name):
    store, folder = filled
    damage, reason = DAMAGES[name]
    damage(folder)
    assert not store.done(key())
    assert store.run(key(), fill) == folder
    assert read_json(folder / "x.json") == {"x": 1.5}
    assert store.done(key())
    assert list(store.damaged().values()) == [reason]
    assert next(iter(store.damaged())).startswith("features-")


def test_entries_of_the_former_format_are_left_alone(tmp_path):
    old = tmp_path / "features" / "0123456789abcdef0123456789abcdef"
    old.mkdir(parents=True)
    (old / "step.json").write_text('{"kinephen": "0.1.0", "step": "features"}')
    store = Store(tmp_path)
    store.run(key(), fill)
    assert (old / "step.json").is_file()
    assert store.damaged() == {}


def test_an_entry_names_what_made_it_and_its_name_does_not_depend_on_it(filled, monkeypatch):
    store, folder = filled
    made = read_json(folder / "step.json")["made_by"]
    assert {"kinephen", "numpy", "scipy", "numba"} <= set(made)
    monkeypatch.setattr("kinephen.__version__", "99.0")
    assert store.done(key())


def test_json_keeps_doubles_and_writes_what_is_not_finite_as_null(tmp_path):
    path = tmp_path / "n.json"
    write_json(path, {"third": 1 / 3, "nan": float("nan"), "inf": float("inf")})
    assert json.loads(path.read_text()) == {"third": 1 / 3, "nan": None, "inf": None}
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(TypeError, match="cannot write object"):
        plain(object())


def test_a_step_that_fails_is_not_among_those_used(tmp_path):
    store = Store(tmp_path / "store")
    key = StepKey("phenotypes", 1, {}, {})

    def fail(folder):
        raise ValueError("no feature is left")

    with pytest.raises(ValueError, match="no feature"):
        store.run(key, fail)
    assert store.used == []
    assert store.run(key, lambda f: (f / "x").write_text("1")) in store.used
